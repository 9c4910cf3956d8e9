"""The wall: what sounds now, for a screen that hangs in a room and nobody touches."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from loa.flow.evaluation.wall import next_at, unheard_at
from loa.lib import clock
from loa.registry.devices.incidents import open_incidents
from loa.registry.devices.models import condition_of
from loa.registry.devices.queries import devices_standing_in
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.queries import city_name
from loa.surfaces.desk.page import StaffRequest, on_air_for, staff_page

NEXT_SHOWN = 5


@staff_page
@require_safe
def show(request: StaffRequest) -> HttpResponseBase:
    """Show the whole wall."""
    return render(request, "desk/wall.html", _context(request.user))


@require_safe
def now(request: HttpRequest) -> HttpResponse:
    """Show what changes on the wall, as it asks every few seconds.

    Asking keeps the session alive: a wall is not signed out while it hangs. Who is signed out is
    told so plainly, and no sign-in form is drawn into the wall.
    """
    if not isinstance(request.user, Person):
        return HttpResponse(status=401)
    request.session.modified = True
    return render(request, "desk/parts/wall_now.html", _context(request.user))


def _context(person: Person) -> dict[str, Any]:
    places, instant = person.places_with(Deed.READ), clock.now()
    conditions = Counter(_condition(device, instant) for device in devices_standing_in(places))
    return {
        "city": city_name(),
        "at": instant,
        "on_air": on_air_for(person),
        "unheard": unheard_at(places, instant),
        "incidents": open_incidents(places),
        "next": next_at(places, instant, NEXT_SHOWN),
        "conditions": conditions,
        "device_count": conditions.total(),
    }


def _condition(device: Any, instant: Any) -> str:
    state = getattr(device, "state", None)
    seen_at, playing = (state.seen_at, state.playing) if state else (None, "")
    return condition_of(seen_at, playing, instant)
