"""Reading what the city offers: a commune its inbox, the city what became of its item."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from loa.flow.approvals.models import Edition
from loa.flow.newsroom.models import Bulletin, Priority
from loa.flow.schedules.models import Placement
from loa.flow.schedules.offered import Adoption, Agreement, Offer
from loa.flow.schedules.queries import places_sounding
from loa.lib import clock
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import city, places_by_code

OFFERED = (Priority.NORMAL, Priority.PRIORITY)


def may_for_commune(person: Person, deed: Deed, commune: Place) -> bool:
    """Say whether this person speaks for the commune itself: who commands the city does not."""
    return person.may(deed, commune) and not person.may(deed, city())


def communes_where(person: Person, deed: Deed) -> set[str]:
    """Return the communes for which the person speaks; none if the person may so for the city."""
    codes = person.places_with(deed)
    return set() if city().code in codes else codes


def communes_of(places: Iterable[Place]) -> list[Place]:
    """Return the communes in which something for these places would sound."""
    sounding = places_sounding(places)
    codes = {place.code if place.is_commune else str(place.parent_id) for place in sounding}
    return sorted(places_by_code(codes), key=lambda place: place.code)


def is_asked_of_communes(edition: Edition) -> bool:
    """Say whether communes decide if this sounds with them: an ordinary item of the city."""
    return edition.place.is_city and edition.priority == Priority.NORMAL


def communes_unwilling(
    edition: Edition, places: Collection[Place], by: Person, begins: Collection[datetime]
) -> list[Place]:
    """Return the communes of these places that did not agree to what this person places then.

    The city may place an ordinary item of its own where the commune adopted it and left the hour
    to the city, or agreed to take all such items at that hour. A commune places what it adopted.
    """
    if not is_asked_of_communes(edition):
        return []
    communes = communes_of(places)
    agreed = _agreed(communes, edition, begins)
    adopted = _adopted(communes, edition, by_city=by.may(Deed.PLACE, edition.place))
    return [place for place in communes if place.code not in agreed | adopted]


def _agreed(
    communes: Collection[Place], edition: Edition, begins: Collection[datetime]
) -> set[str]:
    rows = Agreement._base_manager.filter(ended_at=None, place__in=communes)  # noqa: SLF001
    return {
        row.place_id for row in rows if all(row.covers(one, edition.duration) for one in begins)
    }


def _adopted(communes: Collection[Place], edition: Edition, *, by_city: bool) -> set[str]:
    rows = Adoption.objects.filter(offer__edition=edition, offer__place__in=communes)
    if by_city:
        rows = rows.filter(lets_city_place=True)
    return set(rows.values_list("offer__place", flat=True))


def owner_of_placement(edition: Edition, places: Collection[Place], by: Person) -> Place:
    """Return whose placement it is: the city's own, or the commune's that placed its item."""
    if not edition.place.is_city or by.may(Deed.PLACE, edition.place):
        return edition.place
    return communes_of(places)[0]


def offers_in_scope() -> QuerySet[Offer]:
    """Return offers to the places in scope, newest first, those of outdated editions left out."""
    rows = Offer.objects.select_related(
        "place",
        "edition__bulletin__author",
        "edition__place",
        "edition__rendition",
        "edition__approval__approver",
        "adoption__adopted_by",
        "adoption__agreement",
        "decline__declined_by",
    )
    newer = Edition._base_manager.filter(  # noqa: SLF001
        bulletin=OuterRef("edition__bulletin"), frozen_at__gt=OuterRef("edition__frozen_at")
    )
    return rows.exclude(Exists(newer))


def offers_readable_by(person: Person) -> QuerySet[Offer]:
    """Return the offers of the communes for which this person reads."""
    return offers_in_scope().filter(place__in=communes_where(person, Deed.READ))


def offers_awaiting(person: Person) -> list[Offer]:
    """Return the ordinary items this person is to answer for a commune, the first deadline first."""
    mine = communes_where(person, Deed.PLACE)
    rows = offers_in_scope().filter(
        place__in=mine,
        edition__priority=Priority.NORMAL,
        edition__valid_until__gt=clock.now(),
        adoption=None,
        decline=None,
    )
    return list(rows.order_by("answer_until", "offered_at"))


def adoptions_to_place(person: Person) -> list[Offer]:
    """Return what this person's commune adopted to place itself and did not place yet."""
    mine = communes_where(person, Deed.PLACE)
    placed = Placement._base_manager.filter(called_off_at=None, place__in=mine)  # noqa: SLF001
    rows = offers_in_scope().filter(
        place__in=mine,
        adoption__lets_city_place=False,
        adoption__agreement=None,
        edition__valid_until__gt=clock.now(),
    )
    done = set(
        placed.filter(edition__in=[row.edition_id for row in rows]).values_list("edition", "place")
    )
    return [row for row in rows if (row.edition_id, row.place_id) not in done]


def placements_of_offer(offer: Offer) -> list[Placement]:
    """Return what is placed of an offered edition in its commune, by itself or by the city."""
    inside = Q(places=offer.place) | Q(places__parent=offer.place) | Q(places=offer.edition.place)
    rows = Placement._base_manager.filter(inside, edition=offer.edition).distinct()  # noqa: SLF001
    return list(
        rows.select_related("placed_by", "place", "confirmation__confirmer", "recall__recalled_by")
        .prefetch_related("places")
        .order_by("start_at")
    )


def agreements_in_force(places: Collection[str]) -> list[Agreement]:
    rows = Agreement._base_manager.filter(ended_at=None, place__in=places)  # noqa: SLF001
    return list(rows.select_related("place", "agreed_by"))


@dataclass(frozen=True)
class Answers:
    """What the communes said to one edition of the city."""

    offers: list[Offer]

    @property
    def adopted(self) -> list[Offer]:
        return [one for one in self.offers if one.is_adopted]

    @property
    def declined(self) -> list[Offer]:
        return [one for one in self.offers if one.is_declined]

    @property
    def silent(self) -> list[Offer]:
        return [one for one in self.offers if one.is_silent]

    @property
    def answer_until(self) -> datetime:
        return max(one.answer_until for one in self.offers)


def answers_of_communes(edition: Edition) -> Answers:
    """Return every offer of an edition with its answer; asked by who may read the edition."""
    rows = Offer._base_manager.filter(edition=edition)  # noqa: SLF001
    rows = rows.select_related("place", "adoption__adopted_by", "adoption__agreement")
    return Answers(list(rows.select_related("decline__declined_by").order_by("place__name")))


def editions_awaiting_communes(person: Person) -> list[tuple[Edition, Answers]]:
    """Return the ordinary items of this person's city that some commune has not answered yet."""
    mine = person.places_with(Deed.PLACE)
    if city().code not in mine:
        return []
    rows = Edition.objects.filter(
        place=city(),
        priority=Priority.NORMAL,
        valid_until__gt=clock.now(),
        offers__adoption=None,
        offers__decline=None,
        offers__isnull=False,
    ).distinct()
    return [(row, answers_of_communes(row)) for row in rows.select_related("bulletin")]


def newest_edition_of(bulletin: Bulletin) -> Edition | None:
    rows = Edition._base_manager.filter(bulletin=bulletin)  # noqa: SLF001
    return rows.select_related("place", "bulletin").order_by("-frozen_at").first()
