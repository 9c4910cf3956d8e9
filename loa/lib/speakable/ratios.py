"""Pairs of numbers that are no range: scores, line-ups and scales."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.numbers import say_integer, say_number
from loa.lib.speakable.view import Claim, View

_SCORE = re.compile(
    r"(?<![\w.,/-])(?P<ours>\d{1,2}) ?[-–] ?(?P<theirs>\d{1,2})(?![\w%/-]|[.,]\d| ?[-–] ?\d)"
)
_PLAYED = re.compile(
    r"(?i)(?<!\w)(?:tỷ số|tỉ số|thắng|thua|hòa|hạ|dẫn|gỡ|cân bằng|đánh bại|ghi bàn)(?:[^\d.;!?\n]{0,30}"
    r"|[^.;!?\n]{0,30}\d{1,2} ?[-–] ?\d{1,2}(?:,| và) )$"
)
_THINGS = re.compile(
    r"(?i) ?(?:trận|lần|giải|ngày|năm|tháng|tuổi|điểm|triệu|tỷ|nghìn|m|km|kg|huy chương|người|đội|bàn|độ|giờ|phút|đồng)(?!\w)"
)
_LINE_UP = re.compile(r"(?<![\w.,/-])[1-5](?:-[1-5]){2,3}(?![\w%/-]|[.,]\d)")
_SET_UP = re.compile(r"(?i)(?:sơ đồ|đội hình|chiến thuật|hệ thống)[^.;\n]{0,20}$")
_SCALE = re.compile(
    r"(?<![\w.,/])1 ?: ?(?P<whole>\d{1,3}(?:[. ]\d{3}){0,2}|\d{4,6})(?![\w:]|[.,]\d)"
)
_SCALED = re.compile(r"(?i)(?:tỷ lệ|tỉ lệ)[^.;\n]{0,30}$")


def find_ratios(view: View) -> Iterator[Claim]:
    """Claim 3-0 of a match, 4-4-2 of a team, and 1:2.000 of a map."""
    claims = [*_find_scores(view), *_find_line_ups(view), *_find_scales(view)]
    yield from sorted(claims, key=lambda one: one.start)


def _find_scores(view: View) -> Iterator[Claim]:
    for match in _SCORE.finditer(view.text):
        if _THINGS.match(view.after(match.end())):
            continue
        # No range ends in nought.
        if match["theirs"] == "0" or _PLAYED.search(view.before(match.start(), 90)):
            said = f"{say_integer(match['ours'])} {say_integer(match['theirs'])}"
            yield Claim(match.start(), match.end(), said, counts=True)


def _find_line_ups(view: View) -> Iterator[Claim]:
    for match in _LINE_UP.finditer(view.text):
        if _SET_UP.search(view.before(match.start())):
            said = " ".join(say_integer(digit) for digit in match[0].split("-"))
            yield Claim(match.start(), match.end(), said, counts=True)


def _find_scales(view: View) -> Iterator[Claim]:
    for match in _SCALE.finditer(view.text):
        if _SCALED.search(view.before(match.start())):
            whole = say_number(match["whole"].replace(" ", ""))
            yield Claim(match.start(), match.end(), f"một trên {whole}", counts=True)
