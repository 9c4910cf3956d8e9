"""A waveform as one SVG path, mirrored about its middle, 1000 wide and 100 high."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 1000
BAR_SHARE = 0.7


def outline(peaks: Sequence[int]) -> str:
    """Return the path of bars for peaks of 0 to 100."""
    if not peaks:
        return f"M0 49h{WIDTH}v2H0z"
    step = WIDTH / len(peaks)
    return "".join(_bar(n * step, step * BAR_SHARE, peak) for n, peak in enumerate(peaks))


def _bar(x: float, width: float, peak: int) -> str:
    high = max(2, min(100, peak))
    return f"M{x:.1f} {50 - high / 2:.1f}h{width:.1f}v{high}h-{width:.1f}z"
