"""A neural voice in Piper's layout: `model.onnx` beside `model.onnx.json`, run by onnxruntime.

Phonemes come from espeak-ng 1.52 in a process of its own; only numbers meet the model.
"""

from __future__ import annotations

import json
import re
import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loa.connectors.voice.espeak import VoiceFailed, phonemes_of
from loa.connectors.voice.pieces import Piece, cut_text
from loa.lib.sound.levels import bytes_of
from loa.lib.sound.pcm import Pcm, join, silence

PHONEMISER = "espeak-ng 1.52"
PAD, BEGIN, END = "_", "^", "$"
MODEL_NAME = "model.onnx"
THREADS = 2
_CLAUSE = re.compile(r"([^,.;:?!…]+)([,.;:?!…]*)")


@dataclass(frozen=True)
class Layout:
    """What the JSON beside a model says."""

    rate_hz: int
    phoneme_voice: str
    ids: dict[str, list[int]]
    scales: tuple[float, float, float]
    speakers: int
    language: str

    @classmethod
    def read(cls, path: Path) -> Layout:
        """Read it; raises VoiceFailed where it is not in Piper's layout."""
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            inference = said.get("inference", {})
            return cls(
                rate_hz=int(said["audio"]["sample_rate"]),
                phoneme_voice=str(said["espeak"]["voice"]),
                ids={
                    str(key): [int(n) for n in ids] for key, ids in said["phoneme_id_map"].items()
                },
                scales=(
                    float(inference.get("noise_scale", 0.667)),
                    float(inference.get("length_scale", 1.0)),
                    float(inference.get("noise_w", 0.8)),
                ),
                speakers=int(said.get("num_speakers", 1)),
                language=str(said.get("language", {}).get("code", said["espeak"]["voice"])),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise VoiceFailed(f"{path.name} is not in Piper's layout: {error!r}") from error


class NeuralVoice:
    """Speaks by a model of a folder; the model is loaded for one text and let go after it."""

    def __init__(self, voice_id: str, title: str, fingerprint: str, folder: Path) -> None:
        self.id = voice_id
        self.title = title
        self.fingerprint = fingerprint
        self._model = folder / MODEL_NAME
        self._config = folder / f"{MODEL_NAME}.json"

    def speak(self, text: str, *, speed: float = 1.0) -> Pcm:
        """Return the spoken text; raises VoiceFailed."""
        layout, pieces = Layout.read(self._config), cut_text(text)
        if not pieces:
            raise VoiceFailed("the text holds no word to say")
        said = [phonemes_of_piece(piece.text, layout.phoneme_voice) for piece in pieces]
        session = self._session()
        return join(_sounds(session, layout, pieces, said, speed))

    def symbols_missing(self, text: str) -> list[str]:
        """Return what this text needs and the model was never taught."""
        layout = Layout.read(self._config)
        said = unicodedata.normalize("NFD", phonemes_of_piece(text, layout.phoneme_voice))
        return sorted({sign for sign in said if sign not in layout.ids})

    def _session(self) -> Any:
        try:
            import onnxruntime
        except ImportError as error:
            raise VoiceFailed("onnxruntime is not installed: pip install loa[voice]") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        # A session made after this begins the same dice: the same text gives the same samples.
        onnxruntime.set_seed(1)
        try:
            return onnxruntime.InferenceSession(
                str(self._model), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise VoiceFailed(f"{self._model.name} cannot be loaded: {error}") from error


def phonemes_of_piece(text: str, voice: str) -> str:
    """Return the phonemes of a piece, its punctuation kept: a model hears its pauses from it."""
    clauses = [(words.strip(), marks[:1]) for words, marks in _CLAUSE.findall(text)]
    clauses = [(words, mark) for words, mark in clauses if words]
    said = phonemes_of([words for words, _ in clauses], voice=voice)
    marked = zip(said, (mark.replace("…", ".") for _, mark in clauses), strict=True)
    return " ".join(f"{phonemes.strip()}{mark}" for phonemes, mark in marked)


def ids_of(phonemes: str, layout: Layout) -> list[int]:
    """Return the numbers a model takes: each symbol padded, begin and end marked."""
    ids = [*layout.ids[BEGIN], *layout.ids[PAD]]
    for sign in unicodedata.normalize("NFD", phonemes):
        # What the model was not taught is left out; the installer was told of it.
        if sign in layout.ids:
            ids += [*layout.ids[sign], *layout.ids[PAD]]
    return [*ids, *layout.ids[END]]


def _sounds(
    session: Any, layout: Layout, pieces: list[Piece], said: list[str], speed: float
) -> Iterator[Pcm]:
    for piece, phonemes in zip(pieces, said, strict=True):
        try:
            yield _run(session, layout, ids_of(phonemes, layout), speed)
        except Exception as error:
            raise VoiceFailed(f"the model broke off: {error}") from error
        yield silence(piece.pause_ms, rate_hz=layout.rate_hz)


def _run(session: Any, layout: Layout, ids: list[int], speed: float) -> Pcm:
    import numpy as np

    noise, length, noise_w = layout.scales
    given = {
        "input": np.array([ids], dtype=np.int64),
        "input_lengths": np.array([len(ids)], dtype=np.int64),
        "scales": np.array([noise, length / speed, noise_w], dtype=np.float32),
    }
    if layout.speakers > 1:
        given["sid"] = np.array([0], dtype=np.int64)
    wave = np.clip(session.run(None, given)[0].reshape(-1), -1.0, 1.0)
    samples = array("h", (wave * 32_767).astype(np.int16).tobytes())
    return Pcm(bytes_of(samples), layout.rate_hz)
