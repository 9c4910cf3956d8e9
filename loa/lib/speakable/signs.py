"""The last rules: ranges, slashes, brackets, and every sign a voice cannot say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.letters import is_vietnamese
from loa.lib.speakable.measures import COUNT_NOUN, say_unit
from loa.lib.speakable.view import COUNTED, TAKEN, Claim, View

_RANGE = re.compile(rf"(?<=[{COUNTED}]) ?(?:[-–—−~→÷]|->) ?(?=[{COUNTED}])")
_TIMES = re.compile(r"(?<=[\dm]) ?[x×] ?(?=\d)")
_COMPARED = re.compile(rf"(?<![<>])(?P<sign>>=|<=|[≥≤<>]) ?(?=[{COUNTED}])")
_COMPARISONS = {
    "<": "dưới",
    ">": "trên",
    "≥": "từ",
    ">=": "từ",
    "≤": "không quá",
    "<=": "không quá",
}
_APART = re.compile(rf"(?<=[{COUNTED}]) (?=[{COUNTED}])")
_BETWEEN = re.compile(
    rf"(?P<times>(?<=[{COUNTED}]) ?[×X*] ?(?=[{COUNTED}]))"
    rf"|(?P<over>(?<=[{COUNTED}])/(?=[{COUNTED}]))"
    rf"|(?P<plus>(?<=[{COUNTED}]) ?\+ ?(?=[{COUNTED}]))"
)
_STARS = re.compile(rf"(?<=[^\w{COUNTED}][{COUNTED}])\*(?![\w*{COUNTED}])")
_PER = re.compile(
    rf"(?<=[^\s/])/(?:(?P<noun>(?=(?:{COUNT_NOUN})(?!\w)))|(?P<unit>(?:ha|km2?|m[23²³]|kg|h)(?!\w)))"
)
_SIGN = re.compile(
    r"(?P<dots>\.{2,}|\.…)|(?P<arrows>>{2,}|<{2,})|(?P<dash> [-–—−]{1,3} |[-–—−]{2,3}|(?<=\w)[-–—−] | [-–—−](?=\w))|(?P<joint>[-–—−])"
    rf"|(?P<other>[^\w\s,.;:?!…{TAKEN}{COUNTED}]|_)|(?P<odd>[^\W\d_])"
)
_SAID = {
    "&": "và", "@": "a còng", "+": "cộng", "=": "bằng", "<": "nhỏ hơn", ">": "lớn hơn", "≥": "lớn hơn hoặc bằng",
    "≤": "nhỏ hơn hoặc bằng", "±": "cộng trừ", "~": "khoảng", "≈": "khoảng", "%": "phần trăm", "‰": "phần nghìn",
    "$": "đô la", "€": "ơ rô", "£": "bảng", "°": "độ", "º": "độ", "×": "nhân", "÷": "chia", "½": "một phần hai",
    "¼": "một phần tư", "¾": "ba phần tư", "²": "bình phương", "³": "lập phương", "№": "số",
    "(": ",", ")": ",", "[": ",", "]": ",", "{": ",", "}": ",", "/": ",", "|": ",", "\\": ",", "→": ",", "⇒": ",",
    "•": ",", "·": ",", "。": ".", "，": ",", "；": ";", "：": ":", "！": "!", "？": "?",
}  # fmt: skip


def find_times_signs(view: View) -> Iterator[Claim]:
    """Claim the sign of multiplication: 3x5 m."""
    for match in _TIMES.finditer(view.text):
        yield Claim(match.start(), match.end(), "nhân")


def find_ranges(view: View) -> Iterator[Claim]:
    """Claim the dash between two quantities: "đến", never "trừ"."""
    for match in _RANGE.finditer(view.text):
        yield Claim(match.start(), match.end(), "đến")


def find_pauses(view: View) -> Iterator[Claim]:
    """Claim the space between two quantities: a pause keeps them apart."""
    for match in _APART.finditer(view.text):
        yield Claim(match.start(), match.end(), ",")


def find_comparisons(view: View) -> Iterator[Claim]:
    """Claim the signs that set a bound to a quantity: ≥ 18 is "từ mười tám"."""
    for match in _COMPARED.finditer(view.text):
        yield Claim(match.start(), match.end(), _COMPARISONS[match["sign"]])


def find_signs(view: View) -> Iterator[Claim]:
    """Claim what is left that a voice cannot say."""
    claims = [*_find_between(view), *_find_per(view)]
    taken = {claim.start for claim in claims}
    inside = {position for claim in claims for position in range(claim.start, claim.end)}
    for match in _SIGN.finditer(view.text):
        if match["odd"] and is_vietnamese(match[0]):
            continue
        if match.start() not in taken and inside.isdisjoint(range(match.start(), match.end())):
            claims.append(Claim(match.start(), match.end(), _say_sign(match)))
    yield from sorted(claims, key=lambda one: one.start)


def _find_between(view: View) -> Iterator[Claim]:
    words = {"times": "nhân", "over": "trên", "plus": "cộng"}
    for match in _STARS.finditer(view.text):
        if view.source[match.start() - 1] in "12345":
            yield Claim(match.start(), match.end(), "sao")
    for match in _BETWEEN.finditer(view.text):
        yield Claim(match.start(), match.end(), words[str(match.lastgroup)])


def _find_per(view: View) -> Iterator[Claim]:
    for match in _PER.finditer(view.text):
        said = f"trên {say_unit(match['unit'])}" if match["unit"] else "một"
        yield Claim(match.start(), match.end(), said)


def _say_sign(match: re.Match[str]) -> str:
    if match["dots"]:
        return "…"
    if match["dash"] or match["arrows"]:
        return ","
    return _SAID.get(match[0], "")
