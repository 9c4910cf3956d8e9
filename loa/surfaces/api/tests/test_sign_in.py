from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from loa.lib import clock
from loa.surfaces.api import tokens
from loa.surfaces.api.attempts import Attempts
from loa.surfaces.api.sign_in import TOKEN_LIFE, issue_token
from loa.surfaces.api.tests.conftest import API, HAI_CHAU, Program

pytestmark = pytest.mark.django_db
PASSWORD = "mot-mat-khau-dai"


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    tokens.attempts_by_name.forget()
    tokens.attempts_by_address.forget()


def sign_in(username: str, password: str, language: str = "vi"):
    given = {"username": username, "password": password}
    headers = {"Accept-Language": language}
    return Client().post(f"{API}/tokens", given, "application/json", headers=headers)


def devices_with(token: str):
    return Client().get(f"{API}/devices", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def mai(cast):
    cast["mai"].set_password(PASSWORD)
    cast["mai"].save()
    return cast["mai"]


def test_name_and_password_give_a_token_that_opens(mai) -> None:
    answer = sign_in("mai", PASSWORD)
    assert answer.status_code == 201
    assert devices_with(answer.json()["token"]).status_code == 200


def test_a_wrong_password_and_an_unknown_name_sound_the_same(mai) -> None:
    wrong, unknown = sign_in("mai", "sai"), sign_in("khong-co", "sai")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


def test_guessing_is_slowed_down(mai) -> None:
    tokens.attempts_by_name.forget()
    last = [tokens.attempts_by_name.may_try("127.0.0.1 mai") for _ in range(10)]
    assert all(last)
    answer = sign_in("mai", PASSWORD)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")


def test_attempts_come_back_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    monkeypatch.setattr(clock, "monotonic", lambda: seconds[0])
    attempts = Attempts(attempts_max=2, window_seconds=60)
    assert [attempts.may_try("a") for _ in range(3)] == [True, True, False]
    assert attempts.may_try("b")
    seconds[0] = 61
    assert attempts.may_try("a")


def test_a_token_ends_with_its_time_its_password_and_its_person(mai) -> None:
    token, _ = issue_token(mai)
    with clock.shifted(TOKEN_LIFE + timedelta(seconds=1)):
        assert devices_with(token).status_code == 401
    assert devices_with(token[:-2] + "xx").status_code == 401
    assert devices_with("x").status_code == 401
    assert devices_with(token).status_code == 200
    mai.set_password("mot-mat-khau-khac")
    mai.save()
    assert devices_with(token).status_code == 401
    token, _ = issue_token(mai)
    mai.is_active = False
    mai.save()
    assert devices_with(token).status_code == 401


def test_the_desk_session_reads_and_changes_only_with_its_csrf_token(mai) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(mai)
    assert browser.get(f"{API}/devices").status_code == 200
    reading = {"place": HAI_CHAU, "written": "ABC", "spoken": "a bê xê"}
    answer = browser.post(f"{API}/readings", reading, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_missing")


def test_a_token_counts_before_the_session_beside_it(cast) -> None:
    browser = Client()
    browser.force_login(cast["lan"])
    token, _ = issue_token(cast["mai"])
    answer = browser.get(f"{API}/devices", headers={"Authorization": f"Bearer {token}"})
    assert {one["place"] for one in answer.json()} == {HAI_CHAU}


def test_words_follow_the_language_and_codes_do_not(programs) -> None:
    said = {
        language: programs["mai"].get("/ledger/faults", **{"Accept-Language": language}).json()
        for language in ("vi", "en")
    }
    assert said["vi"]["code"] == said["en"]["code"] == "mandate_missing"
    assert said["vi"]["message"] == "Bạn chưa được giao quyền làm việc này tại địa bàn này."
    assert said["en"]["message"].isascii()


def test_a_mandate_that_ended_opens_nothing(cast) -> None:
    from django_scopes import scopes_disabled

    from loa.registry.people.actions import end_mandate

    mai = Program(cast["mai"])
    with scopes_disabled():
        end_mandate(cast["mai"].mandates.get())
    assert mai.get("/bulletins").status_code == 403
    assert mai.get("/devices").json() == []
