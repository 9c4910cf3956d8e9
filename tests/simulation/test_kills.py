"""kill -9 of each process at each step of the main job: nothing lost, nothing twice, nothing unapproved.

Bulletins go the whole way, and at each of the seven steps of each one process is killed. The
rounds turn: in round r at step s it is process r + s, so after eight rounds every process was
killed at every step. The even rounds are made always: every process dies at three or four steps,
and four die at every step; `bin/test --long` makes the odd ones too. Whoever finds the server away
does the same deed again, as a person presses again, and every deed is done once more when it was
answered.

What devices promise is in docs/protocol: an order sounds once in the life of a device; cut by a
death of the player it goes on at the sample where it stopped, and says `resumed`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loa.lib.sound.decode import decode
from loa.lib.sound.wave import HEADER_BYTES, part_path_of
from loa.player.outputs import RATE_HZ
from tests.city import City

pytestmark = pytest.mark.city

PLAYERS = ("player-DN-0001", "players-light")
PROCESSES = ("web", "dispatcher", "receiver", "worker", "nats", "postgres", *PLAYERS)
STEPS = ("written", "speaking", "submitted", "approved", "placed", "sounding", "reported")
DEVICES_OF = {"player-DN-0001": {"DN-0001"}, "players-light": {"DN-0003", "DN-0004"}}
NOTICE = (
    "Kính thưa bà con, do ảnh hưởng của bão, nước sông đang dâng nhanh. Đề nghị bà con ven sông "
    "kê cao đồ đạc, chuẩn bị lương thực, và nghe loa phát thanh để biết giờ sơ tán."
)
WAIT_SECONDS = 120.0


class Round:
    """One bulletin on its way, and the process that dies at each step."""

    def __init__(self, city: City, number: int) -> None:
        self.city = city
        self.title = f"Thông báo lượt {number}"
        self.victims = {
            step: PROCESSES[(number + place) % len(PROCESSES)] for place, step in enumerate(STEPS)
        }
        self.lan, self.binh = city.person("lan"), city.person("binh")

    def kill_at(self, step: str) -> None:
        self.city.kill(self.victims[step])

    def twice(self, deed: Callable[[], Any]) -> Any:
        """Do a deed, and once more: the answer is the same, and one fact at most was recorded."""
        before = self.facts()
        first = deed()
        after = self.facts()
        assert after[: len(before)] == before
        assert len(after) <= len(before) + 1, after[len(before) :]
        assert deed() == first
        assert self.facts() == after
        return first

    def facts(self) -> list[tuple[Any, ...]]:
        """Return what people did; what the city does by itself goes on beside it."""
        query = "SELECT seq, kind, subject FROM ledger_fact WHERE actor <> '' ORDER BY seq"
        return self.city.rows(query)

    # -- the steps

    def go(self) -> str:
        """Go the whole way; return the bulletin's code."""
        code = self.write()
        self.speak(code)
        self.kill_at("submitted")
        submission = self.twice(lambda: self.lan.submit(code))
        self.kill_at("approved")
        edition = self.twice(lambda: self.binh.approve(submission))
        self.kill_at("placed")
        placement = self.twice(lambda: self.lan.place(edition))
        self.twice(lambda: self.city.person("yen").confirm(placement))
        self.sound(code)
        self.city.wait_proved(code)
        return code

    def write(self) -> str:
        self.kill_at("written")
        source = self.twice(lambda: self.lan.take_source(NOTICE, filename=self.title))
        return self.twice(lambda: self.lan.write(self.title, NOTICE, source=source))

    def speak(self, code: str) -> None:
        # The words of every round differ in the title, so each sound is made anew.
        jobs = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'"
        made = "SELECT count(*) FROM newsroom_rendition r JOIN newsroom_bulletin b USING (cache_key) WHERE b.code = %s"
        self.wait(lambda: self.city.rows(jobs) != [(0,)] or self.city.rows(made, code) != [(0,)])
        self.kill_at("speaking")
        self.lan.wait_sound(code)

    def sound(self, code: str) -> None:
        files: dict[str, Path] = {}

        def begun() -> bool:
            files.update(self.city.sounded_files(code))
            return any(path.exists() or part_path_of(path).exists() for path in files.values())

        self.wait(begun)
        self.kill_at("sounding")
        self.wait(lambda: any(path.exists() for path in files.values()))
        self.kill_at("reported")

    def wait(self, is_so: Callable[[], bool]) -> None:
        assert self.city.until(is_so, WAIT_SECONDS, every_seconds=0.01), self.city.log()


def receipts_of(city: City, code: str) -> dict[str, Counter[str]]:
    """Return what each device reported of a bulletin: device → event → how often."""
    rows = city.rows(
        'SELECT r.device_id, r.event FROM receipts_receipt r JOIN deliveries_playorder o ON o.id::text = r."order" '
        "JOIN schedules_occurrence c ON c.id = o.occurrence_id JOIN approvals_edition e ON e.id = c.edition_id "
        "JOIN newsroom_bulletin b ON b.id = e.bulletin_id WHERE b.code = %s",
        code,
    )
    found: dict[str, Counter[str]] = {}
    for device, event in rows:
        found.setdefault(device, Counter())[event] += 1
    return found


def approved_samples(city: City, code: str) -> bytes:
    """Return the sound that was approved, decoded as a player decodes it."""
    sha256 = city.rows(
        "SELECT r.opus_id FROM newsroom_rendition r JOIN approvals_edition e ON e.rendition_id = r.cache_key "
        "JOIN newsroom_bulletin b ON b.id = e.bulletin_id WHERE b.code = %s",
        code,
    )[0][0]
    medium = next((city.var / "media").rglob(f"{sha256}*"))
    return b"".join(decode(medium.read_bytes(), rate_hz=RATE_HZ))


ROUNDS = [
    pytest.param(number, marks=[pytest.mark.long] if number % 2 else [])
    for number in range(len(PROCESSES))
]


@pytest.mark.parametrize("number", ROUNDS)
def test_whatever_dies_on_the_way_the_outcome_is_the_same(city: City, number: int) -> None:
    way = Round(city, number)
    code = way.go()

    for device, events in receipts_of(city, code).items():
        deaths = [step for step in STEPS[-2:] if device in DEVICES_OF.get(way.victims[step], ())]
        assert events["started"] == events["finished"] == 1, (device, events)
        assert events["skipped"] == 0, (device, events)
        assert events["resumed"] <= len(deaths), (device, events, deaths)
    assert len(receipts_of(city, code)) == 4

    one_each = city.rows(
        "SELECT count(DISTINCT b.id), count(DISTINCT s.id), count(DISTINCT e.id), count(DISTINCT p.id) "
        "FROM newsroom_bulletin b LEFT JOIN newsroom_submission s ON s.bulletin_id = b.id "
        "LEFT JOIN approvals_edition e ON e.bulletin_id = b.id "
        "LEFT JOIN schedules_placement p ON p.edition_id = e.id WHERE b.title = %s",
        way.title,
    )
    assert one_each == [(1, 1, 1, 1)]
    assert len(city.evidence(code)["devices"]) == 4

    for path in city.sounded_files(code).values():
        # To the last sample: nothing cut out, nothing sounded twice.
        assert path.read_bytes()[HEADER_BYTES:] == approved_samples(city, code)


def test_nothing_sounds_that_nobody_approved_though_everything_dies(city: City) -> None:
    lan = city.person("lan")
    waiting = lan.write("Chờ duyệt", "Bản tin này chưa ai duyệt.")
    lan.submit(waiting)
    before = city.rows("SELECT count(*) FROM deliveries_playorder")
    for name in city.names:
        city.kill(name)
    city.wait_up()
    # A whole approved way afterwards: whatever was going to sound by mistake had its chance.
    binh = city.person("binh")
    code = lan.write("Đã duyệt", NOTICE)
    city.person("yen").confirm(lan.place(binh.approve(lan.submit(code))))
    city.wait_proved(code)
    assert city.evidence(waiting)["devices"] == []
    assert city.rows("SELECT count(*) FROM deliveries_playorder") == [(before[0][0] + 4,)]
    assert lan.get(f"/bulletins/{waiting}")["editions"] == []


def test_after_the_death_of_the_supervisor_it_goes_on_where_it_was(city: City) -> None:
    lan, binh = city.person("lan"), city.person("binh")
    code = lan.write("Sau khi mất điện", NOTICE)
    city.person("yen").confirm(lan.place(binh.approve(lan.submit(code))))
    address = city.url
    city.kill_supervisor()
    city.start()
    city.wait_up()
    assert city.url == address
    city.wait_proved(code)
    assert all(events["started"] == 1 for events in receipts_of(city, code).values())


def test_after_all_that_the_ledger_holds_and_every_sound_was_approved(city: City) -> None:
    verified = city.run_command("ledger", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    unapproved = city.rows(
        "SELECT count(*) FROM schedules_occurrence c LEFT JOIN approvals_approval a USING (edition_id) "
        "WHERE a.edition_id IS NULL"
    )
    assert unapproved == [(0,)]
    orders = {str(order) for (order,) in city.rows("SELECT id FROM deliveries_playorder")}
    sounded = {path.stem for path in (city.var / "devices").glob("*/sounded/*.wav")}
    assert sounded
    assert sounded <= orders
    reported = {order for (order,) in city.rows('SELECT DISTINCT "order" FROM receipts_receipt')}
    assert reported - {""} <= orders
