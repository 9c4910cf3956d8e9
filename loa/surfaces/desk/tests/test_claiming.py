"""Taking a new machine into use at the desk, and putting one out of use."""

from __future__ import annotations

import pytest
from django.urls import reverse

from loa.project.cast import HAI_CHAU
from loa.registry.devices.actions import note_announcement
from loa.registry.devices.models import Device
from loa.wire.keys import SigningKey, claim_code_of
from loa.wire.messages import Announcement

pytestmark = pytest.mark.django_db
KEY = SigningKey.from_seed(b"n" * 32)
CODE = claim_code_of(KEY.public_hex)
CLAIM = reverse("desk:claim")
FILLED = {"claim_code": CODE, "name": "Chợ Hàn", "place": HAI_CHAU, "kind": "loudspeaker"}


@pytest.fixture
def newcomer(cast) -> None:
    note_announcement(Announcement(public=KEY.public_hex))


def test_a_machine_is_taken_into_use_by_its_code(desk, newcomer) -> None:
    given = {**FILLED, "claim_code": CODE.lower(), "latitude": "16.06", "longitude": "108.22"}
    answer = desk("duc").post(CLAIM, given, follow=True)
    device = Device._base_manager.get(public_hex=KEY.public_hex)
    assert answer.redirect_chain[-1][0] == reverse("desk:device", args=[device.code])
    assert "Đã nhận máy" in answer.content.decode()
    assert (device.place_id, device.latitude, device.longitude) == (HAI_CHAU, 16.06, 108.22)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"claim_code": "AAAA-AAAA"}, "Không có thiết bị nào đang chờ với mã này"),
        ({"claim_code": ""}, "claim_code"),
        ({"place": "99999"}, "place"),
        ({"latitude": "108"}, "latitude"),
        ({"name": "x" * 101}, "name"),
    ],
    ids=lambda one: str(one)[:24],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(desk, newcomer, wrong, words) -> None:
    answer = desk("duc").post(CLAIM, {**FILLED, **wrong})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert wrong.get("name", FILLED["name"]) in text
    assert not Device._base_manager.filter(public_hex=KEY.public_hex).exists()


@pytest.mark.parametrize("username", ["mai", "hung", "nga", "la"])
def test_who_tends_no_devices_neither_sees_nor_does_it(desk, newcomer, username) -> None:
    browser = desk(username)
    assert browser.get(CLAIM).status_code == 403
    assert browser.post(CLAIM, FILLED).status_code == 403
    retirement = reverse("desk:retirement", args=["DN-0001"])
    assert browser.post(retirement, {"reason": "hỏng"}).status_code == 404
    if username == "mai":
        assert CLAIM not in browser.get(reverse("desk:devices")).content.decode()
        shown = browser.get(reverse("desk:device", args=["DN-0001"])).content.decode()
        assert retirement not in shown


def test_a_device_is_put_out_of_use_with_a_reason(desk) -> None:
    browser = desk("duc")
    retirement = reverse("desk:retirement", args=["DN-0001"])
    shown = browser.get(reverse("desk:device", args=["DN-0001"])).content.decode()
    assert retirement in shown
    assert browser.post(retirement, {"reason": ""}).status_code == 422
    answer = browser.post(retirement, {"reason": "Mất cắp"}, follow=True)
    assert "Đã ngừng dùng thiết bị" in answer.content.decode()
    assert Device._base_manager.get(pk="DN-0001").retired_at is not None
    assert browser.get(retirement).status_code == 404
