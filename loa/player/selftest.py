"""Can this machine do what its configuration asks? Each check does the real thing once."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

from loa.player.audio.sinks import RATE_HZ, sink_of
from loa.player.config import DeviceConfig
from loa.player.journal import JournalFile
from loa.wire.keys import SigningKey


def failures(config: DeviceConfig) -> list[str]:
    """Return a line for each thing that does not work; nothing of the device is changed."""
    checks: dict[str, Callable[[DeviceConfig], None]] = {
        "key": _check_key,
        "journal": _check_journal,
        "media store": _check_store,
        "output": _check_output,
    }
    found = []
    for name, check in checks.items():
        try:
            check(config)
        except (OSError, ValueError, sqlite3.Error, ImportError) as error:
            found.append(f"{name}: {error}")
    return found


def _check_key(config: DeviceConfig) -> None:
    if Path(config.key_file).exists():
        SigningKey.load(Path(config.key_file))
    else:
        _check_folder(Path(config.key_file).parent)


def _check_journal(config: DeviceConfig) -> None:
    folder = Path(config.journal_path).parent if config.journal_path != ":memory:" else None
    with tempfile.TemporaryDirectory(dir=_existing(folder) if folder else None) as temporary:
        JournalFile(str(Path(temporary) / "journal.db"), durable=config.durable).close()


def _check_store(config: DeviceConfig) -> None:
    _check_folder(config.store_folder)


def _check_output(config: DeviceConfig) -> None:
    if config.has_sound_process:
        sink = sink_of(config.output)  # opened, and heard as a moment of silence
        sink.write(bytes(2 * RATE_HZ // 50))
        sink.close()
    if config.output != "wav":
        return
    from loa.lib.sound.decode import decode
    from loa.lib.sound.wave import WaveWriter

    with tempfile.TemporaryDirectory(dir=_existing(config.sounded_folder)) as temporary:
        writer = WaveWriter(Path(temporary) / "silence.wav", rate_hz=24_000)
        writer.append(bytes(2 * 24_000))
        path = writer.finish()
        if sum(len(samples) for samples in decode(path)) != 2 * 24_000:
            raise ValueError("what was written does not read back")


def _check_folder(folder: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=_existing(folder)) as file:
        file.write(bytes(4096))


def _existing(folder: Path) -> Path:
    """Return the folder or the nearest one above it that exists already."""
    while not folder.exists():
        folder = folder.parent
    return folder
