"""What authors and announcers are owed for what sounded, by the tariff of the day; in whole đồng."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Q, Sum
from django.utils.translation import gettext_lazy as _
from django_scopes import scopes_disabled

from loa.flow.approvals.models import Edition
from loa.flow.evaluation.models import Royalty, RoyaltyPayment, Tariff, Work
from loa.flow.newsroom.models import PERSON
from loa.flow.receipts.models import PlayLog
from loa.lib import clock
from loa.lib.text import normalise
from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import DeedRefused, MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import lineage

AMOUNT_DONG_MAX = 100_000_000


class AmountWrong(DeedRefused):
    code = "amount_wrong"
    field = "amount_dong"
    message = _("Mức phải là số đồng nguyên, từ 1 đến 100.000.000.")


class DecisionMissing(DeedRefused):
    code = "decision_missing"
    field = "decision_number"
    message = _("Hãy ghi số quyết định ban hành mức này.")


class TariffDatesWrong(DeedRefused):
    code = "tariff_dates_wrong"
    field = "valid_until"
    message = _("Ngày kết thúc phải từ ngày bắt đầu trở đi.")


class TariffInUse(DeedRefused):
    code = "tariff_in_use"
    field = "valid_from"
    message = _("Mức bắt đầu ngày này đã dùng để tính nhuận bút. Hãy ghi mức mới từ một ngày khác.")


class MonthNotOver(DeedRefused):
    code = "month_not_over"
    message = _("Tháng này chưa tới, chưa có gì để tính.")


class DocumentMissing(DeedRefused):
    code = "document_missing"
    field = "document"
    message = _("Hãy ghi số chứng từ chi.")


class PaidOnWrong(DeedRefused):
    code = "paid_on_wrong"
    field = "paid_on"
    message = _("Ngày chi không được ở sau hôm nay.")


class NothingOwed(DeedRefused):
    code = "nothing_owed"
    message = _("Người này không còn khoản nào chưa chi trong tháng ấy.")


# -- the tariff


@transaction.atomic
def set_tariff(
    place: Place,
    *,
    by: Person,
    work: str,
    amount_dong: int,
    valid_from: date,
    decision_number: str,
    valid_until: date | None = None,
) -> Tariff:
    """Write down what a work is paid from a day on; the same again changes nothing.

    Raises AmountWrong, DecisionMissing, TariffDatesWrong, TariffInUse, MandateMissing.
    """
    if not by.may(Deed.APPROVE, place):
        raise MandateMissing
    decision = " ".join(normalise(decision_number).split())[:64]
    _refuse_tariff(amount_dong, decision, valid_from, valid_until)
    Place.objects.select_for_update(no_key=True).get(pk=place.pk)
    key: dict[str, Any] = {"place": place, "work": Work(work), "valid_from": valid_from}
    wish: dict[str, Any] = {
        "amount_dong": amount_dong,
        "valid_until": valid_until,
        "decision_number": decision,
    }
    there = Tariff.objects.filter(**key).first()
    if there is not None:
        if all(getattr(there, name) == value for name, value in wish.items()):
            return there
        if there.amount_dong != amount_dong and there.royalties.exists():
            raise TariffInUse
    tariff, _is_new = Tariff.objects.update_or_create(
        **key, defaults={**wish, "set_by": by, "set_at": clock.now()}
    )
    record_fact(
        "tariff_set",
        actor=by.username,
        subject=decision,
        place=place.code,
        body={"work": work, "dong": amount_dong, "from": valid_from.isoformat()},
    )
    return tariff


def _refuse_tariff(amount: int, decision: str, begin: date, end: date | None) -> None:
    if not 1 <= amount <= AMOUNT_DONG_MAX:
        raise AmountWrong
    if not decision:
        raise DecisionMissing
    if end is not None and end < begin:
        raise TariffDatesWrong


def tariffs_at(place: Place) -> list[Tariff]:
    """Return every tariff that was ever written down for a place or above it, the nearest first."""
    steps = [step.code for step in lineage(place)]
    rows = Tariff.objects.filter(place__in=steps).select_related("place", "set_by")
    return sorted(rows, key=lambda t: (steps.index(t.place_id), t.work, -t.valid_from.toordinal()))


def tariff_on(tariffs: Iterable[Tariff], work: str, day: date) -> Tariff | None:
    """Return the nearest of these that holds for a work on a day; they come as `tariffs_at` sorts."""
    for tariff in tariffs:
        is_over = tariff.valid_until is not None and day > tariff.valid_until
        if tariff.work == work and tariff.valid_from <= day and not is_over:
            return tariff
    return None


# -- a month


@dataclass(frozen=True)
class Settled:
    """What settling a month added, and how much could not be reckoned for want of a tariff."""

    lines: list[Royalty]
    without_tariff: int


@transaction.atomic
def settle_month(place: Place, month: date, *, by: Person) -> Settled:
    """Reckon what first sounded in a month of the city's calendar; again adds only what is new.

    Raises MonthNotOver for a month to come, MandateMissing.
    """
    if not by.may(Deed.WRITE, place):
        raise MandateMissing
    first = month.replace(day=1)
    if first > clock.local(clock.now()).date():
        raise MonthNotOver
    Place.objects.select_for_update(no_key=True).get(pk=place.pk)
    tariffs = tariffs_at(place)
    wanted = list(_works_heard(place, first))
    lines = [
        Royalty(
            place=place,
            month=first,
            edition=edition,
            bulletin_id=edition.bulletin_id,
            person=person,
            work=work,
            tariff=tariff,
            amount_dong=tariff.amount_dong,
            heard_at=heard_at,
            settled_by=by,
            settled_at=clock.now(),
        )
        for edition, person, work, heard_at in wanted
        if (tariff := tariff_on(tariffs, work, clock.local(heard_at).date())) is not None
    ]
    Royalty.objects.bulk_create(lines)
    if lines:
        record_fact(
            "royalties_settled",
            actor=by.username,
            subject=f"{first:%Y-%m}",
            place=place.code,
            body={"lines": len(lines), "dong": sum(line.amount_dong for line in lines)},
        )
    return Settled(lines, len(wanted) - len(lines))


def _works_heard(place: Place, first: date) -> Iterator[tuple[Edition, Person, str, datetime]]:
    """Yield edition, person, work and first sounding of all that is not reckoned yet."""
    heard = _first_heard(place, first)
    done = set(Royalty.objects.filter(bulletin__in=heard).values_list("bulletin", "work"))
    readers = _readers(edition for edition, _ in heard.values())
    for edition, at in heard.values():
        if (edition.bulletin_id, Work.WRITING) not in done:
            yield edition, edition.bulletin.author, Work.WRITING, at
        reader = readers.get(edition.rendition.voice)
        if reader is not None and (edition.bulletin_id, Work.READING) not in done:
            yield edition, reader, Work.READING, at


def _first_heard(place: Place, first: date) -> dict[UUID, tuple[Edition, datetime]]:
    """Return bulletin id → edition and instant of its first sounding, where that was in the month."""
    begin, end = _month_bounds(first)
    logs = PlayLog.objects.filter(order__occurrence__edition__place=place, started_at__isnull=False)
    rows = (
        logs.values("order__occurrence__edition__bulletin")
        .annotate(first=Min("started_at"))
        .filter(first__gte=begin, first__lt=end)
        .values_list("order__occurrence__edition__bulletin", "first")
    )
    at = dict(rows)
    # Which edition it was matters little: author and reader are its bulletin's and its sound's.
    with scopes_disabled():
        editions = (
            Edition.objects.filter(bulletin__in=at, frozen_at__lt=end)
            .order_by("bulletin_id", "frozen_at")
            .distinct("bulletin_id")
            .select_related("bulletin__author", "rendition")
            .defer("envelope", "body")
        )
        return {edition.bulletin_id: (edition, at[edition.bulletin_id]) for edition in editions}


def _readers(editions: Iterable[Edition]) -> dict[str, Person]:
    """Return voice → the person who read with it; machines are left out."""
    voices = {edition.rendition.voice for edition in editions}
    names = {voice.removeprefix(PERSON): voice for voice in voices if voice.startswith(PERSON)}
    return {names[one.username]: one for one in Person.objects.filter(username__in=names)}


def _month_bounds(first: date) -> tuple[datetime, datetime]:
    begin = datetime.combine(first, time(), tzinfo=clock.CITY_ZONE)
    return begin, datetime.combine(month_after(first), time(), tzinfo=clock.CITY_ZONE)


def month_after(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


@transaction.atomic
def pay_royalties(
    place: Place, month: date, *, to: Person, by: Person, document: str, paid_on: date
) -> RoyaltyPayment:
    """Record that a person was paid all that is owed for a month; the same again changes nothing.

    Raises DocumentMissing, PaidOnWrong, NothingOwed, MandateMissing.
    """
    if not by.may(Deed.APPROVE, place):
        raise MandateMissing
    document = " ".join(normalise(document).split())[:120]
    if not document:
        raise DocumentMissing
    if paid_on > clock.local(clock.now()).date():
        raise PaidOnWrong
    key: dict[str, Any] = {"place": place, "person": to, "month": month.replace(day=1)}
    owed = list(Royalty.objects.select_for_update().filter(**key, payment=None))
    if not owed:
        done = RoyaltyPayment.objects.filter(**key, document=document, paid_on=paid_on).first()
        if done is None:
            raise NothingOwed
        return done
    payment = RoyaltyPayment.objects.create(
        **key,
        amount_dong=sum(line.amount_dong for line in owed),
        document=document,
        paid_on=paid_on,
        paid_by=by,
        recorded_at=clock.now(),
    )
    Royalty.objects.filter(pk__in=[line.pk for line in owed]).update(payment=payment)
    record_fact(
        "royalties_paid",
        actor=by.username,
        subject=to.username,
        place=place.code,
        body={"month": f"{payment.month:%Y-%m}", "dong": payment.amount_dong},
    )
    return payment


# -- reading


@dataclass(frozen=True)
class PersonSum:
    """What one person is owed and was paid for a month, in đồng."""

    person: Person
    lines: int
    owed_dong: int
    paid_dong: int

    @property
    def all_dong(self) -> int:
        return self.owed_dong + self.paid_dong


@dataclass(frozen=True)
class MonthReport:
    """A month of a place: each line, each person, and the sums over all."""

    place: Place
    month: date
    lines: list[Royalty]
    people: list[PersonSum]

    @property
    def owed_dong(self) -> int:
        return sum(one.owed_dong for one in self.people)

    @property
    def paid_dong(self) -> int:
        return sum(one.paid_dong for one in self.people)

    @property
    def all_dong(self) -> int:
        return self.owed_dong + self.paid_dong


def month_report(place: Place, month: date) -> MonthReport:
    """Return the ledger of a month; the caller answers for the place."""
    first = month.replace(day=1)
    rows = Royalty.objects.filter(place=place, month=first)
    lines = rows.select_related("bulletin", "person", "tariff", "payment__paid_by")
    sums = {
        row["person"]: row
        for row in rows.order_by()
        .values("person")
        .annotate(
            owed=Sum("amount_dong", filter=Q(payment=None), default=0),
            paid=Sum("amount_dong", filter=Q(payment__isnull=False), default=0),
        )
    }
    people = Person.objects.in_bulk(list(sums))
    count = {pk: sum(line.person_id == pk for line in lines) for pk in sums}
    return MonthReport(
        place,
        first,
        list(lines),
        [
            PersonSum(people[pk], count[pk], int(row["owed"]), int(row["paid"]))
            for pk, row in sorted(sums.items(), key=lambda item: people[item[0]].full_name)
        ],
    )
