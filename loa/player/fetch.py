"""Getting bytes over HTTP, with what a bad line needs: resume, patience, a stop."""

from __future__ import annotations

import random
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

STALL_SECONDS_MAX = 15.0


class Unreachable(Exception):
    """The other side did not answer, or broke off."""


class NotThere(Exception):
    """The other side answered that it has nothing of this name."""


@dataclass(frozen=True)
class Body:
    """An answer being read; `starts_at` is where in the file its first byte belongs."""

    starts_at: int
    chunks: AsyncIterator[bytes]


def full_jitter(attempt: int, *, seconds_max: float, seconds_first: float = 1.0) -> float:
    """Return a random wait below a doubling bound, so that a city does not come back at once."""
    return random.uniform(0, min(seconds_max, seconds_first * 2 ** min(attempt, 16)))  # noqa: S311


def trusting(ca_file: str) -> ssl.SSLContext | bool:
    """Return what believes the city's own authority and no other; without one, the machine's."""
    return ssl.create_default_context(cafile=ca_file) if ca_file else True


class Fetcher:
    """One HTTP client for all devices of a process."""

    def __init__(
        self, transport: httpx.AsyncBaseTransport | None = None, *, ca_file: str = ""
    ) -> None:
        self._transport = transport
        self._ca_file = ca_file
        self.bytes_in = 0
        self._client: httpx.AsyncClient | None = None

    def _open(self) -> httpx.AsyncClient:
        # Made on first use: setting up TLS costs time that a device on the bus never needs.
        if self._client is None:
            self._client = httpx.AsyncClient(
                transport=self._transport,
                timeout=httpx.Timeout(STALL_SECONDS_MAX),
                trust_env=False,
                verify=trusting(self._ca_file),
            )
        return self._client

    async def document(self, url: str, bytes_max: int) -> bytes | None:
        """Return a small document, or None where there is none; raises Unreachable."""
        data = b""
        try:
            async with self.body(url) as body:
                async for chunk in body.chunks:
                    data += chunk
                    # One byte too many is enough to be refused; more is not read.
                    if len(data) > bytes_max:
                        break
        except NotThere:
            return None
        return data

    @asynccontextmanager
    async def body(self, url: str, *, starts_at: int = 0) -> AsyncIterator[Body]:
        """Open a file from this byte on; raises Unreachable or NotThere."""
        # No compression: the length and the place of a byte are those of the file.
        headers = {"Accept-Encoding": "identity"}
        if starts_at:
            headers["Range"] = f"bytes={starts_at}-"
        try:
            async with self._open().stream("GET", url, headers=headers) as answer:
                if answer.status_code in (404, 410):
                    raise NotThere(url)
                if answer.status_code == 416:
                    raise Unreachable("range refused")
                if answer.status_code not in (200, 206):
                    raise Unreachable(f"HTTP {answer.status_code}")
                # Pieces as they come: a piece waiting to be whole would be lost with the line.
                yield Body(_start_of(answer), self._counted(answer.aiter_raw()))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error

    async def _counted(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self.bytes_in += len(chunk)
            yield chunk

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()


def _start_of(answer: httpx.Response) -> int:
    """Read where the body begins; a server that ignored the range begins at the front."""
    if answer.status_code != 206:
        return 0
    unit, _, rest = answer.headers.get("Content-Range", "").partition(" ")
    first = rest.partition("-")[0]
    if unit != "bytes" or not first.isdigit():
        raise Unreachable("range not understood")
    return int(first)
