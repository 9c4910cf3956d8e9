"""The register at the desk: fields, photo, groups, another machine, tables out and in."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django_scopes import scopes_disabled

from loa.flow.deliveries.commands import latest_commands, record_answers
from loa.flow.receipts.readiness import watch_readiness
from loa.lib import clock
from loa.lib.tests.test_photos import exif, jpeg, segment
from loa.project.cast import HAI_CHAU
from loa.project.tests.way import MORNING
from loa.registry.devices.actions import note_announcement
from loa.registry.devices.incidents import look_for_outages
from loa.registry.devices.models import Device, DeviceGroup, Incident
from loa.registry.devices.register import EDITABLE
from loa.surfaces.desk.tests.fleet import device_key
from loa.wire import canonical, envelope
from loa.wire.commands import COMMAND_RECEIPT, CommandReceipt, Outcome
from loa.wire.keys import SigningKey, claim_code_of
from loa.wire.messages import Announcement

pytestmark = pytest.mark.django_db
KEY = SigningKey.from_seed(b"n" * 32)
CODE = claim_code_of(KEY.public_hex)
EDIT = reverse("desk:registration", args=["DN-0001"])
PAGE = reverse("desk:device", args=["DN-0001"])


def device(code: str = "DN-0001") -> Device:
    return Device._base_manager.get(pk=code)


def filled(**changes: str) -> dict[str, str]:
    row = device()
    given = {name: getattr(row, name) for name in EDITABLE}
    return {name: str(value) for name, value in given.items() if value is not None} | changes


def photo(*segments: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("cho-han.jpg", jpeg(*segments), content_type="text/html")


@pytest.fixture
def newcomer(cast) -> None:
    note_announcement(Announcement(public=KEY.public_hex))


def test_what_is_changed_stands_on_the_page_with_who_changed_it(desk) -> None:
    browser = desk("duc")
    given = filled(sim_number="0905 111 222", installed_on="2026-05-01", sim_month_mb="4096")
    answer = browser.post(EDIT, {**given, "photo": photo()}, follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain[-1][0] == PAGE
    assert "0905 111 222" in text
    assert "01-05-2026" in text
    assert "Số SIM: – → 0905 111 222" in text
    picture = desk("mai").get(reverse("desk:device_photo", args=["DN-0001"]))
    assert (picture.content, picture["Content-Type"]) == (jpeg(), "image/jpeg")
    assert browser.get(f"/media/{device().photo_sha256}").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"latitude": "99"}, "latitude"),
        ({"name": " "}, "name"),
        ({"installed_on": "hôm qua"}, "installed_on"),
    ],
)
def test_a_field_that_is_wrong_is_named_and_nothing_is_saved(desk, wrong, field) -> None:
    answer = desk("duc").post(EDIT, filled(owner="UBND phường", **wrong))
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {field}
    assert "UBND phường" in answer.content.decode()
    assert device().owner == ""


def test_only_what_is_a_photo_is_kept(desk) -> None:
    fake = SimpleUploadedFile("a.jpg", b"<script>", content_type="image/jpeg")
    answer = desk("duc").post(EDIT, {**filled(), "photo": fake})
    assert answer.status_code == 422
    assert "Ảnh phải là tệp JPEG" in answer.content.decode()


@pytest.mark.parametrize("username", ["mai", "hung", "nga", "la"])
def test_who_tends_no_devices_changes_none(desk, username) -> None:
    browser = desk(username)
    for name in ("registration", "replacement"):
        address = reverse(f"desk:{name}", args=["DN-0001"])
        assert {browser.get(address).status_code, browser.post(address).status_code} == {404}
    for name in ("groups", "claim_many"):
        assert browser.get(reverse(f"desk:{name}")).status_code == 403


def test_another_machine_takes_over_by_the_code_it_shows(desk, newcomer) -> None:
    browser, address = desk("duc"), reverse("desk:replacement", args=["DN-0001"])
    assert CODE in browser.get(f"{address}?ma={CODE}").content.decode()
    assert browser.post(address, {"claim_code": CODE, "reason": ""}).status_code == 422
    answer = browser.post(address, {"claim_code": CODE, "reason": "sét đánh"}, follow=True)
    text = answer.content.decode()
    assert device().public_hex == KEY.public_hex
    assert "Đã thay máy" in text
    assert "sét đánh" in text


def test_a_code_in_the_address_and_a_place_in_the_photo_need_no_typing(desk, newcomer) -> None:
    browser, address = desk("duc"), reverse("desk:claim")
    assert f'value="{CODE}"' in browser.get(f"{address}?ma={CODE}").content.decode()
    given = {"claim_code": CODE, "name": "Chợ Hàn", "place": HAI_CHAU, "kind": "loudspeaker"}
    plain = {**given, "photo": photo(), "is_placed_by_photo": "on"}
    assert "Ảnh không ghi tọa độ" in browser.post(address, plain).content.decode()
    browser.post(address, {**plain, "photo": photo(segment(0xE1, exif()))})
    claimed = Device._base_manager.get(public_hex=KEY.public_hex)
    assert (claimed.latitude, claimed.longitude) == (16.06, 108.22)
    assert claimed.photo_sha256


def test_a_group_is_made_filled_filtered_by_and_dissolved(desk) -> None:
    browser, groups = desk("duc"), reverse("desk:groups")
    browser.post(f"{groups}?noi={HAI_CHAU}", {"name": "Chợ", "devices": ["DN-0001"]})
    group = DeviceGroup.objects.get()
    assert "Chợ" in browser.get(groups).content.decode()
    listed = browser.get(f"{reverse('desk:devices')}?nhom={group.pk}").content.decode()
    assert "DN-0001" in listed
    assert "DN-0003" not in listed
    assert desk("la").get(f"{reverse('desk:devices')}?nhom={group.pk}").status_code == 404
    browser.post(reverse("desk:group", args=[group.pk]), {"dissolve": "yes"})
    assert not DeviceGroup.objects.exists()


def test_devices_are_found_by_any_word_without_marks(desk) -> None:
    desk("duc").post(EDIT, filled(address="12 Bạch Đằng", sim_number="0905 111 222"))
    for words in ("bach dang", "0905 111", "dn-0001", "Đằng 12"):
        text = desk("mai").get(f"{reverse('desk:devices')}?tim={words}").content.decode()
        assert "DN-0001" in text, words
        assert "DN-0003" not in text, words


def test_the_table_holds_what_was_asked_for_and_no_formula(desk) -> None:
    desk("duc").post(EDIT, filled(note="=HYPERLINK(1)", owner="Sở"))
    answer = desk("mai").get(f"{reverse('desk:device_sheet')}?tim=DN-0001")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["mã thiết bị"] for row in rows] == ["DN-0001"]
    assert rows[0]["ghi chú"] == "'=HYPERLINK(1)"
    assert rows[0]["mã địa bàn"].startswith(HAI_CHAU)


def test_a_table_of_machines_shows_what_became_of_each_row(desk, newcomer) -> None:
    sheet = f"Mã máy,Mã địa bàn,Tên\n{CODE},{HAI_CHAU},Chợ Hàn\nAAAA-AAAA,{HAI_CHAU},Không có\n"
    upload = SimpleUploadedFile("may.csv", sheet.encode())
    text = desk("duc").post(reverse("desk:claim_many"), {"sheet": upload}).content.decode()
    assert "Đã nhận 1 trong 2 dòng." in text
    assert "Không có thiết bị nào đang chờ với mã này" in text
    broken = SimpleUploadedFile("may.csv", b"PK\x03\x04")
    answer = desk("duc").post(reverse("desk:claim_many"), {"sheet": broken})
    assert answer.status_code == 422
    assert "CSV, bảng mã UTF-8" in answer.content.decode()


# -- commands


def test_a_command_is_told_from_the_page_and_its_answer_is_shown(desk, fleet) -> None:
    browser, address = desk("duc"), reverse("desk:command", args=["DN-0001"])
    answer = browser.post(address, {"verb": "volume", "percent": "40"}, follow=True)
    text = answer.content.decode()
    assert "Đặt âm lượng: 40%" in text
    assert "Chờ gửi" in text
    with scopes_disabled():
        (command,) = latest_commands(device())
        receipt = CommandReceipt(
            device="DN-0001",
            id=str(command.pk),
            outcome=Outcome.REFUSED,
            reason="busy",
            at=command.told_at,
        )
        key = device_key(1)
        sealed = envelope.seal(COMMAND_RECEIPT, canonical.encode(receipt), key)
        record_answers([("DN-0001", sealed)], {"DN-0001": key.public_hex})
    part = browser.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Máy không làm" in part
    assert "máy đang phát" in part


@pytest.mark.parametrize("given", [{"verb": "volume", "percent": "101"}, {"verb": "shout"}, {}])
def test_what_is_no_command_is_said_and_not_told(desk, given) -> None:
    answer = desk("duc").post(reverse("desk:command", args=["DN-0001"]), given, follow=True)
    assert "Không hiểu lệnh này" in answer.content.decode()
    with scopes_disabled():
        assert latest_commands(device()) == []


def test_who_only_listens_sees_no_commands(desk) -> None:
    assert "Ra lệnh cho máy" not in desk("mai").get(PAGE).content.decode()
    assert desk("mai").post(reverse("desk:command", args=["DN-0001"])).status_code == 404


# -- outages and readiness


def test_an_outage_waits_for_who_tends_the_place_and_names_who_took_it_on(desk, fleet) -> None:
    with clock.at(MORNING):
        fleet.beat(1)
    with clock.at(MORNING + timedelta(minutes=6)), scopes_disabled():
        look_for_outages(clock.now())
    home = reverse("desk:home")
    assert "Mất liên lạc 1 thiết bị" in desk("duc").get(home).content.decode()
    assert "Mất liên lạc" not in desk("mai").get(home).content.decode()
    incident = Incident.objects.get()
    address = reverse("desk:outage", args=[incident.pk])
    text = desk("duc").post(address, {"note": "chờ điện lực"}, follow=True).content.decode()
    assert "chờ điện lực" in text
    assert "Bạn đang xử lý" in desk("duc").get(home).content.decode()
    assert "chờ điện lực" in desk("mai").get(reverse("desk:outages")).content.decode()
    assert desk("mai").post(address, {"note": "x"}).status_code == 403
    assert "Mất liên lạc" in desk("duc").get(PAGE).content.decode()


def test_what_is_not_ready_in_time_is_shown_with_devices_and_reasons(
    desk, fleet, place, approved
) -> None:
    with clock.at(MORNING):
        edition = approved()
        place(edition, start_at=MORNING + timedelta(hours=1))
        fleet.dispatch()
    with clock.at(MORNING + timedelta(minutes=52)):
        with scopes_disabled():
            watch_readiness(clock.now())
        assert "chưa đủ loa" in desk("mai").get(reverse("desk:home")).content.decode()
        page = desk("mai").get(reverse("desk:readiness")).content.decode()
        assert edition.title in page
        assert "DN-0001" in page
        assert "mất liên lạc, chưa báo có âm thanh" in page
        mender = desk("duc").get(reverse("desk:readiness")).content.decode()
        assert edition.title not in mender
        assert "DN-0001" in mender
        day = desk("mai").get(reverse("desk:schedule")).content.decode()
        assert "mới 0/2 cụm loa sẵn sàng" in day
        assert "DN-0001" not in desk("la").get(reverse("desk:readiness")).content.decode()
