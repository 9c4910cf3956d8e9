"""Names on the bus. A device hears only its own hints and says only its own things."""

from __future__ import annotations

from collections.abc import Iterable

DESIRED_BUCKET = "desired"
ROSTER_KEY = "roster"


def hint_for_all() -> str:
    return "hint.all"


def hint_for_place(place: str) -> str:
    return f"hint.place.{place}"


def hint_for_device(device: str) -> str:
    return f"hint.dev.{device}"


def desired_key(device: str) -> str:
    return f"dev.{device}"


def log_of(device: str) -> str:
    return f"log.{device}"


def heartbeat_of(device: str) -> str:
    return f"hb.{device}"


def inbox_of(device: str) -> str:
    """Under which name answers reach a device: nobody else hears them."""
    return f"_INBOX.{device}"


def device_may_say(device: str) -> list[str]:
    """Return the subjects a device publishes to, and no other."""
    asked = [direct_get_subject(key) for key in (desired_key(device), ROSTER_KEY)]
    return [heartbeat_of(device), log_of(device), *asked]


def device_may_hear(device: str, places: Iterable[str]) -> list[str]:
    """Return the subjects a device listens to: hints for it and where it stands, and its answers."""
    hints = [hint_for_all(), hint_for_device(device), *map(hint_for_place, places)]
    return [*hints, f"{inbox_of(device)}.>"]


ALL_LOGS = "log.*"
ALL_HEARTBEATS = "hb.*"


def desired_subject(key: str) -> str:
    """The stream subject behind a key of the bucket."""
    return f"$KV.{DESIRED_BUCKET}.{key}"


def direct_get_subject(key: str) -> str:
    """Where the last value of a key is asked for without a consumer."""
    return f"$JS.API.DIRECT.GET.KV_{DESIRED_BUCKET}.{desired_subject(key)}"
