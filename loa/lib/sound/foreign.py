"""Read a file that somebody brought: a decoder meets hostile bytes in a process that can do little.

The process has limits on memory, processor time and files, no way to write, and ends with its
work. What it says is samples or one word of what is wrong.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Timer

from loa.lib.sound.chain import MASTER_RATE_HZ
from loa.lib.sound.decode import decode
from loa.lib.sound.errors import SoundTooLong, UndecodableSound
from loa.lib.sound.pcm import SAMPLE_BYTES, Pcm

COMMAND = (sys.executable, "-m", "loa.lib.sound.foreign")
MEMORY_BYTES_MAX = 2 * 2**30
CPU_SECONDS_MAX = 120
WALL_SECONDS_MAX = 300.0
OPEN_FILES_MAX = 64
_TOO_LONG, _UNDECODABLE = 3, 4


def read_foreign(
    path: Path,
    *,
    seconds_max: float,
    command: tuple[str, ...] = COMMAND,
    wall_seconds_max: float = WALL_SECONDS_MAX,
) -> Pcm:
    """Return the sound of a file, of a film as well, at the rate of the chain.

    Raises UndecodableSound where the bytes are no whole sound, SoundTooLong beyond the seconds.
    """
    process = subprocess.Popen(
        [*command, str(path), str(seconds_max)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    watch = Timer(wall_seconds_max, process.kill)
    watch.daemon = True
    watch.start()
    try:
        samples, said = process.communicate()
    finally:
        watch.cancel()
    if process.returncode == _TOO_LONG:
        raise SoundTooLong(f"longer than {seconds_max:.0f} s")
    if process.returncode != 0:
        words = said.decode(errors="replace").strip().splitlines()
        raise UndecodableSound(words[-1] if words else f"decoder ended with {process.returncode}")
    return Pcm(samples, MASTER_RATE_HZ)


def _hold_back() -> None:
    limits = (
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_CPU, CPU_SECONDS_MAX),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES_MAX),
        (resource.RLIMIT_CORE, 0),
    )
    for limit, most in limits:
        # A site may already allow less.
        with suppress(ValueError):
            resource.setrlimit(limit, (most, most))


def _main(path: Path, seconds_max: float) -> int:
    _hold_back()
    left = int(seconds_max * MASTER_RATE_HZ) * SAMPLE_BYTES
    try:
        for samples in decode(path, rate_hz=MASTER_RATE_HZ):
            left -= len(samples)
            if left < 0:
                return _TOO_LONG
            sys.stdout.buffer.write(samples)
        sys.stdout.buffer.flush()
    except (UndecodableSound, MemoryError) as error:
        print(str(error) or type(error).__name__, file=sys.stderr)
        return _UNDECODABLE
    return 0


if __name__ == "__main__":
    raise SystemExit(_main(Path(sys.argv[1]), float(sys.argv[2])))
