"""Devices that come back all at once: the protocol of docs/protocol in its plain text, as a device of few parts speaks it.

Run as a process. Each device signs its nonce, waits to be let in, listens, pulls roster and
document and verifies them. The roster is the same for all: its signature is checked once for all,
here only its bytes are compared. With `--bare` the same is done by a user with a password, without
the gate and without verification.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import ssl
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from loa.lib import clock
from loa.project.benches.receipts_rows import code_of, key_of
from loa.wire import envelope, rules, subjects
from loa.wire.keys import SigningKey
from loa.wire.messages import Roster
from loa.wire.reasons import Refused

AGAIN_SECONDS = 0.5


class Asked(msgspec.Struct):
    """What one process is told; times are in seconds."""

    url: str
    first: int
    count: int
    place: str
    parents: list[str]
    roster_sha256: str
    at_once: int
    bare: bool = False
    certificate: str = ""


class Shared:
    """What all devices of this process need: made or checked once."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.keys: dict[int, SigningKey] = {}
        if not asked.bare:
            here = range(asked.first, asked.first + asked.count)
            self.keys = {number: key_of(number) for number in here}
        self.roster: Roster | None = None
        address = urlsplit(asked.url)
        self.sign_in = {"user": address.username, "pass": address.password} if asked.bare else {}
        self.host, self.port = address.hostname or "", address.port or 0
        self.ssl = (
            ssl.create_default_context(cafile=asked.certificate) if asked.certificate else None
        )

    def take_roster(self, data: bytes) -> Roster:
        if hashlib.sha256(data).hexdigest() != self.asked.roster_sha256:
            raise ValueError("another roster than the one that was verified")
        if self.roster is None:
            payload = envelope.read(data, bytes_max=len(data)).payload_bytes
            self.roster = envelope.parse(payload, Roster)
        return self.roster


class Device(asyncio.Protocol):
    """One device until it is fresh; `on_end` hears whether it is."""

    def __init__(self, number: int, shared: Shared, on_end: Callable[[bool], None]) -> None:
        self._number = number
        self._code = code_of(number)
        self._shared = shared
        self._on_end = on_end
        self._buffer = b""
        self._documents: dict[str, bytes] = {}
        self._is_in = self._is_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - any end is one
        self._end(is_fresh=False)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._take_one():
            pass

    def _take_one(self) -> bool:
        line, found, rest = self._buffer.partition(b"\r\n")
        if not found:
            return False
        if line.startswith((b"MSG", b"HMSG")):
            return self._take_message(line, rest)
        self._buffer = rest
        if line.startswith(b"INFO") and not self._is_in:
            nonce = json.loads(line[5:]).get("nonce", "")
            if self._shared.ssl is None:
                self._sign_in(nonce)
            else:
                self._upgrading = asyncio.create_task(self._upgrade(self._shared.ssl, nonce))
        elif line == b"PONG" and not self._is_in:
            self._listen_and_ask()
        elif line == b"PING":
            self._transport.write(b"PONG\r\n")
        elif line.startswith(b"-ERR"):
            self._end(is_fresh=False)
        return True

    async def _upgrade(self, context: ssl.SSLContext, nonce: str) -> None:
        """The bus says its first word in the clear; everything after it is encrypted."""
        loop = asyncio.get_running_loop()
        try:
            upgraded = await loop.start_tls(
                self._transport, self, context, server_hostname=self._shared.host
            )
        except (OSError, ssl.SSLError):
            upgraded = None
        if upgraded is None:
            self._end(is_fresh=False)
            return
        self._transport = upgraded
        self._sign_in(nonce)

    def _sign_in(self, nonce: str) -> None:
        said: dict[str, Any] = {
            "verbose": False,
            "pedantic": False,
            "headers": True,
            "no_responders": True,
            "lang": "bench",
            "version": "1",
            "name": self._code,
            **self._shared.sign_in,
        }
        if not self._shared.asked.bare:
            signature = self._shared.keys[self._number].sign(nonce.encode())
            said["auth_token"] = self._code
            said["sig"] = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
        self._transport.write(b"CONNECT %s\r\nPING\r\n" % json.dumps(said).encode())

    def _listen_and_ask(self) -> None:
        self._is_in = True
        inbox = subjects.inbox_of(self._code)
        places = map(
            subjects.hint_for_place, (self._shared.asked.place, *self._shared.asked.parents)
        )
        heard = [subjects.hint_for_all(), subjects.hint_for_device(self._code), *places]
        lines = [f"SUB {subject} {sid}" for sid, subject in enumerate([f"{inbox}.*", *heard], 1)]
        for key in (subjects.ROSTER_KEY, subjects.desired_key(self._code)):
            subject = subjects.direct_get_subject(key)
            lines += [f"PUB {subject} {inbox}.{key.partition('.')[0]} 0", ""]
        self._transport.write("\r\n".join([*lines, ""]).encode())

    def _take_message(self, line: bytes, rest: bytes) -> bool:
        words = line.split()
        total = int(words[-1])
        if len(rest) < total + 2:
            return False
        head = int(words[-2]) if words[0] == b"HMSG" else 0
        body, self._buffer = rest[head:total], rest[total + 2 :]
        self._documents[words[1].rpartition(b".")[2].decode()] = body
        if len(self._documents) == 2:
            self._end(is_fresh=self._verify())
        return True

    def _verify(self) -> bool:
        if self._shared.asked.bare:
            return all(self._documents.values())
        try:
            roster = self._shared.take_roster(self._documents["roster"])
            place = self._shared.asked.place
            rules.open_desired(
                self._documents["dev"], roster, device=self._code, place=place, now=clock.now()
            )
        except (Refused, ValueError) as error:
            print(f"{self._code}: {error!r}", file=sys.stderr)
            return False
        return True

    def _end(self, *, is_fresh: bool) -> None:
        if self._is_over:
            return
        self._is_over = True
        if not is_fresh:
            self._transport.abort()
        self._on_end(is_fresh)


class Storm:
    """All devices of this process; so many at once are on their way in."""

    def __init__(self, asked: Asked) -> None:
        self._shared = Shared(asked)
        self._asked = asked
        self._slots = asyncio.Semaphore(asked.at_once)
        self.again = 0
        self._held: list[Device] = []

    async def run(self) -> None:
        first = self._asked.first
        await asyncio.gather(*(self._freshen(first + n) for n in range(self._asked.count)))

    async def _freshen(self, number: int) -> None:
        while not await self._try(number):
            self.again += 1
            await asyncio.sleep(AGAIN_SECONDS)

    async def _try(self, number: int) -> bool:
        ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def note_end(is_fresh: bool) -> None:
            if not ended.done():
                ended.set_result(is_fresh)

        device = Device(number, self._shared, note_end)
        shared = self._shared
        async with self._slots:
            try:
                await asyncio.get_running_loop().create_connection(
                    lambda: device, shared.host, shared.port
                )
            except OSError:
                return False
            is_fresh = await ended
        if is_fresh:
            self._held.append(device)  # it stays connected
        return is_fresh


async def storm(asked: Asked) -> None:
    work = Storm(asked)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began, cpu = clock.monotonic(), time.process_time()
    await work.run()
    said = {
        "seconds": clock.monotonic() - began,
        "cpu_seconds": time.process_time() - cpu,
        "again": work.again,
    }
    print(json.dumps(said), flush=True)
    await asyncio.to_thread(sys.stdin.readline)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("asked", type=Path)
    asked = msgspec.json.decode(parser.parse_args().asked.read_bytes(), type=Asked)
    asyncio.run(storm(asked))


if __name__ == "__main__":
    main()
