"""Who is heard: a person's recording, cut where it should be, or the machine's voice again."""

from __future__ import annotations

from django.db import transaction

from loa.flow.newsroom import errors
from loa.flow.newsroom.actions import request_rendition
from loa.flow.newsroom.models import Bulletin, ProgrammeItem, Signals, Take
from loa.flow.newsroom.programmes import Wish, set_items, wish_of
from loa.flow.newsroom.queries import speech_of_bulletin
from loa.flow.newsroom.queueing import defer_take
from loa.flow.newsroom.sounding import items_of
from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.library.models import Recording
from loa.registry.library.recordings import read_recording
from loa.registry.people.errors import DeedRefused, MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed

TAKE_MS_MIN = 500


@transaction.atomic
def bring_take(bulletin: Bulletin, recording: Recording, *, by: Person) -> Take:
    """Give a bulletin a person's recording; once it was read and is whole, it is what sounds.

    Bringing the same recording again changes nothing.
    """
    bulletin = _held(bulletin, by)
    if recording.place_id != bulletin.place_id:
        raise errors.TakeUnusable
    take, is_new = Take.objects.get_or_create(
        bulletin=bulletin,
        recording=recording,
        start_ms=0,
        end_ms=None,
        defaults={
            "script": speech_of_bulletin(bulletin).text,
            "taken_by": by,
            "taken_at": clock.now(),
        },
    )
    if is_new:
        defer_take(take)
    return take


def take_up(take_id: int) -> None:
    """Read the recording of a take and have it sound if it can be used and may still be chosen."""
    take = Take.objects.select_related("bulletin", "recording", "taken_by").get(pk=take_id)
    if not read_recording(take.recording).is_usable:
        return
    if take.bulletin.takes.first() != take:
        return
    try:
        _put_in(take)
    except DeedRefused:
        # Handed in or no longer his place meanwhile: the take is kept and may be chosen later.
        return


def _put_in(take: Take) -> None:
    programme = take.bulletin
    if not programme.is_programme:
        choose_take(take, by=take.taken_by)
        return
    added = Wish(ProgrammeItem.Kind.RECORDING, str(take.recording_id))
    present = [wish_of(item) for item in items_of(programme)]
    if added not in present:
        set_items(programme, [*present, added], by=take.taken_by)


@transaction.atomic
def choose_take(
    take: Take, *, by: Person, start_ms: int = 0, end_ms: int | None = None
) -> Bulletin:
    """Have a person's recording sound between two instants; the same again changes nothing."""
    bulletin = _held(take.bulletin, by)
    recording = take.recording
    if not recording.is_usable or bulletin.is_programme:
        raise errors.TakeUnusable
    if end_ms is not None and end_ms >= recording.duration_ms:
        end_ms = None
    last_ms = recording.duration_ms if end_ms is None else end_ms
    if start_ms < 0 or last_ms - start_ms < min(TAKE_MS_MIN, recording.duration_ms):
        raise errors.EndsReversed
    chosen, _is_new = Take.objects.get_or_create(
        bulletin=bulletin,
        recording=recording,
        start_ms=start_ms,
        end_ms=end_ms,
        defaults={"script": take.script, "taken_by": take.taken_by, "taken_at": take.taken_at},
    )
    if bulletin.take_id == chosen.pk:
        return bulletin
    body = {"sound": recording.original_id, "from_ms": start_ms, "to_ms": last_ms}
    return _changed(bulletin, by, take=chosen, body=body)


@transaction.atomic
def choose_machine(bulletin: Bulletin, *, by: Person) -> Bulletin:
    """Have the machine read again; what people recorded is kept."""
    bulletin = _held(bulletin, by)
    if bulletin.take_id is None:
        return bulletin
    return _changed(bulletin, by, take=None, body={"voice": bulletin.voice})


@transaction.atomic
def choose_signals(bulletin: Bulletin, *, by: Person, signals: str) -> Bulletin:
    """Say whether signals stand around a bulletin; the same again changes nothing."""
    bulletin = _held(bulletin, by)
    signals = Signals(signals)
    if bulletin.signals == signals:
        return bulletin
    bulletin.signals = signals
    return _changed(bulletin, by, take=bulletin.take, body={"signals": str(signals)})


def _held(bulletin: Bulletin, by: Person) -> Bulletin:
    bulletin = Bulletin.objects.select_for_update(of=("self",)).get(pk=bulletin.pk)
    if not by.may(Deed.WRITE, bulletin.place):
        raise MandateMissing
    if bulletin.open_submission:
        raise errors.BeingApproved
    return bulletin


def _changed(
    bulletin: Bulletin, by: Person, *, take: Take | None, body: dict[str, object]
) -> Bulletin:
    # The words and their revision stay: what is handed in names its sound by hash.
    bulletin.take = take
    bulletin.edited_at = clock.now()
    bulletin.save(update_fields=["take", "signals", "edited_at"])
    request_rendition(bulletin)
    record_fact(
        "sound_chosen",
        actor=by.username,
        subject=bulletin.code,
        place=bulletin.place_id,
        body=body,
    )
    return bulletin
