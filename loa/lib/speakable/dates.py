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
    rf"(?P<day>\d{{1,2}}) ?(?P<sign>[/.-]) ?(?P<month>\d{{1,2}}) ?(?P=sign) ?(?P<year>\d{{4}}|(?<=[/-])\d{{2}}){_END}"
    rf"|(?P<iso_year>[12]\d{{3}})-(?P<iso_month>\d{{2}})-(?P<iso_day>\d{{2}}){_END}"
    rf"|(?P<lone_month>\d{{1,4}}) ?[/-] ?(?P<lone_year>(?:19|20)\d{{2}}){_END}"
    rf"|(?P<short_day>\d{{1,2}})(?P<short_sign>[/.-])(?P<short_month>\d{{1,2}})(?![\w/]|[.,]\d)"
    rf")|(?<=30/4)(?P<bridge> ?[-–] ?)(?=0?1/0?5(?![\w/]))|(?<=[{COUNTED}])/(?P<bare_year>(?:19|20)\d{{2}}){_END}"
    rf"|{_START}(?P<from_day>\d{{1,2}}) ?(?:[-–÷→]|->) ?(?=\d{{1,2}}/\d{{1,2}}(?!\d))"
)
_NAMED_DAY = re.compile(
    r"(?<!\w)(?:ngày|mùng|mồng|hôm|rằm|đường|phố|quảng trường|trường|công viên|CV|CLB|câu lạc bộ|khu|cầu) $",
    re.IGNORECASE,
)
_LISTED_DAYS = re.compile(
    r"(?i)(?<!\w)(?:ngày|mùng|mồng) \d{1,2}(?:(?:, ?| và | ?& ?)\d{1,2}){0,8}(?:, ?| và | ?& ?)$"
)
_DATE_BEFORE = re.compile(r"(?i)(?<!\w)(?:ngày|từ) (?:\d{1,2})-(?:\d{1,2})(?:,| và| đến) $")
# Papers of the city write "ngày 5-6" for the fifth of June; several days are named as such.
_SEVERAL_DAYS = re.compile(r"(?i)(?<!\w)(?:các|những|mỗi|hai|ba|bốn|\d) ngày $")
_RUNS_ON = re.compile(r"(?i) (?:h[ằà]ng|mỗi|của|tháng|âm|tết|giêng|chạp)(?!\w)")
_RUN_ON = re.compile(r"(?<![\d/.,-])(?P<first>\d{1,2}) ?[-–] ?$")
_TWO_DAYS = re.compile(r"(?i)(?<!\w)(?:2|hai) ngày $")
_JOINED_DAYS = re.compile(r"(?i)(?<!\w)(?:2|hai) ngày \d{1,2} ?[-–] ?$")
_DOTTED_DAY = re.compile(
    r"(?i)(?:(?<!\w)(?:ngày|sáng|trưa|chiều|tối|đêm|hôm)"
    r"|(?<!\w)(?:ngày|từ) \d{1,2}-\d{1,2}(?:,| và| đến)) $"
)
_AMOUNT = re.compile(
    r"(?i) ?(?:triệu|tỷ|tỉ|nghìn|ngàn|km|m|kg|ha|độ|%|lần|giờ|điểm|tấn|mét|người)(?!\w)"
)
_NTH = re.compile(
    r"(?i)(?<!\w)(?:tuần|nghị định|thông tư|quyết định|nghị quyết|chỉ thị|luật|NĐ|QĐ|NQ|số)(?: thứ| số)? $"
)
_CLASS = re.compile(r"(?i)(?<!\w)(?:lớp|khối) (?:\d{1,2}/\d{1,2}(?:, ?| và | hoặc )){0,8}$")
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
    r" (?:số|ngày (?:lương|công)|tháng lương|giờ|căn|sào|mảnh|thửa|diện tích|tổng|dân số|lượng|quãng|thời gian|chiều|công việc|khối lượng|quân số|đoạn|giá)(?!\w)"
)
_COUNTED_NOUN = re.compile(
    r" (?:đại biểu|khu|hộ|học sinh|cử tri|thành viên|phiếu|tổ|thôn|xã|phường|trường|tiêu chí|chỉ tiêu)(?!\w)"
)


def find_dates(view: View) -> Iterator[Claim]:
    """Claim dates, months of a year, and fractions."""
    for match in _DATE.finditer(view.text):
        said = _say_date(view, match)
        if said:
            joins = bool(match["from_day"] or match["bridge"])
            yield Claim(match.start(), match.end(), said, counts=not joins)


def _say_date(view: View, match: re.Match[str]) -> str | None:
    if match["bare_year"]:
        return say_year(match["bare_year"])
    if match["bridge"]:
        return None if _is_span(view, match) else "và"
    if match["from_day"]:
        return _say_first_day(view, match)
    if match["lone_month"]:
        return _say_month(view, match)
    if match["short_day"]:
        return _say_short(view, match)
    day = match["day"] or match["iso_day"]
    month = match["month"] or match["iso_month"]
    year = match["year"] or match["iso_year"]
    is_house = len(year) == 2 and _is_house(view.before(match.start(), 48))
    if is_house or not _is_day(day, month):
        return None
    return f"{_say_day(view, match, day, month)} {say_year(_full_year(year))}"


def _full_year(year: str) -> str:
    """Return a year in four digits; of two digits the nearer century is meant."""
    if len(year) == 4:
        return year
    return f"20{year}" if int(year) < 70 else f"19{year}"


def _say_first_day(view: View, match: re.Match[str]) -> str | None:
    """Return the first of two days of one month: 12-18/10."""
    before, day = view.before(match.start(), 14), match["from_day"]
    last = re.match(r"\d+", view.after(match.end(), 2))
    if _TWO_DAYS.search(before) and last and int(last[0]) == int(day) + 1:
        return f"{say_integer(day)} và"
    if _NUMBERED_HOUSE.search(before):
        return None
    lead = "" if _NAMED_DAY.search(before) else "ngày "
    return f"{lead}{say_integer(day)} đến"


def _is_span(view: View, match: re.Match[str]) -> bool:
    return bool(re.search(r"(?i)từ (?:ngày )?30/4$", view.before(match.start(), 16)))


def _say_day(view: View, match: re.Match[str], day: str, month: str) -> str:
    before = view.before(match.start(), 48)
    is_named = _NAMED_DAY.search(before) or _LISTED_DAYS.search(before)
    lead = "" if is_named or _JOINED_DAYS.search(before) else "ngày "
    return f"{lead}{say_integer(day)} tháng {say_month(month)}"


def say_month(month: str) -> str:
    return "tư" if int(month) == 4 else say_integer(month)


def _say_month(view: View, match: re.Match[str]) -> str | None:
    named = _NAMED_MONTH.search(view.before(match.start(), 7))
    month = match["lone_month"]
    if _NTH.search(view.before(match.start(), 20)):
        return f"{say_integer(month)} {say_year(match['lone_year'])}"
    if not 1 <= int(month) <= 12 or (not named and "-" in match[0]):
        return None
    said = say_integer(month) if named and "tháng" not in named[0].lower() else say_month(month)
    lead = "" if named else "tháng "
    return f"{lead}{said} {say_year(match['lone_year'])}"


def _say_short(view: View, match: re.Match[str]) -> str | None:
    day, month = match["short_day"], match["short_month"]
    before = view.before(match.start(), 48)
    named = _NAMED_DAY.search(before)
    if match["short_sign"] != "/":
        is_date = _is_unslashed_date(view, match, before)
        return _say_day(view, match, day, month) if is_date else None
    if _CLASS.search(before):
        return f"{say_integer(day)} trên {say_integer(month)}"
    after = view.after(match.end(), 14)
    is_share = not named and int(day) <= int(month)
    if is_share and _SHARED_NOUN.match(after):
        return f"{say_integer(day)} phần {say_integer(month)}"
    is_count = is_share and _COUNTED_NOUN.match(after)
    if is_count or _is_house(before) or not _is_day(day, month):
        return f"{say_integer(day)} trên {say_integer(month)}"
    is_dated = (
        _DATED.search(before) or _LISTED.search(before) or _runs_on(before, day) or int(day) > 12
    )
    if (
        is_dated
        or f"{int(day)}/{int(month)}" in _HOLIDAYS
        or len(day + month) > 2
        or int(day) >= int(month)
    ):
        return _say_day(view, match, day, month)
    return f"{say_integer(day)} trên {say_integer(month)}"


def _is_unslashed_date(view: View, match: re.Match[str], before: str) -> bool:
    """Tell whether 8.2 or 17-11 is a date: named as a day, and no sum or run of days."""
    day, month = match["short_day"], match["short_month"]
    if not (_is_day(day, month) and _DOTTED_DAY.search(before)):
        return False
    if match["short_sign"] == ".":
        return not _AMOUNT.match(view.after(match.end(), 14))
    if int(day) > int(month) or _DATE_BEFORE.search(before):
        return True
    return not (_SEVERAL_DAYS.search(before) or _RUNS_ON.match(view.after(match.end(), 14)))


def _runs_on(before: str, day: str) -> bool:
    """Tell whether a day is the last of several: the 6/8 of "từ 5-6/8"."""
    run = _RUN_ON.search(before)
    return run is not None and int(run["first"]) < int(day)


def _is_house(before: str) -> bool:
    """Tell whether a house or a lane is numbered here: số 5/7, số 12-14/5."""
    return bool(_NUMBERED_HOUSE.search(_RUN_ON.sub("", before)))


def _is_day(day: str, month: str) -> bool:
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}.get(int(month), 31)
    return 1 <= int(month) <= 12 and 1 <= int(day) <= longest
