"""Our chain of roots takes and refuses exactly what python-tuf's does, step by step."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata
from tuf.api.metadata import Root as TufRoot
from tuf.api.serialization import DeserializationError
from tuf.api.serialization.json import JSONSerializer
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
from tuf.ngclient.config import EnvelopeType

from loa.wire import canonical, envelope, roots
from loa.wire.keys import SigningKey
from loa.wire.messages import ROOT, Root, RootKey, RootRole
from loa.wire.reasons import Refused

ENDS = datetime(2027, 11, 23, tzinfo=UTC)
NAMES = "abcde"
SEEDS = {name: name.encode() * 32 for name in NAMES}
OURS = {name: SigningKey.from_seed(seed) for name, seed in SEEDS.items()}
ROSTER_ROLE = "snapshot"  # TUF has no roster; one of its roles stands in for it


@dataclass(frozen=True)
class Step:
    """One root somebody hands in: what it says, who signed it, and what was done to it."""

    version: int
    keys: tuple[str, ...]
    threshold: int
    by: tuple[str, ...]
    spoiled: frozenset[str] = field(default_factory=frozenset)  # whose signature does not hold
    twice: bool = False


def tuf_key(name: str) -> SSlibKey:
    return SSlibKey(OURS[name].key_id, "ed25519", "ed25519", {"public": OURS[name].public_hex})


def tuf_root(step: Step) -> bytes:
    root = TufRoot(version=step.version, expires=ENDS, consistent_snapshot=True)
    for role in ("root", ROSTER_ROLE):
        for name in step.keys:
            root.add_key(tuf_key(name), role)
        root.roles[role].threshold = step.threshold
    sealed = Metadata(root)
    for name in step.by:
        private = Ed25519PrivateKey.from_private_bytes(SEEDS[name])
        sealed.sign(CryptoSigner(private, tuf_key(name)), append=True)
    plain = json.loads(sealed.to_bytes(JSONSerializer()))
    for signature in plain["signatures"]:
        if signature["keyid"] in {OURS[name].key_id for name in step.spoiled}:
            signature["sig"] = "00" * 64
    if step.twice and plain["signatures"]:
        plain["signatures"].append(plain["signatures"][0])
    return json.dumps(plain).encode()


def our_root(step: Step) -> bytes:
    role = RootRole(keys=tuple(OURS[name].key_id for name in step.keys), threshold=step.threshold)
    root = Root(
        version=step.version,
        issued_at=ENDS,
        expires_at=ENDS,
        keys=tuple(
            RootKey(key_id=OURS[name].key_id, public=OURS[name].public_hex) for name in step.keys
        ),
        root=role,
        roster=role,
    )
    by = (OURS[name] for name in step.by)
    plain = json.loads(envelope.seal(ROOT, canonical.encode(root), *by))
    for signature in plain["signatures"]:
        if signature["keyid"] in {OURS[name].key_id for name in step.spoiled}:
            signature["sig"] = "A" * 86 + "=="
    if step.twice and plain["signatures"]:
        plain["signatures"].append(plain["signatures"][0])
    return canonical.encode(plain)


class Tuf:
    def __init__(self, first: Step) -> None:
        self._held = TrustedMetadataSet(tuf_root(first), EnvelopeType.METADATA)

    def takes(self, step: Step) -> bool:
        try:
            self._held.update_root(tuf_root(step))
        except (RepositoryError, DeserializationError):
            return False
        return True


class Ours:
    def __init__(self, first: Step) -> None:
        sealed = our_root(first)
        sha256 = canonical.content_hash(envelope.read(sealed).payload_bytes)
        self._held = roots.open_pinned(sealed, sha256)

    def takes(self, step: Step) -> bool:
        try:
            self._held = roots.open_next(our_root(step), self._held)
        except Refused:
            return False
        return True


some_keys = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True).map(tuple)


@st.composite
def chains(draw: st.DrawFn) -> list[Step]:
    """A first root that holds, then roots that mostly follow and are mostly signed by enough."""
    keys = draw(some_keys)
    steps = [Step(1, keys, draw(st.integers(1, len(keys))), keys)]
    held = steps[0]
    for _ in range(draw(st.integers(1, 6))):
        keys = draw(some_keys)
        by = draw(st.permutations(sorted({*held.keys, *keys})))
        by = tuple(by[: draw(st.integers(max(len(by) - 2, 0), len(by)))])
        step = Step(
            version=held.version + draw(st.sampled_from([1, 1, 1, 1, 1, 0, 2, -1])),
            keys=keys,
            threshold=draw(st.integers(1, len(keys))),
            by=by,
            spoiled=frozenset(draw(st.lists(st.sampled_from(NAMES), max_size=1))),
            twice=draw(st.sampled_from([False, False, False, False, True])),
        )
        if step.version < 1:
            continue
        steps.append(step)
        if Ours(held).takes(step):
            held = step
    return steps


SEEN = {True: 0, False: 0}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(chains())
def follow_both(steps: list[Step]) -> None:
    tuf, ours = Tuf(steps[0]), Ours(steps[0])
    for step in steps[1:]:
        taken = ours.takes(step)
        assert taken is tuf.takes(step), step
        SEEN[taken] += 1


def test_roots_are_taken_exactly_when_python_tuf_takes_them() -> None:
    follow_both()
    assert min(SEEN.values()) > 150, SEEN


def test_each_rule_of_the_chain_by_name() -> None:
    first = Step(1, ("a", "b", "c"), 2, ("a", "b"))
    cases = {
        "two of the old and of the new": (Step(2, ("a", "b", "d"), 2, ("a", "b")), True),
        "old and new meet their thresholds apart": (Step(2, ("d",), 1, ("a", "c", "d")), True),
        "one of the old": (Step(2, ("a", "d", "e"), 2, ("a", "d", "e")), False),
        "none of the new": (Step(2, ("d", "e"), 1, ("a", "b")), False),
        "a version is skipped": (Step(3, ("a", "b", "c"), 2, ("a", "b")), False),
        "rolled back": (Step(1, ("a", "b", "c"), 2, ("a", "b")), False),
        "one key signs twice": (Step(2, ("a", "b", "c"), 2, ("a",), twice=True), False),
        "a signature is spoiled": (
            Step(2, ("a", "b", "c"), 2, ("a", "b"), frozenset("b")),
            False,
        ),
        "a spoiled one more than enough": (
            Step(2, ("a", "b", "c"), 2, ("a", "b", "c"), frozenset("b")),
            True,
        ),
    }
    for name, (step, expected) in cases.items():
        assert (Ours(first).takes(step), Tuf(first).takes(step)) == (expected, expected), name
