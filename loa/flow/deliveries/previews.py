"""What a device will do on a day, by the same function the device decides with; reading only.

It supposes that all files arrived, the clock is right and nothing new is decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from loa.flow.deliveries.queries import planned_sound
from loa.flow.deliveries.rules import as_order
from loa.flow.schedules.models import Occurrence, Standing
from loa.flow.schedules.queries import day_bounds, quiet_hours_at
from loa.flow.schedules.standings import standings_approved
from loa.registry.devices.models import Device
from loa.registry.places.queries import parents_of_all
from loa.wire import envelope, messages
from loa.wire.ladder import Ladder
from loa.wire.rules import is_within
from loa.wire.slots import BEFORE_ALL, slot_of, week_of
from loa.wire.timeline import Item, Outcome, Stretch, Timeline
from loa.wire.timeline import Occurrence as Slot

OUTPUT = "main"
NOON = timedelta(hours=12)
# What began before midnight may still sound.
BEFORE = timedelta(hours=2)


@dataclass(frozen=True)
class Preview:
    """A device's day as the device itself would decide it."""

    device: Device
    day: date
    ladder: Ladder
    titles: dict[str, str]
    quiet_hours: messages.QuietHours

    def stretches(self) -> list[Stretch]:
        """Return what sounds from midnight to midnight; silence is left out."""
        begin, end = day_bounds(self.day)
        return [one for one in self.ladder.foreseen(OUTPUT, begin, end) if one.outcome.occurrence]

    def at(self, instant: datetime) -> Outcome:
        """Return what sounds at an instant of the day, where it stands, what it passes over."""
        begin, end = day_bounds(self.day)
        for stretch in self.ladder.foreseen(OUTPUT, begin, end):
            if stretch.begin <= instant < stretch.end:
                return stretch.outcome
        return self.ladder.resolve(instant)[0]

    def title_of(self, occurrence: str) -> str:
        """Return the title behind a name of the ladder."""
        base = occurrence.partition("@")[0]
        return self.titles.get(base) or self.titles.get(base.rpartition(".")[0], "")


def previews_of(devices: Iterable[Device], day: date) -> list[Preview]:
    """Return the day of each of these devices."""
    given = list(devices)
    stands = {code for one in given for code in (one.place_id, one.village_id) if code}
    planned = _planned(stands, day)
    standings, parents = standings_approved(day), parents_of_all()
    targets = [(one, [place.code for place in one.places.all()]) for one in standings]
    previews = []
    for device in given:
        stand = device.village_id or device.place_id
        here = [row for row in planned if row.place_id in {device.place_id, device.village_id}]
        standing = [one for one, there in targets if is_within(stand, there, parents)]
        previews.append(_preview(device, day, here, standing))
    return previews


def _planned(places: set[str], day: date) -> list[Occurrence]:
    begin, end = day_bounds(day)
    rows = Occurrence._base_manager.filter(  # noqa: SLF001 - the caller may see the devices
        place__in=places,
        called_off_at=None,
        refusal=None,
        start_at__gte=begin - BEFORE,
        start_at__lt=end,
    )
    return list(rows.select_related("edition", "placement__confirmation", "placement__rule"))


def _preview(
    device: Device, day: date, occurrences: list[Occurrence], standing: list[Standing]
) -> Preview:
    quiet = quiet_hours_at(device.place)
    noon = day_bounds(day)[0] + NOON
    signed = [_statement(one) for one in standing]
    timeline = Timeline(
        device=device.code,
        place=device.village_id or device.place_id,
        version=0,
        issued_at=noon,
        begins_at=BEFORE_ALL,
        ends_at=BEFORE_ALL,
        outputs=(OUTPUT,),
        quiet_hours=(quiet,),
        occurrences=tuple(_slot(one) for one in occurrences),
        week=week_of(signed, noon),
    )
    titles = {str(one.pk): one.edition.title for one in occurrences}
    titles |= {one.code: one.title for one in standing}
    return Preview(device, day, Ladder(timeline), titles, quiet)


def _slot(occurrence: Occurrence) -> Slot:
    sound = planned_sound(occurrence)
    order = as_order(replace(sound, order=str(occurrence.pk)))
    edition = occurrence.edition
    return slot_of(
        order,
        Item(sha256=edition.sha256, duration_ms=max(1, edition.duration_ms)),
        is_emergency=edition.is_emergency,
        is_confirmed=sound.confirmation_envelope is not None,
        has_begun=False,
    )


def _statement(standing: Standing) -> messages.Standing:
    payload = envelope.read(bytes(standing.envelope or b"")).payload_bytes
    return envelope.parse(payload, messages.Standing)
