"""The published vectors are what the code does, and each bad one is refused for the reason it names."""

import json

import pytest

from loa.wire import canonical, envelope, vectors
from loa.wire.keys import SigningKey, is_signature_valid

ALL = vectors.all_vectors()
DOCUMENTS = ALL["documents.json"]


@pytest.mark.parametrize("name", sorted(ALL))
def test_committed_vectors_are_what_the_code_makes(name):
    committed = (vectors.FOLDER / name).read_text(encoding="utf-8")
    assert committed == vectors.rendered(ALL[name]), "run: python -m loa.wire.vectors"


def committed_cases(name):
    return json.loads((vectors.FOLDER / name).read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", committed_cases("documents.json"), ids=lambda case: case["name"])
def test_document_is_judged_as_its_vector_says(case):
    assert vectors.verdict(case, DOCUMENTS) == case["expect"]


@pytest.mark.parametrize("case", committed_cases("starts.json"), ids=lambda case: case["name"])
def test_start_is_judged_as_its_vector_says(case):
    assert vectors.start_verdict(case) == case["expect"]


def test_vectors_hold_good_and_bad_ones():
    verdicts = [case["expect"] for case in DOCUMENTS["cases"]]
    assert verdicts.count("good") >= 8
    assert len(set(verdicts)) >= 13


def test_seeds_make_the_published_keys():
    for key in ALL["keys.json"].values():
        made = SigningKey.from_seed(bytes.fromhex(key["seed"]))
        assert (made.public_hex, made.key_id) == (key["public"], key["key_id"])


def test_envelope_vectors_are_signed_over_the_pre_authentication():
    for case in ALL["envelopes.json"]:
        payload = bytes.fromhex(case["payload_hex"])
        by_hand = b"DSSEv1 %d %s %d %s" % (
            len(case["payload_type"]),
            case["payload_type"].encode(),
            len(payload),
            payload,
        )
        assert by_hand.hex() == case["pae_hex"]
        public = ALL["keys.json"]["director"]["public"]
        assert is_signature_valid(public, by_hand, bytes.fromhex(case["signature_hex"]))
        assert envelope.read(case["envelope"].encode()).payload_bytes == payload


def test_canonical_bytes_read_back_as_the_value():
    for case in ALL["canonical.json"]:
        data = bytes.fromhex(case["bytes_hex"])
        assert json.loads(data) == case["value"]
        assert canonical.content_hash(data) == case["sha256"]
