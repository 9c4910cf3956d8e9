"""The proof against a thief who owns the database: whatever he changes, a named check fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction

from loa.flow.approvals.models import Edition
from loa.flow.deliveries.actions import dispatch_due
from loa.flow.deliveries.models import PlayOrder
from loa.flow.evaluation.evidence import Evidence, as_json, evidence_of, ledger_witnesses
from loa.flow.receipts.actions import record_receipts
from loa.flow.schedules.actions import confirm_placement
from loa.flow.schedules.models import Placement
from loa.flow.sources.actions import take_source
from loa.lib import clock
from loa.project.cast import HAI_CHAU
from loa.project.tests.way import BODY, MORNING, NIGHT, TITLE, arrival
from loa.registry.ledger.queries import ledger_head
from loa.registry.library import store
from loa.registry.people import keyring
from loa.registry.places.queries import place_by_code
from loa.wire import envelope, messages
from loa.wire.messages import Event

LADDER = [Event.PULLED, Event.VERIFIED, Event.MEDIA_READY, Event.STARTED, Event.FINISHED]


def sound_everywhere(placement: Placement, keys) -> None:
    """Let the devices of Hải Châu say that they sounded it whole."""
    detail = {"duration_ms": placement.edition.duration_ms, "rate_percent": 100}
    for order in PlayOrder.objects.filter(occurrence__placement=placement):
        key = keys[int(order.device_id[-1]) - 1]
        said = [(seq, event, str(order.pk)) for seq, event in enumerate(LADDER, start=1)]
        record_receipts([arrival(key, order.device_id, said, detail=detail)])


@pytest.fixture
def heard(way, keys) -> Placement:
    """One notice from its source to the horns of Hải Châu, at night, with every signature."""
    with clock.at(NIGHT):
        raw = f"{TITLE}\n{BODY}".encode()
        source = take_source(raw, place=place_by_code(HAI_CHAU), by=way.people["mai"])
        edition = way.edition(source=source)
        placement = way.place(edition)
        confirm_placement(placement, by=way.people["binh"])
        dispatch_due()
        sound_everywhere(placement, keys)
        return Placement.objects.get(pk=placement.pk)


def proof_of(placement: Placement) -> Evidence:
    bulletin = Edition.objects.get(pk=placement.edition_id).bulletin
    return evidence_of(type(bulletin).objects.get(pk=bulletin.pk))


def failed(proof: Evidence) -> set[str]:
    links = {check.name for link in proof.links for check in link.checks if not check.holds}
    return links | {check.name for horn in proof.horns for check in horn.checks if not check.holds}


@contextmanager
def as_superuser() -> Iterator[None]:
    """Go round the refusals of the database, and put everything back afterwards."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in (
            "approvals_edition",
            "approvals_approval",
            "schedules_confirmation",
            "schedules_placement",
            "ledger_fact",
        ):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        transaction.set_rollback(True)


def sql(statement: str, *values: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def test_the_whole_chain_is_proved_and_names_everybody(heard) -> None:
    proof = proof_of(heard)
    assert failed(proof) == set()
    assert proof.is_proved
    assert [horn.device for horn in proof.horns] == ["DN-0001", "DN-0003"]
    assert [link.kind for link in proof.links] == [
        "roster",
        "source",
        "bulletin",
        "rendition",
        "submission",
        "approval",
        "placement",
        "ledger",
    ]
    checked = {check.name for link in proof.links for check in link.checks}
    checked |= {check.name for horn in proof.horns for check in horn.checks}
    assert checked == {
        "roster_signature",
        "source_bytes",
        "media_bytes",
        "edition_signature",
        "edition_hash",
        "edition_text",
        "edition_spoken",
        "edition_texts",
        "edition_media",
        "two_people",
        "confirmation_signature",
        "ledger_chain",
        "order_signature",
        "receipt_signature",
        "whole_sound",
    }
    told = json.loads(json.dumps(as_json(proof)))
    assert told["proved"] is True
    assert [device["verified"] for device in told["devices"]] == [True, True]
    approval = next(link for link in told["links"] if link["kind"] == "approval")
    assert (approval["who"], approval["sha256"]) == ("Phạm Quốc Hùng", heard.edition.sha256)
    assert approval["envelope"]["payloadType"] == messages.EDITION


THEFTS = {
    "UPDATE approvals_edition SET body = 'khác'": {"edition_text"},
    'UPDATE approvals_edition SET texts = \'{"web": "khác"}\'': {"edition_texts"},
    "UPDATE approvals_edition SET title = 'khác'": {"edition_text", "edition_hash"},
    "UPDATE approvals_edition SET targets = '[\"48\"]'": {"edition_hash"},
    "UPDATE approvals_edition SET priority = 'emergency'": {"edition_hash"},
    "UPDATE approvals_edition SET info_class = '2g'": {"edition_hash"},
    "UPDATE approvals_edition SET valid_until = valid_until + interval '1 day'": {"edition_hash"},
    "UPDATE approvals_edition SET duration_ms = duration_ms + 60000": {
        "edition_hash",
        "whole_sound",
    },
    "UPDATE approvals_edition SET envelope = '{}'": {"edition_signature"},
    "DELETE FROM approvals_approval": {"two_people"},
    "UPDATE approvals_approval SET approved_at = approved_at - interval '1 day'": {"two_people"},
    "UPDATE approvals_approval SET approver_id = (SELECT id FROM people_person"
    " WHERE username = 'yen')": {"two_people"},
    "UPDATE newsroom_bulletin SET author_id = (SELECT id FROM people_person"
    " WHERE username = 'hung')": {"two_people"},
    "UPDATE newsroom_rendition SET spoken_text = 'khác'": {"edition_spoken"},
    "UPDATE newsroom_rendition SET opus_id = mp3_id": {"edition_media"},
    "UPDATE sources_sourceitem SET raw = 'khac'": {"source_bytes"},
    "UPDATE sources_sourceitem SET raw = 'khac', sha256 = ENCODE(SHA256('khac'), 'hex')": {
        "source_bytes"
    },
    "UPDATE schedules_confirmation SET confirmer_id = (SELECT id FROM people_person"
    " WHERE username = 'yen')": {"confirmation_signature"},
    "UPDATE schedules_placement SET placed_by_id = (SELECT id FROM people_person"
    " WHERE username = 'binh')": {"confirmation_signature"},
    "UPDATE schedules_placement SET start_at = start_at - interval '1 hour'": {
        "confirmation_signature"
    },
    "DELETE FROM schedules_placement_places": {"confirmation_signature"},
    "UPDATE deliveries_desireddocument SET envelope = '{}'": {"order_signature"},
    "DELETE FROM deliveries_desireddocument": {"order_signature"},
    "UPDATE receipts_receipt SET at = at - interval '1 hour' WHERE event = 'started'": {
        "receipt_signature"
    },
    "UPDATE receipts_receipt SET detail = '{\"duration_ms\": 1}' WHERE event = 'finished'": {
        "receipt_signature"
    },
    "UPDATE receipts_receipt SET clock = 'none'": {"receipt_signature"},
    "UPDATE receipts_receipt SET event = 'skipped' WHERE event = 'finished'": {"receipt_signature"},
    "DELETE FROM receipts_receipt WHERE event = 'media_ready'": {"receipt_signature"},
    "DELETE FROM receipts_receipt": {"receipt_signature"},
    "UPDATE receipts_receiptbatch SET envelope = '{}'": {"receipt_signature"},
    "UPDATE receipts_playlog SET started_at = started_at - interval '1 hour'": {
        "receipt_signature"
    },
    "UPDATE receipts_playlog SET rate_percent = 50": {"receipt_signature"},
    "UPDATE receipts_playlog SET duration_ms = 1": {"receipt_signature", "whole_sound"},
    "UPDATE devices_device SET public_hex = REVERSE(public_hex)": {"receipt_signature"},
    "UPDATE people_rosterissue SET envelope = '{}'": {
        "roster_signature",
        "edition_signature",
        "confirmation_signature",
        "order_signature",
    },
    "UPDATE ledger_fact SET actor = 'la' WHERE kind = 'edition_approved'": {"ledger_chain"},
    "DELETE FROM ledger_fact WHERE kind = 'edition_approved'": {"ledger_chain"},
}


def test_whatever_is_changed_in_the_database_a_named_check_fails(heard) -> None:
    for theft, expected in THEFTS.items():
        with as_superuser():
            assert sql(theft) > 0, theft
            proof = proof_of(heard)
            assert failed(proof) == expected, theft
            assert not proof.is_proved, theft
    assert proof_of(heard).is_proved


def test_facts_cut_off_behind_what_devices_saw_are_missed(heard) -> None:
    seen = max(ledger_witnesses())
    assert seen < ledger_head().seq
    with as_superuser():
        sql("DELETE FROM ledger_fact WHERE seq >= %s", seen)
        assert failed(proof_of(heard)) == {"ledger_chain"}


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[:-1],
    "flipped": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "swapped": lambda _data: b"OggS another sound altogether",
}


def test_a_damaged_sound_file_fails_until_it_is_mended(heard) -> None:
    rendition = heard.edition.rendition
    for sha256 in (rendition.opus_id, rendition.mp3_id):
        path = store.path_of(sha256)
        whole = path.read_bytes()
        for damage in DAMAGES.values():
            path.write_bytes(damage(whole))
            assert failed(proof_of(heard)) == {"media_bytes"}
        path.unlink()
        assert failed(proof_of(heard)) == {"media_bytes"}
        path.write_bytes(whole)
    assert proof_of(heard).is_proved


def test_a_key_of_another_approver_cannot_speak_for_this_one(heard) -> None:
    """Bình may approve here too; signed by him, an edition that names Hùng is no signature."""
    opened = envelope.read(bytes(heard.edition.envelope))
    forged = envelope.seal(messages.EDITION, opened.payload_bytes, keyring.key_for_person("binh"))
    with as_superuser():
        sql("UPDATE approvals_edition SET envelope = %s", forged)
        assert failed(proof_of(heard)) == {"edition_signature"}


def test_a_device_that_says_nothing_proves_nothing(way, morning, keys) -> None:
    placement = way.place()
    dispatch_due()
    proof = proof_of(placement)
    assert not proof.is_proved
    assert all(horn.is_silent and not horn.is_proved for horn in proof.horns)
    assert failed(proof) == {"receipt_signature"}
    sound_everywhere(placement, keys)
    assert proof_of(placement).is_proved


def test_a_sound_cut_short_or_skipped_is_no_proof(way, morning, keys) -> None:
    placement = way.place()
    dispatch_due()
    orders = {
        order.device_id: str(order.pk)
        for order in PlayOrder.objects.filter(occurrence__placement=placement)
    }
    short = {"duration_ms": placement.edition.duration_ms - 501}
    record_receipts(
        [
            arrival(
                keys[0],
                "DN-0001",
                [(1, Event.STARTED, orders["DN-0001"]), (2, Event.FINISHED, orders["DN-0001"])],
                detail=short,
            ),
            arrival(
                keys[2], "DN-0003", [(1, Event.SKIPPED, orders["DN-0003"])], reason="quiet_hours"
            ),
        ]
    )
    proof = proof_of(placement)
    assert failed(proof) == {"whole_sound"}
    told = {horn.device: (horn.result, horn.reason, horn.is_proved) for horn in proof.horns}
    assert told == {
        "DN-0001": ("finished", "", False),
        "DN-0003": ("skipped", "quiet_hours", False),
    }


def test_the_proof_of_an_old_notice_reads_its_own_documents_only(
    heard, way, keys, django_assert_max_num_queries
) -> None:
    with clock.at(MORNING + timedelta(days=30)):
        for number in range(3):
            way.place(way.edition(title=f"Tin {number}"))
            dispatch_due()
        with django_assert_max_num_queries(40):
            proof = proof_of(heard)
        assert proof.is_proved
        assert {horn.document_seq for horn in proof.horns} == {1}
