"""Letter tables of the two old Vietnamese encodings, TCVN3 and VNI.

TCVN3 spends one byte a letter and has capitals only for Ă Â Ê Ô Ơ Ư Đ: toned capitals were
a matter of the font. VNI writes a base letter and then a mark byte.
"""

from __future__ import annotations

import re

_TCVN3_RUNS = {
    0xA1: "ĂÂÊÔƠƯĐăâêôơưđ",
    0xB5: "àảãáạ",
    0xBB: "ằẳẵắ",
    0xC6: "ặầẩẫấậè",
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}
_VNI_MARKED = {
    # base letter: letters in the order of the marks below, capitals by the same marks upper-cased
    "a": ("ùøûõïâáàåãäêéèúüë", "áàảãạâấầẩẫậăắằẳẵặ"),
    "e": ("ùøûõïâáàåãä", "éèẻẽẹêếềểễệ"),
    "o": ("ùøûõïâáàåãä", "óòỏõọôốồổỗộ"),
    "u": ("ùøûõï", "úùủũụ"),
    "y": ("ùøûõ", "ýỳỷỹ"),
    "ô": ("ùøûõï", "ớờởỡợ"),
    "ö": ("ùøûõï", "ứừửữự"),
}
_VNI_ALONE = {"ô": "ơ", "ö": "ư", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị"}
_VNI_ALONE |= {"î": "ỵ", "ñ": "đ"}

# Signs that hardly occur in real Vietnamese text but stand for letters in old bytes.
ODD_SIGNS = frozenset("¡¢£¤¥¦§¨©ª«¬®¯¸¹»¼½¾¶·×÷")


def _tcvn3_table() -> dict[str, str]:
    return {
        bytes([first + step]).decode("latin-1"): letter
        for first, letters in _TCVN3_RUNS.items()
        for step, letter in enumerate(letters)
    }


def _vni_table() -> dict[str, str]:
    table = {}
    for base, (marks, letters) in _VNI_MARKED.items():
        for mark, letter in zip(marks, letters, strict=True):
            table[base + mark] = letter
            table[base.upper() + mark.upper()] = letter.upper()
            table[base.upper() + mark] = letter.upper()
    for written, letter in _VNI_ALONE.items():
        table[written] = letter
        table[written.upper()] = letter.upper()
    return table


TCVN3 = _tcvn3_table()
VNI = _vni_table()
_READ_TCVN3 = str.maketrans(TCVN3)
_VNI_LETTER = re.compile("|".join(sorted(map(re.escape, VNI), key=len, reverse=True)))


def read(raw: bytes, encoding: str) -> str:
    """Return the letters of old bytes; `encoding` is `tcvn3` or `vni`."""
    western = raw.decode("latin-1")
    if encoding == "tcvn3":
        return western.translate(_READ_TCVN3)
    return _VNI_LETTER.sub(lambda match: VNI[match[0]], western)


def western_bytes(text: str) -> bytes | None:
    """Return the bytes a program took for Western letters, or None when it did not."""
    found = bytearray()
    for character in text:
        if ord(character) < 256:
            found.append(ord(character))
            continue
        try:
            found += character.encode("cp1252")
        except UnicodeEncodeError:
            return None
    return bytes(found)
