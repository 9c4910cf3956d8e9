"""The city's page: what sounds now, what sounded last, and every commune by name."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from loa.flow.evaluation.queries import Sounded, sounded_at, sounding_at
from loa.lib import clock
from loa.registry.places import queries as places
from loa.registry.places.models import Place
from loa.surfaces.portal.banners import banners_for
from loa.surfaces.portal.page import render_page

HEARD_SHOWN_MAX = 5
KINDS = (Place.Kind.WARD, Place.Kind.COMMUNE, Place.Kind.SPECIAL_ZONE)


@dataclass(frozen=True)
class Shelf:
    """The communes of one kind, as the index shows them."""

    key: str
    heading: str
    places: list[Place]


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    city = _city()
    sounding = sounding_at(city) if city else []
    return render_page(
        request,
        "city.html",
        banners=banners_for(city) if city else [],
        sounding=sounding,
        heard=sounded_at(city, limit=HEARD_SHOWN_MAX) if city else [],
        shelves=_shelves(),
        codes_sounding=_communes_of(sounding),
        now=clock.now(),
    )


def _city() -> Place | None:
    try:
        return places.city()
    except Place.DoesNotExist:  # the very first start, before anybody entered the city
        return None


def _shelves() -> list[Shelf]:
    today = clock.local(clock.now()).date()
    by_kind: dict[str, list[Place]] = {kind: [] for kind in KINDS}
    for place in places.communes():
        if place.is_valid_on(today):
            by_kind[place.kind].append(place)
    return [
        Shelf(kind, _heading(kind, len(found)), found) for kind, found in by_kind.items() if found
    ]


def _heading(kind: str, count: int) -> str:
    words = {
        Place.Kind.WARD: ngettext("%(n)s phường", "%(n)s phường", count),
        Place.Kind.COMMUNE: ngettext("%(n)s xã", "%(n)s xã", count),
        Place.Kind.SPECIAL_ZONE: ngettext("%(n)s đặc khu", "%(n)s đặc khu", count),
    }
    return words[Place.Kind(kind)] % {"n": count}


def _communes_of(sounding: list[Sounded]) -> set[str]:
    """Return the codes of communes where something sounds, in the commune or a village of it."""
    found = [place for one in sounding for place in one.places]
    return {str(place.code if place.is_commune else place.parent_id) for place in found}
