"""A link lets one person in once, and only who decides about the person may issue it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from loa.lib import clock
from loa.registry.ledger.models import Fact
from loa.registry.people import errors
from loa.registry.people.access import issue_access_link, person_let_in_by, use_access_link
from loa.registry.people.factors import add_app, has_second_factor
from loa.registry.people.models import AccessLink

pytestmark = pytest.mark.django_db
PASSWORD = "cay-da-gieng-nuoc-san-dinh"


@pytest.fixture(autouse=True)
def quick(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def test_a_link_sets_a_password_once(cast) -> None:
    token = issue_access_link(cast["mai"])
    assert person_let_in_by(token) == cast["mai"]
    use_access_link(token, password=PASSWORD)
    cast["mai"].refresh_from_db()
    assert cast["mai"].check_password(PASSWORD)
    with pytest.raises(errors.AccessLinkRefused):
        use_access_link(token, password="mot-hai-ba-bon-nam")


def test_a_link_lasts_two_days_and_a_newer_one_ends_it(cast) -> None:
    first = issue_access_link(cast["mai"])
    second = issue_access_link(cast["mai"])
    with pytest.raises(errors.AccessLinkRefused):
        person_let_in_by(first)
    assert person_let_in_by(second) == cast["mai"]
    with clock.shifted(timedelta(hours=49)), pytest.raises(errors.AccessLinkRefused):
        person_let_in_by(second)


@pytest.mark.parametrize("password", ["le-thi-mai-2026", "LêThịMai1990!", "mai-1234567890"])
def test_a_password_that_is_a_name_is_refused_and_uses_nothing_up(cast, password: str) -> None:
    token = issue_access_link(cast["mai"])
    with pytest.raises(errors.PasswordRefused, match="quá giống tên"):
        use_access_link(token, password=password)
    assert person_let_in_by(token) == cast["mai"]


def test_a_link_for_who_left_lets_nobody_in(cast) -> None:
    token = issue_access_link(cast["mai"])
    cast["mai"].is_active = False
    cast["mai"].save(update_fields=["is_active"])
    with pytest.raises(errors.AccessLinkRefused):
        person_let_in_by(token)


@pytest.mark.parametrize("by", ["hung", "lan", "tam", "la"])
def test_who_does_not_decide_about_a_person_issues_no_link(cast, by: str) -> None:
    with pytest.raises(errors.NotYourPerson):
        issue_access_link(cast["mai"], by=cast[by])


def test_nobody_issues_a_link_to_himself(cast) -> None:
    with pytest.raises(errors.OwnRights):
        issue_access_link(cast["mai"], by=cast["mai"])


def test_a_lost_phone_is_forgotten_only_when_the_link_is_used(cast) -> None:
    add_app(cast["hung"], "JBSWY3DPEHPK3PXP")
    use_access_link(issue_access_link(cast["hung"]), password=PASSWORD)
    assert has_second_factor(cast["hung"])
    token = issue_access_link(cast["hung"], forgets_factors=True)
    assert has_second_factor(cast["hung"])
    use_access_link(token, password=PASSWORD)
    assert not has_second_factor(cast["hung"])
    told = Fact.objects.order_by("-seq")[:2]
    assert [fact.kind for fact in told] == ["access_link_used", "access_link_issued"]
    assert told[0].body == {"forgotten": ["totp"]}


def test_neither_rows_nor_facts_hold_the_token(cast) -> None:
    token = issue_access_link(cast["mai"])
    assert AccessLink.objects.get().token_hash != token
    assert token not in str([fact.body for fact in Fact.objects.all()])


def test_the_page_of_a_link_takes_a_password_and_lets_in(cast) -> None:
    address = f"/ban/vao/duong-dan/{issue_access_link(cast['mai'])}/"
    browser = Client()
    page = browser.get(address).content.decode()
    assert "Lê Thị Mai" in page
    given = {"password": PASSWORD, "again": PASSWORD}
    assert browser.post(address, given | {"again": "khac"}).status_code == 422
    assert browser.post(address, given).url == "/ban/"
    assert browser.get("/ban/").status_code == 200
    late = Client().get(address)
    assert late.status_code == 404
    assert "đã hết hạn, đã dùng hoặc không đúng" in late.content.decode()


def test_a_link_does_not_spare_the_second_step(cast) -> None:
    add_app(cast["hung"], "JBSWY3DPEHPK3PXP")
    browser = Client()
    address = f"/ban/vao/duong-dan/{issue_access_link(cast['hung'])}/"
    answer = browser.post(address, {"password": PASSWORD, "again": PASSWORD})
    assert answer.url == "/ban/vao/xac-nhan/"
    assert browser.get("/ban/").status_code == 302
