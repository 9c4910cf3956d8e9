"""Telephone numbers and hotlines, digit by digit."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from loa.lib.speakable.numbers import say_digits
from loa.lib.speakable.view import Claim, View

_SPLIT = r"[ .\-]?"
_LONG = re.compile(
    r"(?<![\w.,/+-])(?:"
    rf"\(?\+?84\)?(?:{_SPLIT}\d{{2,4}}){{2,5}}"
    rf"|\(0\d{{1,3}}\)(?:{_SPLIT}\d{{1,8}}){{1,4}}"
    rf"|0\d{{2,3}}[ .-]\d(?:[ .]\d{{3}}){{2}}"
    rf"|0\d{{1,10}}(?:{_SPLIT}\d{{2,8}}){{0,4}}"
    rf"|1[89]00(?:{_SPLIT}\d{{2,6}}){{1,3}}"
    r")(?![\w/]|[.,]\d)"
)
_LISTED_LINES = re.compile(r"(?<![\w.,/:-])11[1-5](?:[/-]11[1-5]){1,4}(?![\w/-])")
_SHORT = re.compile(r"(?<![\w.,/:])(?:1\d{2,3}|[1-9]\d{2,7})(?![\w/%]|[.,]\d)")
_LINE = (
    r"(?<!\w)(?:tổng đài|đường dây nóng|hotline|gọi|gọi ngay|điện thoại|sđt|số máy|liên hệ|"
    r"nhắn tin|alo|bấm|quay số|cấp cứu|cứu hộ|báo cháy|zalo)(?!\w)"
)
_ASKED = re.compile(rf"{_LINE}[^.!?]{{0,70}}$", re.IGNORECASE)
_ASKED_AT_ONCE = re.compile(
    rf"(?:{_LINE}(?<!cấp cứu)(?<!cứu hộ)(?:[ :]+(?:số|ngay|đến|tới|theo|qua|về|máy|tổng đài|điện thoại|đường dây nóng))"
    r"{0,4}[ :]{1,2}|(?<!\w)đt[:.] ?)$",
    re.IGNORECASE,
)
_CONTINUED = re.compile(r"(?:,|;| và|,? hoặc| hay|/| ?[-–]) ?")
_NOT_A_LINE = re.compile(
    r"(?:năm|ngày|tháng|tổ|số nhà|nhà số|phòng|khoảng|hơn|gần|quyết định số) $", re.IGNORECASE
)
_COUNTED_NOUN = re.compile(
    r" (?:người|hộ|ca|đồng|nghìn|triệu|tỷ|km|m|ha|kg|tấn|trường|em|cháu|phút|giờ|ngày|"
    r"tháng|năm|suất|đường|lượt|căn|phần|khu|bệnh nhân|nạn nhân|thanh niên|học sinh|tàu|xe|nhà)(?!\w)",
)
# Nobody in the city means a quantity by this one.
_CITY_LINE = "1022"
# Numbers that people call, not count: 113, 1080, 3822113.
_LINE_LIKE = re.compile(r"11[1-5]|10\d\d|\d{7,8}")
_LOCAL_DIGITS = 7
_HOTLINES = frozenset(["111", "112", "113", "114", "115"])


def find_phones(view: View) -> Iterator[Claim]:
    """Claim telephone numbers by their shape, short ones also by what is said before them."""
    claims = [claim for claim in map(_long_claim, _LONG.finditer(view.text)) if claim]
    claims += map(_lines_claim, _LISTED_LINES.finditer(view.text))
    claims = list(_without_overlaps(claims))
    yield from _without_overlaps([*claims, *_find_short(view, claims)])


def _find_short(view: View, claims: list[Claim]) -> Iterator[Claim]:
    waiting = deque(claims)
    last_end = -1
    for match in _SHORT.finditer(view.text):
        while waiting and waiting[0].start <= match.start():
            last_end = max(last_end, waiting.popleft().end)
        if match.start() >= last_end and _is_hotline(view, match, last_end):
            last_end = match.end()
            said = ", ".join(say_digits(group) for group in _halves(match[0]))
            yield Claim(match.start(), match.end(), said, counts=len(match[0]) < _LOCAL_DIGITS)


def _long_claim(match: re.Match[str]) -> Claim | None:
    digits = re.sub(r"\D", "", match[0])
    if (digits.startswith("84") and 10 <= len(digits) <= 12) or (
        (digits.startswith("0") and 9 <= len(digits) <= 11)
        or (digits[0] == "1" and len(digits) in (6, 7, 8, 10))
    ):
        groups = _groups(match[0])
    else:
        return None
    plus = "cộng " if "+" in match[0] else ""
    said = plus + ", ".join(say_digits(group) for group in groups)
    # Not counted: a dash between two telephones is no range.
    return Claim(match.start(), match.end(), said)


def _lines_claim(match: re.Match[str]) -> Claim:
    lines = re.findall(r"\d+", match[0])
    return Claim(match.start(), match.end(), ", ".join(map(say_digits, lines)))


def _groups(written: str) -> list[str]:
    groups = re.findall(r"\d+", written)
    if len(groups) > 1:
        return [part for group in groups for part in _halves(group)]
    digits = groups[0]
    first = 3 if digits.startswith(("024", "028")) else 4
    rest = digits[first:]
    return [digits[:first], *_halves(rest)]


def _halves(digits: str) -> list[str]:
    """Return a long group as two, for nobody keeps seven digits in mind at once."""
    middle = len(digits) // 2
    return [digits] if len(digits) <= 4 else [digits[:middle], digits[middle:]]


def _is_hotline(view: View, match: re.Match[str], last_end: int) -> bool:
    continues = last_end >= 0 and _CONTINUED.fullmatch(
        view.source[last_end : min(match.start(), last_end + 8)]
    )
    if view.source[match.start() - 1 : match.start()] in {"-", "–"} and not continues:
        return False
    if _COUNTED_NOUN.match(view.after(match.end(), 12)):
        return False
    before = view.before(match.start(), 90)
    if _NOT_A_LINE.search(before):
        return False
    if continues or _ASKED.search(before):
        return bool(_LINE_LIKE.fullmatch(match[0]) or _ASKED_AT_ONCE.search(before))
    at_once = _ASKED_AT_ONCE.search(before)
    return match[0] == _CITY_LINE or bool(at_once) or _is_listed_hotline(view, match)


def _is_listed_hotline(view: View, match: re.Match[str]) -> bool:
    """Tell whether 112 to 115 stand beside one another, as only hotlines do."""
    beside = re.match(r"(?:,|;| và|,? hoặc| ?[-–]) ?(11[1-5])(?!\d)", view.after(match.end(), 10))
    return match[0] in _HOTLINES and bool(beside)


def _without_overlaps(claims: list[Claim]) -> Iterator[Claim]:
    end = 0
    for claim in sorted(claims, key=lambda one: one.start):
        if claim.start >= end:
            end = claim.end
            yield claim
