"""Whom one device believes about keys: the chain of roots, from the one it was told to begin with."""

from __future__ import annotations

from loa.player.journal import Journal
from loa.wire import canonical, roots, rules
from loa.wire.messages import Root, Roster
from loa.wire.reasons import Reason, Refused

ROSTER = "roster"
# Under which root the held roster was signed: it may be an older one than the newest.
ROOT_OF_ROSTER = "roster-root"


class Trust:
    """Holds the newest root, keeps it on disk, and says which one to ask for next."""

    def __init__(self, pin: str, journal: Journal) -> None:
        self._pin = pin
        self._journal = journal
        # A device that is told to begin elsewhere begins anew.
        self._kind = f"root-{pin[:16]}"
        self._looked_at = 0
        self._data = b""
        self.root: Root | None = None
        self._restore()

    @property
    def wanted(self) -> int:
        """The number of the root to ask for: the next, or while none is held the next to look at."""
        return (self.root.version if self.root else self._looked_at) + 1

    @property
    def version(self) -> int:
        return self.root.version if self.root else 0

    def take(self, data: bytes) -> bool:
        """Believe a root if it follows; True when it is worth asking for the next. Raises Refused."""
        if self.root is None:
            return self._look_at(data)
        if data == self._data:
            return False
        self._hold(roots.open_next(data, self.root), data)
        return True

    def note_none(self) -> None:
        """The city has no root of the number asked for: look from the first on another time."""
        self._looked_at = 0

    def open_roster(self, data: bytes) -> Roster:
        """Return a roster signed under the newest root; raises Refused."""
        if self.root is None:
            raise Refused(Reason.UNKNOWN_KEY, "no root yet")
        return rules.open_roster(data, self.root, known_version=self._journal.highest(ROSTER))

    def keep_roster(self, data: bytes, roster: Roster) -> None:
        with self._journal.together():
            self._journal.keep_document(ROSTER, data, roster.version)
            self._journal.keep_document(ROOT_OF_ROSTER, self._data, self.version)

    def held_roster(self) -> tuple[Roster, bytes] | None:
        """Return what was held before this boot; a new root alone takes no roster away."""
        signed_under = [self._data, *self._journal.documents(ROOT_OF_ROSTER)]
        for data in self._journal.documents(ROSTER):
            for root in filter(None, signed_under):
                try:
                    return rules.open_roster(data, roots.open_own(root)), data
                except Refused:
                    continue
        return None

    def _look_at(self, data: bytes) -> bool:
        try:
            self._hold(roots.open_pinned(data, self._pin), data)
        except Refused as refusal:
            if refusal.reason is not Reason.FORGED:
                raise
            self._looked_at += 1  # the pinned root may be a later one
        return True

    def _hold(self, root: Root, data: bytes) -> None:
        self.root, self._data = root, data
        self._journal.keep_document(self._kind, data, root.version)

    def _restore(self) -> None:
        for data in self._journal.documents(self._kind):
            try:
                self.root = roots.open_own(data)
            except Refused:
                continue
            self._data = data
            break


def name_of_expiry(document: str, version: int) -> str:
    """Return under which name it is remembered that this expiry was told."""
    return canonical.content_hash(f"expired {document} {version}".encode())
