"""What a reform will move, and which reforms wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from loa.lib import clock
from loa.registry.devices.models import Device, DeviceGroup
from loa.registry.people.models import Mandate
from loa.registry.places.models import Place
from loa.registry.reforms.models import PlaceReform, ReformLine


@dataclass(frozen=True)
class Moving:
    """What goes along with one place."""

    source: Place
    devices: int
    villages: int
    groups: int
    people: int


def reforms() -> QuerySet[PlaceReform]:
    return PlaceReform.objects.select_related("prepared_by").prefetch_related("lines__source")


def reforms_due(today: date) -> QuerySet[PlaceReform]:
    """Return, the earliest first, what waits although its day has come."""
    waiting = PlaceReform.objects.filter(carried_out_at=None, withdrawn_at=None)
    return waiting.filter(effective_on__lte=today).order_by("effective_on", "pk")


def lines_waiting() -> QuerySet[ReformLine]:
    return ReformLine.objects.filter(reform__carried_out_at=None, reform__withdrawn_at=None)


def moving_with(source: Place) -> Moving:
    """Count what would go along with a place if it moved now."""
    is_village = source.kind == Place.Kind.VILLAGE
    return Moving(
        source=source,
        devices=devices_at(source).filter(retired_at=None).count(),
        villages=0 if is_village else Place.objects.filter(parent=source).count(),
        groups=0 if is_village else DeviceGroup.objects.filter(place=source).count(),
        people=0 if is_village else mandates_open_at(source).values("person").distinct().count(),
    )


def devices_at(source: Place) -> QuerySet[Device]:
    field = "village" if source.kind == Place.Kind.VILLAGE else "place"
    return Device._base_manager.filter(**{field: source})  # noqa: SLF001


def mandates_open_at(source: Place) -> QuerySet[Mandate]:
    """Return what is held there now or later."""
    is_running = Q(valid_until=None) | Q(valid_until__gt=clock.now())
    rows = Mandate.objects.filter(is_running, place=source, ended_at=None)
    return rows.select_related("person", "role", "agency").order_by("pk")
