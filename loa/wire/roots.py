"""Who may sign the roster, and who may say so next: the chain of root documents.

The rules are those of TUF's root metadata (specification, section 5.3): root N+1 is signed by the
threshold of root N and by its own, its number is exactly N+1, and one key counts once. Expiry is not
asked here: a device that was cut off walks through roots that have long expired.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime

import msgspec

from loa.wire import canonical, envelope
from loa.wire.keys import SigningKey, key_id_of
from loa.wire.messages import ROOT, Root, RootRole, Roster
from loa.wire.reasons import Reason, Refused


def open_pinned(data: bytes, sha256: str) -> Root:
    """Return the root a device was told to begin with, by the hash of its payload; raises Refused."""
    payload = envelope.read(data).payload_bytes
    if canonical.content_hash(payload) != sha256:
        raise Refused(Reason.FORGED, "not the root that was pinned")
    return open_own(data)


def open_own(data: bytes) -> Root:
    """Return a root that its own keys signed: whole, but nobody we trust says that it is ours."""
    root = parse(envelope.read(data).payload_bytes)
    open_signed(data, ROOT, root, root.root)
    return root


def open_next(data: bytes, trusted: Root) -> Root:
    """Return the root that follows the trusted one; raises Refused."""
    root = parse(open_signed(data, ROOT, trusted, trusted.root))
    if root.version <= trusted.version:
        raise Refused(Reason.ROLLED_BACK, f"root {root.version} <= {trusted.version}")
    if root.version != trusted.version + 1:
        raise Refused(Reason.NOT_YET_VALID, f"root {root.version} after {trusted.version}")
    open_signed(data, ROOT, root, root.root)
    return root


def walk(documents: Iterable[bytes], sha256: str) -> Root:
    """Return the last of a chain of roots that begins with the pinned one; raises Refused."""
    first, *later = documents
    root = open_pinned(first, sha256)
    for data in later:
        root = open_next(data, root)
    return root


def open_signed(
    data: bytes,
    payload_type: str,
    root: Root,
    role: RootRole,
    *,
    bytes_max: int = canonical.MESSAGE_BYTES_MAX,
) -> bytes:
    """Return the payload if enough different keys of this role of the root signed it."""
    named = [signature.keyid for signature in envelope.read(data, bytes_max=bytes_max).signatures]
    if len(set(named)) != len(named):
        raise Refused(Reason.MALFORMED, "a key signed twice")
    keys = {key.key_id: key.public for key in root.keys if key.key_id in role.keys}
    payload, by = envelope.open_payload(data, payload_type, keys, bytes_max=bytes_max)
    if len(set(by)) < role.threshold:
        raise Refused(Reason.NO_MANDATE, f"{len(set(by))} of {role.threshold} signatures")
    return payload


def countersign(data: bytes, key: SigningKey) -> bytes:
    """Return the envelope with a signature of this key more; signing again changes nothing."""
    sealed = envelope.read(data, bytes_max=canonical.ROSTER_BYTES_MAX)
    if key.key_id in {signature.keyid for signature in sealed.signatures}:
        return data
    message = envelope.pre_authentication(sealed.payload_type, sealed.payload_bytes)
    mine = envelope.Signature(key.key_id, base64.b64encode(key.sign(message)).decode())
    return canonical.encode(msgspec.structs.replace(sealed, signatures=(*sealed.signatures, mine)))


def has_expired(document: Root | Roster, now: datetime) -> bool:
    """Say whether it should have been renewed; it stays in force all the same."""
    return now >= document.expires_at


def parse(payload: bytes) -> Root:
    """Return the root of a payload, whoever signed it; raises Refused (malformed)."""
    root = envelope.parse(payload, Root)
    known = [key.key_id for key in root.keys]
    if any(key.key_id != key_id_of(key.public) for key in root.keys) or _repeats(known):
        raise Refused(Reason.MALFORMED, "a key under a name that is not its own")
    for role in (root.root, root.roster):
        if _repeats(role.keys) or not set(role.keys) <= set(known):
            raise Refused(Reason.MALFORMED, "a role of unknown keys")
        if role.threshold > len(role.keys):
            raise Refused(Reason.MALFORMED, "a threshold that nobody reaches")
    return root


def _repeats(names: Iterable[str]) -> bool:
    listed = list(names)
    return len(set(listed)) != len(listed)
