"""Web and mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.letters import has_vowel, latin, spell
from loa.lib.speakable.numbers import say_digits
from loa.lib.speakable.view import Claim, View
from loa.lib.speakable.webwords import say_label

_TOP = r"(?:vn|com|net|org|edu|gov|info|io|asia|mil|int|eu|us|uk|jp|kr|tv|me|app|dev|html?|aspx?)"
_HOST = rf"(?:[^\W_][\w-]{{0,62}}\.){{1,6}}{_TOP}(?![\w-])(?!\.[a-z])"
_MAIL = re.compile(rf"(?<![\w.+-])[\w.+-]{{1,64}}@{_HOST}")
_WEB = re.compile(
    rf"(?<![\w@.-])(?:https?://[^\s<>\"“”]{{1,2000}}|(?:www\.)?{_HOST}(?:[/?#][^\s<>\"“”]{{0,2000}})?)",
    re.IGNORECASE,
)
_ANY_MAIL_OR_WEB = re.compile(rf"{_MAIL.pattern}|{_WEB.pattern}", re.IGNORECASE)
_FILE = re.compile(
    r"(?<![\w.@/-])[^\W_][\w-]{0,99}\.(?P<kind>jpe?g|png|gif|webp|pdf|docx?|xlsx?|pptx?|mp[34]|zip|rar)(?!\w)",
    re.IGNORECASE,
)
_PICTURES = frozenset(["jpg", "jpeg", "png", "gif", "webp"])
_SCHEME = re.compile(r"^https?://(?:www\.)?|^www\.", re.IGNORECASE)
_PIECE = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_SIGN_NAMES = {".": "chấm", "@": "a còng", "/": "gạch chéo", "-": "gạch ngang", "_": "gạch dưới"}
_SIGN_NAMES |= {"?": "hỏi chấm", "=": "bằng", "&": "và", "#": "thăng", "%": "phần trăm"}
_SIGN_NAMES |= {":": "hai chấm", "+": "cộng", "~": "ngã"}
# Every Vietnamese listener takes these as words.
_KNOWN = frozenset(["vn", "com", "net", "org", "gov"])


def find_addresses(view: View) -> Iterator[Claim]:
    """Claim web and mail addresses."""
    for match in _ANY_MAIL_OR_WEB.finditer(view.text):
        written = match[0].rstrip(".,;:!?)]}'…/")
        yield Claim(match.start(), match.start() + len(written), say_address(written))


def find_file_names(view: View) -> Iterator[Claim]:
    """Claim names of files; a picture's name alone on its line is not read at all."""
    for match in _FILE.finditer(view.text):
        is_alone = not (view.before(match.start()).strip() or view.after(match.end()).strip())
        is_silent = is_alone and match["kind"].lower() in _PICTURES
        yield Claim(match.start(), match.end(), "" if is_silent else say_address(match[0]))


def say_address(written: str) -> str:
    """Return an address as it is dictated: danang chấm gov chấm vn."""
    pieces = _PIECE.findall(_SCHEME.sub("", written))
    return " ".join(word for piece in pieces if (word := _say_piece(piece)))


def _say_piece(piece: str) -> str:
    if piece.isdecimal():
        return say_digits(piece)
    if not piece.isalpha():
        return _SIGN_NAMES.get(piece, "")
    if piece.lower() in _KNOWN:
        return piece.lower()
    label = say_label(piece.lower())
    if label:
        return label
    is_word = has_vowel(piece) and not piece.isupper() and not _is_initials(piece)
    return latin(piece).lower() if is_word else spell(piece)


def _is_initials(piece: str) -> bool:
    return len(piece) <= 4 and sum(1 for letter in piece if has_vowel(letter)) * 3 < len(piece) + 1
