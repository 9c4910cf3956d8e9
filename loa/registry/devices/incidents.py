"""Outages as they are written down: begun, grown, over; and who took one on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q

from loa.lib import clock
from loa.registry.devices.models import (
    SILENT_AFTER,
    Device,
    Incident,
    IncidentDevice,
)
from loa.registry.devices.outages import OpenOutage, Outage, Silent, decide
from loa.registry.ledger.actions import hold_ledger, record_fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed

CLOSED_SHOWN_MAX = 20


@transaction.atomic
def look_for_outages(now: datetime) -> int:
    """Write down what fell silent and what came back since the last look; return how many changed.

    Only devices that are newly silent or newly back are read, however long the history is.
    """
    back, silent = _back(now), _newly_silent(now)
    if not back and not silent:
        return 0
    # Two dispatchers may look at once: the ledger lets one be first.
    hold_ledger()
    back, silent = _back(now), _newly_silent(now)
    decision = decide(silent, _open_outages())
    for outage in decision.begun:
        _begin(outage, now)
    for number, outage in decision.joined.items():
        _grow(number, outage)
    _note_back(back, now)
    return len(back) + len(silent)


def _newly_silent(now: datetime) -> list[Silent]:
    is_missed = Exists(IncidentDevice.objects.filter(device=OuterRef("pk"), back_at=None))
    rows = Device._base_manager.filter(  # noqa: SLF001 - the watch sees the whole city
        ~is_missed, retired_at=None, state__seen_at__lt=now - SILENT_AFTER
    )
    found = rows.values_list("code", "place_id", "village_id", "state__seen_at")
    return [Silent(*row) for row in found]


def _back(now: datetime) -> list[IncidentDevice]:
    """Return who is missed in an open outage and was heard again, or is out of use."""
    is_heard = Q(device__state__seen_at__gte=now - SILENT_AFTER)
    rows = IncidentDevice.objects.filter(
        is_heard | Q(device__retired_at__isnull=False) | Q(device__state=None), back_at=None
    )
    return list(rows)


def _open_outages() -> list[OpenOutage]:
    rows = Incident.objects.filter(closed_at=None).select_related("place")
    return [
        OpenOutage(
            row.pk,
            row.commune_code,
            row.place_id if row.place_id != row.commune_code else None,
            row.last_since,
        )
        for row in rows.annotate(last_since=Max("devices__since"))
    ]


def _begin(outage: Outage, now: datetime) -> None:
    incident = Incident.objects.create(
        place_id=outage.village or outage.commune, opened_at=outage.since, noticed_at=now
    )
    _add_devices(incident, outage.devices)
    record_fact(
        "outage_begun",
        actor=None,
        subject=f"outage {incident.pk}",
        place=incident.place_id,
        body={"devices": [one.device for one in outage.devices]},
    )


def _grow(number: int, outage: Outage) -> None:
    incident = Incident.objects.get(pk=number)
    incident.place_id = outage.village or outage.commune
    incident.opened_at = min(incident.opened_at, outage.since)
    incident.save(update_fields=["place_id", "opened_at"])
    _add_devices(incident, outage.devices)


def _add_devices(incident: Incident, devices: Iterable[Silent]) -> None:
    IncidentDevice.objects.bulk_create(
        IncidentDevice(incident=incident, device_id=one.device, since=one.since) for one in devices
    )


def _note_back(back: Collection[IncidentDevice], now: datetime) -> None:
    IncidentDevice.objects.filter(pk__in=[row.pk for row in back]).update(back_at=now)
    concerned = {row.incident_id for row in back}
    still = IncidentDevice.objects.filter(incident__in=concerned, back_at=None)
    over = concerned - set(still.values_list("incident", flat=True))
    for incident in Incident.objects.filter(pk__in=over).order_by("pk"):
        incident.closed_at = now
        incident.save(update_fields=["closed_at"])
        minutes = int((now - incident.opened_at).total_seconds() // 60)
        record_fact(
            "outage_over",
            actor=None,
            subject=f"outage {incident.pk}",
            place=incident.place_id,
            body={"minutes": minutes},
        )


@transaction.atomic
def take_on(incident: Incident, *, by: Person, note: str) -> Incident:
    """Say that this person looks after an outage, and what is known; the same again changes nothing.

    Raises MandateMissing.
    """
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    if incident.place_id not in by.places_with(Deed.TEND_DEVICES):
        raise MandateMissing
    note = " ".join(note.split())[:500]
    if (incident.taken_by_id, incident.note) == (by.pk, note):
        return incident
    incident.taken_by, incident.taken_at, incident.note = by, clock.now(), note
    incident.save(update_fields=["taken_by", "taken_at", "note"])
    record_fact(
        "outage_taken_on",
        actor=by.username,
        subject=f"outage {incident.pk}",
        place=incident.place_id,
        body={"note": note},
    )
    return incident


def open_incidents(places: Collection[str]) -> list[Incident]:
    """Return the outages of these places that are not over, the widest first."""
    rows = Incident.objects.filter(place__in=places, closed_at=None)
    shown = rows.select_related("place__parent", "taken_by").prefetch_related("devices__device")
    return sorted(shown, key=lambda one: (-len(one.devices.all()), one.opened_at))


def closed_incidents(places: Collection[str]) -> list[Incident]:
    rows = Incident.objects.filter(place__in=places, closed_at__isnull=False)
    shown = rows.select_related("place__parent", "taken_by").prefetch_related("devices__device")
    return list(shown.order_by("-closed_at")[:CLOSED_SHOWN_MAX])


def incident_numbered(number: int, places: Collection[str]) -> Incident | None:
    rows = Incident.objects.filter(pk=number, place__in=places).select_related(
        "place__parent", "taken_by"
    )
    return rows.prefetch_related("devices__device").first()


def incidents_of(device: Device) -> list[IncidentDevice]:
    """Return the outages a device was part of, newest first."""
    rows = IncidentDevice.objects.filter(device=device).select_related("incident__place")
    return list(rows.order_by("-since")[:CLOSED_SHOWN_MAX])
