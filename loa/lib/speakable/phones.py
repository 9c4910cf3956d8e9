"""Telephone numbers and hotlines, digit by digit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.numbers import say_digits
from loa.lib.speakable.view import Claim, View

_SPLIT = r"[ .\-]?"
_LONG = re.compile(
    r"(?<![\w.,/+-])(?:"
    rf"\(?\+?84\)?(?:{_SPLIT}\d{{2,4}}){{2,5}}"
    rf"|\(0\d{{1,3}}\)(?:{_SPLIT}\d{{1,8}}){{1,4}}"
    rf"|0\d{{1,10}}(?:{_SPLIT}\d{{2,8}}){{0,4}}"
    rf"|1[89]00(?:{_SPLIT}\d{{2,6}}){{1,3}}"
    r")(?![\w/]|[.,]\d)"
)
_SHORT = re.compile(r"(?<![\w.,/:])(?:1\d{2,3}|[1-9]\d{2,7})(?![\w/%]|[.,]\d)")
_ASKED = re.compile(
    r"(?<!\w)(?:tổng đài|đường dây nóng|hotline|gọi|gọi ngay|điện thoại|đt|sđt|số máy|liên hệ|"
    r"nhắn tin|alo|bấm|quay số|cấp cứu|cứu hộ|báo cháy|zalo)(?!\w)[^.!?]{0,70}$",
    re.IGNORECASE,
)
_CONTINUED = re.compile(r"(?:,|;| và|,? hoặc| hay|/| ?[-–]) ?")
_NOT_A_LINE = re.compile(
    r"(?:năm|ngày|tháng|tổ|số nhà|nhà số|phòng|khoảng|hơn|gần|quyết định số) $", re.IGNORECASE
)
_COUNTED_NOUN = re.compile(
    r" (?:người|hộ|ca|đồng|nghìn|triệu|tỷ|km|m|ha|kg|tấn|trường|em|cháu|phút|giờ|ngày|"
    r"tháng|năm|suất|đường|lượt|căn|phần|khu)(?!\w)",
)
# Nobody in the city means a quantity by this one.
_CITY_LINE = "1022"
_HOTLINES = frozenset(["111", "112", "113", "114", "115"])


def find_phones(view: View) -> Iterator[Claim]:
    """Claim telephone numbers by their shape, short ones also by what is said before them."""
    claims = [claim for claim in map(_long_claim, _LONG.finditer(view.text)) if claim]
    ends = {claim.start: claim.end for claim in claims}
    done = last_end = -1
    for match in _SHORT.finditer(view.text):
        done = ends.get(match.start(), done)
        if match.start() >= done and _is_hotline(view, match, last_end):
            last_end = match.end()
            claims.append(Claim(match.start(), match.end(), say_digits(match[0]), counts=True))
    yield from _without_overlaps(claims)


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
    return Claim(match.start(), match.end(), said, counts=True)


def _groups(written: str) -> list[str]:
    groups = re.findall(r"\d+", written)
    if len(groups) > 1:
        return groups
    digits = groups[0]
    first = 3 if digits.startswith(("024", "028")) else 4
    rest = digits[first:]
    if len(rest) <= 4:
        return [digits[:first], rest]
    return [digits[:first], rest[: len(rest) // 2], rest[len(rest) // 2 :]]


def _is_hotline(view: View, match: re.Match[str], last_end: int) -> bool:
    if view.source[match.start() - 1 : match.start()] in {"-", "–"} and last_end < 0:
        return False
    if _COUNTED_NOUN.match(view.after(match.end(), 12)):
        return False
    if last_end >= 0 and _CONTINUED.fullmatch(
        view.source[last_end : min(match.start(), last_end + 8)]
    ):
        return True
    before = view.before(match.start(), 90)
    if _NOT_A_LINE.search(before):
        return False
    return match[0] == _CITY_LINE or bool(_ASKED.search(before)) or _is_listed_hotline(view, match)


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
