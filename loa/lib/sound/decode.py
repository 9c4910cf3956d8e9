"""Open any sound file a person may bring, as a stream of bounded memory.

Only sound containers are tried: play lists that name other files or addresses are no sound.
A file that ends before its own header says so is refused, not played short.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import av
from av import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from loa.lib.sound.errors import UndecodableSound
from loa.lib.sound.filters import filtered, mono_s16_steps, samples_of
from loa.lib.sound.wholeness import declares_length, refuse_cut_file

SoundSource = bytes | Path

_CONTAINERS = "wav,w64,aiff,caf,mp3,aac,ogg,flac,matroska,webm,mov,amr,asf,avi"
_SHORT_BY_SECONDS_MAX = 0.3
_DAMAGED_SHARE_MAX = 0.01


@dataclass(frozen=True)
class Probe:
    """What the header of a sound file says."""

    duration_ms: int
    codec: str
    rate_hz: int


@dataclass(frozen=True)
class _Opened:
    file: IO[bytes]
    container: InputContainer
    stream: AudioStream


def decode(source: SoundSource, *, rate_hz: int = 24_000) -> Iterator[bytes]:
    """Yield mono s16le samples at the rate; raises UndecodableSound, perhaps at the end."""
    try:
        for frame in filtered(frames_in(source), *mono_s16_steps(rate_hz)):
            yield samples_of(frame)
    except FFmpegError as error:
        raise UndecodableSound(str(error)) from error


def probe(source: SoundSource) -> Probe:
    """Read the header; where it names no duration, the sound is decoded and counted."""
    with _opened(source) as opened:
        coder = opened.stream.codec_context
        codec, rate_hz = coder.name, coder.sample_rate
        seconds = _declared_seconds(opened)
    if seconds is None:
        seconds = sum(frame.samples / frame.sample_rate for frame in frames_in(source))
    return Probe(round(seconds * 1000), codec, rate_hz)


def frames_in(source: SoundSource) -> Iterator[AudioFrame]:
    """Yield the decoded frames as the file has them."""
    with _opened(source) as opened:
        heard_seconds = 0.0
        for frame in _undamaged(opened):
            heard_seconds += frame.samples / frame.sample_rate
            yield frame
        _refuse_cut(opened, heard_seconds)


@contextmanager
def _opened(source: SoundSource) -> Iterator[_Opened]:
    # A file object, never a name: libav would read a name as an address.
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        try:
            container = av.open(file, "r", options={"format_whitelist": _CONTAINERS})
        except (FFmpegError, ValueError) as error:
            raise UndecodableSound(f"no sound file: {error}") from error
        with container:
            if not container.streams.audio:
                raise UndecodableSound("the file holds no sound")
            refuse_cut_file(file, container.format.name)
            yield _Opened(file, container, container.streams.audio[0])


def _undamaged(opened: _Opened) -> Iterator[AudioFrame]:
    """Decode, stepping over a rare bad packet such as a tag behind the last frame."""
    packets = damaged = decoded = 0
    try:
        for packet in opened.container.demux(opened.stream):
            packets += 1
            try:
                frames = [frame for frame in packet.decode() if isinstance(frame, AudioFrame)]
            except FFmpegError:
                damaged += 1
                continue
            decoded += len(frames)
            yield from frames
    except FFmpegError as error:
        raise UndecodableSound(str(error)) from error
    if not decoded:
        raise UndecodableSound("no frame of sound could be decoded")
    if damaged > 1 + packets * _DAMAGED_SHARE_MAX:
        raise UndecodableSound(f"{damaged} of {packets} packets are damaged")


def _declared_seconds(opened: _Opened) -> float | None:
    container, stream = opened.container, opened.stream
    if not declares_length(opened.file, container.format.name):
        return None
    if container.streams.video:
        # The pictures of a film may last longer than its sound.
        if not stream.duration or not stream.time_base:
            return None
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _refuse_cut(opened: _Opened, heard_seconds: float) -> None:
    declared = _declared_seconds(opened)
    if declared is not None and declared - heard_seconds > _SHORT_BY_SECONDS_MAX:
        raise UndecodableSound(f"cut short: {heard_seconds:.1f} of {declared:.1f} seconds")
