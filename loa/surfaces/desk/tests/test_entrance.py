import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

pytestmark = pytest.mark.django_db
SIGN_IN = "/ban/vao/"
PASSWORD = "cay-da-gieng-nuoc-san-dinh"


@pytest.fixture
def mai(cast):
    cast["mai"].password = make_password(PASSWORD)
    cast["mai"].save(update_fields=["password"])
    return cast["mai"]


def test_a_stranger_to_the_browser_is_led_to_the_door_and_back(mai) -> None:
    browser = Client()
    answer = browser.get("/ban/ban-tin/")
    assert answer.url == "/ban/vao/?next=/ban/ban-tin/"
    given = {"username": "mai", "password": PASSWORD, "next": "/ban/ban-tin/"}
    assert browser.post(SIGN_IN, given).url == "/ban/ban-tin/"
    assert browser.get("/ban/").status_code == 200


def test_a_wrong_password_says_what_to_do_and_keeps_the_name(mai) -> None:
    answer = Client().post(SIGN_IN, {"username": "mai", "password": "sai"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Tên đăng nhập hoặc mật khẩu không đúng" in page
    assert 'value="mai"' in page


def test_guessing_is_slowed_down(mai) -> None:
    browser = Client()
    for _ in range(10):
        browser.post(SIGN_IN, {"username": "mai", "password": "sai"})
    answer = browser.post(SIGN_IN, {"username": "mai", "password": PASSWORD})
    assert "Thử quá nhiều lần" in answer.content.decode()


@pytest.mark.parametrize("elsewhere", ["https://ke-gian.example/", "//ke-gian.example"])
def test_signing_in_never_leads_to_another_site(mai, elsewhere: str) -> None:
    given = {"username": "mai", "password": PASSWORD, "next": elsewhere}
    assert Client().post(SIGN_IN, given).url == "/ban/"


def test_signing_out_needs_a_deed_not_a_link(desk) -> None:
    browser = desk("mai")
    assert browser.get("/ban/ra/").status_code == 405
    browser.post("/ban/ra/")
    assert browser.get("/ban/").status_code == 302


def test_somebody_who_left_cannot_come_in(mai) -> None:
    mai.is_active = False
    mai.save(update_fields=["is_active"])
    assert Client().post(SIGN_IN, {"username": "mai", "password": PASSWORD}).status_code == 422
