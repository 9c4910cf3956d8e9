"""Somebody of another commune, and nobody at all, asks every operation for this commune's things."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django_scopes import scopes_disabled

from loa.flow.schedules.standings import Wish, propose_standing
from loa.flow.sources.actions import take_source
from loa.lib import clock
from loa.project.cast import HAI_CHAU, HOA_VANG, SINCE
from loa.project.tests.way import Way
from loa.registry.people.actions import grant_mandate
from loa.registry.people.models import Person
from loa.registry.places.queries import place_by_code
from loa.surfaces.api.sign_in import TOKEN_LIFE, issue_token
from loa.surfaces.api.tests.conftest import API, Program, picture_of_database
from loa.surfaces.api.tests.operations import (
    CLOSED,
    OF_MAINTAINER,
    OPERATIONS,
    UNKNOWN,
    WITH_BODY,
    Operation,
    announce_newcomer,
    fitting_bodies,
)

pytestmark = pytest.mark.django_db

TITLE = "Chuyện riêng của Hải Châu"
BODY = "Lời chưa ai nên biết."
RELAY = Wish(
    kind="relay",
    title=TITLE,
    windows=[(300, 60)],
    valid_from=SINCE,
    valid_until=SINCE + timedelta(days=3650),
    sources=["https://radio.example/vov1"],
)
OUTSIDERS = ["tam", "son", "thuy", "duc", "la"]
QUERIES = ["", f"?place={HAI_CHAU}"]
NAMING = [one for one in CLOSED if one.path_names or one.is_deed]
LISTS = [one for one in CLOSED if one not in NAMING]


@dataclass(frozen=True)
class Things:
    """What Hải Châu has, as an intruder would name it."""

    values: dict[str, list[Any]]
    bodies: dict[str, dict[str, Any]]
    source: str

    def requests(self, operation: Operation) -> Iterator[tuple[str, Any]]:
        """Yield every address of the operation, and a body that fits it."""
        for path in operation.paths(self.values):
            yield path, self.bodies[operation.name] if operation.has_body else None


@pytest.fixture(autouse=True)
def _morning(morning: datetime) -> datetime:
    return morning


@pytest.fixture
def things(cast) -> Things:
    with scopes_disabled():
        way = Way(cast)
        hai_chau = place_by_code(HAI_CHAU)
        item = take_source(BODY.encode(), place=hai_chau, by=cast["mai"])
        edition = way.edition(title=TITLE, body=BODY, source=item)
        waiting = way.submit(way.write(title=TITLE, body=BODY))
        placement = way.place(edition, at=clock.now() + timedelta(hours=14))
        standing = propose_standing(RELAY, place=hai_chau, places=[hai_chau], by=cast["mai"])
        announce_newcomer()
    values = {
        "code": [edition.bulletin.code, waiting.bulletin.code],
        "number": [edition.submission_id, waiting.pk],
        "sha256": [edition.sha256],
        "placement_id": [placement.pk],
        "device": ["DN-0001"],
        "standing_code": [standing.pk],
    }
    return Things(values, fitting_bodies(waiting.content_hash), str(item.pk))


def assert_tells_nothing(answer: Any) -> None:
    told = answer.content.decode()
    assert not [words for words in (TITLE, BODY, "riêng") if words in told], told


def walk(program: Program, things: Things) -> None:
    who = program.person.username
    for operation in NAMING:
        if who == "duc" and operation.name in OF_MAINTAINER:
            continue  # the maintainer of the whole city tends this device too
        for path, body in things.requests(operation):
            answer = program.ask(operation.method, path, body)
            assert answer.status_code in {403, 404}, (who, operation.name)
            assert answer.json()["code"] in {"mandate_missing", "not_found"}
            assert_tells_nothing(answer)


def test_every_name_and_body_is_known_to_the_walk() -> None:
    names = {name for operation in OPERATIONS for name in operation.path_names}
    assert names == set(UNKNOWN)
    assert {one.name for one in WITH_BODY} == set(fitting_bodies())


def test_whose_things_they_are_is_answered(things, programs) -> None:
    """Else the walk would prove nothing: a request nobody may make is refused to everybody."""
    assert set(things.values) == set(UNKNOWN)
    for operation in NAMING:
        who = ("duc",) if operation.name in OF_MAINTAINER else ("mai", "hung")
        for path, body in things.requests(operation):
            answers = [programs[name].ask(operation.method, path, body) for name in who]
            assert {200, 201, 204, 409} & {one.status_code for one in answers}, path
            assert not {400, 404, 422} & {one.status_code for one in answers}, path


def test_nothing_of_another_commune_opens_or_changes(things, programs) -> None:
    before = picture_of_database()
    for username in OUTSIDERS:
        walk(programs[username], things)
    assert picture_of_database() == before


def test_lists_hold_nothing_of_another_commune(things, programs) -> None:
    assert {one.name for one in LISTS} >= {"list_bulletins", "list_submissions", "list_placements"}
    for username, operation, query in itertools.product(OUTSIDERS, LISTS, QUERIES):
        answer = programs[username].get(operation.path + query)
        assert answer.status_code in {200, 403}, (username, operation.name)
        assert_tells_nothing(answer)
        # The maintainer of the whole city tends this device too.
        assert username == "duc" or "DN-0001" not in answer.content.decode()


def test_what_is_hidden_is_answered_like_what_is_not_there(things, programs) -> None:
    paths = [one for one in NAMING if one.path_names]
    for username, operation in itertools.product(("tam", "son", "thuy"), paths):
        body = things.bodies.get(operation.name)
        missing = programs[username].ask(operation.method, operation.path_nowhere, body)
        for path, body in things.requests(operation):
            hidden = programs[username].ask(operation.method, path, body)
            assert (hidden.status_code, hidden.json()) == (404, missing.json()), operation.name


def test_a_mandate_elsewhere_opens_nothing_here(things, cast) -> None:
    """Who tends devices of the whole city and writes in one commune reads only that one."""
    with scopes_disabled():
        grant_mandate(
            cast["duc"],
            "commune_editor",
            place_by_code(HOA_VANG),
            decision_number="22/QĐ-UBND",
            valid_from=SINCE,
        )
    walk(Program(cast["duc"]), things)
    for username in ("tam", "duc"):
        take_from_here(Program(cast[username]), things)


def take_from_here(program: Program, things: Things) -> None:
    """Try a text and a horn of another commune in a bulletin of one's own."""
    own = {"place": HOA_VANG, "title": f"Tin của {program.person}"}
    code = program.post("/bulletins", own).json()["code"]
    before = picture_of_database()
    for answer, expected in (
        (program.post("/bulletins", {**own, "source": things.source}), "not_found"),
        (program.post("/bulletins", {**own, "targets": [HAI_CHAU]}), "target_outside"),
        (
            program.patch(f"/bulletins/{code}", {"revision": 1, "targets": [HAI_CHAU]}),
            "target_outside",
        ),
    ):
        assert answer.json()["code"] == expected
        assert_tells_nothing(answer)
    assert picture_of_database() == before


def _forged(cast: dict[str, Person]) -> str:
    theirs, mine = issue_token(cast["hung"])[0], issue_token(cast["tam"])[0]
    return theirs.rpartition(":")[0] + ":" + mine.rpartition(":")[2]


def _expired(cast: dict[str, Person]) -> str:
    with clock.at(clock.now() - TOKEN_LIFE):
        return issue_token(cast["hung"])[0]


def _signed(cast: dict[str, Person], signer: signing.Signer) -> str:
    """Say in a token of our own all that a true one says."""
    content = signing.Signer(salt="loa.api.token").unsign_object(issue_token(cast["hung"])[0])
    return signer.sign_object(content)


def _of_one_who_left(cast: dict[str, Person]) -> str:
    token, _ = issue_token(cast["hung"])
    cast["hung"].is_active = False
    cast["hung"].save()
    return token


def _from_before_the_new_password(cast: dict[str, Person]) -> str:
    token, _ = issue_token(cast["hung"])
    cast["hung"].set_password("mật khẩu mới của Hùng")
    cast["hung"].save()
    return token


BEARERS = {
    "no token": lambda _: "",
    "an empty token": lambda _: "Bearer ",
    "another scheme": lambda cast: f"Basic {issue_token(cast['hung'])[0]}",
    "letters that are none": lambda _: "Bearer ÿþ\x01:::",
    "a forged token": lambda cast: f"Bearer {_forged(cast)}",
    "an expired token": lambda cast: f"Bearer {_expired(cast)}",
    "a token of another secret": lambda cast: (
        "Bearer " + _signed(cast, signing.Signer(key="bí mật khác", salt="loa.api.token"))
    ),
    "a token made for something else": lambda cast: (
        "Bearer " + _signed(cast, signing.Signer(salt="loa.desk"))
    ),
}


def assert_unknown(authorization: str) -> None:
    client = Client(headers={"Authorization": authorization})
    before = picture_of_database()
    for operation in CLOSED:
        body = json.dumps(fitting_bodies().get(operation.name))
        address = API + operation.path_nowhere
        answer = client.generic(operation.method, address, body, content_type="application/json")
        asked = (authorization, operation.name)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), asked
        assert answer["WWW-Authenticate"] == "Bearer"
    assert picture_of_database() == before


def test_who_is_not_known_is_told_to_sign_in(cast) -> None:
    for authorization in BEARERS.values():
        assert_unknown(authorization(cast))


def test_a_token_ends_with_the_password_and_with_the_work(cast) -> None:
    assert_unknown(f"Bearer {_from_before_the_new_password(cast)}")
    assert_unknown(f"Bearer {_of_one_who_left(cast)}")


def test_a_true_token_is_known_until_its_time_is_over(cast) -> None:
    program = Program(cast["hung"])
    with clock.at(clock.now() + TOKEN_LIFE - timedelta(seconds=1)):
        assert program.get("/places").status_code == 200
        same = _signed(cast, signing.Signer(salt="loa.api.token"))
        client = Client(headers={"Authorization": f"bearer {same}"})
        assert client.get(f"{API}/places").status_code == 200
    with clock.at(clock.now() + TOKEN_LIFE):
        assert program.get("/places").status_code == 401


def test_a_foreign_page_does_no_deed_through_the_browser_of_somebody_signed_in(cast) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast["hung"])
    assert browser.get(f"{API}/submissions").status_code == 200
    before = picture_of_database()
    for operation in (one for one in CLOSED if one.is_deed):
        address = API + operation.path_nowhere
        answer = browser.generic(operation.method, address, "", content_type="text/plain")
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_missing"), address
    assert picture_of_database() == before
