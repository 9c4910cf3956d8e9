"""Numbers of official documents: 198/KH-UBND, 49/2024/NĐ-CP, 08-NQ/TW.

They are read as the sentence needs: the kind of document only when the words before did
not say it, the issuer only when the sentence does not name it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.letters import name_letter
from loa.lib.speakable.numbers import say_integer, say_year
from loa.lib.speakable.view import Claim, View

_PART = r"[A-ZĐƯ][\w&]{0,15}"
_NUMBER = re.compile(
    r"(?<![\w/.-])(?P<number>\d{1,6})(?P<suffix>[a-zđ]?) ?(?:"
    rf"/ ?(?:(?P<year>\d{{4}}) ?/ ?)?(?P<code>{_PART}(?:[-–/]{_PART}){{0,5}})"
    rf"|[-–](?P<party>{_PART}(?:[-–]{_PART})?/{_PART}(?:[-–/]{_PART}){{0,3}})"
    r")(?!\w)"
)
_SEPARATOR = re.compile(r"[-–/]")
_ASSEMBLY = re.compile(r"(?P<body>UBTVQH|QH|HĐND)(?P<term>\d{1,2})")
_JOINT = frozenset(["TTLT", "NQLT"])
_NUMBERED = re.compile(r"(?:số|số:) ?$", re.IGNORECASE)


def find_document_numbers(view: View) -> Iterator[Claim]:
    """Claim document numbers whose code starts with a known kind or issuer."""
    for match in _NUMBER.finditer(view.text):
        group = "code" if match["code"] else "party"
        reading = _say_code(view, match, group)
        if reading is None:
            continue
        said, end = reading
        number = say_integer(match["number"])
        if match["suffix"]:
            number += f" {name_letter(match['suffix'])}"
        if match["year"]:
            number += f" {say_year(match['year'])}"
        lead = "" if _NUMBERED.search(view.before(match.start(), 5)) else "số "
        yield Claim(match.start(), end, f"{lead}{number}{said}")


def _say_code(view: View, match: re.Match[str], group: str) -> tuple[str, int] | None:
    """Return the words for kind and issuers, and where they end; unknown parts are left over."""
    parts = _parts(match[group], match.start(group))
    kind = view.lexicon.kind(parts[0][0])
    issuers = parts[1:] if kind else parts
    if not kind and _say_issuer(view, parts[0][0]) is None:
        return None
    if not kind and not _ASSEMBLY.fullmatch(parts[0][0]):
        kind = "công văn"
    is_joint = parts[0][0] in _JOINT
    names: list[str] = []
    end = match.end()
    for written, start in issuers:
        if names and not is_joint and not _is_issuer(view, written):
            continue
        name = _say_issuer(view, written)
        if name is None:
            end = start
            break
        names.append(name)
    spoken_kind = "" if not kind or _is_kind_named(view, match, kind, parts[0][0]) else kind
    kept = [
        name for name in names if len(names) > 1 or not _is_named(view, match, name, issuers[0][0])
    ]
    unread = end < match.end()
    return _join(spoken_kind, kept, is_joint=is_joint, unread=unread), end


def _join(kind: str, issuers: list[str], *, is_joint: bool, unread: bool) -> str:
    said = f", {kind[0].upper()}{kind[1:]}" if kind else ""
    if issuers:
        said += " của " + (" và " if is_joint else " ").join(issuers)
    elif unread:
        said += " của"
    return f"{said}," if kind and not unread else said


def _parts(code: str, start: int) -> list[tuple[str, int]]:
    found, position = [], 0
    for written in _SEPARATOR.split(code):
        found.append((written, start + position))
        position += len(written) + 1
    return found


def _is_issuer(view: View, written: str) -> bool:
    """Tell an issuer from the office that drafted the paper, which no announcer reads."""
    known = written in view.lexicon.issuers or written in view.lexicon.site
    return known or bool(_ASSEMBLY.fullmatch(written))


def _say_issuer(view: View, written: str) -> str | None:
    known = view.lexicon.issuer(written)
    assembly = _ASSEMBLY.fullmatch(written)
    if known or not assembly:
        return known
    return f"{view.lexicon.issuer(assembly['body'])} khóa {say_integer(assembly['term'])}"


def _is_kind_named(view: View, match: re.Match[str], kind: str, written: str) -> bool:
    before = view.before(match.start(), 60)
    short = re.search(rf"(?<![\w/-]){re.escape(written)}(?!\w)", before)
    return kind.lower() in before.lower() or bool(short)


def _is_named(view: View, match: re.Match[str], name: str, written: str) -> bool:
    around = view.sentence_before(match.start()) + " | " + view.sentence_after(match.end())
    body = re.sub(r"\d+$", "", written)
    short = re.search(rf"(?<![\w/–-]){re.escape(body)}(?!\w)", around)
    return name.partition(" khóa ")[0].lower() in around.lower() or bool(short)
