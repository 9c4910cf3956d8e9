"""Who gets no answer asks again: the second time, or the same time, nothing more is done."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from loa.flow.approvals.models import Approval, Edition
from loa.lib import clock
from loa.project.tests.way import MORNING, Rival, meet, speak_queued
from loa.registry.ledger.models import Fact
from loa.surfaces.api.tests.conftest import (
    HAI_CHAU,
    Program,
    picture_of_database,
)
from loa.surfaces.api.tests.operations import (
    CLOSED,
    OPERATIONS,
    announce_newcomer,
    fitting_bodies,
)

# Asked again later, it is another wish.
WORTH_A_MINUTE = {"create_command"}
NOTICE = "Mời bà con đi tiêm."
TONIGHT = {"start_at": clock.iso(MORNING + timedelta(hours=14))}
Ask = Callable[..., Any]
OF_NAME = {operation.name: operation for operation in OPERATIONS}


@pytest.fixture
def minutes() -> Iterator[Callable[[], datetime]]:
    """A clock that goes on by a minute whenever the test says so."""
    passed = count()
    present = [MORNING]

    def go_on() -> datetime:
        present[0] = MORNING + timedelta(minutes=next(passed))
        return present[0]

    with clock.by(lambda: present[0]):
        yield go_on


@pytest.fixture
def people(minutes, cast) -> dict[str, Program]:
    del minutes
    return {name: Program(cast[name]) for name in ("mai", "hung", "binh", "duc")}


def ask(program: Program, name: str, body: Any = None, **named: Any) -> Any:
    operation = OF_NAME[name]
    return program.ask(operation.method, operation.path.format(**named), body)


def way(people: dict[str, Program], ask: Ask) -> None:
    """Walk the main job and its side ways: every deed of the API once, by `ask`."""
    mai, hung, binh, duc = (people[name] for name in ("mai", "hung", "binh", "duc"))
    content = base64.b64encode(NOTICE.encode()).decode()
    source = ask(mai, "create_source", {"place": HAI_CHAU, "content": content})["id"]
    ask(mai, "create_reading", {"place": HAI_CHAU, "written": "XQZT", "spoken": "xê quy"})
    first = {"place": HAI_CHAU, "title": "Lịch tiêm", "source": source}
    code = ask(mai, "create_bulletin", first)["code"]
    ask(mai, "change_bulletin", {"revision": 1, "title": "Tiêm chủng"}, code=code)
    late = {"place": HAI_CHAU, "title": "Thuế", "body": "Theo UBND phường, hạn nộp là 20/11."}
    doubted = ask(mai, "create_bulletin", late)["code"]
    ask(mai, "create_check_reason", fitting_bodies()["create_check_reason"], code=doubted)
    speak_queued()
    ask(mai, "create_submission", code=code)
    ask(mai, "delete_submission", code=code)
    number = ask(mai, "create_submission", code=code)["id"]
    ask(hung, "create_return", {"reason": "Thiếu giờ"}, number=number)
    handed_in = ask(mai, "create_submission", code=code)
    seen = {"content_hash": handed_in["content_hash"]}
    edition = ask(hung, "create_approval", seen, number=handed_in["id"])["edition"]
    placement = ask(mai, "create_placement", TONIGHT, sha256=edition)["id"]
    ask(binh, "create_confirmation", placement_id=placement)
    ask(mai, "create_recall", {"reason": "Đổi ngày"}, placement_id=placement)
    wish = fitting_bodies()["create_standing"]
    relay = ask(mai, "create_standing", wish)["code"]
    ask(hung, "create_standing_approval", standing_code=relay)
    ask(mai, "create_standing_end", {"reason": "Đổi đài"}, standing_code=relay)
    announce_newcomer()
    device = ask(duc, "create_device", fitting_bodies()["create_device"])["code"]
    ask(duc, "create_command", fitting_bodies()["create_command"], device=device)
    ask(duc, "create_retirement", {"reason": "Mất cắp"}, device=device)


@pytest.mark.django_db
def test_every_deed_asked_again_answers_the_same_and_changes_nothing(people, minutes) -> None:
    walked = set()

    def ask_twice(program: Program, name: str, body: Any = None, **named: Any) -> Any:
        minutes()
        first, done = ask(program, name, body, **named), picture_of_database()
        assert first.status_code in {200, 201, 204}, (name, first.content)
        if name not in WORTH_A_MINUTE:
            minutes()
        again = ask(program, name, body, **named)
        assert (again.status_code, again.content) == (first.status_code, first.content), name
        assert picture_of_database() == done, name
        walked.add(name)
        return first.json() if first.content else None

    way(people, ask_twice)
    assert walked == {one.name for one in CLOSED if one.is_deed}


@pytest.mark.django_db
def test_a_later_answer_of_another_kind_or_person_changes_nothing(people) -> None:
    mai, hung, binh, _ = people.values()
    handed_in = submitted(mai)
    number, seen = handed_in["id"], {"content_hash": handed_in["content_hash"]}
    returned = ask(hung, "create_return", {"reason": "Thiếu giờ"}, number=number)
    done = picture_of_database()
    other = ask(binh, "create_return", {"reason": "Sai tên"}, number=number)
    assert other.json() == returned.json()
    late = ask(binh, "create_approval", seen, number=number)
    assert (late.status_code, late.json()["code"]) == (409, "already_answered")
    assert picture_of_database() == done

    number = ask(mai, "create_submission", code=handed_in["bulletin"]).json()["id"]
    approved = ask(hung, "create_approval", seen, number=number)
    done = picture_of_database()
    assert ask(binh, "create_approval", seen, number=number).json() == approved.json()
    late = ask(binh, "create_return", {"reason": "Sai tên"}, number=number)
    assert (late.status_code, late.json()["code"]) == (409, "already_answered")
    ask(mai, "delete_submission", code=handed_in["bulletin"])
    assert picture_of_database() == done


@pytest.mark.django_db(transaction=True)
def test_two_who_approve_at_once_make_one_edition(people) -> None:
    mai, hung, binh, _ = people.values()
    handed_in = submitted(mai)
    seen = {"content_hash": handed_in["content_hash"]}
    mine, rival = meet(
        lambda: ask(hung, "create_approval", seen, number=handed_in["id"]),
        lambda: ask(binh, "create_approval", seen, number=handed_in["id"]),
    )
    assert (mine.status_code, rival.outcome().status_code) == (200, 200)
    assert rival.outcome().json() == mine.json()
    assert Edition._base_manager.get().sha256 == mine.json()["edition"]
    assert Approval.objects.get().approver.username == "hung"
    assert facts()["edition_approved"] == 1


@pytest.mark.django_db(transaction=True)
def test_every_deed_asked_twice_at_once_is_done_once(people) -> None:
    asked: Counter[str] = Counter()

    def ask_at_once(program: Program, name: str, body: Any = None, **named: Any) -> Any:
        before = facts()
        mine, rival = meet(
            lambda: ask(program, name, body, **named), lambda: ask(program, name, body, **named)
        )
        assert_same(name, mine, rival)
        assert (facts() - before).total() == 1, name
        asked[name] += 1
        return mine.json() if mine.content else None

    way(people, ask_at_once)
    assert set(asked) == {one.name for one in CLOSED if one.is_deed}


def assert_same(name: str, mine: Any, rival: Rival) -> None:
    theirs = rival.outcome()
    assert mine.status_code in {200, 201, 204}, (name, mine.content)
    assert (theirs.status_code, theirs.content) == (mine.status_code, mine.content), name


def submitted(mai: Program) -> dict[str, Any]:
    written = {"place": HAI_CHAU, "title": "Tiêm chủng", "body": NOTICE}
    code = ask(mai, "create_bulletin", written).json()["code"]
    speak_queued()
    return ask(mai, "create_submission", code=code).json()


def facts() -> Counter[str]:
    return Counter(Fact.objects.values_list("kind", flat=True))
