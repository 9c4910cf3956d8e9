import json

import pytest

from loa.project.cast import CITY, HAI_CHAU
from loa.registry.people import passkeys
from loa.registry.people.models import ApprovalKey
from loa.registry.people.queries import passkeys_of
from loa.registry.people.tests.test_passkeys import CHALLENGE, ORIGIN, made
from loa.registry.places.queries import place_by_code
from loa.surfaces.desk.keys import CHALLENGE as CHALLENGE_KEPT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site(settings, cast, morning) -> None:
    settings.LOA_ORIGIN = ORIGIN


@pytest.fixture
def registered(cast) -> ApprovalKey:
    return passkeys.register_passkey(
        cast["hung"], challenge=CHALLENGE, credential=made(), name="Điện thoại"
    )


def remember(browser, challenge: bytes) -> None:
    session = browser.session
    session[CHALLENGE_KEPT] = challenge.hex()
    session.save()


def test_an_approver_registers_a_key_and_ends_it(desk, cast) -> None:
    browser = desk("hung")
    asked = browser.post("/ban/khoa/chuan-bi/").json()["publicKey"]
    assert asked["user"]["name"] == "hung"
    remember(browser, CHALLENGE)
    given = {"credential": made(), "name": " Điện   thoại "}
    page = browser.post("/ban/khoa/dang-ky/", given, follow=True).content.decode()
    assert "Đã đăng ký khóa “Điện thoại”" in page
    (key,) = passkeys_of(cast["hung"])
    assert key.key_id in page
    page = browser.post(f"/ban/khoa/{key.key_id}/ngung-dung/", follow=True).content.decode()
    assert "Đã ngừng dùng khóa" in page
    assert passkeys_of(cast["hung"]) == []


def test_an_answer_to_no_question_or_to_an_old_one_is_refused(desk, cast) -> None:
    browser = desk("hung")
    given = {"credential": made(), "name": "x"}
    assert browser.post("/ban/khoa/dang-ky/", given).status_code == 422
    remember(browser, CHALLENGE)
    browser.post("/ban/khoa/dang-ky/", {"credential": "{}", "name": "x"})
    again = browser.post("/ban/khoa/dang-ky/", given)  # a question is asked once
    assert (again.status_code, passkeys_of(cast["hung"])) == (422, [])
    assert "Chưa nhận được khóa này" in again.content.decode()


def test_nobody_sees_or_ends_anothers_key(desk, registered) -> None:
    address = f"/ban/khoa/{registered.key_id}/ngung-dung/"
    assert desk("son").post(address).status_code == 404
    assert registered.key_id not in desk("son").get("/ban/khoa/").content.decode()
    assert desk("mai").get("/ban/khoa/").status_code == 403
    assert desk("mai").post("/ban/khoa/chuan-bi/").status_code == 403


def test_who_has_a_passkey_is_asked_for_it_on_the_page(desk, submit, registered) -> None:
    submission, browser = submit(), desk("hung")
    page = browser.get(f"/ban/duyet/{submission.pk}/").content.decode()
    assert "Duyệt bằng khóa của tôi" in page
    assert 'data-passkey="sign"' in page
    given = {"content_hash": submission.content_hash, "has_read": "yes"}
    plain = browser.post(f"/ban/duyet/{submission.pk}/", given)
    assert plain.status_code == 422
    assert "Bạn duyệt bằng khóa riêng" in plain.content.decode()


def test_what_the_browser_is_told_to_sign_is_bound_to_what_was_read(
    desk, submit, registered
) -> None:
    submission, browser = submit(), desk("hung")
    address = f"/ban/duyet/{submission.pk}/khoa/"
    unread = browser.post(address, {"content_hash": submission.content_hash})
    assert "Hãy nghe hết bản thu" in unread.json()["problem"]
    changed = browser.post(address, {"content_hash": "0" * 64, "has_read": "yes"})
    assert "Nội dung đã khác" in changed.json()["problem"]
    asked = browser.post(address, {"content_hash": submission.content_hash, "has_read": "yes"})
    assert [one["id"] for one in asked.json()["publicKey"]["allowCredentials"]] == [
        registered.credential_id
    ]
    of_another = desk("mai").post(
        address, {"content_hash": submission.content_hash, "has_read": "yes"}
    )
    assert "publicKey" not in of_another.json()


def test_an_answer_from_another_session_is_refused(desk, submit, registered) -> None:
    submission = submit()
    given = {"content_hash": submission.content_hash, "has_read": "yes"}
    desk("hung").post(f"/ban/duyet/{submission.pk}/khoa/", given)
    other = desk("hung").post(
        f"/ban/duyet/{submission.pk}/",
        given | {"credential_id": registered.credential_id, "signature": "AA", "client_data": "AA"},
    )
    assert "Hãy bấm Duyệt lần nữa" in other.content.decode()


def test_an_unreadable_answer_is_refused_in_words(desk, submit, registered) -> None:
    submission, browser = submit(), desk("hung")
    given = {"content_hash": submission.content_hash, "has_read": "yes"}
    browser.post(f"/ban/duyet/{submission.pk}/khoa/", given)
    answer = browser.post(
        f"/ban/duyet/{submission.pk}/",
        given | {"credential_id": registered.credential_id, "signature": "*é"},
    )
    assert answer.status_code == 422
    assert "Khóa riêng đã ký không đúng" in answer.content.decode()


def test_where_only_passkeys_are_believed_the_page_says_so(desk, submit) -> None:
    passkeys.demand_passkeys(place_by_code(HAI_CHAU), "all", decision_number="5/QĐ")
    submission = submit()
    page = desk("hung").get(f"/ban/duyet/{submission.pk}/").content.decode()
    assert "Loa ở nơi này chỉ tin khóa riêng của người duyệt" in page
    given = {"content_hash": submission.content_hash, "has_read": "yes"}
    refused = desk("hung").post(f"/ban/duyet/{submission.pk}/", given)
    assert "Nơi này chỉ tin khóa riêng" in refused.content.decode()


def test_the_second_person_sees_who_was_the_first(desk, submit) -> None:
    city = [place_by_code(CITY)]
    submission = submit("Bão lớn", by="lan", place=CITY, targets=city, priority="emergency")
    given = {"content_hash": submission.content_hash, "has_read": "yes"}
    address = f"/ban/duyet/{submission.pk}/"
    binh, yen = desk("binh"), desk("yen")
    assert "chỉ phát khi hai người khác nhau cùng duyệt" in binh.get(address).content.decode()
    first = binh.post(address, given, follow=True).content.decode()
    assert "Cần một người nữa duyệt" in first
    assert "Bạn đã duyệt. Đang chờ người thứ hai." in binh.get(address).content.decode()
    assert "Bão lớn" not in json.dumps(tasks_on(binh), ensure_ascii=False)
    home = yen.get("/ban/").content.decode()
    assert "Chờ người thứ hai duyệt" in home
    assert "Nguyễn Văn Bình đã duyệt" in home
    assert "Nguyễn Văn Bình đã duyệt" in yen.get(address).content.decode()
    done = yen.post(address, given, follow=True).content.decode()
    assert "Đã duyệt “Bão lớn”. Bản này không đổi nữa." in done
    assert "Nguyễn Văn Bình" in done
    assert "Phan Thị Yến" in done


def tasks_on(browser) -> list[str]:
    return [task.title for task in browser.get("/ban/").context["tasks"]]
