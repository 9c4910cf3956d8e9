"""The first boot: make a key, show a code, announce, and wait to be claimed.

What the city answers is believed only if a director of the roster signed it, and the roster only if
the newest root of the city, which follows from the one that the
maker or installer named here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path

import httpx
import msgspec

from loa.player.claim_picture import claim_address, show_claim
from loa.player.config import DeviceConfig, read_config
from loa.player.fetch import full_jitter, trusting
from loa.wire import canonical, envelope, roots, rules
from loa.wire.canonical import MESSAGE_BYTES_MAX
from loa.wire.keys import SigningKey, claim_code_of
from loa.wire.messages import ANNOUNCEMENT, Announcement, Enrolment, Root
from loa.wire.reasons import Reason, Refused

ANNOUNCE_SECONDS = 10.0
WAIT_SECONDS_MAX = 60.0
CONFIG_FILE = "config.json"
CLAIMED, WAITS, NOT_THERE = 200, 202, 404


class NotYet(Exception):
    """Nobody has claimed this device."""


async def enrol(
    folder: Path,
    *,
    http_url: str,
    root_sha256: str,
    said: dict[str, str],
    say: Callable[[str], None],
    output: str = "",
    ca_file: str = "",
    announce_seconds: float = ANNOUNCE_SECONDS,
) -> Path:
    """Return the file of a claimed device's configuration; wait for the claim if there is none.

    `said` is what the device tells of itself: maker, model, player. `output` is where it sounds
    (see `DeviceConfig.output`); one that is given replaces that of the file.
    """
    file = folder / CONFIG_FILE
    if file.exists():
        config = read_config(file)
        if output and config.output != output:
            _write(file, msgspec.structs.replace(config, output=output))
        return file
    key = SigningKey.load_or_create(folder / "device.key")
    code = claim_code_of(key.public_hex)
    say(f"claim code {code}")
    show_claim(folder, claim_address(http_url, code), say)
    async with httpx.AsyncClient(
        base_url=http_url, timeout=20, trust_env=False, verify=trusting(ca_file)
    ) as client:
        failures = 0
        while True:
            try:
                enrolment = await _ask(client, key, root_sha256, said)
            except NotYet:
                failures, seconds = 0, announce_seconds
            except (httpx.HTTPError, Refused) as error:
                say(f"not enrolled yet: {error!r}")
                seconds = full_jitter(failures, seconds_max=WAIT_SECONDS_MAX)
                failures += 1
            else:
                say(f"is {enrolment.device} at {enrolment.place}")
                config = _config_of(enrolment, folder, root_sha256)
                own = {"http_url": http_url, "output": output or "wav", "ca_file": ca_file}
                _write(file, msgspec.structs.replace(config, **own))
                return file
            await asyncio.sleep(seconds)


async def _ask(
    client: httpx.AsyncClient, key: SigningKey, root_sha256: str, said: dict[str, str]
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
    known = rules.open_roster(roster.content, await _newest_root(client, root_sha256))
    return rules.open_enrolment(answer.content, known, public=key.public_hex)


async def _newest_root(client: httpx.AsyncClient, sha256: str) -> Root:
    """Walk the city's roots from the pinned one to the newest; raises Refused or httpx.HTTPError."""
    root = None
    for version in count(1):
        answer = await client.get(f"/device/root/{version}")
        if answer.status_code == NOT_THERE:
            break
        data = answer.raise_for_status().content
        try:
            root = roots.open_next(data, root) if root else roots.open_pinned(data, sha256)
        except Refused as refusal:
            # The pinned root may be a later one.
            if root is not None or refusal.reason is not Reason.FORGED:
                raise
    if root is None:
        raise Refused(Reason.UNKNOWN_KEY, "the city has no root of this hash")
    return root


def _config_of(enrolment: Enrolment, folder: Path, root_sha256: str) -> DeviceConfig:
    return DeviceConfig(
        device=enrolment.device,
        place=enrolment.place,
        city=enrolment.city,
        key_file=str(folder / "device.key"),
        root_sha256=root_sha256,
        state=str(folder),
        nats_url=enrolment.bus,
    )


def _write(file: Path, config: DeviceConfig) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(config))
    fresh.replace(file)
