"""Opening and closing signals: what holds at a place, and the deeds that change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet

from loa.lib import clock
from loa.lib.sound import tones
from loa.registry.ledger.actions import record_fact
from loa.registry.library.errors import GapOutside, RecordingUnusable
from loa.registry.library.models import Jingle, Recording, SignalHabit
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import lineage

Row = TypeVar("Row", Jingle, SignalHabit)
GAP_MS_DEFAULT, GAP_MS_MAX = 800, 10_000
JINGLE_MS_MAX = 30_000
TUNE_OF = {Jingle.Role.OPENING: tones.OPENING, Jingle.Role.CLOSING: tones.CLOSING}


@dataclass(frozen=True)
class Signal:
    """What sounds before or after: a tune by its name, or an original by its hash."""

    tune: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class SignalsInUse:
    """What a place does with signals, and whose habit that is (none: nobody decided)."""

    uses_signals: bool
    gap_ms: int
    decided_at: Place | None = None


def signal_of(place: Place, role: str) -> Signal:
    """Return the signal that holds at a place: its own, else of those above, else our own tune."""
    jingle = jingle_of(place, role)
    if jingle is None:
        return Signal(tune=TUNE_OF[Jingle.Role(role)])
    if jingle.recording is not None:
        return Signal(sha256=jingle.recording.original_id)
    return Signal(tune=jingle.tune)


def jingle_of(place: Place, role: str) -> Jingle | None:
    """Return who chose which signal for a place or above it; None when nobody did."""
    steps = list(lineage(place))
    rows = Jingle.objects.filter(role=role, place__in=steps)
    return _nearest(rows.select_related("recording", "place", "chosen_by"), steps)


def habit_of(place: Place) -> SignalsInUse:
    """Return whether signals are put around the bulletins of a place that say nothing themselves."""
    steps = list(lineage(place))
    rows = SignalHabit.objects.filter(place__in=steps).select_related("place")
    found = _nearest(rows, steps)
    if found is None:
        return SignalsInUse(uses_signals=False, gap_ms=GAP_MS_DEFAULT)
    return SignalsInUse(found.uses_signals, found.gap_ms, found.place)


def _nearest(rows: QuerySet[Row], steps: list[Place]) -> Row | None:
    """Return the newest row of the lowest place that has one; rows come newest first."""
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row.place_id, row)
    return next((found[step.code] for step in steps if step.code in found), None)


@transaction.atomic
def choose_jingle(
    place: Place, role: str, *, by: Person, tune: str = "", recording: Recording | None = None
) -> Jingle:
    """Have a place open or close with a tune or a recording; the same again changes nothing."""
    if not by.may(Deed.WRITE, place):
        raise MandateMissing
    role = Jingle.Role(role)
    if recording is not None:
        _refuse_unusable(recording, place)
    elif tune not in tones.TUNES:
        raise RecordingUnusable
    Place.objects.select_for_update(no_key=True).get(pk=place.pk)
    present = Jingle.objects.filter(place=place, role=role).first()
    if present is not None and (present.tune, present.recording) == (tune, recording):
        return present
    jingle = Jingle.objects.create(
        place=place,
        role=role,
        tune="" if recording else tune,
        recording=recording,
        chosen_by=by,
        chosen_at=clock.now(),
    )
    record_fact(
        "jingle_chosen",
        actor=by.username,
        subject=str(role),
        place=place.code,
        body={"tune": jingle.tune, "sound": recording.original_id if recording else ""},
    )
    return jingle


@transaction.atomic
def set_signal_habit(place: Place, *, by: Person, uses_signals: bool, gap_ms: int) -> SignalHabit:
    """Decide whether a place and those below it use signals; the same again changes nothing."""
    if not by.may(Deed.WRITE, place):
        raise MandateMissing
    if not 0 <= gap_ms <= GAP_MS_MAX:
        raise GapOutside
    Place.objects.select_for_update(no_key=True).get(pk=place.pk)
    present = SignalHabit.objects.filter(place=place).first()
    if present is not None and (present.uses_signals, present.gap_ms) == (uses_signals, gap_ms):
        return present
    habit = SignalHabit.objects.create(
        place=place, uses_signals=uses_signals, gap_ms=gap_ms, set_by=by, set_at=clock.now()
    )
    record_fact(
        "signal_habit_set",
        actor=by.username,
        subject=place.code,
        place=place.code,
        body={"uses_signals": uses_signals, "gap_ms": gap_ms},
    )
    return habit


def _refuse_unusable(recording: Recording, place: Place) -> None:
    if not recording.is_usable or recording.place_id != place.pk:
        raise RecordingUnusable
    if recording.duration_ms > JINGLE_MS_MAX:
        raise RecordingUnusable
