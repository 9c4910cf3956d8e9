"""Speakable sentences a second, and the real-time factors of the voice and of the sound chain."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from loa.flow.newsroom.ports import voices
from loa.lib import clock
from loa.lib.sound.chain import master
from loa.lib.speakable import to_speech

TEXT = Path(__file__).parents[1] / "demo_texts" / "thong-bao.txt"
REPEATS = 200


def run(*, json_file: Path | None) -> None:
    """Measure on the demo's own text; prints a table."""
    text = TEXT.read_text(encoding="utf-8")
    sentences = max(text.count("."), 1)
    spoken = to_speech(text).text
    began = clock.monotonic()
    for _ in range(REPEATS):
        to_speech(text)
    read = clock.monotonic()
    pcm = voices().all()[0].speak(spoken, speed=1.0)
    spoke = clock.monotonic()
    mastered = master(pcm)
    ended = clock.monotonic()
    seconds = mastered.measure.duration_ms / 1000
    figures = {
        "speakable_sentences_per_second": round(sentences * REPEATS / (read - began)),
        "sound_seconds": round(seconds, 1),
        "voice_real_time_factor": round((spoke - read) / seconds, 4),
        "chain_real_time_factor": round((ended - spoke) / seconds, 4),
    }
    table = Table("figure", "value")
    for name, value in figures.items():
        table.add_row(name, str(value))
    Console().print(table)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
