"""Which encoding a Vietnamese text came in, and the text it holds.

New text is Unicode. Old files of communes are still TCVN3 (the .Vn fonts) or VNI, and such
text also arrives inside UTF-8, when a program took the old bytes for Western letters.
Guesses rest on one measure: how many marked words are possible Vietnamese syllables.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass, field
from typing import ClassVar

from loa.lib import legacy_letters
from loa.lib import text as texts

TEXT_BYTES_MAX = 200_000
LEGACY_ENCODINGS = ("tcvn3", "vni", "windows-1258")
ENCODINGS = ("utf-8", "utf-8-nfd", "utf-16", *LEGACY_ENCODINGS)

_SCORE_MIN = 0.6
_BINARY_MAGICS: tuple[bytes, ...] = (
    b"%PDF",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"\x89PNG",
    b"\xff\xd8\xff",
)
_BINARY_MAGICS += (b"\x1f\x8b", b"GIF8", b"RIFF", b"ID3", b"OggS", b"\x7fELF", b"{\\rtf")
_WORD = re.compile(r"[^\W\d_]+")


class TextRefused(Exception):
    """A text that cannot be taken in; `code` names why, `params` hold the details."""

    code: ClassVar[str] = "text_refused"

    def __init__(self, **params: int | tuple[int, ...] | str) -> None:
        super().__init__(self.code, params)
        self.params = params


class EmptyText(TextRefused):
    code = "text_empty"


class BinaryContent(TextRefused):
    code = "text_binary"


class TextTooLong(TextRefused):
    code = "text_too_long"


class HalfLegacyText(TextRefused):
    code = "text_half_legacy"


class UndecodableText(TextRefused):
    code = "text_undecodable"


@dataclass(frozen=True)
class Detected:
    """What the bytes were taken for; legacy readings wait for a person to confirm them."""

    encoding: str
    text: str
    confidence: float
    needs_confirmation: bool
    problems: tuple[str, ...] = field(default=())


def detect(raw: bytes) -> Detected:
    """Return the text of the bytes and the encoding it was most likely written in."""
    _refuse_bytes(raw)
    found = _detect_utf16(raw) or _detect_utf8(raw) or _detect_legacy(raw)
    return _checked(found)


def read_as(raw: bytes, encoding: str) -> Detected:
    """Return the text of the bytes in the encoding a person confirmed; what is no text is refused."""
    _refuse_bytes(raw)
    return _checked(Detected(encoding, decode(raw, encoding), 1.0, needs_confirmation=False))


def decode(raw: bytes, encoding: str) -> str:
    """Return the normalised text of the bytes, read as the encoding a person chose."""
    try:
        letters = _letters(raw, encoding)
    except UnicodeDecodeError as error:
        raise UndecodableText(encoding=encoding, position=error.start) from error
    return texts.normalise(letters)


def score_vietnamese(text: str) -> float:
    """Return the share of words with marks that are Vietnamese syllables; 0.5 when none is marked."""
    marked = [word for word in _WORD.findall(text) if not word.isascii()]
    odd = sum(1 for character in text if character in legacy_letters.ODD_SIGNS)
    if not marked and not odd:
        return 0.5
    good = sum(1 for word in marked if texts.is_syllable(word))
    return good / (len(marked) + odd)


def _letters(raw: bytes, encoding: str) -> str:
    if encoding in {"tcvn3", "vni"}:
        western = _western_of_utf8(raw)
        return legacy_letters.read(western if western is not None else raw, encoding)
    if encoding == "windows-1258":
        return raw.decode("cp1258")
    if encoding in {"utf-8", "utf-8-nfd"}:
        return raw.decode("utf-8-sig")
    if encoding == "utf-16":
        return raw.decode(_utf16_order(raw) or "utf-16")
    raise UndecodableText(encoding=encoding, position=0)


def _refuse_bytes(raw: bytes) -> None:
    if not raw.strip():
        raise EmptyText
    _refuse_binary(raw)
    if len(raw) > 2 * TEXT_BYTES_MAX + 2:  # no encoding we know holds fewer than half a byte a byte
        raise TextTooLong(bytes=len(raw), bytes_max=TEXT_BYTES_MAX)


def _refuse_binary(raw: bytes) -> None:
    if raw.startswith(_BINARY_MAGICS):
        raise BinaryContent(position=0)
    if _utf16_order(raw):
        return
    sample = raw[:65_536]
    controls = sum(sample.count(byte) for byte in range(32) if byte not in b"\t\n\x0b\x0c\r\x1a")
    if b"\0" in sample or controls * 50 > len(sample):
        raise BinaryContent(position=next(i for i, byte in enumerate(sample) if byte < 32))


def _utf16_order(raw: bytes) -> str | None:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = raw[:4096]
    if len(raw) % 2 or len(sample) < 4:
        return None
    # Spaces and Latin letters leave one half of the byte pairs mostly zero, or 0x1E with tones.
    for order, half in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        high = sum(half.count(byte) for byte in (0x00, 0x01, 0x03, 0x1E, 0x20))
        if half.count(0) * 3 > len(half) and high * 10 > len(half) * 9:
            return order
    return None


def _detect_utf16(raw: bytes) -> Detected | None:
    order = _utf16_order(raw)
    if order is None:
        return None
    try:
        letters = raw.decode(order)
    except UnicodeDecodeError as error:
        raise UndecodableText(encoding="utf-16", position=error.start) from error
    return Detected("utf-16", letters, 1.0, False, _problems(letters))


def _detect_utf8(raw: bytes) -> Detected | None:
    try:
        letters = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    mistaken = _detect_mistaken(letters)
    if mistaken:
        return mistaken
    problems = _problems(letters)
    encoding = "utf-8-nfd" if "decomposed" in problems else "utf-8"
    confidence = 1.0 if letters.isascii() else max(0.5, score_vietnamese(texts.normalise(letters)))
    return Detected(encoding, letters, round(confidence, 3), False, problems)


def _detect_mistaken(letters: str) -> Detected | None:
    """Find old bytes that some program took for Western letters and saved as UTF-8."""
    lines = letters.split("\n")
    readings = [_legacy_line(line) for line in lines]
    legacy = [number for number, reading in enumerate(readings, 1) if reading]
    if not legacy:
        return None
    unicode_lines = [
        number
        for number, (line, reading) in enumerate(zip(lines, readings, strict=True), 1)
        if not reading and score_vietnamese(texts.normalise(line)) > 0.5
    ]
    if unicode_lines:
        raise HalfLegacyText(legacy_lines=tuple(legacy), unicode_lines=tuple(unicode_lines))
    western = legacy_letters.western_bytes(letters)
    found = _best_legacy(western) if western is not None else None
    if found is None:
        return None
    return Detected(*found, needs_confirmation=True, problems=("mistaken_for_western",))


def _legacy_line(line: str) -> bool:
    """Tell whether a line makes Vietnamese only when its letters are taken back to old bytes."""
    if line.isascii():
        return False
    western = legacy_letters.western_bytes(line)
    if western is None:
        return False
    plain = score_vietnamese(texts.normalise(line))
    best = max(score_vietnamese(legacy_letters.read(western, name)) for name in ("tcvn3", "vni"))
    return best >= 0.8 and best > plain + 0.3


def _detect_legacy(raw: bytes) -> Detected:
    lines = raw.split(b"\n")
    kinds = [_line_kind(line) for line in lines]
    if "unicode" in kinds and "legacy" in kinds:
        legacy, unicode_ = (
            tuple(number for number, found in enumerate(kinds, 1) if found == kind)
            for kind in ("legacy", "unicode")
        )
        raise HalfLegacyText(legacy_lines=legacy, unicode_lines=unicode_)
    found = _best_legacy(raw)
    if found is None:
        raise UndecodableText(encoding="", position=next(i for i, b in enumerate(raw) if b > 127))
    return Detected(*found, needs_confirmation=True)


def _line_kind(line: bytes) -> str:
    if line.isascii():
        return "plain"
    try:
        letters = line.decode("utf-8")
    except UnicodeDecodeError:
        return "legacy"
    return "unicode" if score_vietnamese(texts.normalise(letters)) > 0.5 else "plain"


def _best_legacy(raw: bytes) -> tuple[str, str, float] | None:
    scored = []
    for name in LEGACY_ENCODINGS:
        try:
            letters = texts.normalise(_legacy_letters(raw, name))
        except UnicodeDecodeError:
            continue
        scored.append((score_vietnamese(letters), name, letters))
    scored.sort(key=lambda one: one[0], reverse=True)
    best, name, letters = scored[0]
    if best < _SCORE_MIN:
        return None
    rival = scored[1][0] if len(scored) > 1 else 0.0
    return name, letters, round(best * min(1.0, 0.5 + best - rival), 3)


def _legacy_letters(raw: bytes, name: str) -> str:
    return raw.decode("cp1258") if name == "windows-1258" else legacy_letters.read(raw, name)


def _western_of_utf8(raw: bytes) -> bytes | None:
    try:
        return legacy_letters.western_bytes(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None


def _problems(letters: str) -> tuple[str, ...]:
    found = []
    if unicodedata.normalize("NFC", letters) != letters:
        found.append("decomposed")
    if "\ufffd" in letters:
        found.append("letters_lost")
    return tuple(found)


def _checked(found: Detected) -> Detected:
    text = texts.normalise(found.text)
    if not any(character.isalnum() for character in text):
        raise EmptyText
    size = len(text.encode())
    if size > TEXT_BYTES_MAX:
        raise TextTooLong(bytes=size, bytes_max=TEXT_BYTES_MAX)
    return Detected(
        found.encoding, text, found.confidence, found.needs_confirmation, found.problems
    )
