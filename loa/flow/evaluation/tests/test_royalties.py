"""Royalties: reckoned once, by the tariff of the day, right to the đồng."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loa.flow.approvals.models import Edition
from loa.flow.deliveries.models import PlayOrder
from loa.flow.evaluation import royalties
from loa.flow.evaluation.models import Royalty, RoyaltyPayment, Work
from loa.flow.evaluation.royalties import (
    month_after,
    month_report,
    pay_royalties,
    set_tariff,
    settle_month,
    tariff_on,
    tariffs_at,
)
from loa.flow.receipts.models import PlayLog
from loa.flow.schedules.models import Occurrence
from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU
from loa.project.tests.way import MORNING
from loa.registry.devices.models import Device
from loa.registry.ledger.models import Fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.queries import person_by_username
from loa.registry.places.queries import place_by_code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("whole_city", "morning")]
NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def here(cast):
    return place_by_code(HAI_CHAU)


def who(username: str):
    return person_by_username(username)


@pytest.fixture
def tariff(here):
    def put(work: str = Work.WRITING, amount: int = 50_000, begin: date = NOVEMBER, **more):
        fields = {"by": who("hung"), "decision_number": "12/QĐ-UBND", **more}
        return set_tariff(
            fields.pop("place", here), work=work, amount_dong=amount, valid_from=begin, **fields
        )

    return put


@pytest.fixture
def heard(way):
    """Let an edition sound on one device, now or later."""

    def sounded(edition: Edition | None = None, *, after: timedelta = timedelta(0)) -> Edition:
        edition = edition or way.edition()
        way.place(edition)
        occurrence = Occurrence.objects.filter(edition=edition).latest("start_at")
        order, _ = PlayOrder.objects.get_or_create(
            occurrence=occurrence,
            device=Device.objects.filter(place=edition.place)[0],
            defaults={"dispatched_at": clock.now()},
        )
        PlayLog.objects.update_or_create(order=order, defaults={"started_at": clock.now() + after})
        return edition

    return sounded


def settled(here, month: date = NOVEMBER, by: str = "mai"):
    return settle_month(here, month, by=who(by))


def test_the_author_of_what_sounded_is_owed_the_tariff_of_that_day(here, tariff, heard) -> None:
    tariff(amount=50_000)
    tariff(amount=70_000, begin=date(2026, 11, 25))
    heard()
    (line,) = settled(here).lines
    assert (line.person, line.work, line.amount_dong) == (who("mai"), Work.WRITING, 50_000)


def test_what_did_not_sound_is_not_owed(here, tariff, way) -> None:
    tariff()
    way.place(way.edition())
    assert settled(here).lines == []


def test_settling_again_adds_only_what_is_new(here, tariff, heard) -> None:
    tariff()
    edition = heard()
    settled(here)
    heard(edition)
    assert settled(here).lines == []
    assert Royalty.objects.count() == 1
    assert Fact.objects.filter(kind="royalties_settled").count() == 1


def test_a_bulletin_belongs_to_the_month_of_its_first_sounding(here, tariff, heard) -> None:
    tariff()
    heard(after=timedelta(days=20))
    assert settled(here).lines == []
    with clock.at(MORNING + timedelta(days=21)):
        assert len(settled(here, date(2026, 12, 1)).lines) == 1


def test_work_without_a_tariff_is_counted_and_reckoned_later(here, tariff, heard) -> None:
    heard()
    assert settled(here).without_tariff == 1
    tariff()
    assert len(settled(here).lines) == 1


def test_a_person_who_read_is_owed_for_reading(here, tariff, heard, way, monkeypatch) -> None:
    tariff()
    tariff(Work.READING, 20_000)
    edition = heard()
    edition.rendition.voice = "person:hung"
    edition.rendition.save(update_fields=["voice"])
    lines = {(line.person.username, line.work) for line in settled(here).lines}
    assert lines == {("mai", Work.WRITING), ("hung", Work.READING)}


def test_the_tariff_of_the_place_stands_before_that_of_the_city(here, tariff) -> None:
    tariff(place=place_by_code(CITY), by=who("binh"), amount=10_000)
    assert tariff_on(tariffs_at(here), Work.WRITING, NOVEMBER).amount_dong == 10_000
    tariff(amount=20_000, begin=date(2026, 11, 10), valid_until=date(2026, 11, 20))
    on = [tariff_on(tariffs_at(here), Work.WRITING, date(2026, 11, d)) for d in (9, 10, 20, 21)]
    assert [one.amount_dong for one in on] == [10_000, 20_000, 20_000, 10_000]


def test_a_tariff_that_was_reckoned_with_does_not_change(here, tariff, heard) -> None:
    tariff()
    heard()
    settled(here)
    assert tariff().amount_dong == 50_000
    with pytest.raises(royalties.TariffInUse):
        tariff(amount=60_000)


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"amount": 0}, royalties.AmountWrong),
        ({"amount": 100_000_001}, royalties.AmountWrong),
        ({"decision_number": "  "}, royalties.DecisionMissing),
        ({"valid_until": date(2026, 10, 1)}, royalties.TariffDatesWrong),
        ({"by": "mai"}, MandateMissing),
        ({"by": "son"}, MandateMissing),
    ],
)
def test_a_wrong_tariff_is_refused(tariff, fields, refusal) -> None:
    if "by" in fields:
        fields = {**fields, "by": who(fields["by"])}
    with pytest.raises(refusal):
        tariff(**fields)


def test_a_payment_takes_all_that_is_owed_and_is_recorded_once(here, tariff, heard) -> None:
    tariff()
    heard()
    heard()
    settled(here)
    fields = {"to": who("mai"), "by": who("hung"), "document": "PC 15", "paid_on": NOVEMBER}
    payment = pay_royalties(here, NOVEMBER, **fields)
    assert payment.amount_dong == 100_000
    assert pay_royalties(here, NOVEMBER, **fields) == payment
    assert RoyaltyPayment.objects.count() == 1
    report = month_report(here, NOVEMBER)
    assert (report.owed_dong, report.paid_dong) == (0, 100_000)
    with pytest.raises(royalties.NothingOwed):
        pay_royalties(here, NOVEMBER, **{**fields, "document": "PC 16"})


def test_only_who_answers_for_the_place_pays(here, tariff, heard) -> None:
    tariff()
    heard()
    settled(here)
    for username in ("mai", "son"):
        with pytest.raises(MandateMissing):
            pay_royalties(
                here, NOVEMBER, to=who("mai"), by=who(username), document="1", paid_on=NOVEMBER
            )


def test_a_month_to_come_is_not_settled(here) -> None:
    with pytest.raises(royalties.MonthNotOver):
        settled(here, date(2026, 12, 1))


def test_months_follow_one_another_over_the_year() -> None:
    assert month_after(date(2026, 12, 1)) == date(2027, 1, 1)
    assert month_after(date(2026, 1, 1)) == date(2026, 2, 1)


amounts = st.lists(
    st.tuples(st.sampled_from(["mai", "hung", "son"]), st.integers(1, 100_000_000), st.booleans()),
    max_size=8,
)


@given(given_lines=amounts)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_sum_of_the_lines_is_the_report(here, tariff, way, given_lines) -> None:
    Royalty.objects.all().delete()
    RoyaltyPayment.objects.all().delete()
    edition = getattr(way, "kept", None) or way.edition()
    way.kept = edition
    held = tariff()
    for number, (username, amount, is_paid) in enumerate(given_lines):
        _line(
            here, edition, held, number=number, person=who(username), amount=amount, is_paid=is_paid
        )
    report = month_report(here, NOVEMBER)
    assert report.all_dong == sum(line.amount_dong for line in report.lines)
    assert report.all_dong == sum(amount for _, amount, _ in given_lines)
    assert report.paid_dong == sum(amount for _, amount, is_paid in given_lines if is_paid)
    assert sum(one.lines for one in report.people) == len(given_lines)


def _line(here, edition, held, *, number, person, amount, is_paid) -> None:
    payment = None
    if is_paid:
        payment = RoyaltyPayment.objects.create(
            place=here,
            person=person,
            month=NOVEMBER,
            amount_dong=amount,
            document="1",
            paid_on=NOVEMBER,
            paid_by=person,
            recorded_at=clock.now(),
        )
    Royalty.objects.create(
        place=here,
        month=NOVEMBER,
        edition=edition,
        bulletin=edition.bulletin,
        person=person,
        # One bulletin is enough here: each line of another work.
        work=f"work{number}",
        tariff=held,
        amount_dong=amount,
        heard_at=clock.now(),
        settled_by=person,
        settled_at=clock.now(),
        payment=payment,
    )
