"""The voice of last resort: espeak-ng, spoken by a separate process."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import IO

from loa.connectors.voice.pieces import (
    PARAGRAPH_PAUSE_MS,
    PIECE_CHARS_MAX,
    SENTENCE_PAUSE_MS,
    Piece,
    cut_text,
)
from loa.lib.sound.pcm import Pcm, join, silence

NORTHERN, CENTRAL, SOUTHERN = "vi", "vi-vn-x-central", "vi-vn-x-south"
TITLES = {
    NORTHERN: "Giọng máy miền Bắc (espeak-ng)",
    CENTRAL: "Giọng máy miền Trung (espeak-ng)",
    SOUTHERN: "Giọng máy miền Nam (espeak-ng)",
}
# Measured: 140 of the engine's "words" a minute are about 200 syllables a minute.
CALM_RATE_WPM = 140
SPEED_MIN, SPEED_MAX = 0.7, 1.5
PROCESS_COMMAND = (sys.executable, "-m", "loa.connectors.voice.espeak_process")
START_SECONDS_MAX = 10.0
_LANGUAGE_MARK = re.compile(r"\([a-z-]+\)")
# The engine speaks about 40,000 characters a second; this is slow enough for a busy machine.
CHARS_PER_SECOND_MIN = 500


class VoiceFailed(RuntimeError):
    """The voice gave no sound; the reason is for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EspeakVoice:
    """Speaks Vietnamese text; one short-lived process for each text."""

    def __init__(
        self,
        accent: str = CENTRAL,
        *,
        command: tuple[str, ...] = PROCESS_COMMAND,
        start_seconds_max: float = START_SECONDS_MAX,
    ) -> None:
        self.accent = accent
        self.id = f"espeak-ng:{accent}"
        self.title = TITLES[accent]
        # Changes when the same text could sound different; part of the cache key.
        self.fingerprint = _fingerprint_of(accent)
        self._command = command
        self._start_seconds_max = start_seconds_max

    def speak(self, text: str, *, speed: float = 1.0) -> Pcm:
        """Return the spoken text; speed 1.0 is a calm announcer's pace."""
        if not SPEED_MIN <= speed <= SPEED_MAX:
            raise ValueError(f"speed {speed} is outside {SPEED_MIN}..{SPEED_MAX}")
        pieces = cut_text(text)
        if not pieces:
            raise VoiceFailed("the text holds no word to say")
        seconds_max = self._start_seconds_max + len(text) / CHARS_PER_SECOND_MIN
        rate_wpm = round(CALM_RATE_WPM * speed)
        with _running(self._command, seconds_max) as process:
            return join(self._spoken(process, pieces, rate_wpm))

    def _spoken(
        self, process: subprocess.Popen[bytes], pieces: list[Piece], rate_wpm: int
    ) -> Iterator[Pcm]:
        for piece in pieces:
            sound = Pcm(*_ask(process, piece.text, voice=self.accent, rate_wpm=rate_wpm))
            yield sound
            yield silence(piece.pause_ms, rate_hz=sound.rate_hz)


def phonemes_of(clauses: list[str], *, voice: str) -> list[str]:
    """Return how each clause is pronounced, in the IPA of espeak-ng; raises VoiceFailed."""
    seconds_max = START_SECONDS_MAX + sum(map(len, clauses)) / CHARS_PER_SECOND_MIN
    with _running(PROCESS_COMMAND, seconds_max) as process:
        # A voice of another language inside a text is marked by its name in brackets.
        said = (_ask(process, text, voice=voice, rate_wpm=0)[0] for text in clauses)
        return [_LANGUAGE_MARK.sub("", one.decode()) for one in said]


@contextmanager
def _running(command: tuple[str, ...], seconds_max: float) -> Iterator[subprocess.Popen[bytes]]:
    """Keep the process for the block, and never longer than its time."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
    except OSError as error:
        raise VoiceFailed(f"the voice program does not start: {error}") from error
    watch = Timer(seconds_max, process.kill)
    watch.daemon = True
    watch.start()
    try:
        yield process
    except (OSError, EOFError, ValueError, KeyError) as error:
        is_late = not watch.is_alive()
        reason = f"no answer in {seconds_max:.0f} s" if is_late else f"it broke off: {error}"
        raise VoiceFailed(f"the voice program failed: {reason}") from error
    finally:
        watch.cancel()
        process.kill()
        process.communicate()


def _ask(
    process: subprocess.Popen[bytes], text: str, *, voice: str, rate_wpm: int
) -> tuple[bytes, int]:
    if process.stdin is None or process.stdout is None:
        raise EOFError("no pipe to the voice program")
    request = json.dumps({"text": text, "voice": voice, "rate_wpm": rate_wpm}).encode()
    process.stdin.write(len(request).to_bytes(4, "big") + request)
    header = json.loads(_read(process.stdout, int.from_bytes(_read(process.stdout, 4), "big")))
    if "error" in header:
        raise VoiceFailed(f"the voice program refused the text: {header['error']}")
    return _read(process.stdout, header["size"]), header["rate_hz"]


def _read(pipe: IO[bytes], size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = pipe.read(size - len(data))
        if not chunk:
            raise EOFError("its output ended")
        data += chunk
    return bytes(data)


@cache
def _fingerprint_of(accent: str) -> str:
    """Hash the engine, its Vietnamese dictionary and our own settings."""
    digest = hashlib.sha256()
    pace = (accent, CALM_RATE_WPM, PIECE_CHARS_MAX, PARAGRAPH_PAUSE_MS, SENTENCE_PAUSE_MS)
    digest.update(repr(pace).encode())
    for path in _engine_files():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _engine_files() -> list[Path]:
    """List the files that decide the sound; none without the engine, which then cannot speak."""
    # Found, not imported: only the voice process loads anything of the engine.
    found = find_spec("espeakng_loader")
    if found is None or found.origin is None:
        return []
    folder = Path(found.origin).parent
    data = folder / "espeak-ng-data"
    names = ("vi_dict", "phondata", "phontab", "phonindex")
    return [*sorted(folder.glob("libespeak-ng.*")), *(data / name for name in names)]
