"""The published schemas are what the code decodes: what one takes the other takes."""

import base64
import json
import random

import msgspec
import pytest
from jsonschema import Draft202012Validator

from loa.wire import canonical, commands, emergency, messages, schemas, vector_emergencies, vectors
from loa.wire.cast import NOW, Cast
from loa.wire.envelope import Envelope

ALL = schemas.all_schemas()
GOOD = [
    case
    for case in json.loads((vectors.FOLDER / "documents.json").read_text("utf-8"))["cases"]
    if case["expect"] == "good"
]


def validator(name):
    schema = json.loads((schemas.FOLDER / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def payload_of(sealed):
    return json.loads(base64.b64decode(sealed["payload"]))


def layers_of(document):
    """Yield (schema file, value) of an envelope, its payload, and all that lies inside."""
    yield "envelope.json", document
    payload = payload_of(document)
    yield schemas.file_name_of(document["payloadType"]), payload
    for inner in payload.get("envelopes", {}).values():
        yield from layers_of(inner)


@pytest.mark.parametrize("name", sorted(ALL))
def test_committed_schema_is_what_the_code_makes(name):
    committed = (schemas.FOLDER / name).read_text(encoding="utf-8")
    assert committed == schemas.rendered(ALL[name]), "run: python -m loa.wire.schemas"


def test_no_schema_stands_there_that_the_code_does_not_make():
    assert {path.name for path in schemas.FOLDER.iterdir()} == set(ALL)


def test_every_payload_type_has_a_schema():
    named = (vars(module).values() for module in (messages, commands, emergency))
    types = {value for values in named for value in values if is_payload_type(value)}
    assert types == set(schemas.BY_TYPE)


def is_payload_type(value):
    return isinstance(value, str) and value.startswith("application/vnd.loa.")


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case["name"])
def test_payload_of_every_good_vector_fits_its_schema(case):
    for name, value in layers_of(json.loads(case["document"])):
        assert [error.message for error in validator(name).iter_errors(value)] == []


# -- what one takes the other takes

WRONG = [None, True, -1, 2**53, "", "x", [], {}, [{}], "2026-11-23T03:00:00", "A" * 64, "21:0", 0.5]


def examples():
    cast = Cast()
    edition = cast.edition(source_sha256="4" * 64)
    desired = msgspec.json.decode(payload_bytes(cast.desired(confirmed_by="leader")))
    desired |= {
        "prefetch": [{"sha256": "3" * 64, "bytes": 9}],
        "recalls": ["o-0"],
        "settings": {"volume_percent": 40, "muted": False},
        "ledger": {"seq": 4, "hash": "5" * 64},
    }
    row = messages.LogRow(
        seq=1, at=NOW, monotonic_ms=5, clock=messages.Clock.GOOD, event=messages.Event.STARTED,
        detail={"seq": 8, "why": "x"},
    )  # fmt: skip
    made = {
        messages.EDITION: edition,
        messages.CONFIRMATION: cast.confirmation("0" * 64),
        messages.STANDING: cast.standing(),
        messages.LOG: messages.LogBatch(device="d", log="l", boot="b", rows=(row,)),
        messages.LOG_RECEIPT: messages.LogReceipt(device="d", log="l", upto=1),
        messages.HEARTBEAT: messages.Heartbeat(
            device="d", boot="b", at=NOW, uptime_s=1, desired_seq=8
        ),
        messages.ANNOUNCEMENT: messages.Announcement(public="6" * 64, model="m"),
        messages.ENROLMENT: messages.Enrolment(
            public="6" * 64, device="d", place="20194", city="48", issued_at=NOW
        ),
    }
    made |= {
        commands.COMMAND: commands.Command(
            device="d",
            id="c",
            verb=commands.Verb.VOLUME,
            args=commands.Arguments(percent=9, muted=True, confirmed=True),
            issued_at=NOW,
            seq=1,
        ),
        commands.COMMAND_RECEIPT: commands.CommandReceipt(
            device="d", id="c", outcome=commands.Outcome.DONE, at=NOW
        ),
    }
    plain = {kind: json.loads(canonical.encode(message)) for kind, message in made.items()}
    return plain | {
        messages.ROOT: json.loads(payload_bytes(cast.root())),
        messages.ROSTER: json.loads(payload_bytes(cast.roster())),
        messages.DESIRED: desired,
        emergency.EMERGENCY: json.loads(payload_bytes(vector_emergencies.alert(cast))),
    }


def payload_bytes(sealed):
    return msgspec.json.decode(sealed, type=Envelope).payload_bytes


def spoiled(value, dice):
    """Return a copy with one thing in it replaced, dropped or added."""
    copy = json.loads(json.dumps(value))
    place, key = dice.choice([*slots_in(copy)])
    if isinstance(place, dict) and dice.random() < 0.3:
        del place[key]
    elif isinstance(place, dict) and dice.random() < 0.1:
        place["unheard_of"] = dice.choice(WRONG)
    else:
        place[key] = dice.choice(WRONG)
    return copy


def slots_in(value):
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in inside:
        yield value, key
        # An envelope within is judged with its order, not with the document.
        if isinstance(inner, dict | list) and key != "envelopes":
            yield from slots_in(inner)


def is_decoded(value, kind):
    try:
        msgspec.json.decode(canonical.encode(value), type=kind)
    except msgspec.DecodeError:
        return False
    return True


@pytest.mark.parametrize("payload_type", sorted(schemas.BY_TYPE))
def test_schema_and_code_take_and_refuse_the_same(payload_type):
    dice = random.Random(payload_type)
    example, kind = examples()[payload_type], schemas.BY_TYPE[payload_type]
    checked = validator(schemas.file_name_of(payload_type))
    assert checked.is_valid(example)
    verdicts = set()
    for _ in range(250):
        value = spoiled(example, dice)
        verdict = is_decoded(value, kind)
        assert checked.is_valid(value) is verdict, value
        verdicts.add(verdict)
    assert verdicts == {True, False}
