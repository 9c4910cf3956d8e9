"""The demo: the whole way once, by the same deeds the desk does, in a city with a few devices.

The command line acts for the two people and says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from loa.lib import clock
from loa.project import paths
from loa.project.running import (
    AS_FAST_AS_POSSIBLE,
    REAL_TIME,
    demo_devices,
    end_left_over,
    make_supervisor,
)
from loa.project.servers.errors import ServerUnavailable
from loa.project.supervisor.instance import AlreadyRunning, SingleInstance
from loa.project.supervisor.run import LOCK_FILE, Supervisor
from loa.project.system import PortTaken, System

if TYPE_CHECKING:
    from loa.flow.approvals.models import Edition
    from loa.flow.evaluation.evidence import Evidence
    from loa.flow.newsroom.models import Bulletin, Submission
    from loa.registry.people.models import Person

DEFAULT_TEXT = Path(__file__).parent / "demo_texts" / "thong-bao.txt"
SOUND_READY_SECONDS_MAX = 600
SOUNDED_SECONDS_MAX = 180
OFFERED_SECONDS_MAX = 10
POLL_SECONDS = 0.1

console = Console(highlight=False)


class DemoFailed(RuntimeError):
    """The demo cannot go on; the message says why and what to do."""


@dataclass
class Wishes:
    """What the command line asked for."""

    text: Path
    once: bool
    json_file: Path | None
    devices: int


def run_demo(
    text: Path | None, *, once: bool, json_file: Path | None, devices: int, port: int | None
) -> int:
    """Run the demo; returns 0 if every device proved its sound (with `once`), 1 otherwise."""
    wishes = Wishes(text or DEFAULT_TEXT, once, json_file, devices)
    try:
        raw = read_file(wishes.text)
        with SingleInstance(paths.run_folder() / LOCK_FILE):
            return _run(wishes, raw, port)
    except (AlreadyRunning, PortTaken, ServerUnavailable, DemoFailed) as error:
        Console(stderr=True, highlight=False).print(str(error), style="red", markup=False)
        return 1


def read_file(path: Path) -> bytes:
    """Return the bytes of the text; raises DemoFailed in plain words."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DemoFailed(f"Cannot read {path}: {error.strerror}.") from error


def _run(wishes: Wishes, raw: bytes, port: int | None) -> int:
    with _spinner("Starting the servers"):
        end_left_over()
        system = System(web_port=port)
        system.prepare()
        rate = AS_FAST_AS_POSSIBLE if wishes.once else REAL_TIME
        devices = demo_devices(system, wishes.devices, rate=rate)
    programs = [*system.servers(), *system.processes(), *devices]
    return asyncio.run(_with_city(system, make_supervisor(programs), wishes, raw))


async def _with_city(system: System, supervisor: Supervisor, wishes: Wishes, raw: bytes) -> int:
    """Keep the city running while the main job is done, then serve or stop."""
    keeping = asyncio.create_task(supervisor.run())
    job = asyncio.create_task(_job(supervisor, wishes, raw))
    await asyncio.wait({keeping, job}, return_when=asyncio.FIRST_COMPLETED)
    if not job.done():  # asked to stop, or something essential ended
        job.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await job
        return await keeping or (1 if wishes.once else 0)
    try:
        proof = job.result()
    except DemoFailed as error:
        console.print(str(error), style="red", markup=False)
        supervisor.stop()
        await keeping
        return 1
    if wishes.once:
        supervisor.stop()
        await keeping
        return 0 if proof.is_proved else 1
    _say_where(system)
    return await keeping


async def _job(supervisor: Supervisor, wishes: Wishes, raw: bytes) -> Evidence:
    with _spinner("Starting the city: web, dispatcher, receiver, worker and the devices"):
        await supervisor.wait_running()
    return await asyncio.to_thread(_main_job, wishes, raw)


def _main_job(wishes: Wishes, raw: bytes) -> Evidence:
    from django.db import connections
    from django_scopes import scopes_disabled

    from loa.flow.evaluation.evidence import as_json, evidence_of
    from loa.project.proof_table import print_proof
    from loa.registry.people.errors import DeedRefused

    try:
        with scopes_disabled():
            bulletin = _do_the_deeds(wishes, raw)
            proof = evidence_of(bulletin)
            print_proof(console, proof)
            _say_factor(proof)
            if wishes.json_file is not None:
                _write_evidence(wishes.json_file, as_json(proof))
            return proof
    except DeedRefused as refused:
        raise DemoFailed(str(refused)) from refused
    finally:
        connections.close_all()


def _do_the_deeds(wishes: Wishes, raw: bytes) -> Bulletin:
    from loa.registry.people.queries import person_by_username

    editor, leader = person_by_username("lan"), person_by_username("binh")
    console.print(
        f"This command acts for two people: {editor.full_name} (writes, places) and "
        f"{leader.full_name} (approves). The desk does the same deeds by hand."
    )
    bulletin = _write(editor, raw, wishes)
    submission = _submit(editor, bulletin)
    _approve_and_place(leader, editor, submission)
    _wait_until_sounded(bulletin, wishes)
    return bulletin


def _write(editor: Person, raw: bytes, wishes: Wishes) -> Bulletin:
    from loa.flow.newsroom.actions import write_bulletin
    from loa.flow.newsroom.rules import title_and_body
    from loa.flow.sources.actions import take_source
    from loa.flow.sources.errors import EncodingUnconfirmed
    from loa.registry.devices.models import Device
    from loa.registry.places.models import Place
    from loa.registry.places.queries import city

    encoding = None
    source = None
    while source is None:
        try:
            source = take_source(
                raw,
                place=city(),
                by=editor,
                origin="command",
                filename=wishes.text.name,
                encoding=encoding,
            )
        except EncodingUnconfirmed as unconfirmed:
            detected = unconfirmed.details["detected"]
            encoding = detected.encoding
            console.print(
                f"The text is in {encoding}; {editor.full_name} reads “{detected.text[:60]}…” and confirms."
            )
    console.print(f"Taken: {wishes.text.name}, {len(raw)} bytes, {source.encoding}.")
    title, body = title_and_body(source.text)
    targets = Place.objects.filter(pk__in=Device.objects.values("place_id"))
    return write_bulletin(
        place=city(), by=editor, title=title, body=body, source=source, targets=list(targets)
    )


def _submit(editor: Person, bulletin: Bulletin) -> Submission:
    from loa.flow.newsroom.actions import submit_bulletin
    from loa.flow.newsroom.queries import speech_of_bulletin

    bulletin = _answer_unknown(editor, bulletin)
    spoken = speech_of_bulletin(bulletin)
    console.print(
        f"Written: {bulletin.code}, {len(spoken.replacements)} places read otherwise than written."
    )
    _wait_for_sound(bulletin)
    rendition = bulletin.rendition
    assert rendition is not None  # noqa: S101 - waited for
    console.print(
        f"Sound: {rendition.duration_ms / 1000:.1f} s, {rendition.loudness_lufs:.1f} LUFS, "
        f"peak {rendition.peak_dbtp:.1f} dBTP, speech share {rendition.speech_share:.2f}, {rendition.voice}."
    )
    _answer_checks(editor, bulletin)
    return submit_bulletin(bulletin, by=editor)


def _answer_checks(editor: Person, bulletin: Bulletin) -> None:
    """Leave what the checks ask about, with a reason: the text of the demo keeps its days."""
    from loa.flow.newsroom.findings import findings_of
    from loa.flow.newsroom.mending import answer_check

    for key in [one.finding.key for one in findings_of(bulletin) if one.is_open]:
        answer_check(bulletin, key=key, reason="Văn bản mẫu của buổi trình diễn", by=editor)
        console.print(f"Check “{key}”: {editor.full_name} leaves it as it is, with a reason.")


def _answer_unknown(editor: Person, bulletin: Bulletin) -> Bulletin:
    """Answer "đọc là…" for what the lexicon does not know, as the editor would: letter by letter."""
    from loa.flow.newsroom.actions import request_rendition
    from loa.flow.newsroom.queries import speech_of_bulletin
    from loa.lib.speakable.letters import spell
    from loa.registry.library.actions import add_reading

    unknown = sorted({r.source for r in speech_of_bulletin(bulletin).unknown})
    for written in unknown:
        reading = add_reading(written, spell(written), place=bulletin.place, by=editor)
        console.print(
            f"Unknown “{written}”: {editor.full_name} answers, read it “{reading.spoken}”."
        )
    if unknown:
        request_rendition(bulletin)
    return bulletin


def _wait_for_sound(bulletin: Bulletin) -> None:
    with _progress() as bar:
        task = bar.add_task("The voice speaks and the sound is mastered", total=None)
        for _ in _until(SOUND_READY_SECONDS_MAX):
            bulletin.refresh_from_db(fields=["voice_fault", "cache_key"])
            if bulletin.voice_fault:
                raise DemoFailed(f"The voice failed: {bulletin.voice_fault}")
            if bulletin.rendition is not None:
                bar.update(task, total=1, completed=1)
                return
    raise DemoFailed(
        f"No sound after {SOUND_READY_SECONDS_MAX} s; see {paths.log_folder() / 'loa.log'}."
    )


def _approve_and_place(leader: Person, editor: Person, submission: Submission) -> None:
    from loa.flow.approvals.actions import approve_bulletin
    from loa.flow.schedules.actions import confirm_placement, place_edition
    from loa.registry.people.queries import person_by_username

    approval = approve_bulletin(submission, approver=leader, content_hash=submission.content_hash)
    console.print(
        f"Approved by {leader.full_name}: edition {approval.edition.sha256[:16]}, key {approval.key_id}."
    )
    _take_for_communes(approval.edition)
    placement = place_edition(approval.edition, by=editor)
    if placement.is_waiting:
        second = person_by_username("yen")
        confirm_placement(placement, by=second)
        console.print(
            f"It is {clock.local(clock.now()):%H:%M}; because of {' and '.join(placement.grounds)} "
            f"{second.full_name} confirmed as the second person."
        )


def _take_for_communes(edition: Edition) -> None:
    """Let each commune that answers for itself take the item and leave the hour to the city."""
    from loa.flow.schedules.inbox import answers_of_communes
    from loa.flow.schedules.offers import adopt_edition, send_offers
    from loa.project.cast import ANSWERING
    from loa.registry.people.queries import person_by_username

    for _ in _until(OFFERED_SECONDS_MAX):
        # The dispatcher does the same; whoever comes first.
        send_offers(clock.now())
        if answers_of_communes(edition).offers:
            break
    for offer in answers_of_communes(edition).silent:
        person = person_by_username(ANSWERING[offer.place_id])
        adopt_edition(offer, by=person, lets_city_place=True)
        console.print(f"{offer.place.full_name}: {person.full_name} takes the item of the city.")


def _wait_until_sounded(bulletin: Bulletin, wishes: Wishes) -> None:
    from loa.flow.deliveries.models import DispatchRefusal, PlayOrder
    from loa.flow.receipts.models import PlayLog

    orders = PlayOrder.objects.filter(occurrence__edition__bulletin=bulletin)
    seconds_max = SOUNDED_SECONDS_MAX
    if not wishes.once and bulletin.rendition is not None:
        seconds_max += bulletin.rendition.duration_ms // 1000
    with _progress() as bar:
        task = bar.add_task("The loudspeakers sound it and report", total=wishes.devices)
        for _ in _until(seconds_max):
            refusal = DispatchRefusal.objects.filter(occurrence__edition__bulletin=bulletin).first()
            if refusal is not None:
                raise DemoFailed(f"The order did not leave: {refusal.reason}.")
            done = PlayLog.objects.filter(order__in=orders).exclude(result="").count()
            bar.update(task, completed=done)
            if done and done >= orders.count():
                return
    console.print("Not every device answered in time.", style="red")


def _say_factor(proof: Evidence) -> None:
    spans = [
        (horn.ended_at - horn.started_at).total_seconds()
        for horn in proof.horns
        if horn.started_at and horn.ended_at
    ]
    longest = max(spans, default=0.0)
    if longest and proof.horns and proof.horns[0].duration_ms / 1000 > longest * 1.05:
        factor = proof.horns[0].duration_ms / 1000 / longest
        console.print(
            f"The WAV outputs ran {factor:.0f} times faster than real time (--once); real horns never do."
        )


def _write_evidence(path: Path, content: dict[str, object]) -> None:
    try:
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise DemoFailed(f"Cannot write {path}: {error.strerror}.") from error
    console.print(f"Evidence written to {path}.")


def _say_where(system: System) -> None:
    from loa.project.demo_city import sign_in_lines

    console.print(f"\nThe desk: [bold]{system.web_url}/[/bold]")
    for line in sign_in_lines():
        console.print(line, markup=False)
    console.print(f"What the two full players sounded: {paths.devices_folder()}/*/sounded/*.wav")
    console.print("Ctrl-C stops everything.")


def _until(seconds_max: float) -> Iterator[None]:
    """Yield now and then until the time is over."""
    deadline = clock.monotonic() + seconds_max
    while clock.monotonic() < deadline:
        yield
        time.sleep(POLL_SECONDS)


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:.0f}/{task.total}"),
        TimeElapsedColumn(),
        console=console,
        transient=not console.is_terminal,
    )


@contextlib.contextmanager
def _spinner(what: str) -> Iterator[None]:
    if not console.is_terminal:
        console.print(what, markup=False)
        yield
        return
    with console.status(what):
        yield
