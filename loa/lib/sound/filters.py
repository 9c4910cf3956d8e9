"""A line of libav filters that sound frames are pushed through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from av import AudioFrame
from av.error import BlockingIOError as NothingReady
from av.error import EOFError as LineEmpty
from av.filter import Graph

from loa.lib.sound.pcm import SAMPLE_BYTES, Pcm

Step = tuple[str, str]
FRAME_SAMPLES = 8192


class FilterLine:
    """Filters in a row; built when the first frame shows rate, format and channels."""

    def __init__(self, *steps: Step) -> None:
        self._steps = steps
        self._graph: Graph | None = None
        self._position = 0

    def push(self, frame: AudioFrame) -> Iterator[AudioFrame]:
        """Put a frame in; returns the frames that came out."""
        if self._graph is None:
            self._graph = _graph_for(frame, self._steps)
        # Time stamps of a file may jump or be missing; filters only need a steady count.
        frame.pts = self._position
        self._position += frame.samples
        self._graph.push(frame)
        return _frames_ready(self._graph)

    def finish(self) -> Iterator[AudioFrame]:
        """Close the line; returns what the filters still held."""
        if self._graph is None:
            return iter(())
        self._graph.push(None)
        return _frames_ready(self._graph)


def filtered(frames: Iterable[AudioFrame], *steps: Step) -> Iterator[AudioFrame]:
    """Run all frames through the steps, a few at a time."""
    line = FilterLine(*steps)
    for frame in frames:
        yield from line.push(frame)
    yield from line.finish()


def mono_s16_steps(rate_hz: int) -> tuple[Step, ...]:
    """Steps that end in plain samples of that rate."""
    return (
        ("aformat", "channel_layouts=mono"),
        ("aresample", str(rate_hz)),
        ("aformat", "sample_fmts=s16"),
    )


def frames_of(pcm: Pcm) -> Iterator[AudioFrame]:
    """Cut plain samples into frames."""
    view = memoryview(pcm.samples)
    step = FRAME_SAMPLES * SAMPLE_BYTES
    for start in range(0, len(view), step):
        piece = view[start : start + step]
        frame = AudioFrame(format="s16", layout="mono", samples=len(piece) // SAMPLE_BYTES)
        frame.sample_rate = pcm.rate_hz
        frame.planes[0].update(bytes(piece))
        yield frame


def samples_of(frame: AudioFrame) -> bytes:
    """Return the samples of a mono s16 frame (its buffer is longer than they are)."""
    return bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES]


def _graph_for(frame: AudioFrame, steps: tuple[Step, ...]) -> Graph:
    graph = Graph()
    last = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=f"1/{frame.sample_rate}",  # type: ignore[arg-type]
    )
    for name, settings in (*steps, ("abuffersink", "")):
        step = graph.add(name, settings or None)
        last.link_to(step)
        last = step
    graph.configure()
    return graph


def _frames_ready(graph: Graph) -> Iterator[AudioFrame]:
    while True:
        try:
            frame = graph.pull()
        except (NothingReady, LineEmpty):
            return
        if isinstance(frame, AudioFrame):
            yield frame
