"""An emergency in a whole city: at every horn by its lane, whoever dies on the way, and over when it is over."""

from __future__ import annotations

import os
import signal
from collections import Counter

import httpx
import pytest

from loa.wire.emergency import read_list
from tests.city import City

pytestmark = pytest.mark.city

RECEIPTS = (
    'SELECT r.device_id, r.event, r.detail FROM receipts_receipt r JOIN deliveries_playorder o ON o.id::text = r."order" '
    "JOIN schedules_occurrence c ON c.id = o.occurrence_id JOIN approvals_edition e ON e.id = c.edition_id "
    "JOIN newsroom_bulletin b ON b.id = e.bulletin_id WHERE b.code = %s"
)


HAI_CHAU = "20242"


def raised(city: City, title: str) -> tuple[str, str]:
    """Have the emergency written, approved and placed for Hải Châu; return bulletin and placement."""
    mai, hung = city.person("mai"), city.person("hung")
    code = mai.write(title, "Mời bà con sơ tán ngay.", place=HAI_CHAU, priority="emergency")
    edition = hung.approve(mai.submit(code))
    return code, mai.place(edition)["id"]


def events(city: City, code: str) -> Counter[tuple[str, str]]:
    return Counter((device, event) for device, event, _ in city.rows(RECEIPTS, code))


def is_heard(city: City, code: str) -> bool:
    found = events(city, code)
    devices = {device for device, _ in found}
    return bool(devices) and all(found[device, "finished"] == 1 for device in devices)


def test_it_reaches_every_horn_by_its_lane_and_is_proved(city: City) -> None:
    code, _ = raised(city, "Bão số 5")
    assert city.until(lambda: is_heard(city, code), 60), city.log()
    lanes = {d: detail for d, event, detail in city.rows(RECEIPTS, code) if event == "pulled"}
    assert lanes
    assert all("emergency" in str(detail) for detail in lanes.values()), lanes
    proof = city.wait_proved(code)
    assert {horn["device"] for horn in proof["devices"]} == set(lanes)


def test_whoever_dies_on_the_way_it_sounds_once(city: City) -> None:
    for victim in ("dispatcher", "nats", "receiver", "postgres"):
        code, _ = raised(city, f"Bão, {victim} chết")
        city.kill(victim)
        assert city.until(lambda code=code: is_heard(city, code), 90), (victim, city.log())
        found = events(city, code)
        assert {found[device, "started"] for device, _ in found} == {1}, (victim, found)


def test_with_the_bus_away_it_comes_by_http(city: City) -> None:
    city.wait_running("nats")
    stopped = city.pid("nats")
    os.kill(stopped, signal.SIGSTOP)
    try:
        code, _ = raised(city, "Bão, bus đứng")

        def is_listed() -> bool:
            answer = httpx.get(f"{city.url}/device/emergency", timeout=5)
            return len(list(read_list(answer.content))) > 0

        assert city.until(is_listed, 30), city.log()
    finally:
        os.kill(stopped, signal.SIGKILL)
    assert city.until(lambda: is_heard(city, code), 90), city.log()


def test_recalled_it_ends_everywhere_and_stays_over(city: City) -> None:
    code, placement = raised(city, "Bão đổi hướng")
    city.person("hung").post(f"/placements/{placement}/recall", {"reason": "bão tan"})

    def has_ended() -> bool:
        found = events(city, code)
        devices = {device for device, _ in found}
        return all(found[d, "skipped"] + found[d, "finished"] == 1 for d in devices)

    assert city.until(has_ended, 60), events(city, code)
    city.kill("dispatcher")
    city.wait_running("dispatcher")
    assert max(events(city, code).values(), default=1) == 1
