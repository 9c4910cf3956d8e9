"""Thousands of documents that nobody signed: none sounds, each is refused for a reason."""

import base64
import json
import random

from loa.player.device import Taken
from loa.wire import envelope
from loa.wire.reasons import Reason, Refused


def mutations(good, count, seed=20261124):
    """Yield damaged copies: bits, cuts, doubled parts, swapped fields, foreign signatures."""
    dice = random.Random(seed)
    while count:
        kind = dice.randrange(6)
        data = bytearray(good)
        sealed = json.loads(good)
        if kind == 0:
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        elif kind == 1:
            del data[dice.randrange(len(data)) :]
        elif kind == 2:
            at = dice.randrange(len(data))
            data[at:at] = bytes(dice.randrange(256) for _ in range(dice.randrange(1, 9)))
        elif kind == 3:
            payload = bytearray(base64.b64decode(sealed["payload"]))
            payload[dice.randrange(len(payload))] ^= 1 << dice.randrange(8)
            sealed["payload"] = base64.b64encode(payload).decode()
            data = json.dumps(sealed).encode()
        elif kind == 4:
            payload = base64.b64decode(sealed["payload"])
            digit, other = str(dice.randrange(10)).encode(), str(dice.randrange(10)).encode()
            sealed["payload"] = base64.b64encode(payload.replace(digit, other)).decode()
            data = json.dumps(sealed).encode()
        else:
            raw = bytearray(base64.b64decode(sealed["signatures"][0]["sig"]))
            raw[dice.randrange(64)] ^= 1 << dice.randrange(8)
            sealed["signatures"][0]["sig"] = base64.b64encode(raw).decode()
            data = json.dumps(sealed).encode()
        if not says_the_same(bytes(data), good):
            count -= 1
            yield bytes(data)


def says_the_same(data, good):
    """Spaces or unused bits of base64 change no signed byte: such a copy is the document itself."""
    try:
        found, wanted = envelope.read(data), envelope.read(good)
        same_words = found.payload_bytes == wanted.payload_bytes
        signatures = [
            base64.b64decode(sealed.signatures[0].sig, validate=True) for sealed in (found, wanted)
        ]
        same_key = found.signatures[0].keyid == wanted.signatures[0].keyid
        same_type = found.payload_type == wanted.payload_type
    except (Refused, ValueError, IndexError):
        return False
    return same_words and same_key and same_type and signatures[0] == signatures[1]


def test_mutated_documents_never_sound_and_each_is_refused(town, ear):
    device = town.boot()
    refused = {}
    device.telling.refuse = lambda document, sha256, refusal: refused.update(
        {sha256: refusal.reason}
    )
    corpus = set(mutations(town.desired(), 3_200))
    for data in corpus:
        assert device.take_desired(data, is_roster_fresh=True) is Taken.REFUSED
        ear.follow(device)
    assert len(corpus) >= 2_000
    assert len(refused) == len(corpus)
    assert set(refused.values()) >= {Reason.FORGED, Reason.MALFORMED, Reason.UNKNOWN_KEY}
    assert ear.heard == []
    assert device.desired is None


def test_mutated_editions_in_a_signed_document_never_sound(town, ear, ladder):
    sha256, sealed = town.cast.sealed_edition(town.cast.edition(media=(town.media,)))
    order = town.cast.order(sha256)
    device = town.boot()
    device.note_media_ready(town.media.sha256)
    spoiled = 0
    for number, data in enumerate(mutations(bytes(sealed), 300)):
        try:
            text = json.loads(data)
        except ValueError:
            continue
        document = town.cast.document(
            seq=8 + number,
            orders=(order.__class__(**{**as_fields(order), "order": f"o-{number}"}),),
            envelopes={sha256: text},
        )
        assert device.take_desired(document, is_roster_fresh=True) is not Taken.SAME
        ear.follow(device)
        spoiled += 1
    assert spoiled >= 100
    assert ear.heard == []
    assert sum(line.startswith("skipped") for line in ladder(device)) == spoiled


def as_fields(struct):
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def test_mutated_rosters_are_refused(town):
    device = town.boot()
    held = device.roster
    for data in mutations(town.cast.roster(version=9), 300):
        assert device.take_roster(data) is Taken.REFUSED
    assert device.roster is held


def test_flood_of_bad_documents_does_not_fill_the_log(town, ladder):
    device = town.boot()
    for data in mutations(town.desired(), 500):
        device.take_desired(data, is_roster_fresh=True)
    assert len(ladder(device)) == 20


def test_same_bad_document_is_logged_once_even_after_a_restart(town, ladder):
    device = town.boot()
    for _ in range(3):
        device.take_desired(b"{}", is_roster_fresh=True)
    again = town.boot()
    again.take_desired(b"{}", is_roster_fresh=True)
    assert ladder(again) == ["refused malformed"]
    again.take_desired(b"[]", is_roster_fresh=True)
    assert again.journal.unacknowledged(9)[-1].detail["more"] == 1


def test_document_for_another_device_or_place_is_refused(town, ladder):
    device = town.boot()
    device.take_desired(town.desired(device="dn-0002"))
    device.take_desired(town.desired(place="20200"))
    assert ladder(device) == ["refused wrong_device", "refused wrong_place"]


def test_expired_document_is_refused_but_a_held_one_stays(town, watch, ear):
    device = town.boot()
    data = town.desired()
    watch.pass_by(days=15)
    assert device.take_desired(data) is Taken.REFUSED
    watch.pass_by(days=-15)
    assert device.take_desired(data) is Taken.NEW
    watch.pass_by(days=15)
    assert town.boot().desired is not None
