"""The room of bulletins: the list, and one bulletin as it stands."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_safe

from loa.flow.approvals.models import Edition
from loa.flow.approvals.queries import answers_to
from loa.flow.evaluation.standings import Standing, standing_of, standings_of
from loa.flow.newsroom.models import Bulletin
from loa.flow.newsroom.queries import bulletins_readable_by
from loa.flow.schedules.inbox import answers_of_communes
from loa.flow.schedules.models import Placement
from loa.flow.schedules.queries import placements_of
from loa.lib import clock
from loa.registry.devices.queries import loudspeakers_in
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.queries import codes_within
from loa.surfaces.desk import writing
from loa.surfaces.desk.page import StaffRequest, reach_in_words, render_page, staff_page
from loa.surfaces.desk.standing_words import shown

PAGE_SIZE = 20
OPEN_TO_WRITING = {Standing.DRAFT, Standing.RETURNED}
MAY_BE_STOPPED = {Standing.PLANNED, Standing.SOUNDING, Standing.TO_CONFIRM}


@staff_page
@require_safe
def show_all(request: StaffRequest) -> HttpResponseBase:
    person = request.user
    paginator = Paginator(bulletins_readable_by(person), PAGE_SIZE)
    page = paginator.get_page(request.GET.get("trang"))
    standings = standings_of(page.object_list)
    return render_page(
        request,
        "bulletins.html",
        room="bulletins",
        rows=[shown(bulletin, standings[bulletin.pk]) for bulletin in page.object_list],
        page=page,
        may_write=person.may_anywhere(Deed.WRITE),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: StaffRequest, code: str) -> HttpResponseBase:
    """Show the writing form to who may write, what stands to everybody else who may read."""
    bulletin = get_object_or_404(bulletins_readable_by(request.user), code=code)
    standing = standing_of(bulletin)
    wants_to_write = "sua" in request.GET or request.method == "POST"
    if (
        request.user.may(Deed.WRITE, bulletin.place)
        and standing is not Standing.WAITING
        and (standing in OPEN_TO_WRITING or wants_to_write)
    ):
        return writing.write(request, bulletin, standing)
    return _show_standing(request, bulletin, standing)


def _show_standing(
    request: StaffRequest, bulletin: Bulletin, standing: Standing
) -> HttpResponseBase:
    person = request.user
    edition = bulletin.editions.order_by("-frozen_at").first()
    placements = placements_of(bulletin)
    may_place = edition is not None and set(edition.targets) <= person.places_with(Deed.PLACE)
    return render_page(
        request,
        "bulletin.html",
        room="bulletins",
        bulletin=bulletin,
        row=shown(bulletin, standing),
        standing=standing,
        edition=edition,
        answers=answers_to(bulletin),
        placements=placements,
        stoppable=_stoppable(person, placements, standing),
        rendition=edition.rendition if edition else bulletin.rendition,
        may_write=person.may(Deed.WRITE, bulletin.place),
        may_place=may_place,
        reach_now=_reach_now(edition) if may_place and edition is not None else "",
        submission=bulletin.open_submission,
        answers_given=answers_of_communes(edition) if edition else None,
    )


def _reach_now(edition: Edition) -> str:
    """Say where it would be heard if it were played now, while it is valid; else nothing."""
    if not edition.valid_from <= clock.now() < edition.valid_until:
        return ""
    devices = loudspeakers_in(codes_within(edition.targets))
    return reach_in_words([device.place.full_name for device in devices]) if devices else ""


def _stoppable(person: Person, placements: list[Placement], standing: Standing) -> Placement | None:
    """Return the newest placement if it is still to sound and this person may stop it."""
    if not placements or standing not in MAY_BE_STOPPED:
        return None
    places = {place.code for place in placements[0].places.all()}
    return placements[0] if places <= person.places_with(Deed.RECALL) else None
