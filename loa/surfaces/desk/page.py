"""What every page of the desk shares: who is asking, the frame around it, how a refusal is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import update_wrapper
from itertools import groupby
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from loa.flow.newsroom.queries import bulletins_readable_by
from loa.flow.receipts.models import PlayLog
from loa.flow.receipts.queries import sounding_now
from loa.registry.people.errors import MandateMissing
from loa.registry.people.factors import lacks_second_factor
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.people.staff import decides_about_people
from loa.registry.places.queries import city_name
from loa.surfaces.desk.tasks import Waiting, waiting_for
from loa.surfaces.look.frame import Frame, Me, OnAir, Room

P = ParamSpec("P")

# Key, words, address, icon: the five rooms, in the order of the work.
ROOMS: tuple[tuple[str, Promise | str, str, str], ...] = (
    ("tasks", gettext_lazy("Việc của tôi"), "desk:home", "tasks"),
    ("bulletins", gettext_lazy("Bản tin"), "desk:bulletins", "bulletin"),
    ("schedule", gettext_lazy("Lịch phát"), "desk:schedule", "schedule"),
    ("devices", gettext_lazy("Thiết bị"), "desk:devices", "devices"),
    ("proofs", gettext_lazy("Bằng chứng"), "desk:proofs", "proof"),
)


class StaffRequest(HttpRequest):
    """A request of somebody who signed in."""

    user: Person


def staff_page(
    view: Callable[Concatenate[StaffRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let only people who signed in see a page; a deed without mandate is answered by 403.

    Who may approve and has no second factor yet is led to set one up first.
    """

    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if lacks_second_factor(cast("StaffRequest", request).user):
            return _led_to_factor(request)
        try:
            return view(cast("StaffRequest", request), *args, **kwargs)
        except MandateMissing as missing:
            raise PermissionDenied from missing

    update_wrapper(guarded, view)
    return login_required(guarded)


def _led_to_factor(request: HttpRequest) -> HttpResponse:
    # A part of a page is not the place: it stays empty, and the page itself leads there.
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    return redirect("desk:factor_demand")


def account_page(
    view: Callable[Concatenate[StaffRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let everybody who signed in see a page about his own account, before anything else."""

    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return view(cast("StaffRequest", request), *args, **kwargs)

    update_wrapper(guarded, view)
    return login_required(guarded)


def render_page(
    request: StaffRequest, template: str, *, room: str, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page of the desk inside its frame; `room` names where it belongs.

    `work` is what waits for the person, of a page that asked for it already.
    """
    work: Waiting = context.pop("work", None) or waiting_for(request.user)
    context["frame"] = frame_around(request.user, room, work)
    return render(request, f"desk/{template}", context, status=status)


def frame_around(person: Person, room: str, waiting: Waiting) -> Frame:
    return Frame(
        rooms=tuple(_rooms(room, waiting)),
        me=Me(person.full_name, person.title, reverse("desk:account")),
        home_url=reverse("desk:home"),
        city=city_name(),
        sign_out_url=reverse("desk:sign_out"),
        search_url=reverse("desk:search"),
        on_air_url=reverse("desk:on_air"),
        on_air=on_air_for(person),
        people=_people_entry(person, room),
    )


def _people_entry(person: Person, here: str) -> Room:
    """Lead who administers people to them, and everybody else to what he may do himself."""
    decides = decides_about_people(person)
    words = _("Con người") if decides else _("Quyền của tôi")
    address = reverse("desk:people" if decides else "desk:my_rights")
    return Room(words, address, "people", here == "people")


def _rooms(here: str, waiting: Waiting) -> Iterable[Room]:
    for key, words, address, icon in ROOMS:
        count = waiting.count if key == "tasks" else 0
        yield Room(str(words), reverse(address), icon, key == here, count)


def on_air_for(person: Person) -> tuple[OnAir, ...]:
    """Return what sounds now on devices in scope, one entry for each placement."""
    logs = sorted(sounding_now(), key=lambda log: str(log.order.occurrence.placement_id))
    grouped = groupby(logs, key=lambda log: log.order.occurrence.placement_id)
    return tuple(_on_air(list(rows), person) for _key, rows in grouped)


def _on_air(logs: list[PlayLog], person: Person) -> OnAir:
    occurrence = logs[0].order.occurrence
    edition, placement = occurrence.edition, occurrence.placement
    own = bulletins_readable_by(person).filter(pk=edition.bulletin_id).first()
    places = {place.code for place in placement.places.all()}
    is_readable = placement.place_id in person.places_with(Deed.READ)
    may_stop = is_readable and places <= person.places_with(Deed.RECALL)
    return OnAir(
        key=str(placement.pk),
        title=edition.title,
        reach=reach_in_words([log.order.device.place.full_name for log in logs]),
        ends_at=max(log.started_at for log in logs if log.started_at) + edition.duration,
        url=reverse("desk:bulletin", args=[own.code]) if own else "",
        stop_url=reverse("desk:recall", args=[placement.pk]) if may_stop else "",
        is_emergency=edition.is_emergency,
    )


def reach_in_words(communes: list[str]) -> str:
    """Say on how many clusters of which communes: `4 cụm loa ở Phường Hải Châu`."""
    horns = ngettext("%(n)s cụm loa", "%(n)s cụm loa", len(communes)) % {"n": len(communes)}
    names = list(dict.fromkeys(communes))
    where = (
        ", ".join(names)
        if len(names) <= 2
        else ngettext("%(n)s xã, phường", "%(n)s xã, phường", len(names)) % {"n": len(names)}
    )
    return _("%(horns)s ở %(where)s") % {"horns": horns, "where": where}
