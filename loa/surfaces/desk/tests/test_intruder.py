"""Somebody of another commune walks every address of the desk with this commune's codes."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import URLPattern, reverse
from django_scopes import scopes_disabled

from loa.flow.newsroom.own_notices import save_template
from loa.flow.schedules.actions import place_edition
from loa.flow.schedules.offered import Offer
from loa.flow.schedules.offers import send_offers
from loa.flow.schedules.programmes import save_rule
from loa.flow.schedules.standings import Wish, propose_standing
from loa.flow.sources.relays import Station, enter_relay_source
from loa.project.cast import CITY, HAI_CHAU
from loa.registry.devices.actions import note_heartbeats
from loa.registry.devices.incidents import look_for_outages, open_incidents
from loa.registry.devices.register import save_group
from loa.registry.library.actions import add_reading
from loa.registry.people.access import issue_access_link
from loa.registry.people.factors import add_app
from loa.registry.people.queries import keys_of, person_by_username
from loa.registry.people.suspensions import suspend_person
from loa.registry.places.queries import place_by_code
from loa.registry.reforms.actions import prepare_reform
from loa.surfaces.desk.urls import urlpatterns
from loa.wire.messages import Heartbeat

pytestmark = pytest.mark.django_db
TITLE = "Chuyện riêng của Hải Châu"
# What a name in an address stands for; a new one must be added here before it is walked.
MEANING = {
    "code", "number", "placement_id", "group", "key_id", "incident", "offer_id", "rule_id",
    "upload", "token", "factor", "template", "reading",
}  # fmt: skip
MEANING |= {"person", "mandate", "suspension", "role"}
MEANING |= {"relay", "standing"}
MEANING |= {"reform"}


@pytest.fixture
def secrets(approved, submit, morning) -> dict[str, list[Any]]:
    edition = approved(TITLE)
    waiting = submit(f"{TITLE}, lần nữa")
    with scopes_disabled():
        placement = place_edition(edition, by=person_by_username("mai"))
        rule = save_rule(
            edition,
            by=person_by_username("mai"),
            recurrence="DTSTART;TZID=Asia/Ho_Chi_Minh:20261124T170000",
            valid_from=date(2026, 11, 24),
            valid_until=date(2026, 11, 24),
        )
        station = Station("vov", TITLE, "https://vov.invalid/1", "Thỏa thuận")
        mai, place = person_by_username("mai"), place_by_code(HAI_CHAU)
        relay = enter_relay_source(station, place=place, by=mai)
        wish = Wish(
            "relay", TITLE, [(300, 30)], morning, morning + timedelta(days=9), ["https://v.invalid"]
        )
        standing = propose_standing(wish, place=place, places=[place], by=mai)
        duc, here = person_by_username("duc"), place_by_code(HAI_CHAU)
        group = save_group(TITLE, place=here, devices=["DN-0001"], by=duc)
        beat = Heartbeat(device="DN-0001", boot="b", at=morning, uptime_s=1, desired_seq=1)
        note_heartbeats([(beat, morning)])
        look_for_outages(morning + timedelta(hours=1))
        factor = add_app(person_by_username("hung"), "JBSWY3DPEHPK3PXP")
        token = issue_access_link(person_by_username("hung"))
        (incident,) = open_incidents([here.code, f"{here.code}-01", f"{here.code}-02"])
    with scopes_disabled():
        approved(TITLE, by="lan", approver="binh", place=CITY, targets=[here])
        send_offers(morning)
        said = add_reading("CRHC", TITLE, place=here, by=person_by_username("mai"))
        own = save_template(
            edition.bulletin, by=person_by_username("mai"), name=TITLE, title=TITLE, body=TITLE
        )
    with scopes_disabled():
        mai = person_by_username("mai")
        held = suspend_person(mai, by=person_by_username("hoa"), reason=TITLE)
        reform = prepare_reform(
            code=HAI_CHAU,
            kind="ward",
            name=TITLE,
            sources=[],
            effective_on=date(2026, 11, 30),
            decision_number=TITLE,
            by=person_by_username("an"),
        )
    return {
        "person": [mai.pk],
        "mandate": [mai.mandates.get().pk],
        "suspension": [held.pk],
        "role": ["commune_chair"],
        "offer_id": [Offer._base_manager.get().pk],
        "code": [edition.bulletin.code, waiting.bulletin.code, "DN-0001", HAI_CHAU],
        "number": [edition.submission_id, waiting.pk],
        "placement_id": [placement.pk],
        "key_id": [keys_of(person_by_username("hung"))[0].key_id],
        "token": [token],
        "factor": [factor.pk],
        "group": [group.pk],
        "incident": [incident.pk],
        "upload": [uuid.uuid4()],
        "rule_id": [rule.pk],
        "template": [own.notice.key],
        "reading": [said.pk],
        "relay": [relay.pk],
        "reform": [reform.pk],
        "standing": [standing.pk],
    }


def named(pattern: URLPattern) -> str:
    return next(iter(pattern.pattern.converters), "")


PATTERNS = [pattern for pattern in urlpatterns if named(pattern)]


@pytest.mark.parametrize("username", ["tam", "son", "thuy", "la"])
def test_no_address_opens_or_tells_a_title(desk, secrets, username) -> None:
    browser = desk(username)
    assert {named(pattern) for pattern in PATTERNS} == MEANING
    given = {"reason": "x", "has_read": "yes", "when": "now", "places": [HAI_CHAU]}
    for pattern in PATTERNS:
        name = named(pattern)
        for value in secrets[name]:
            address = reverse(f"desk:{pattern.name}", kwargs={name: value})
            for answer in (browser.get(address), browser.post(address, given)):
                assert answer.status_code in {403, 404, 405}, address
                assert TITLE not in answer.content.decode(), address


@pytest.mark.parametrize("username", ["tam", "son", "la"])
def test_lists_hold_nothing_of_another_commune(desk, secrets, username) -> None:
    browser = desk(username)
    for pattern in urlpatterns:
        if not named(pattern) and pattern.name != "sign_out":
            answer = browser.get(reverse(f"desk:{pattern.name}"))
            assert answer.status_code in {200, 302, 403, 405}, pattern.name
            assert TITLE not in answer.getvalue().decode(), pattern.name
