"""The register: what is known of a device, its groups, and the machine that stands for it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from loa.lib import clock
from loa.project.cast import HAI_CHAU, HOA_VANG
from loa.project.tests.way import MORNING
from loa.registry.devices.actions import claim_device, note_announcement, note_heartbeats
from loa.registry.devices.batches import claim_sheet
from loa.registry.devices.errors import (
    DeviceElsewhere,
    FieldUnusable,
    GroupNamedTwice,
    KeyInUse,
    KeyRetired,
    NameMissing,
    SheetUnreadable,
    WhyMissing,
)
from loa.registry.devices.models import Device, DeviceGroup, DeviceState
from loa.registry.devices.queries import (
    device_with_key,
    groups_of,
    keys_and_places,
    keys_to_put_out,
    keys_valid_at,
    quarantined,
)
from loa.registry.devices.register import (
    dissolve_group,
    edit_device,
    note_put_out,
    replace_machine,
    save_group,
)
from loa.registry.ledger.models import Fact
from loa.registry.people.errors import MandateMissing
from loa.registry.places.queries import place_by_code
from loa.wire.keys import SigningKey, claim_code_of
from loa.wire.messages import Announcement, Heartbeat

KEY = SigningKey.from_seed(b"n" * 32)
CODE = claim_code_of(KEY.public_hex)
# "Chợ Hàn, đường Hùng Vương, phố Nguyễn Trãi" in the letters of the .Vn fonts.
TCVN3 = "Chî Hµn, ®\u00adêng Hïng V\u00ad¬ng, phè NguyÔn Tr·i\n".encode("latin-1")
HEADING = "Mã máy;Mã địa bàn;Tên;Vĩ độ;Số SIM\n"


@pytest.fixture
def device(cast) -> Device:
    return Device.objects.get(pk="DN-0001")


@pytest.fixture
def hai_chau(cast):
    return place_by_code(HAI_CHAU)


def announce(key: SigningKey = KEY, **fields) -> None:
    note_announcement(Announcement(public=key.public_hex, **fields))


def last_fact() -> Fact:
    return Fact.objects.order_by("-seq")[0]


# -- what is known


def test_what_changes_in_the_register_is_told_with_its_former_value(cast, device) -> None:
    edit_device(device, by=cast["duc"], sim_number="0905 111 222", installed_on=date(2026, 5, 1))
    fact = last_fact()
    assert (fact.kind, fact.actor, fact.subject) == ("device_edited", "duc", "DN-0001")
    assert fact.body["changes"] == {
        "sim_number": ["", "0905 111 222"],
        "installed_on": ["", "2026-05-01"],
    }
    edit_device(device, by=cast["duc"], sim_number="0905 111 222")
    assert last_fact().seq == fact.seq


def test_the_register_refuses_what_it_cannot_hold_and_names_the_field(cast, device) -> None:
    for field, value in {"latitude": 108.0, "sim_number": "9" * 21, "kind": "radio"}.items():
        with pytest.raises(FieldUnusable) as refused:
            edit_device(device, by=cast["duc"], **{field: value})
        assert refused.value.field == field
    with pytest.raises(NameMissing):
        edit_device(device, by=cast["duc"], name=" ")
    with pytest.raises(MandateMissing):
        edit_device(device, by=cast["mai"], note="x")


# -- groups


def test_a_device_may_be_in_several_groups_of_its_place(cast, hai_chau) -> None:
    first = save_group("Chợ", place=hai_chau, devices=["DN-0001", "DN-0003"], by=cast["duc"])
    save_group("Ven sông", place=hai_chau, devices=["DN-0001"], by=cast["duc"])
    assert {g.name for g in groups_of([HAI_CHAU])} == {"Chợ", "Ven sông"}
    facts = Fact.objects.count()
    save_group("Chợ", place=hai_chau, devices=["DN-0003", "DN-0001"], by=cast["duc"], group=first)
    assert Fact.objects.count() == facts
    with pytest.raises(GroupNamedTwice):
        save_group("Chợ", place=hai_chau, devices=[], by=cast["duc"])
    with pytest.raises(DeviceElsewhere):
        save_group("Xa", place=hai_chau, devices=["DN-0002"], by=cast["duc"])
    with pytest.raises(MandateMissing):
        save_group("Của tôi", place=hai_chau, devices=[], by=cast["mai"])
    dissolve_group(first, by=cast["duc"])
    assert last_fact().kind == "device_group_dissolved"
    assert not DeviceGroup.objects.filter(name="Chợ").exists()


# -- another machine for the same device


def test_another_machine_takes_place_and_history_but_not_the_key(cast, device) -> None:
    before = device.public_hex
    note_heartbeats(
        [(Heartbeat(device="DN-0001", boot="a", at=MORNING, uptime_s=1, desired_seq=1), MORNING)]
    )
    announce(model="ML-3")
    noon = device.entered_at + timedelta(hours=1)
    with clock.at(noon):
        replace_machine(device, CODE, by=cast["duc"], reason="sét đánh")
    device = Device.objects.get(pk="DN-0001")
    assert (device.public_hex, device.model) == (KEY.public_hex, "ML-3")
    assert device_with_key(before) is None
    assert keys_and_places(["DN-0001"])["DN-0001"][0] == KEY.public_hex
    assert not DeviceState.objects.filter(device=device).exists()
    assert keys_valid_at(device, noon - timedelta(minutes=1)) == [before]
    assert keys_valid_at(device, noon + timedelta(seconds=10)) == [KEY.public_hex, before]
    assert keys_valid_at(device, noon + timedelta(hours=1)) == [KEY.public_hex]
    assert last_fact().body["reason"] == "sét đánh"
    facts = Fact.objects.count()
    replace_machine(device, CODE, by=cast["duc"], reason="lần nữa")
    assert Fact.objects.count() == facts


def test_the_former_machine_is_put_out_once(cast, device) -> None:
    announce()
    replace_machine(device, CODE, by=cast["duc"], reason="sét đánh")
    keys = keys_to_put_out()
    assert [key.device_id for key in keys] == ["DN-0001"]
    note_put_out(keys)
    assert keys_to_put_out() == []


def test_no_key_comes_back_by_another_door(cast, device, hai_chau) -> None:
    old = SigningKey.from_seed(b"o" * 32)
    announce(old)
    stray = claim_device(claim_code_of(old.public_hex), place=hai_chau, by=cast["duc"], name="Cũ")
    announce(old)
    with pytest.raises(KeyInUse):
        replace_machine(device, claim_code_of(old.public_hex), by=cast["duc"], reason="x")
    announce()
    with pytest.raises(WhyMissing):
        replace_machine(stray, CODE, by=cast["duc"], reason=" ")
    with pytest.raises(MandateMissing):
        replace_machine(stray, CODE, by=cast["mai"], reason="x")
    replace_machine(stray, CODE, by=cast["duc"], reason="x")
    announce(old)
    for deed in (
        lambda: claim_device(
            claim_code_of(old.public_hex), place=hai_chau, by=cast["duc"], name="y"
        ),
        lambda: replace_machine(device, claim_code_of(old.public_hex), by=cast["duc"], reason="x"),
    ):
        with pytest.raises(KeyRetired):
            deed()


def test_a_new_key_ends_the_quarantine_of_a_cloned_one(cast, device) -> None:
    DeviceState.objects.create(device=device, seen_at=MORNING, boot="b", cloned_at=MORNING)
    assert quarantined(["DN-0001", "DN-0002"]) == {"DN-0001"}
    announce()
    replace_machine(device, CODE, by=cast["duc"], reason="trùng khóa")
    assert quarantined(["DN-0001"]) == set()


# -- many at once


def test_each_row_of_a_table_has_its_own_result(cast) -> None:
    announce()
    other = SigningKey.from_seed(b"p" * 32).public_hex
    sheet = (
        HEADING
        + f"{CODE};{HAI_CHAU};Chợ Hàn;16,06;0905\n"
        + f"{other.upper()};{HAI_CHAU}-01;Đình làng;;\n"
        + "\n"
        + f"AAAA-AAAA;{HAI_CHAU};Không có;;\n"
        + f"{CODE};nơi nào;Sai nơi;;\n"
        + f"{'ab' * 32};{HAI_CHAU};Sai số;xa lắm;\n"
        + f"{'cd' * 32};{HAI_CHAU};Ngoài nước;99;\n"
        + f"{'ef' * 32};{HOA_VANG};;;\n"
    )
    results = claim_sheet(sheet.encode(), by=cast["duc"])
    assert [bool(row.device) for row in results] == [True, True, False, False, False, False, False]
    assert all(row.refusal for row in results[2:])
    assert [row.line for row in results] == [2, 3, 5, 6, 7, 8, 9]
    first = Device.objects.get(pk=results[0].device)
    assert (first.latitude, first.sim_number) == (16.06, "0905")
    assert Device.objects.get(pk=results[1].device).public_hex == other
    again = claim_sheet(sheet.encode("utf-8-sig"), by=cast["duc"])
    assert [row.device for row in again] == [row.device for row in results]


def test_who_tends_nothing_there_claims_no_row(cast) -> None:
    announce()
    (row,) = claim_sheet(f"{HEADING}{CODE};{HAI_CHAU};Chợ Hàn".encode(), by=cast["mai"])
    assert row.refusal
    assert not row.device


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PK\x03\x04 a spreadsheet",
        "Mã máy;Tên\nK7QF-2M9X;Chợ Hàn\n".encode(),
        f"claim;place;name\nK7QF-2M9X;{HAI_CHAU};".encode() + TCVN3,
        (HEADING + "x;y;z\n" * 1_001).encode(),
    ],
    ids=["empty", "binary", "column missing", "tcvn3", "too long"],
)
def test_a_table_that_cannot_be_read_says_why_and_claims_nothing(cast, raw) -> None:
    devices = Device.objects.count()
    with pytest.raises(SheetUnreadable) as refused:
        claim_sheet(raw, by=cast["duc"])
    assert len(str(refused.value)) > 20
    assert Device.objects.count() == devices
