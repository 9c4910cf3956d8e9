"""The second factor: asked of who has one, demanded of who may approve, changed only by its holder."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.core.management import call_command
from django.test import Client

from loa.lib import clock
from loa.project.cast import HAI_CHAU
from loa.registry.ledger.models import Fact
from loa.registry.people import factors
from loa.registry.people.actions import end_mandate
from loa.registry.people.models import Mandate, SignIn
from loa.registry.people.sealing import unsealed

pytestmark = pytest.mark.django_db
PASSWORD = "cay-da-gieng-nuoc-san-dinh"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SIGN_IN, SECOND = "/ban/vao/", "/ban/vao/xac-nhan/"


def code_of(secret: str, *, steps: int = 0) -> str:
    """Return what an app shows: RFC 6238, so many steps of 30 seconds from now."""
    counter = int(clock.now().timestamp()) // 30 + steps
    mac = hmac.digest(base64.b32decode(secret), counter.to_bytes(8), "sha1")
    at = mac[-1] & 15
    number = int.from_bytes(mac[at : at + 4]) & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


@pytest.fixture
def people(cast, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for name in ("mai", "hung", "yen"):
        cast[name].set_password(PASSWORD)
        cast[name].save(update_fields=["password"])
    return cast


@pytest.fixture
def required(settings) -> None:
    settings.LOA_MFA = "required"


def enter(username: str, *, browser: Client | None = None, **given: str):
    browser = browser or Client(headers={"User-Agent": "Mozilla/5.0 (Android 15) Chrome/140"})
    answer = browser.post(SIGN_IN, {"username": username, "password": PASSWORD, **given})
    return browser, answer


def add_app_by_page(browser: Client) -> str:
    """Add an app as a person does; return its secret."""
    browser.get("/ban/tai-khoan/ung-dung/")
    secret = browser.session["mfa.totp.secret"]
    browser.post("/ban/tai-khoan/ung-dung/", {"code": code_of(secret)})
    return secret


def kinds() -> list[str]:
    return list(Fact.objects.order_by("seq").values_list("kind", flat=True))


def test_who_may_approve_sets_up_a_factor_before_anything_else(people, required) -> None:
    browser, answer = enter("hung")
    assert answer.url == "/ban/"
    for closed in ("/ban/", "/ban/khoa/", "/ban/ban-tin/", "/ban/duyet/1/"):
        assert browser.get(closed).url == "/ban/tai-khoan/can-xac-nhan/"
    page = browser.get("/ban/tai-khoan/can-xac-nhan/").content.decode()
    assert "Ứng dụng tạo mã" in page
    # The password was shown a moment ago: it is not asked again.
    add_app_by_page(browser)
    assert browser.get("/ban/").status_code == 200
    assert browser.get("/ban/tai-khoan/can-xac-nhan/").url == "/ban/"


def test_who_may_approve_nothing_needs_no_factor(people, required) -> None:
    browser, _ = enter("mai")
    assert browser.get("/ban/").status_code == 200


def test_a_training_city_asks_for_none_and_says_why(people) -> None:
    assert "Thành phố tập dượt" in Client().get(SIGN_IN).content.decode()
    browser, _ = enter("hung")
    assert browser.get("/ban/").status_code == 200


def test_a_part_of_a_page_stays_empty_until_the_factor_is_there(people, required, desk) -> None:
    answer = desk("hung").get("/ban/dang-phat/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (204, b"")


def test_an_app_is_asked_at_the_next_sign_in_and_a_code_opens_once(people) -> None:
    factors.add_app(people["hung"], SECRET)
    browser, answer = enter("hung", next="/ban/ban-tin/")
    assert answer.url == SECOND
    assert browser.get("/ban/").status_code == 302  # the password alone opens nothing
    wrong = browser.post(SECOND, {"code": "000 000"})
    assert wrong.status_code == 422
    assert "Mã không đúng" in wrong.content.decode()
    code = code_of(SECRET)
    assert browser.post(SECOND, {"code": f"{code[:3]} {code[3:]}"}).url == "/ban/ban-tin/"
    assert browser.get("/ban/").status_code == 200
    other, _ = enter("hung")
    assert other.post(SECOND, {"code": code}).status_code == 422


def test_a_recovery_code_opens_once(people) -> None:
    factors.add_app(people["hung"], SECRET)
    first, *rest = factors.recovery_codes_of(people["hung"])
    browser, _ = enter("hung")
    assert browser.post(SECOND, {"code": f"{first[:4]} {first[4:]}"}).url == "/ban/"
    again, _ = enter("hung")
    assert again.post(SECOND, {"code": first}).status_code == 422
    assert factors.recovery_codes_of(people["hung"]) == rest
    assert SignIn.objects.get().way == "recovery_codes"


def test_guessing_codes_is_slowed_down(people) -> None:
    factors.add_app(people["hung"], SECRET)
    browser, _ = enter("hung")
    for _ in range(10):
        browser.post(SECOND, {"code": "123456"})
    answer = browser.post(SECOND, {"code": code_of(SECRET)})
    assert "Thử quá nhiều lần" in answer.content.decode()


def test_the_secret_of_an_app_lies_sealed_in_the_database(people) -> None:
    row = factors.add_app(people["hung"], SECRET)
    assert SECRET not in json.dumps(row.data)
    assert unsealed(row.data["secret"]) == SECRET


def test_changing_a_factor_asks_for_the_present_one(people, desk) -> None:
    row = factors.add_app(people["hung"], SECRET)
    browser = desk("hung")  # a session that has shown nothing lately
    for closed in ("khoa/", "ung-dung/", "ma-du-phong/", "mat-khau/", f"bo/{row.pk}/"):
        address = f"/ban/tai-khoan/{closed}"
        asked = browser.get(address).url
        assert unquote(asked) == f"/ban/tai-khoan/xac-nhan-lai/?next={address}"
        assert browser.post(address).status_code == 302
    assert browser.post("/ban/tai-khoan/khoa/chuan-bi/").status_code == 403
    given = {"next": "/ban/tai-khoan/ma-du-phong/"}
    # Who has a factor is not asked for less than that.
    assert (
        browser.post("/ban/tai-khoan/xac-nhan-lai/", given | {"password": PASSWORD}).status_code
        == 422
    )
    shown = browser.post("/ban/tai-khoan/xac-nhan-lai/", given | {"code": code_of(SECRET)})
    assert shown.url == "/ban/tai-khoan/ma-du-phong/"
    assert (
        factors.recovery_codes_of(people["hung"])[0][:4] in browser.get(shown.url).content.decode()
    )
    browser.post(f"/ban/tai-khoan/bo/{row.pk}/")
    assert not factors.has_second_factor(people["hung"])
    assert factors.recovery_codes_of(people["hung"]) == []
    assert kinds()[-2:] == ["factor_added", "factor_removed"]


def test_what_was_shown_counts_for_five_minutes(people, desk) -> None:
    browser, _ = enter("mai")
    assert browser.get("/ban/tai-khoan/mat-khau/").status_code == 200
    with clock.shifted(timedelta(minutes=6)):
        assert browser.get("/ban/tai-khoan/mat-khau/").status_code == 302


def test_the_last_factor_of_who_may_approve_stays(people, required) -> None:
    browser, _ = enter("hung")
    add_app_by_page(browser)
    (row,) = factors.second_factors_of(people["hung"])
    answer = browser.post(f"/ban/tai-khoan/bo/{row.pk}/")
    assert answer.status_code == 422
    assert "phải giữ ít nhất một cách xác nhận" in answer.content.decode()
    assert factors.has_second_factor(people["hung"])


def test_a_new_factor_ends_the_sessions_that_have_not_shown_it(people) -> None:
    old, _ = enter("hung")
    new, _ = enter("hung")
    add_app_by_page(new)
    assert old.get("/ban/").status_code == 302
    assert new.get("/ban/").status_code == 200


def test_facts_tell_of_factors_and_hold_no_secret(people) -> None:
    browser, _ = enter("hung")
    secret = add_app_by_page(browser)
    codes = factors.recovery_codes_of(people["hung"])
    other, _ = enter("hung")
    other.post(SECOND, {"code": code_of(secret, steps=1)})
    third, _ = enter("hung")
    third.post(SECOND, {"code": codes[0]})
    told = list(Fact.objects.filter(subject="hung", kind__contains="factor").order_by("seq"))
    assert [fact.kind for fact in told] == ["factor_added", "new_factor_used", "new_factor_used"]
    everything = json.dumps([fact.body for fact in Fact.objects.all()])
    assert not [word for word in (secret, *codes) if word in everything]


def test_the_account_page_tells_where_and_when_and_signs_out_elsewhere(people) -> None:
    other, _ = enter("mai")
    browser, _ = enter("mai")
    page = browser.get("/ban/tai-khoan/").content.decode()
    assert page.count("Chrome trên Android") >= 4  # two sessions, two sign-ins
    assert "mật khẩu" in page
    browser.post("/ban/tai-khoan/may-khac/", {"session": "others"})
    assert other.get("/ban/").status_code == 302
    assert browser.get("/ban/").status_code == 200


def test_nobody_ends_the_session_of_another(people) -> None:
    other, _ = enter("hung")
    browser, _ = enter("mai")
    number = people["hung"].usersession_set.get().pk
    browser.post("/ban/tai-khoan/may-khac/", {"session": str(number)})
    assert other.get("/ban/").status_code == 200


def test_a_new_password_ends_other_sessions_and_obeys_the_rules(people) -> None:
    other, _ = enter("mai")
    browser, _ = enter("mai")
    address = "/ban/tai-khoan/mat-khau/"
    for wrong, words in (("ngan", "ít nhất 10 ký tự"), ("1234567890", "nhiều người dùng")):
        answer = browser.post(address, {"password": wrong, "again": wrong})
        assert (answer.status_code, words in answer.content.decode()) == (422, True)
    answer = browser.post(address, {"password": "mot-hai-ba-bon", "again": "mot-hai-ba-nam"})
    assert "Hai lần nhập chưa giống nhau" in answer.content.decode()
    browser.post(address, {"password": "mot-hai-ba-bon", "again": "mot-hai-ba-bon"})
    assert browser.get("/ban/").status_code == 200
    assert other.get("/ban/").status_code == 302
    assert kinds()[-1] == "password_changed"


def test_a_session_ends_at_the_next_page_once_every_mandate_ended(people) -> None:
    browser, _ = enter("mai")
    end_mandate(Mandate.objects.get(person=people["mai"], place=HAI_CHAU))
    assert browser.get("/ban/").status_code == 302
    assert browser.get("/ban/tai-khoan/").status_code == 302
    assert enter("mai")[1].status_code == 422


@pytest.mark.parametrize("credential", ["", "x", "[]", "{}", '{"response":1}', '{"rawId":"AA"}'])
def test_what_no_key_said_opens_nothing(people, credential: str) -> None:
    browser = Client()
    asked = browser.post("/ban/vao/khoa/chuan-bi/").json()
    assert asked["publicKey"]["userVerification"] == "required"
    answer = browser.post("/ban/vao/khoa/", {"credential": credential})
    assert answer.status_code == 422
    assert "Khóa này không mở được cửa" in answer.content.decode()


def test_django_finds_no_fault_in_how_this_is_deployed(settings) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_SSL_REDIRECT = settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SECURE_HSTS_SECONDS = 30 * 86_400
    call_command("check", deploy=True, fail_level="WARNING")
