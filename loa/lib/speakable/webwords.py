"""Words run together without marks in web addresses, taken apart so that a voice can say them."""

from __future__ import annotations

import re
from functools import lru_cache

from loa.lib.text import is_syllable

# Labels every listener knows by the words they stand for.
_LABELS = {
    "danang": "đà nẵng", "quangnam": "quảng nam", "hoian": "hội an", "hue": "huế", "vietnam": "việt nam",
    "dichvucong": "dịch vụ công", "dichvu": "dịch vụ", "congdan": "công dân", "tuyensinh": "tuyển sinh",
    "baohiemxahoi": "bảo hiểm xã hội", "bocongan": "bộ công an", "chinhphu": "chính phủ",
    "baochinhphu": "báo chính phủ", "thoitiet": "thời tiết", "phongchongthientai": "phòng chống thiên tai",
    "egov": "i gov", "edu": "ê đu", "www": "vê kép vê kép vê kép", "email": "i meo", "mail": "meo",
    "daucap": "đầu cấp", "phuong": "phường", "truong": "trường", "benhvien": "bệnh viện", "congan": "công an",
    "capnuoc": "cấp nước", "dienluc": "điện lực", "thanhpho": "thành phố", "quocgia": "quốc gia", "ubnd": "u bê en nờ dê",
    "vov": "vê ô vê", "vtv": "vê tê vê", "zing": "dinh", "vnexpress": "vi en ét pờ rét",
    "facebook": "phây búc", "zalo": "da lô", "youtube": "diu túp", "google": "gu gồ", "gmail": "gờ meo",
    "yahoo": "da hu", "online": "on lai", "news": "niu", "web": "oép", "website": "oép sai", "id": "ai đi", "home": "hôm", "html": "hát tê em mờ e lờ",
}  # fmt: skip
_SYLLABLES_MAX = 12
_LETTERS_MAX = 7
# What is left unmarked cannot be said as it stands: "tuyen" is no syllable, "cap" is one only with a tone.
_MARKED = (
    ("uye", "uyê"),
    ("ie", "iê"),
    ("ye", "yê"),
    ("uong", "ương"),
    ("uoc", "ươc"),
    ("uo", "uô"),
)
# Letters that the spelling of Vietnamese never puts before these vowels.
_MISSPELT = re.compile(r"(?:ngh|gh)[^ei]|k[^eiyh]|(?:c|(?<!n)g|ng)[eê]|ci|ngi|qu?$")
_STOPPED = ("c", "ch", "p", "t")
_RISING = str.maketrans("aăâeêioôơuưy", "áắấéếíóốớúứý")


def say_label(label: str) -> str | None:
    """Return the words of one label of an address, or None where it is not Vietnamese."""
    if label in _LABELS:
        return _LABELS[label]
    if not label.isascii() or len(label) > _SYLLABLES_MAX * _LETTERS_MAX:
        return None
    words = _split(label)
    return " ".join(words) if words else None


@lru_cache(maxsize=1024)
def _split(label: str) -> tuple[str, ...] | None:
    """Return the label as the fewest known words and syllables, or None."""
    best: list[tuple[str, ...] | None] = [()] + [None] * len(label)
    for end in range(1, len(label) + 1):
        for start in range(max(0, end - 20), end):
            before, word = best[start], _say_word(label[start:end])
            if before is None or word is None:
                continue
            longer = (*before, word)
            known = best[end]
            if known is None or len(longer) < len(known):
                best[end] = longer
    whole = best[len(label)]
    return whole if whole and len(whole) <= _SYLLABLES_MAX else None


def _say_word(piece: str) -> str | None:
    if piece in _LABELS and (len(piece) > 4 or piece == "ubnd"):
        return _LABELS[piece]
    if not 2 <= len(piece) <= _LETTERS_MAX or _MISSPELT.match(piece):
        return None
    marked = piece
    for plain, vowels in _MARKED:
        marked = marked.replace(plain, vowels)
    forms = (marked, marked.replace("ua", "uâ"), piece)
    toned = (_with_tone(form) if form.endswith(_STOPPED) else form for form in forms)
    return next((form for form in toned if is_syllable(form)), None)


def _with_tone(syllable: str) -> str:
    """Return a syllable that ends in a stop with the tone it must bear."""
    vowels = [at for at, letter in enumerate(syllable) if letter in "aăâeêioôơuưy"]
    if not vowels:
        return syllable
    at = vowels[-1]
    return syllable[:at] + syllable[at].translate(_RISING) + syllable[at + 1 :]
