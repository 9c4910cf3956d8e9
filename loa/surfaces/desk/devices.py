"""Devices: which can sound now, which are in trouble, and where they stand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from loa.lib.text import fold
from loa.registry.devices.models import Device, DeviceGroup
from loa.registry.devices.queries import devices_standing_in, groups_of
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import communes
from loa.surfaces.desk import device_page
from loa.surfaces.desk.condition_words import CONDITIONS, RANK, Condition, DeviceShown, shown_device
from loa.surfaces.desk.device_access import visible_places
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.look.citymap import CityMap, Marker, Spot, draw_map

ROWS_A_PAGE = 50
# More shapes than this hide one another: then each commune is one shape.
MARKERS_MAX = 120
NAMED_MAX = 6
SEARCHED = "code name address pole serial sim_number owner provider maker model note".split()
# Two clusters silent together may be chance, a whole place is a cut line.
OUTAGE_MIN = 2


@dataclass(frozen=True)
class Outage:
    """All devices of a commune fell silent: one row, one cause to look for."""

    place: Place
    count: int
    since: datetime | None


@dataclass(frozen=True)
class Chosen:
    """The devices somebody may see, and those of them that were asked for."""

    every: list[DeviceShown]
    here: list[DeviceShown]  # whatever their condition
    shown: list[DeviceShown]
    place: Place | None
    condition: str
    words: str
    group: DeviceGroup | None
    groups: list[DeviceGroup]

    @property
    def is_filtered(self) -> bool:
        return bool(self.place or self.condition or self.words or self.group)


def chosen_devices(request: StaffRequest) -> Chosen:
    """Return the devices this address asks for, trouble first; what is not there is 404."""
    visible = visible_places(request.user)
    every = sorted(map(shown_device, devices_standing_in(visible)), key=_trouble_first)
    place = _place_asked(request.GET.get("noi", ""), every)
    condition = request.GET.get("tinh-trang", "")
    if condition not in {"", *CONDITIONS}:
        raise Http404
    groups = groups_of(visible)
    group = _group_asked(request.GET.get("nhom", ""), groups)
    said = " ".join(request.GET.get("tim", "").split())[:100]
    here = [one for one in every if place is None or _stands_in(one, place)]
    if group is not None:
        members = {device.code for device in group.devices.all()}
        here = [one for one in here if one.device.code in members]
    if said:
        here = [one for one in here if _is_named(one.device, said)]
    shown = [one for one in here if condition in {"", one.condition.key}]
    return Chosen(every, here, shown, place, condition, said, group, groups)


def _group_asked(number: str, groups: Iterable[DeviceGroup]) -> DeviceGroup | None:
    if not number:
        return None
    for group in groups:
        if str(group.pk) == number:
            return group
    raise Http404


def _is_named(device: Device, said: str) -> bool:
    """Say whether all words stand in what the register says of it, with or without marks."""
    known = fold(" ".join(str(getattr(device, name)) for name in SEARCHED))
    return all(word in known for word in fold(said).split())


@staff_page
@require_safe
def show_all(request: StaffRequest) -> HttpResponseBase:
    """Show devices as counts, a map and a list; the page asks for the same again and again."""
    chosen = chosen_devices(request)
    outages = [] if chosen.is_filtered else _outages(chosen.shown)
    out = {outage.place.code for outage in outages}
    rows = [one for one in chosen.shown if one.device.place_id not in out]
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("trang"))
    context: dict[str, Any] = {
        "counts": _counts(chosen.here),
        "outages": outages,
        "page": page,
        "map": _map(chosen.shown, visible_places(request.user), chosen.place),
        "map_label": _map_label(chosen.here),
        "is_filtered": chosen.is_filtered,
        "address": request.get_full_path(),
    }
    if request.htmx:  # type: ignore[attr-defined]
        answer = render(request, "desk/parts/devices_now.html", context)
        answer.headers["Cache-Control"] = "no-store"
        return answer
    return render_page(
        request,
        "devices.html",
        room="devices",
        places=_places(chosen.every),
        chosen=chosen,
        conditions=CONDITIONS.values(),
        query=request.GET.urlencode(),
        may_claim=bool(request.user.places_with(Deed.TEND_DEVICES)),
        **context,
    )


@staff_page
@require_safe
def show(request: StaffRequest, code: str) -> HttpResponseBase:
    """Show one device: now, next, the last days, and its own words."""
    device = get_object_or_404(devices_standing_in(visible_places(request.user)), code=code)
    return device_page.answer(request, device)


def _trouble_first(one: DeviceShown) -> tuple[int, str, str]:
    return RANK[one.condition.key], one.device.place.full_name, one.device.code


def _stands_in(one: DeviceShown, place: Place) -> bool:
    return place.code in {one.device.place_id, one.device.village_id}


def _places(shown: Iterable[DeviceShown]) -> list[Place]:
    rows = {one.device.place_id: one.device.place for one in shown}
    return sorted(rows.values(), key=lambda place: place.name)


def _place_asked(code: str, shown: Sequence[DeviceShown]) -> Place | None:
    if not code:
        return None
    for one in shown:
        if one.device.place_id == code:
            return one.device.place
    raise Http404


def _counts(shown: Iterable[DeviceShown]) -> list[tuple[Condition, int]]:
    tally = Counter(one.condition.key for one in shown)
    return [(CONDITIONS[key], tally[key]) for key in ("playing", "ready", "late", "silent")]


def _map_label(shown: Sequence[DeviceShown]) -> str:
    said = ", ".join(f"{count} {str(one.words).lower()}" for one, count in _counts(shown))
    return _("Bản đồ %(n)s thiết bị: %(said)s. Danh sách bên cạnh nói cùng nội dung.") % {
        "n": len(shown),
        "said": said,
    }


def _outages(shown: Iterable[DeviceShown]) -> list[Outage]:
    by_place: dict[Place, list[DeviceShown]] = defaultdict(list)
    for one in shown:
        by_place[one.device.place].append(one)
    return [
        Outage(place, len(there), max((d.seen_at for d in there if d.seen_at), default=None))
        for place, there in by_place.items()
        if len(there) >= OUTAGE_MIN and all(one.is_silent for one in there)
    ]


def _map(shown: Sequence[DeviceShown], visible: set[str], place: Place | None) -> CityMap | None:
    parents = {one.device.place_id for one in shown}
    seen = [p for p in communes() if p.code in visible | parents]
    if place is not None:
        seen = [p for p in seen if p.code == place.code]
    spots = [
        Spot(p.code, p.name, p.latitude, p.longitude, p.area_km2 or 0.0)
        for p in seen
        if p.latitude is not None and p.longitude is not None
    ]
    if not spots:
        return None
    here = parents if len(parents) <= NAMED_MAX else set()
    return draw_map(spots, _markers(shown), here=here)


def _markers(shown: Sequence[DeviceShown]) -> list[Marker]:
    if len(shown) > MARKERS_MAX:
        return _markers_of_places(shown)
    return [
        Marker(
            key=one.device.code,
            lat=one.device.latitude,
            lon=one.device.longitude,
            tone=one.condition.tone,
            words=f"{one.device.name}: {one.condition.words}",
            url=reverse("desk:device", args=[one.device.code]),
        )
        for one in shown
        if one.device.latitude is not None and one.device.longitude is not None
    ]


def _markers_of_places(shown: Sequence[DeviceShown]) -> list[Marker]:
    """One shape a commune, the shape of its worst device: `shown` has trouble first."""
    by_place: dict[Place, list[DeviceShown]] = defaultdict(list)
    for one in shown:
        by_place[one.device.place].append(one)
    return [
        Marker(
            key=place.code,
            lat=place.latitude,
            lon=place.longitude,
            tone=there[0].condition.tone,
            words=f"{place.full_name}: {_said(there)}",
            url=f"{reverse('desk:devices')}?noi={place.code}",
        )
        for place, there in by_place.items()
        if place.latitude is not None and place.longitude is not None
    ]


def _said(shown: Sequence[DeviceShown]) -> str:
    return ", ".join(f"{n} {str(one.words).lower()}" for one, n in _counts(shown) if n)
