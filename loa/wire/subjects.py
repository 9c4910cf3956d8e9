"""Names on the bus. A device hears only its own hints and says only its own things."""

from __future__ import annotations

from collections.abc import Iterable

DESIRED_BUCKET = "desired"
ROSTER_KEY = "roster"
ALL_ROOTS = "root.*"
EMERGENCY_KEY = "emergency"


def hint_for_all() -> str:
    return "hint.all"


def hint_for_place(place: str) -> str:
    return f"hint.place.{place}"


def hint_for_device(device: str) -> str:
    return f"hint.dev.{device}"


def emergency_for_place(place: str) -> str:
    """Where an emergency itself is said, whole and signed, to everything at a place and below."""
    return f"emg.{place}"


def desired_key(device: str) -> str:
    return f"dev.{device}"


def root_key(version: int) -> str:
    return f"root.{version}"


def log_of(device: str) -> str:
    return f"log.{device}"


def heartbeat_of(device: str) -> str:
    return f"hb.{device}"


def command_for(device: str) -> str:
    """Where one device is told to do something at once."""
    return f"cmd.dev.{device}"


def command_receipt_of(device: str) -> str:
    """Where a device says what became of a command: a subject of its own, no inbox of who asked."""
    return f"did.{device}"


def inbox_of(device: str) -> str:
    """Under which name answers reach a device: nobody else hears them."""
    return f"_INBOX.{device}"


def device_may_say(device: str) -> list[str]:
    """Return the subjects a device publishes to, and no other."""
    keys = (EMERGENCY_KEY, desired_key(device), ROSTER_KEY, ALL_ROOTS)
    return [*_said_by(device), *map(direct_get_subject, keys)]


def _said_by(device: str) -> list[str]:
    return [heartbeat_of(device), log_of(device), command_receipt_of(device)]


def device_may_hear(device: str, places: Iterable[str]) -> list[str]:
    """Return the subjects a device listens to: hints and emergencies where it stands, its answers."""
    above = list(places)
    hints = [hint_for_all(), hint_for_device(device), *map(hint_for_place, above)]
    hints.append(command_for(device))
    return [*hints, *map(emergency_for_place, above), f"{inbox_of(device)}.>"]


ALL_LOGS = "log.*"
ALL_HEARTBEATS = "hb.*"
ALL_COMMAND_RECEIPTS = "did.*"


def desired_subject(key: str) -> str:
    """The stream subject behind a key of the bucket."""
    return f"$KV.{DESIRED_BUCKET}.{key}"


def direct_get_subject(key: str) -> str:
    """Where the last value of a key is asked for without a consumer."""
    return f"$JS.API.DIRECT.GET.KV_{DESIRED_BUCKET}.{desired_subject(key)}"
