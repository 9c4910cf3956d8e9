"""Roman numerals, after the words that call for them or by their unmistakable shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.letters import name_letter
from loa.lib.speakable.numbers import say_integer
from loa.lib.speakable.view import COUNTED, Claim, View
from loa.lib.text import is_syllable

_ROMAN = r"(?:X{0,3}(?:IX|IV|V?I{1,3}|V)|X{1,3}|XL(?:IX|IV|V?I{0,3}))"
_TOKEN = re.compile(rf"(?<![\w.])(?P<roman>{_ROMAN})(?P<suffix>[a-zđ])?(?!\w)")
_CALLED = re.compile(
    r"(?:quý|chương|khóa|khoá|thế kỷ|kỳ|đại hội|thứ|loại|mục|phần|bậc|hạng|cấp|vùng|giai đoạn|"
    r"khu vực|nhóm|đợt|tập|phụ lục|báo động|học kỳ|cụm|bảng|điều|tiểu dự án|đô thị|tuyến|"
    r"hội nghị|trung ương|khóa họp|kỳ họp|đồng bằng) "
    rf"(?:[IVXL\d{COUNTED}]{{1,8}}(?:, ?| và |\s?[-–]\s?)){{0,5}}$",
    re.IGNORECASE,
)
_QUARTERS = re.compile(r"(?i)quý I{1,3} ?[-–] ?$")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def find_romans(view: View) -> Iterator[Claim]:
    """Claim Roman numerals."""
    for match in _TOKEN.finditer(view.text):
        if _is_numeral(view, match):
            said = say_roman(match["roman"])
            if match["suffix"]:
                said += f" {name_letter(match['suffix'])}"
            if match[0] == "IV" and view.before(match.start(), 4).lower() == "quý ":
                said = "tư"
            if _QUARTERS.search(view.before(match.start(), 12)):
                said = f"quý {said}"
            yield Claim(match.start(), match.end(), said, counts=True)


def say_roman(written: str) -> str:
    values = [_VALUES[letter] for letter in written]
    following = [*values[1:], 0]
    signed = (v if v >= after else -v for v, after in zip(values, following, strict=True))
    return say_integer(str(sum(signed)))


def _is_numeral(view: View, match: re.Match[str]) -> bool:
    if _CALLED.search(view.before(match.start())):
        return True
    if len(match["roman"]) == 1 or match["suffix"]:
        return False
    return not (is_syllable(match[0]) and view.in_headline(match.start(), match.end()))
