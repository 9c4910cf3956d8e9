"""Names on the bus. A device hears only its own hints and says only its own things."""

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


ALL_LOGS = "log.*"
ALL_HEARTBEATS = "hb.*"


def desired_subject(key: str) -> str:
    """The stream subject behind a key of the bucket."""
    return f"$KV.{DESIRED_BUCKET}.{key}"


def direct_get_subject(key: str) -> str:
    """Where the last value of a key is asked for without a consumer."""
    return f"$JS.API.DIRECT.GET.KV_{DESIRED_BUCKET}.{desired_subject(key)}"
