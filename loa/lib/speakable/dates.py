"""Dates, months and quarters with their years; fractions, which look the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.numbers import say_integer, say_year
from loa.lib.speakable.view import COUNTED, Claim, View

_START = r"(?<![\w.,/+])"
_END = r"(?![\w/]|[.,-]\d)"
_DATE = re.compile(
    rf"{_START}(?:"
    rf"(?P<day>\d{{1,2}}) ?(?P<sign>[/.-]) ?(?P<month>\d{{1,2}}) ?(?P=sign) ?(?P<year>\d{{4}}){_END}"
    rf"|(?P<iso_year>[12]\d{{3}})-(?P<iso_month>\d{{2}})-(?P<iso_day>\d{{2}}){_END}"
    rf"|(?P<lone_month>\d{{1,2}}) ?[/-] ?(?P<lone_year>(?:19|20)\d{{2}}){_END}"
    rf"|(?P<short_day>\d{{1,2}})(?P<short_sign>[/-])(?P<short_month>\d{{1,2}})(?![\w/]|[.,]\d)"
    rf")|(?<=[{COUNTED}])/(?P<bare_year>(?:19|20)\d{{2}}){_END}"
    rf"|{_START}(?P<from_day>\d{{1,2}}) ?[-–] ?(?=\d{{1,2}}/\d{{1,2}}(?!\d))"
)
_NAMED_DAY = re.compile(
    r"(?<!\w)(?:ngày|mùng|mồng|hôm|rằm|đường|phố|quảng trường|trường|công viên|khu|cầu) $",
    re.IGNORECASE,
)
_NAMED_MONTH = re.compile(r"(?:tháng|quý|kỳ|đợt) $", re.IGNORECASE)
_DATED = re.compile(
    r"(?:ngày|sáng|trưa|chiều|tối|đêm|từ|đến|tới|trước|sau|hôm|lễ|dịp|mùng|mồng|hết|vào|nay|qua|mai|"
    r"thứ \S{1,4}|cn|chủ nhật|giờ|phút|\dh|h\d\d),? ?\(?$",
    re.IGNORECASE,
)
_LISTED = re.compile(r"\d/\d{1,2}(?:/\d{4})?(?:,| và| hoặc| ?[-–]| đến) ?$")
_HOLIDAYS = frozenset(
    [
        "30/4",
        "1/5",
        "2/9",
        "8/3",
        "20/11",
        "27/7",
        "1/6",
        "20/10",
        "22/12",
        "26/3",
        "3/2",
        "19/5",
        "27/2",
        "21/6",
        "1/1",
    ]
)
_NUMBERED_HOUSE = re.compile(
    r"(?:số|nhà|hẻm|kiệt|ngõ|ngách|thửa|tổ|lô|tờ|k|bậc|tỷ lệ|tỉ lệ) ?$", re.IGNORECASE
)
_SHARED_NOUN = re.compile(
    r" (?:số|diện tích|tổng|dân số|lượng|quãng|thời gian|chiều|công việc|khối lượng|quân số|đoạn|giá)(?!\w)"
)
_COUNTED_NOUN = re.compile(
    r" (?:đại biểu|khu|hộ|học sinh|cử tri|thành viên|phiếu|tổ|thôn|xã|phường|trường|tiêu chí|chỉ tiêu)(?!\w)"
)


def find_dates(view: View) -> Iterator[Claim]:
    """Claim dates, months of a year, and fractions."""
    for match in _DATE.finditer(view.text):
        said = _say_date(view, match)
        if said:
            yield Claim(match.start(), match.end(), said, counts=not match["from_day"])


def _say_date(view: View, match: re.Match[str]) -> str | None:
    if match["bare_year"]:
        return say_year(match["bare_year"])
    if match["from_day"]:
        return f"{say_integer(match['from_day'])} đến"
    if match["lone_month"]:
        return _say_month(view, match)
    if match["short_day"]:
        return _say_short(view, match)
    day = match["day"] or match["iso_day"]
    month = match["month"] or match["iso_month"]
    if not _is_day(day, month):
        return None
    return f"{_say_day(view, match, day, month)} {say_year(match['year'] or match['iso_year'])}"


def _say_day(view: View, match: re.Match[str], day: str, month: str) -> str:
    lead = "" if _NAMED_DAY.search(view.before(match.start(), 14)) else "ngày "
    return f"{lead}{say_integer(day)} tháng {say_month(month)}"


def say_month(month: str) -> str:
    return "tư" if int(month) == 4 else say_integer(month)


def _say_month(view: View, match: re.Match[str]) -> str | None:
    named = _NAMED_MONTH.search(view.before(match.start(), 7))
    month = match["lone_month"]
    if not 1 <= int(month) <= 12 or (not named and "-" in match[0]):
        return None
    said = say_integer(month) if named and "tháng" not in named[0].lower() else say_month(month)
    lead = "" if named else "tháng "
    return f"{lead}{said} {say_year(match['lone_year'])}"


def _say_short(view: View, match: re.Match[str]) -> str | None:
    day, month = match["short_day"], match["short_month"]
    before = view.before(match.start(), 24)
    is_slash = match["short_sign"] == "/"
    named = _NAMED_DAY.search(before)
    if not is_slash:
        # "ngày 17-11" is a date unless the days run on: "ngày 5-7/10", "ngày 5-7 hằng tháng".
        is_date = (
            named and len(day) == len(month) == 2 and _is_day(day, month) and int(day) > int(month)
        )
        return _say_day(view, match, day, month) if is_date else None
    after = view.after(match.end(), 14)
    is_share = not named and int(day) <= int(month)
    if is_share and _SHARED_NOUN.match(after):
        return f"{say_integer(day)} phần {say_integer(month)}"
    is_count = is_share and _COUNTED_NOUN.match(after)
    if is_count or _NUMBERED_HOUSE.search(before) or not _is_day(day, month):
        return f"{say_integer(day)} trên {say_integer(month)}"
    is_dated = _DATED.search(before) or _LISTED.search(before) or int(day) > 12
    if (
        is_dated
        or f"{int(day)}/{int(month)}" in _HOLIDAYS
        or len(day + month) > 2
        or int(day) >= int(month)
    ):
        return _say_day(view, match, day, month)
    return f"{say_integer(day)} trên {say_integer(month)}"


def _is_day(day: str, month: str) -> bool:
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}.get(int(month), 31)
    return 1 <= int(month) <= 12 and 1 <= int(day) <= longest
