"""How loud a device is set, kept over every boot. An emergency brings its own volume and asks nothing here."""

from __future__ import annotations

import msgspec

from loa.player.journal import Journal
from loa.wire.messages import Settings

_KIND = "settings"


class Volume:
    """The volume of one device, in percent; while it is muted it sounds at none."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._settings = Settings()
        for data in journal.documents(_KIND):
            try:
                self._settings = msgspec.json.decode(data, type=Settings)
            except msgspec.DecodeError:
                continue  # a damaged one falls back to the one before
            break

    @property
    def set_percent(self) -> int:
        percent = self._settings.volume_percent
        return 100 if percent is None else percent

    @property
    def is_muted(self) -> bool:
        return bool(self._settings.muted)

    def percent(self) -> int:
        """Return how loud it sounds now what is no emergency."""
        return 0 if self.is_muted else self.set_percent

    def take(self, settings: Settings | None) -> bool:
        """Be set like this from now on; what is absent stays as it is. True when that is heard."""
        if settings is None:
            return False
        before, held = self.percent(), self._settings
        percent = settings.volume_percent
        merged = Settings(
            volume_percent=held.volume_percent if percent is None else percent,
            muted=held.muted if settings.muted is None else settings.muted,
        )
        if merged != held:
            self._settings = merged
            self._journal.keep_document(_KIND, msgspec.json.encode(merged), 0)
        return self.percent() != before
