"""Deeds of a commune on an item of the city that it took: its own words around it, and its hour."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from loa.flow.approvals.models import Edition
from loa.flow.newsroom.actions import write_bulletin
from loa.flow.newsroom.models import Bulletin
from loa.flow.schedules import errors
from loa.flow.schedules.actions import place_edition
from loa.flow.schedules.inbox import may_for_commune, newest_edition_of
from loa.flow.schedules.models import Placement
from loa.flow.schedules.offered import Adoption, Offer
from loa.flow.schedules.offers import adopt_edition
from loa.lib import clock
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place

# A line said once may be said again before other items of the city.
WORDS_VALID_FOR = timedelta(days=365)
WORDS_SHOWN_MAX = 10
BETWEEN = timedelta(seconds=1)


def words_around(place: Place) -> dict[str, list[str]]:
    """Return the approved lines with which a commune opened and closed items before, last first."""
    return {kind: _lines(place, kind) for kind in ("opening", "closing")}


def _lines(place: Place, kind: str) -> list[str]:
    rows = Adoption.objects.filter(
        offer__place=place, **{f"{kind}__editions__valid_until__gt": clock.now()}
    )
    titles = rows.order_by("-adopted_at").values_list(f"{kind}__title", flat=True)
    return list(dict.fromkeys(titles))[:WORDS_SHOWN_MAX]


@transaction.atomic
def take_offer(
    offer: Offer,
    *,
    by: Person,
    lets_city_place: bool = False,
    opening: str = "",
    closing: str = "",
) -> Adoption:
    """Take an item, with words of the commune around it; taking again changes nothing.

    Words said and approved before are used again; new ones become bulletins of the commune, which
    a second person approves like any other.
    """
    done = Adoption.objects.filter(offer=offer).first()
    if done is not None:
        return done
    if lets_city_place and (opening.strip() or closing.strip()):
        raise errors.WordsNeedOwnHour
    around = {
        kind: _bulletin_saying(offer, words, by) if words.strip() else None
        for kind, words in (("opening", opening), ("closing", closing))
    }
    return adopt_edition(offer, by=by, lets_city_place=lets_city_place, **around)


def _bulletin_saying(offer: Offer, words: str, by: Person) -> Bulletin:
    line = " ".join(words.split())
    known = Bulletin._base_manager.filter(  # noqa: SLF001
        place=offer.place, title=line, body="", editions__valid_until__gt=offer.edition.valid_until
    ).first()
    return known or write_bulletin(
        place=offer.place,
        by=by,
        title=line,
        targets=[offer.place],
        valid_from=clock.now(),
        valid_until=clock.now() + WORDS_VALID_FOR,
    )


@transaction.atomic
def place_adopted(
    offer: Offer,
    *,
    by: Person,
    start_at: datetime | None = None,
    places: Collection[Place] | None = None,
) -> Placement:
    """Give an item its hour in the commune, its own words before and after it.

    Returns the placement of the item. Raises WordsAwaited while the words are not approved, and
    what place_edition raises.
    """
    if not may_for_commune(by, Deed.PLACE, offer.place):
        raise MandateMissing
    chosen = list(places) if places is not None else [offer.place]
    adoption = Adoption.objects.filter(offer=offer).first()
    opening, closing = (
        _approved_words(getattr(adoption, kind, None)) for kind in ("opening", "closing")
    )
    if opening is None and closing is None:
        return place_edition(offer.edition, by=by, start_at=start_at, places=chosen)
    begin = start_at or clock.now() + BETWEEN
    if opening is not None:
        begin = _end_of(place_edition(opening, by=by, start_at=begin, places=chosen))
    placement = place_edition(offer.edition, by=by, start_at=begin, places=chosen)
    if closing is not None:
        place_edition(closing, by=by, start_at=_end_of(placement), places=chosen)
    return placement


def unapproved_words(adoption: Adoption) -> list[Bulletin]:
    """Return the words around an item that nobody approved yet."""
    said = [adoption.opening, adoption.closing]
    return [one for one in said if one is not None and newest_edition_of(one) is None]


def _end_of(placement: Placement) -> datetime:
    return placement.start_at + placement.edition.duration + BETWEEN


def _approved_words(bulletin: Bulletin | None) -> Edition | None:
    if bulletin is None:
        return None
    edition = newest_edition_of(bulletin)
    if edition is None:
        raise errors.WordsAwaited(title=bulletin.title)
    return edition
