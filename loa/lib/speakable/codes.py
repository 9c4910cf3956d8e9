"""Letters and digits in one string: classes, roads, pipes, and codes nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.ambiguous import reading_at
from loa.lib.speakable.letters import name_letter, spell
from loa.lib.speakable.numbers import say_digits, say_integer
from loa.lib.speakable.spoken import UNKNOWN
from loa.lib.speakable.view import Claim, View
from loa.lib.text import is_syllable

_STRING = re.compile(r"[^\W_]+")
_PART = re.compile(r"\d+|[^\W\d]+")
_PIPE = re.compile(
    r"(?<!\w)(?:(?P<wide>DN|D) ?|[ØøΦφ] ?)(?P<width>\d{2,4})(?P<unit> ?mm)?(?!\w|[.,]\d)"
)
_PIPED = re.compile(r"(?i)(?:ống|cống|van|thép|cọc|tuyến|gang|HDPE|PVC)[^.;\n]{0,30}$")
_DOSSIER = re.compile(r"(?<![\w.-])[A-ZĐ]{1,4}\d{1,4}(?:[.-]\d{2,8}){1,4}(?![\w-]|[.,]\d)")
_FILED = re.compile(r"(?i)(?:mã|hồ sơ)(?: \w{1,6})?(?: số)?:? $")
_VARIETY = re.compile(r"(?i)(?<!\w)(?:giống|lúa)(?!\w)[^.;:\n]{0,36}$")
_GROUP = re.compile(r"[^\W\d]+\d+|\d+")


def find_codes(view: View) -> Iterator[Claim]:
    """Claim strings that mix letters and digits."""
    claims = [*_find_dossiers(view), *_find_strings(view)]
    end = 0
    for claim in sorted(claims, key=lambda one: (one.start, -one.end)):
        if claim.start >= end:
            end = claim.end
            yield claim


def find_pipes(view: View) -> Iterator[Claim]:
    """Claim the width of a pipe: DN300, D600mm, Ø150."""
    for match in _PIPE.finditer(view.text):
        if not match["wide"] or _PIPED.search(view.before(match.start())):
            unit = " mi li mét" if match["unit"] else ""
            said = f"phi {say_integer(match['width'])}{unit}"
            yield Claim(match.start(), match.end(), said, counts=True)


def _find_dossiers(view: View) -> Iterator[Claim]:
    for match in _DOSSIER.finditer(view.text):
        if _FILED.search(view.before(match.start())):
            said = ", ".join(spell(part) for part in _GROUP.findall(match[0]))
            yield Claim(match.start(), match.end(), said)


def _find_strings(view: View) -> Iterator[Claim]:
    for match in _STRING.finditer(view.text):
        parts = list(_PART.finditer(match[0]))
        if len(parts) < 2:
            continue
        words = [_say_part(view, part, match.start()) for part in parts]
        if all(word is not None for word in words):
            said = " ".join(word for word in words if word)
            if view.before(match.start(), 6).lower().endswith("đường "):
                said = said.removeprefix("đường ")
            yield Claim(match.start(), match.end(), said, counts=True)
        else:
            yield Claim(match.start(), match.end(), spell(match[0]), rule=UNKNOWN)


def _say_part(view: View, part: re.Match[str], offset: int) -> str | None:
    written, start = part[0], offset + part.start()
    if written.isdecimal():
        return say_integer(written) if len(written) <= 4 else say_digits(written)
    if len(written) == 1:
        return name_letter(written) or None
    if written.isupper() and _VARIETY.search(view.before(offset)):
        return spell(written)
    known = reading_at(view, start, start + len(written))
    if known:
        return known
    return written if is_syllable(written) and not written.isupper() else None
