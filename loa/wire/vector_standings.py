"""What stands every week among the test vectors, good and bad."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from loa.wire import canonical, envelope
from loa.wire.cast import CITY, COMMUNE, NEIGHBOUR, NOW, Cast
from loa.wire.messages import STANDING, Media, StandingKind

Case = dict[str, Any]
_MEDIA = Media(sha256="3" * 64, bytes=9, codec="mp3", duration_ms=60_000)


def standing_cases(cast: Cast, case: Callable[..., Case]) -> list[Case]:
    """Return every standing document with the place of its reader, and what that must say."""
    plain: Case = json.loads(canonical.encode(cast.standing()))
    loop: dict[str, Any] = {"kind": StandingKind.EVERGREEN, "media": (_MEDIA,)}
    addresses = ["ftp://radio.example/", "https://", "https://a b", "radio", "", None, 5]
    windows = [
        {"begins_minute": -1, "minutes": 60},
        {"begins_minute": 10_080, "minutes": 60},
        {"begins_minute": 0, "minutes": 0},
        {"begins_minute": 0, "minutes": 10_081},
        {"minutes": 60},
    ]

    def read(name: str, expect: str = "good", *, by: str = "chair", **changes: Any) -> Case:
        _, sealed = cast.sealed_standing(cast.standing(**changes), by)
        return case(name, bytes(sealed), expect, kind="standing")

    def spoiled(name: str, **changes: Any) -> Case:
        body = canonical.encode(plain | changes)
        sealed = envelope.seal(STANDING, body, cast.keys["chair"])
        return case(name, sealed, "malformed", kind="standing")

    whole_city: dict[str, Any] = {"targets": (CITY,), "approver": "leader"}
    return [
        read("relay"),
        read("relay of the city", by="leader", **whole_city),
        read("loop", **loop),
        read("fallback", **(loop | {"kind": StandingKind.FALLBACK})),
        read("relay by a stranger", "unknown_key", by="stranger"),
        read("relay by the director", "unknown_key", by="director"),
        read("relay outside the mandate", "no_mandate", by="neighbour"),
        read("relay of the city by the chair of a commune", "no_mandate", targets=(CITY,)),
        read("relay before the mandate", "no_mandate", approved_at=NOW - timedelta(days=9000)),
        read("relay signed for another", "forged", approver="leader"),
        read(
            "relay for elsewhere",
            "wrong_place",
            by="leader",
            targets=(NEIGHBOUR,),
            approver="leader",
        ),
        read("relay for no place", "wrong_place", targets=()),
        case("desired in place of what stands", cast.desired(), "wrong_type", kind="standing"),
        spoiled("neither stream nor file", sources=[]),
        spoiled("stream and file", media=[json.loads(canonical.encode(_MEDIA))]),
        spoiled("three streams", sources=["https://a/", "https://b/", "https://c/"]),
        spoiled("standing without a window", windows=[]),
        spoiled("standing of another kind", kind="live"),
        spoiled("standing named like an order", standing="vov@1"),
        spoiled("standing with a long address", sources=["https://" + "a" * 500]),
        *(spoiled(f"stream at {address!r}", sources=[address]) for address in addresses),
        *(spoiled(f"window {window}", windows=[window]) for window in windows),
        case(
            "relay named in a document",
            cast.document(standings=("f" * 64,), place=COMMUNE),
        ),
    ]
