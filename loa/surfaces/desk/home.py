"""Home: what waits for me, and where my own work stands."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from loa.flow.evaluation.standings import Standing, standings_of
from loa.flow.newsroom.queries import bulletins_readable_by
from loa.flow.schedules.inbox import communes_where
from loa.registry.devices.queries import devices_in_scope
from loa.registry.people.models import Person
from loa.registry.people.queries import may_approve
from loa.registry.people.rules import Deed
from loa.surfaces.desk.page import StaffRequest, on_air_for, render_page, staff_page
from loa.surfaces.desk.standing_words import Shown, shown_to_author
from loa.surfaces.desk.tasks import tasks_of, waiting_for
from loa.surfaces.desk.writing import approver_of

OWN_SHOWN_MAX = 8
# Nothing more is to be told of these; the room of bulletins has them.
SETTLED = {Standing.SOUNDED, Standing.STOPPED}


@staff_page
@require_safe
def show(request: StaffRequest) -> HttpResponse:
    person = request.user
    waiting = waiting_for(person)
    return render_page(
        request,
        "home.html",
        room="tasks",
        work=waiting,
        tasks=tasks_of(person, waiting),
        own=_own_work(person),
        may_write=person.may_anywhere(Deed.WRITE),
        may_read=person.may_anywhere(Deed.READ),
        may_read_ledger=person.may_anywhere(Deed.READ_LEDGER),
        may_approve=may_approve(person),
        has_inbox=bool(communes_where(person, Deed.PLACE)),
        device_count=devices_in_scope().exists(),
    )


def _own_work(person: Person) -> list[Shown]:
    """What this person wrote that is still on its way, so that nobody needs to ask."""
    mine = list(bulletins_readable_by(person).filter(author=person)[: OWN_SHOWN_MAX * 3])
    standings = standings_of(mine)
    underway = [b for b in mine if standings[b.pk] not in SETTLED][:OWN_SHOWN_MAX]
    waiting = [one for one in underway if standings[one.pk] is Standing.WAITING]
    # Who answers for one answers for all of its place and kind: to ask once is enough.
    first = {(one.place_id, one.is_emergency): one for one in waiting}
    approvers = {key: approver_of(one, person) for key, one in first.items()}
    return [
        shown_to_author(one, standings[one.pk], approvers.get((one.place_id, one.is_emergency)))
        for one in underway
    ]


@staff_page
@require_safe
def on_air(request: StaffRequest) -> HttpResponse:
    """The bar of what sounds now, as the page asks for it again and again."""
    context = {"on_air": on_air_for(request.user), "on_air_url": request.path}
    return render(request, "look/parts/on_air.html", context)
