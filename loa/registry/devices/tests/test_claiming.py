"""New devices: announced by their own key, claimed by the code they show, put out of use for good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from loa.connectors.bus.gate import Knock
from loa.lib import clock
from loa.project.cast import HAI_CHAU, HOA_VANG, SINCE
from loa.project.processes.receiver import Receiver
from loa.project.tests.way import MORNING
from loa.registry.devices import actions
from loa.registry.devices.actions import claim_device, note_announcement, retire_device
from loa.registry.devices.errors import (
    CodeNotUnique,
    KeyRetired,
    NobodyByThatCode,
    NotAStand,
    WhyMissing,
)
from loa.registry.devices.models import Device, Newcomer
from loa.registry.devices.queries import keys_and_places, public_keys, retired_since
from loa.registry.ledger.models import Fact
from loa.registry.people.actions import grant_mandate
from loa.registry.people.errors import MandateMissing
from loa.registry.people.queries import opened_roster
from loa.registry.people.rosters import issue_roster
from loa.registry.places.queries import place_by_code
from loa.wire import canonical, envelope, rules
from loa.wire.keys import SigningKey, claim_code_of
from loa.wire.messages import ANNOUNCEMENT, HEARTBEAT, Announcement
from loa.wire.reasons import Reason, Refused

KEY = SigningKey.from_seed(b"n" * 32)
CODE = claim_code_of(KEY.public_hex)


def announced(key: SigningKey = KEY, **fields) -> Announcement:
    return Announcement(public=key.public_hex, **fields)


def sealed(said: Announcement, key: SigningKey = KEY, kind: str = ANNOUNCEMENT) -> bytes:
    return envelope.seal(kind, canonical.encode(said), key)


def announce(client: Client, body: bytes):
    return client.post("/device/announcement", body, content_type="application/json")


@pytest.fixture
def hai_chau(cast):
    return place_by_code(HAI_CHAU)


def test_who_reads_the_code_off_the_machine_claims_it(cast, hai_chau) -> None:
    note_announcement(announced(model="ML-2"))
    typed = CODE.lower().replace("-", " ")
    device = claim_device(typed, place=hai_chau, by=cast["duc"], name="Chợ Hàn")
    assert (device.code, device.place_id, device.model) == ("DN-0004", HAI_CHAU, "ML-2")
    assert public_keys()[device.code] == KEY.public_hex
    assert keys_and_places([device.code]) == {
        device.code: (KEY.public_hex, [HAI_CHAU, hai_chau.parent_id])
    }
    fact = Fact.objects.order_by("-seq")[0]
    assert (fact.kind, fact.actor, fact.subject) == ("device_claimed", "duc", device.code)


def test_claiming_again_changes_nothing(cast, hai_chau) -> None:
    note_announcement(announced())
    first = claim_device(CODE, place=hai_chau, by=cast["duc"], name="Chợ Hàn")
    facts = Fact.objects.count()
    again = claim_device(CODE, place=place_by_code(HOA_VANG), by=cast["duc"], name="Khác")
    assert (again.pk, again.name, Fact.objects.count()) == (first.pk, "Chợ Hàn", facts)


@pytest.mark.parametrize("code", ["", "K7QF-2M9X", "%%%%-%%%%", CODE[:-1]])
def test_a_code_that_no_machine_shows_claims_nothing(cast, hai_chau, code) -> None:
    note_announcement(announced())
    with pytest.raises(NobodyByThatCode):
        claim_device(code, place=hai_chau, by=cast["duc"], name="Chợ Hàn")


@pytest.mark.parametrize("username", ["mai", "hung", "nga", "la"])
def test_only_who_tends_devices_there_claims_or_retires(cast, hai_chau, username) -> None:
    note_announcement(announced())
    with pytest.raises(MandateMissing):
        claim_device(CODE, place=hai_chau, by=cast[username], name="Chợ Hàn")
    with pytest.raises(MandateMissing):
        retire_device(Device.objects.get(pk="DN-0001"), by=cast[username], reason="hỏng")


def test_a_retired_device_opens_nothing_and_its_number_is_not_given_again(cast, hai_chau) -> None:
    note_announcement(announced())
    device = claim_device(CODE, place=hai_chau, by=cast["duc"], name="Chợ Hàn")
    with pytest.raises(WhyMissing):
        retire_device(device, by=cast["duc"], reason="  ")
    with clock.at(MORNING):
        retire_device(device, by=cast["duc"], reason="mất cắp")
    facts = Fact.objects.count()
    assert retire_device(device, by=cast["duc"], reason="lần nữa").retired_at == MORNING
    assert Fact.objects.count() == facts
    assert keys_and_places([device.code]) == {}
    assert device.code not in public_keys()
    assert retired_since(MORNING) == [device.code]
    assert retired_since(MORNING + timedelta(seconds=1)) == []
    other = SigningKey.from_seed(b"o" * 32)
    note_announcement(announced(other))
    code = claim_code_of(other.public_hex)
    assert claim_device(code, place=hai_chau, by=cast["duc"], name="Mới").code == "DN-0005"


def test_announcements_nobody_claims_do_not_fill_the_register(cast, monkeypatch) -> None:
    monkeypatch.setattr(actions, "NEWCOMERS_MAX", 3)
    keys = [SigningKey.from_seed(bytes([n]) * 32) for n in range(1, 6)]
    for minute, key in enumerate(keys):
        with clock.at(MORNING + timedelta(minutes=minute)):
            note_announcement(announced(key))
    kept = set(Newcomer.objects.values_list("public_hex", flat=True))
    assert kept == {key.public_hex for key in keys[-3:]}
    with clock.at(MORNING + timedelta(days=15)):
        note_announcement(announced())
    assert Newcomer.objects.get().claim_code == CODE


def test_the_machine_waits_until_it_is_claimed_and_then_learns_who_it_is(
    cast, client, hai_chau
) -> None:
    body = sealed(announced())
    assert announce(client, body).status_code == 202
    device = claim_device(CODE, place=hai_chau, by=cast["duc"], name="Chợ Hàn")
    answer = announce(client, body)
    assert answer.status_code == 200
    roster = opened_roster(issue_roster())
    enrolment = rules.open_enrolment(answer.content, roster, public=KEY.public_hex)
    assert (enrolment.device, enrolment.place, enrolment.city) == (device.code, HAI_CHAU, "48")
    with pytest.raises(Refused) as refused:
        rules.open_enrolment(answer.content, roster, public="00" * 32)
    assert refused.value.reason is Reason.WRONG_DEVICE
    retire_device(device, by=cast["duc"], reason="mất cắp")
    assert announce(client, body).status_code == 202


def test_what_no_key_signed_announces_nothing(cast, client) -> None:
    other = SigningKey.from_seed(b"o" * 32)
    bodies = {
        b"": "malformed",
        b"x" * 20_000: "oversize",
        sealed(announced(), other): "unknown_key",
        sealed(announced()).replace(b'"sig":"', b'"sig":"AAAA'): "forged",
        sealed(announced(), kind=HEARTBEAT): "wrong_type",
        sealed(announced(model="x" * 61)): "malformed",
    }
    for body, reason in bodies.items():
        answer = announce(client, body)
        assert (answer.status_code, answer.content.decode().strip()) == (400, reason), body[:60]
    assert not Newcomer.objects.exists()
    assert client.get("/device/announcement").status_code == 405


def test_an_enrolment_that_no_director_signed_is_not_believed(cast, client, hai_chau) -> None:
    note_announcement(announced())
    claim_device(CODE, place=hai_chau, by=cast["duc"], name="Chợ Hàn")
    true = announce(client, sealed(announced())).content
    forged = envelope.seal(
        "application/vnd.loa.enrolment+json", envelope.read(true).payload_bytes, KEY
    )
    roster = opened_roster(issue_roster())
    with pytest.raises(Refused) as refused:
        rules.open_enrolment(forged, roster, public=KEY.public_hex)
    assert refused.value.reason is Reason.UNKNOWN_KEY


def test_a_device_of_another_commune_is_not_shown_to_who_types_its_code(cast, hai_chau) -> None:
    note_announcement(announced())
    claim_device(CODE, place=hai_chau, by=cast["duc"], name="Chợ Hàn")
    there = place_by_code(HOA_VANG)
    grant_mandate(cast["la"], "maintainer", there, decision_number="1/HĐ", valid_from=SINCE)
    with pytest.raises(NobodyByThatCode):
        claim_device(CODE, place=there, by=cast["la"], name="Khác")


def test_a_code_that_two_machines_show_claims_neither(cast, hai_chau) -> None:
    note_announcement(announced())
    Newcomer.objects.create(public_hex="00" * 32, claim_code=CODE, seen_at=clock.now())
    with pytest.raises(CodeNotUnique):
        claim_device(CODE, place=hai_chau, by=cast["duc"], name="Chợ Hàn")


def test_a_retired_key_is_not_claimed_again(cast, hai_chau) -> None:
    note_announcement(announced())
    device = claim_device(CODE, place=hai_chau, by=cast["duc"], name="Chợ Hàn")
    retire_device(device, by=cast["duc"], reason="mất cắp")
    note_announcement(announced())
    with pytest.raises(KeyRetired):
        claim_device(CODE, place=hai_chau, by=cast["duc"], name="Chợ Hàn")


def test_a_machine_stands_in_a_commune_or_a_village_of_one(cast, hai_chau) -> None:
    note_announcement(announced())
    with pytest.raises(NotAStand):
        claim_device(CODE, place=hai_chau.parent, by=cast["duc"], name="Chợ Hàn")
    village = place_by_code(f"{HAI_CHAU}-01")
    device = claim_device(CODE, place=village, by=cast["duc"], name="Chợ Hàn")
    assert (device.place_id, device.village_id) == (HAI_CHAU, village.code)


def test_an_odd_name_at_the_gate_shuts_out_nobody_else(cast, keys) -> None:
    def knock(device: str) -> Knock:
        return Knock(device, b"nonce", keys[0].sign(b"nonce"), "U", "N")

    odd = ["\0", "DN-0001\0", "x" * 5000, "", "DN-0002", "%", "đ"]
    rights = Receiver().admit([*map(knock, odd), knock("DN-0001")])
    assert list(rights) == [len(odd)]
