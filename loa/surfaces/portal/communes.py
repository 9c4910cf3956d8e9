"""A commune's page: what sounds, will sound today and sounded there, and what it was called."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from loa.flow.evaluation.queries import planned_today, sounded_at, sounding_at
from loa.lib import clock
from loa.registry.places.models import Place
from loa.registry.places.queries import children_in_order, place_by_code
from loa.surfaces.portal.banners import banners_for
from loa.surfaces.portal.page import render_absence, render_page

STORIES_A_PAGE = 10
PAGES_MAX = 100


@require_safe
def show(request: HttpRequest, code: str) -> HttpResponse:
    try:
        place = place_by_code(code)
    except Place.DoesNotExist:
        return render_absence(
            request,
            _("Không có địa bàn mang mã “%(code)s”") % {"code": code},
            _("Địa chỉ có thể đã gõ sai. Hãy tìm xã, phường của bạn trong danh sách."),
        )
    if place.is_city:
        return redirect("portal:city")
    if not place.is_commune:
        return redirect("portal:commune", place.parent_id)
    return _page_of(request, place)


def _page_of(request: HttpRequest, place: Place) -> HttpResponse:
    number = _page_number(request)
    begin = (number - 1) * STORIES_A_PAGE
    heard = sounded_at(place, limit=STORIES_A_PAGE + 1, offset=begin)
    sounding = sounding_at(place)
    return render_page(
        request,
        "commune.html",
        place=place,
        banners=banners_for(place),
        sounding=sounding,
        pks_sounding={one.edition.pk for one in sounding},
        planned=planned_today(place),
        heard=heard[:STORIES_A_PAGE],
        number=number,
        older=number + 1 if len(heard) > STORIES_A_PAGE and number < PAGES_MAX else None,
        newer=number - 1 if number > 1 else None,
        villages=children_in_order(place),
        now=clock.now(),
    )


def _page_number(request: HttpRequest) -> int:
    given = request.GET.get("trang", "")
    return min(max(int(given), 1), PAGES_MAX) if given.isdecimal() and len(given) < 5 else 1
