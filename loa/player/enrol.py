"""The first boot: make a key, show a code, announce, and wait to be claimed.

What the city answers is believed only if a director of the roster signed it, and the roster only if
the root key signed it that the maker or installer put here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec

from loa.player.config import DeviceConfig
from loa.player.fetch import full_jitter
from loa.wire import canonical, envelope, rules
from loa.wire.canonical import MESSAGE_BYTES_MAX
from loa.wire.keys import SigningKey, claim_code_of
from loa.wire.messages import ANNOUNCEMENT, Announcement, Enrolment
from loa.wire.reasons import Reason, Refused

ANNOUNCE_SECONDS = 10.0
WAIT_SECONDS_MAX = 60.0
CONFIG_FILE = "config.json"
CLAIMED, WAITS = 200, 202


class NotYet(Exception):
    """Nobody has claimed this device."""


async def enrol(
    folder: Path,
    *,
    http_url: str,
    root_public: str,
    said: dict[str, str],
    say: Callable[[str], None],
    announce_seconds: float = ANNOUNCE_SECONDS,
) -> Path:
    """Return the file of a claimed device's configuration; wait for the claim if there is none.

    `said` is what the device tells of itself: maker, model, player.
    """
    file = folder / CONFIG_FILE
    if file.exists():
        return file
    key = SigningKey.load_or_create(folder / "device.key")
    say(f"claim code {claim_code_of(key.public_hex)}")
    async with httpx.AsyncClient(base_url=http_url, timeout=20, trust_env=False) as client:
        failures = 0
        while True:
            try:
                enrolment = await _ask(client, key, root_public, said)
            except NotYet:
                failures, seconds = 0, announce_seconds
            except (httpx.HTTPError, Refused) as error:
                say(f"not enrolled yet: {error!r}")
                seconds = full_jitter(failures, seconds_max=WAIT_SECONDS_MAX)
                failures += 1
            else:
                say(f"is {enrolment.device} at {enrolment.place}")
                return _keep(file, enrolment, http_url, root_public)
            await asyncio.sleep(seconds)


async def _ask(
    client: httpx.AsyncClient, key: SigningKey, root_public: str, said: dict[str, str]
) -> Enrolment:
    """Announce once; raises NotYet, Refused or httpx.HTTPError."""
    mine = Announcement(public=key.public_hex, **said)
    sealed = envelope.seal(ANNOUNCEMENT, canonical.encode(mine), key)
    answer = await client.post("/device/announcement", content=sealed)
    if answer.status_code == WAITS:
        raise NotYet
    if answer.status_code != CLAIMED or len(answer.content) > MESSAGE_BYTES_MAX:
        raise Refused(Reason.MALFORMED, f"answer {answer.status_code}: {answer.text[:80]}")
    roster = (await client.get("/device/roster")).raise_for_status()
    known = rules.open_roster(roster.content, root_public)
    return rules.open_enrolment(answer.content, known, public=key.public_hex)


def _keep(file: Path, enrolment: Enrolment, http_url: str, root_public: str) -> Path:
    config = DeviceConfig(
        device=enrolment.device,
        place=enrolment.place,
        city=enrolment.city,
        key_file=str(file.with_name("device.key")),
        root_public=root_public,
        state=str(file.parent),
        nats_url=enrolment.bus,
        http_url=http_url,
        output="wav",
    )
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(config))
    fresh.replace(file)
    return file
