"""Media by content: a file stands under its SHA-256 only when it is whole, right and durable."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from loa.player.fetch import Body, Fetcher, NotThere, Unreachable, full_jitter
from loa.wire.reasons import Reason, Refused

DOWNLOADS_AT_ONCE = 2
WRONG_BYTES_MAX = 3
RETRY_SECONDS_MAX = 30.0


class MediaStore:
    """One folder of media; devices of one process may share it."""

    def __init__(
        self, folder: Path, fetcher: Fetcher, *, reserve_bytes: int, retry_seconds: float = 1.0
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self._fetcher = fetcher
        self._reserve_bytes = reserve_bytes
        self._retry_seconds = retry_seconds
        self._hashed: set[str] = set()  # found right since this process began
        self._running: dict[str, asyncio.Task[Path]] = {}
        self._slots = asyncio.Semaphore(DOWNLOADS_AT_ONCE)
        self._urgent_slots = asyncio.Semaphore(DOWNLOADS_AT_ONCE)
        self._urgent: set[str] = set()
        self._named: dict[str, frozenset[str]] = {}

    def path_of(self, sha256: str) -> Path:
        return self.folder / sha256

    def part_of(self, sha256: str) -> Path:
        return self.folder / f"{sha256}.part"

    def is_ready(self, sha256: str) -> bool:
        """Say whether the file was hashed since boot and still stands; asks no more of the disk."""
        return sha256 in self._hashed and self.path_of(sha256).exists()

    def distrust(self, sha256: str) -> None:
        """Hash this file again before anybody uses it."""
        self._hashed.discard(sha256)

    def name_wanted(self, device: str, hashes: Iterable[str]) -> None:
        """Note what this device's desired document names: that is never thrown out."""
        self._named[device] = frozenset(hashes)

    def keep(self, data: bytes) -> str:
        """Store what the device made itself; return its hash."""
        sha256 = hashlib.sha256(data).hexdigest()
        if not self.is_ready(sha256):
            self.part_of(sha256).write_bytes(data)
            self.part_of(sha256).replace(self.path_of(sha256))
            self._mark_ready(sha256)
        return sha256

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.folder).free

    async def ensure(
        self,
        sha256: str,
        size: int,
        http_url: str,
        on_trouble: Callable[[Reason], object],
        *,
        urgent: bool = False,
    ) -> Path:
        """Return the file, hashed since boot and fetched if need be; asks until it is cancelled.

        Devices that want the same file wait for one download. A download is given up only with
        the last waiter, so a shield stands between them. What is urgent waits behind no other.
        """
        if self.is_ready(sha256):
            return self.path_of(sha256)
        attempt = wrong = 0
        while True:
            task = self._running.get(sha256)
            if task is None or (urgent and sha256 not in self._urgent):
                task = self._begin(sha256, size, http_url, urgent=urgent)
            try:
                return await asyncio.shield(task)
            except Refused as refusal:
                on_trouble(refusal.reason)
                wrong += refusal.reason is Reason.MEDIA_MISMATCH
            attempt += 1
            # Wrong bytes again and again come from the source: ask for them more rarely.
            seconds_max = RETRY_SECONDS_MAX * (10 if wrong >= WRONG_BYTES_MAX else 1)
            await asyncio.sleep(
                full_jitter(attempt, seconds_max=seconds_max, seconds_first=self._retry_seconds)
            )

    def _begin(self, sha256: str, size: int, http_url: str, *, urgent: bool) -> asyncio.Task[Path]:
        task = asyncio.create_task(self._obtain(sha256, size, http_url, urgent=urgent))
        self._running[sha256] = task
        if urgent:
            self._urgent.add(sha256)

        def forget(done: asyncio.Task[Path]) -> None:
            if self._running.get(sha256) is done:
                del self._running[sha256]
                self._urgent.discard(sha256)

        task.add_done_callback(forget)
        task.add_done_callback(_look_at_error)
        return task

    async def _obtain(self, sha256: str, size: int, http_url: str, *, urgent: bool) -> Path:
        path = self.path_of(sha256)
        if path.exists():
            if await asyncio.to_thread(_has_content, path, sha256, size):
                self._mark_ready(sha256)
                return path
            path.unlink(missing_ok=True)
            self._hashed.discard(sha256)
        async with self._urgent_slots if urgent else self._slots:
            other = self._running.get(sha256)
            if other is not None and other is not asyncio.current_task():
                return await asyncio.shield(other)  # it became urgent while it waited here
            try:
                await self._download(sha256, size, f"{http_url.rstrip('/')}/media/{sha256}")
            except NotThere as error:
                raise Refused(Reason.MEDIA_MISSING, "the city has no such file") from error
            except Unreachable as error:
                raise Refused(Reason.MEDIA_MISSING, str(error)) from error
            except OSError as error:
                full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
                reason = Reason.NO_SPACE if full else Reason.MEDIA_MISSING
                raise Refused(reason, str(error)) from error
        self._mark_ready(sha256)
        return path

    async def _download(self, sha256: str, size: int, url: str) -> None:
        part = self.part_of(sha256)
        have = part.stat().st_size if part.exists() else 0
        if have > size:
            part.unlink()
            have = 0
        if have < size or size == 0:
            self._make_room(size - have)
            async with self._fetcher.body(url, starts_at=have) as body:
                await _append(part, body, size)
        if part.stat().st_size < size:
            raise Unreachable("the file ended early")
        if not await asyncio.to_thread(_has_content, part, sha256, size):
            part.unlink(missing_ok=True)
            raise Refused(Reason.MEDIA_MISMATCH, sha256)
        await asyncio.to_thread(_make_durable, part, self.path_of(sha256))

    def _mark_ready(self, sha256: str) -> None:
        self._hashed.add(sha256)
        os.utime(self.path_of(sha256))

    def _make_room(self, wanted: int) -> None:
        """Throw out what nobody names, the longest unused first; raises Refused (no space)."""
        missing = wanted + self._reserve_bytes - self.free_bytes()
        if missing <= 0:
            return
        named = frozenset().union(*self._named.values())
        for path in sorted(self.folder.iterdir(), key=lambda entry: entry.stat().st_mtime):
            if missing <= 0:
                return
            sha256 = path.name.partition(".")[0]
            if sha256 in named or sha256 in self._running:
                continue
            missing -= path.stat().st_size
            path.unlink()
            self._hashed.discard(sha256)
        if missing > 0:
            raise Refused(Reason.NO_SPACE, f"{missing} bytes short")


async def _append(part: Path, body: Body, size: int) -> None:
    file = os.open(part, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        end = body.starts_at
        os.ftruncate(file, end)
        async for chunk in body.chunks:
            # One byte too many shows that these are not the approved ones; no more are kept.
            piece = chunk[: size + 1 - end]
            _write_all(file, piece, end)
            end += len(piece)
            if end > size:
                part.unlink()  # noqa: ASYNC240 - a file name, not a wait
                raise Refused(Reason.MEDIA_MISMATCH, "longer than approved")
    finally:
        os.close(file)


def _write_all(file: int, data: bytes, place: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, place)
        view, place = view[written:], place + written


def _has_content(path: Path, sha256: str, size: int) -> bool:
    try:
        if path.stat().st_size != size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _make_durable(part: Path, path: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _look_at_error(task: asyncio.Task[Path]) -> None:
    """Let a failed download whose waiters all left end without a complaint of the loop."""
    if not task.cancelled():
        task.exception()
