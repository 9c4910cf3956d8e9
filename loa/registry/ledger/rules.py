"""How facts are chained: pure, so that an auditor may check without the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from loa.wire import canonical

GENESIS = "0" * 64


class FactRow(Protocol):
    """What of a fact its hash covers."""

    seq: int
    at: str
    kind: str
    actor: str
    subject: str
    place: str
    body: Any
    previous: str
    hash: str


def hash_of(row: FactRow) -> str:
    """Return the SHA-256 that this row must carry."""
    covered = {
        "seq": row.seq,
        "at": row.at,
        "kind": row.kind,
        "actor": row.actor,
        "subject": row.subject,
        "place": row.place,
        "body": row.body,
        "previous": row.previous,
    }
    return canonical.content_hash(canonical.encode(covered))


@dataclass(frozen=True)
class Fault:
    """Where the chain does not hold, and how."""

    seq: int
    kind: str  # altered, missing, reordered, cut


def faults_of(
    rows: Iterable[FactRow],
    witnesses: Mapping[int, str] | None = None,
    *,
    after: tuple[int, str] = (0, GENESIS),
) -> list[Fault]:
    """Check a chain in the order given against itself and against heads seen by others.

    `witnesses` maps a sequence number to the hash somebody else recorded for it: without one,
    rows cut off at the end could not be missed. `after` is the row before the first, and its hash.
    """
    faults: list[Fault] = []
    known = {seq: seen for seq, seen in (witnesses or {}).items() if seq > after[0]}
    expected_seq, previous = after[0] + 1, after[1]
    for row in rows:
        if row.seq != expected_seq:
            kind = "missing" if row.seq > expected_seq else "reordered"
            faults.append(Fault(expected_seq if kind == "missing" else row.seq, kind))
        elif row.previous != previous:
            faults.append(Fault(row.seq, "reordered"))
        if row.hash != hash_of(row) or known.pop(row.seq, row.hash) != row.hash:
            faults.append(Fault(row.seq, "altered"))
        expected_seq, previous = row.seq + 1, row.hash
    faults.extend(Fault(seq, "cut") for seq in sorted(known) if seq >= expected_seq)
    return faults
