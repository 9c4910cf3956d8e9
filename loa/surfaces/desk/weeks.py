"""The week of one place: seven ribbons, and under each the list that says the same."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from loa.flow.evaluation.days import places_with_a_day, week_of
from loa.lib import clock
from loa.surfaces.desk.days import Rights, day_asked, day_shown, place_asked
from loa.surfaces.desk.outcome_words import BARS
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page

WEEK = timedelta(days=7)


@staff_page
@require_safe
def show(request: StaffRequest) -> HttpResponseBase:
    """Show the week that holds a day, at the place asked for or the first with something to hear."""
    rights = Rights.of(request.user)
    day, is_misread = day_asked(request.GET.get("ngay", ""))
    busy, still = places_with_a_day(rights.readable, day)
    places = [*busy, *still]
    chosen = place_asked(request.GET.get("noi", ""), places) or next(iter(places), None)
    monday = day - timedelta(days=day.weekday())
    return render_page(
        request,
        "week.html",
        room="schedule",
        day=day,
        is_misread=is_misread,
        monday=monday,
        sunday=monday + timedelta(days=6),
        today=clock.local(clock.now()).date(),
        before=day - WEEK,
        after=day + WEEK,
        days=[day_shown(one, rights) for one in week_of(chosen, day)] if chosen else [],
        chosen=chosen,
        places=places,
        busy=busy,
        still=still,
        bars=BARS,
    )
