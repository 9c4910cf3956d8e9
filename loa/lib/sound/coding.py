"""Code a mastered sound into one file in memory, the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass

import av
from av import AudioFrame
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer

from loa.lib.sound.filters import filtered


@dataclass(frozen=True)
class Coding:
    """How one rendition is coded."""

    codec: str
    container: str
    sample_format: str
    rate_hz: int
    bits_per_second: int
    options: tuple[tuple[str, str], ...]
    gain_db: float = 0.0


def encode(frames: Iterable[AudioFrame], coding: Coding) -> bytes:
    """Return the finished file of mono frames."""
    file = io.BytesIO()
    # Bit exact: no version string, and a fixed serial number in Ogg.
    with av.open(file, "w", format=coding.container, options={"fflags": "+bitexact"}) as container:
        stream = _stream_for(coding, container)
        steps = (
            ("aresample", str(coding.rate_hz)),
            ("aformat", f"sample_fmts={coding.sample_format}"),
        )
        for frame in filtered(frames, *steps):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _stream_for(coding: Coding, container: OutputContainer) -> AudioStream:
    stream = container.add_stream(coding.codec, rate=coding.rate_hz)
    if not isinstance(stream, AudioStream):
        raise TypeError(f"{coding.codec} codes no sound")
    stream.layout = "mono"
    stream.format = coding.sample_format
    stream.bit_rate = coding.bits_per_second
    stream.codec_context.options = dict(coding.options)
    stream.codec_context.flags |= Flags.bitexact
    return stream
