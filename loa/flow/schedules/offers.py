"""Deeds between the city and its communes: offer, adopt, decline, agree to take everything."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, time, timedelta

from django.db import transaction

from loa.flow.approvals.models import Edition
from loa.flow.newsroom.models import Bulletin, Priority
from loa.flow.schedules import errors
from loa.flow.schedules.inbox import OFFERED, communes_of, may_for_commune
from loa.flow.schedules.offered import Adoption, Agreement, Decline, Offer
from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import places_by_code

EDITION_OFFERED = "edition_offered"
ANSWER_WITHIN = timedelta(days=2)
OFFERS_AT_ONCE = 50


def send_offers(now: datetime) -> int:
    """Put every approved item of the city into the inbox of its communes; returns how many items.

    Each item is a transaction of its own, so it may be killed anywhere and called at any time.
    """
    waiting = Edition._base_manager.filter(  # noqa: SLF001
        place__kind=Place.Kind.CITY,
        priority__in=OFFERED,
        valid_until__gt=now,
        approval__isnull=False,
        offers=None,
    )
    return sum(_offer(key, now) for key in waiting.values_list("pk", flat=True)[:OFFERS_AT_ONCE])


@transaction.atomic
def _offer(key: uuid.UUID, now: datetime) -> bool:
    rows = Edition._base_manager.select_for_update(of=("self",), skip_locked=True)  # noqa: SLF001
    edition = rows.select_related("bulletin").filter(pk=key).first()
    if edition is None or Offer._base_manager.filter(edition=key).exists():  # noqa: SLF001
        return False
    communes = communes_of(places_by_code(edition.targets))
    until = min(edition.valid_until, now + ANSWER_WITHIN)
    offers = [
        Offer(edition=edition, place=place, offered_at=now, answer_until=until)
        for place in communes
    ]
    Offer._base_manager.bulk_create(offers)  # noqa: SLF001
    agreed = _adopt_by_agreement(edition, offers, now)
    record_fact(
        EDITION_OFFERED,
        actor=None,
        subject=edition.bulletin.code,
        place=edition.place_id,
        body={
            "edition": edition.sha256,
            "communes": [place.code for place in communes],
            "agreed": agreed,
            "answer_until": clock.iso(until),
        },
    )
    return True


def _adopt_by_agreement(edition: Edition, offers: Collection[Offer], now: datetime) -> list[str]:
    """Answer for the communes that agreed to take every ordinary item; returns which."""
    if edition.priority != Priority.NORMAL:
        return []
    rows = Agreement._base_manager.filter(  # noqa: SLF001
        ended_at=None, place__in=[offer.place_id for offer in offers]
    )
    agreed = {row.place_id: row for row in rows}
    Adoption.objects.bulk_create(
        Adoption(
            offer=offer,
            adopted_by_id=agreed[offer.place_id].agreed_by_id,
            adopted_at=now,
            agreement=agreed[offer.place_id],
        )
        for offer in offers
        if offer.place_id in agreed
    )
    return sorted(agreed)


@transaction.atomic
def move_deadline(edition: Edition, *, by: Person, answer_until: datetime) -> None:
    """Give the communes more or less time to answer; the same time again changes nothing."""
    if not by.may(Deed.PLACE, edition.place):
        raise MandateMissing
    if not clock.now() < answer_until <= edition.valid_until:
        raise errors.DeadlineOutside
    offers = Offer._base_manager.filter(edition=edition)  # noqa: SLF001
    if not offers.exclude(answer_until=answer_until).update(answer_until=answer_until):
        return
    record_fact(
        "answer_deadline_moved",
        actor=by.username,
        subject=edition.bulletin.code,
        place=edition.place_id,
        body={"edition": edition.sha256, "answer_until": clock.iso(answer_until)},
    )


@transaction.atomic
def adopt_edition(
    offer: Offer,
    *,
    by: Person,
    lets_city_place: bool = False,
    opening: Bulletin | None = None,
    closing: Bulletin | None = None,
) -> Adoption:
    """Take an item of the city for a commune; taking again changes nothing.

    `opening` and `closing` are bulletins of the commune that sound before and after it. With
    `lets_city_place` the city gives the hour. One that was declined may still be taken.
    """
    offer = _held(offer)
    _refuse_unless_may_answer(offer, by)
    done = Adoption.objects.filter(offer=offer).first()
    if done is not None:
        return done
    _refuse_over(offer.edition)
    _refuse_foreign_words(offer, opening, closing)
    adoption = Adoption.objects.create(
        offer=offer,
        adopted_by=by,
        adopted_at=clock.now(),
        lets_city_place=lets_city_place,
        opening=opening,
        closing=closing,
    )
    words = {"opening": opening, "closing": closing}
    record_fact(
        "edition_adopted",
        actor=by.username,
        subject=offer.edition.bulletin.code,
        place=offer.place_id,
        body={
            "edition": offer.edition.sha256,
            "city_places": lets_city_place,
            **{name: said.code for name, said in words.items() if said},
        },
    )
    return adoption


@transaction.atomic
def decline_offer(offer: Offer, *, by: Person, reason: str) -> Decline:
    """Leave an ordinary item of the city out, with a reason; declining again changes nothing."""
    offer = _held(offer)
    _refuse_unless_may_answer(offer, by)
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise errors.ReasonMissing
    done = Decline.objects.filter(offer=offer).first()
    if done is not None:
        return done
    if Adoption.objects.filter(offer=offer).exists():
        raise errors.AdoptedAlready
    _refuse_over(offer.edition)
    decline = Decline.objects.create(
        offer=offer, declined_by=by, declined_at=clock.now(), reason=reason
    )
    record_fact(
        "offer_declined",
        actor=by.username,
        subject=offer.edition.bulletin.code,
        place=offer.place_id,
        body={"edition": offer.edition.sha256, "reason": reason},
    )
    return decline


@transaction.atomic
def agree_to_city_items(
    place: Place, *, by: Person, start: time, end: time, decision_number: str = ""
) -> Agreement:
    """Let the city place its ordinary items in this commune within these hours, from now on.

    Other hours end the agreement before; the same hours again change nothing.
    """
    if not place.is_commune or not may_for_commune(by, Deed.SET_HOURS, place):
        raise MandateMissing
    Place.objects.select_for_update(no_key=True).get(pk=place.pk)
    known = _in_force(place)
    if known is not None and (known.start, known.end) == (start, end):
        return known
    if start > end != time(0):
        raise errors.HoursReversed
    now = clock.now()
    if known is not None:
        known.ended_at, known.ended_by = now, by
        known.save(update_fields=["ended_at", "ended_by"])
    agreement = Agreement._base_manager.create(  # noqa: SLF001
        place=place,
        start=start,
        end=end,
        decision_number=" ".join(decision_number.split())[:64],
        agreed_by=by,
        agreed_at=now,
    )
    record_fact(
        "city_items_agreed",
        actor=by.username,
        subject=place.code,
        place=place.code,
        body={
            "from": f"{start:%H:%M}",
            "until": f"{end:%H:%M}",
            "decision": agreement.decision_number,
        },
    )
    return agreement


@transaction.atomic
def end_agreement(place: Place, *, by: Person) -> None:
    """Answer each item of the city one by one again; what is placed already stays placed."""
    if not may_for_commune(by, Deed.SET_HOURS, place):
        raise MandateMissing
    Place.objects.select_for_update(no_key=True).get(pk=place.pk)
    known = _in_force(place)
    if known is None:
        return
    known.ended_at, known.ended_by = clock.now(), by
    known.save(update_fields=["ended_at", "ended_by"])
    record_fact(
        "city_items_agreement_ended", actor=by.username, subject=place.code, place=place.code
    )


def _in_force(place: Place) -> Agreement | None:
    return Agreement._base_manager.filter(place=place, ended_at=None).first()  # noqa: SLF001


def _held(offer: Offer) -> Offer:
    rows = Offer._base_manager.select_for_update(of=("self",))  # noqa: SLF001
    return rows.select_related("edition__bulletin", "edition__place", "place").get(pk=offer.pk)


def _refuse_unless_may_answer(offer: Offer, by: Person) -> None:
    if not may_for_commune(by, Deed.PLACE, offer.place):
        raise MandateMissing
    if offer.edition.priority != Priority.NORMAL:
        raise errors.NothingToAnswer


def _refuse_over(edition: Edition) -> None:
    if edition.valid_until <= clock.now():
        raise errors.OfferOver


def _refuse_foreign_words(offer: Offer, *around: Bulletin | None) -> None:
    if any(one is not None and one.place_id != offer.place_id for one in around):
        raise MandateMissing
