"""Listening to a station: a few seconds of each of its streams, by the decoder of the devices."""

from __future__ import annotations

from loa.flow.sources.models import RelaySource
from loa.lib import clock
from loa.lib.sound.streams import listen

LISTENED_SECONDS = 4.0
PATIENCE_SECONDS = 12.0


def note_health(relay_pk: int) -> RelaySource | None:
    """Listen to both streams of a station for some seconds and note how they sound."""
    relay = RelaySource._base_manager.filter(pk=relay_pk, retired_at=None).first()  # noqa: SLF001
    if relay is None:
        return None
    relay.primary_health = _health_of(relay.primary)
    relay.secondary_health = (
        _health_of(relay.secondary) if relay.secondary else RelaySource.Health.UNKNOWN
    )
    relay.heard_at = clock.now()
    relay.save(update_fields=["primary_health", "secondary_health", "heard_at"])
    return relay


def _health_of(address: str) -> RelaySource.Health:
    heard = listen(address, seconds=LISTENED_SECONDS, patience_seconds=PATIENCE_SECONDS)
    if heard.is_sounding and heard.fault != "unreachable":
        return RelaySource.Health.SOUNDING
    if heard.seconds and not heard.fault:
        return RelaySource.Health.SILENT
    return RelaySource.Health.UNREACHABLE


def relay_sources_in_use() -> list[int]:
    """Return the stations that are listened to again and again."""
    rows = RelaySource._base_manager.filter(retired_at=None)  # noqa: SLF001
    return list(rows.values_list("pk", flat=True))
