"""Sums of money, and prices for a unit of something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.measures import PER_UNIT, say_per
from loa.lib.speakable.numbers import NUMBER, say_integer, say_number
from loa.lib.speakable.view import Claim, View

_CURRENCIES = {
    "đồng": "đồng", "đ": "đồng", "Đ": "đồng", "VNĐ": "đồng", "VND": "đồng", "vnđ": "đồng", "vnd": "đồng",
    "USD": "đô la Mỹ", "usd": "đô la Mỹ", "US$": "đô la Mỹ", "$": "đô la Mỹ",
    "EUR": "ơ rô", "€": "ơ rô", "JPY": "yên Nhật", "GBP": "bảng Anh", "CNY": "nhân dân tệ",
}  # fmt: skip
_SIZES = {
    "k": "nghìn",
    "K": "nghìn",
    "tr": "triệu",
    "trđ": "triệu",
    "triệu": "triệu",
    "tỷ": "tỷ",
    "tỉ": "tỷ",
}
_SIZES |= {"nghìn": "nghìn", "ngàn": "nghìn"}
_CURRENCY = "|".join(re.escape(one) for one in sorted(_CURRENCIES, key=len, reverse=True))
_PER = rf"(?: ?/ ?{PER_UNIT}){{0,2}}"
_SUM = re.compile(
    rf"(?<![\w.,])(?P<number>\d{{1,3}}(?: \d{{3}}){{1,4}}(?= ?(?:{_CURRENCY})(?!\w))|{NUMBER}) ?"
    rf"(?:(?P<size>triệu|nghìn|ngàn|tỷ|tỉ) )?(?P<currency>{_CURRENCY})(?!\w)(?P<per>{_PER})"
)
# Nobody pays a fraction of a đồng: 53,25đ is a mark at school.
_MARK = re.compile(r"\d{1,2}[.,]\d{1,2}")
_BEFORE = re.compile(rf"(?<!\w)(?:US\$|\$|€)(?P<number>{NUMBER})(?!\w)")
_SHORT = re.compile(
    r"(?<![\w.,])(?P<number>\d{1,4}(?:[.,]\d{1,2})?) ?(?P<size>[kK]|trđ|tr)(?P<rest>\d{1,3})?(?!\w)(?P<per>"
    + _PER
    + ")"
)
_PRICE_UNIT = re.compile(rf"(?<!\w)(?:đồng|đ|VNĐ|VND|USD)(?P<per>(?: ?/ ?{PER_UNIT}){{1,2}})")


def find_money(view: View) -> Iterator[Claim]:
    """Claim sums with their currency, 500k and 5tr, and units such as đ/kg."""
    claims = [*_find_sums(view), *_find_short_sums(view), *_find_price_units(view)]
    end = 0
    for claim in sorted(claims, key=lambda one: one.start):
        if claim.start >= end:
            end = claim.end
            yield claim


def _find_sums(view: View) -> Iterator[Claim]:
    for match in _SUM.finditer(view.text):
        if match["currency"] == "đ" and not match["size"] and _MARK.fullmatch(match["number"]):
            said = f"{say_number(match['number'])} điểm"
            yield Claim(match.start(), match.start("per"), said, counts=True)
            continue
        size = f" {_SIZES[match['size']]}" if match["size"] else ""
        said = f"{_say_amount(match['number'])}{size} {_CURRENCIES[match['currency']]}"
        yield Claim(match.start(), match.end(), said + say_per(match["per"]), counts=True)
    for match in _BEFORE.finditer(view.text):
        sign = match[0].removesuffix(match["number"])
        said = f"{say_number(match['number'])} {_CURRENCIES[sign]}"
        yield Claim(match.start(), match.end(), said, counts=True)


def _find_short_sums(view: View) -> Iterator[Claim]:
    for match in _SHORT.finditer(view.text):
        said = f"{say_number(match['number'])} {_SIZES[match['size']]}"
        if (match["rest"] or "").strip("0"):
            said += f" {say_integer(match['rest'].ljust(3, '0').lstrip('0'))} nghìn"
        yield Claim(match.start(), match.end(), f"{said} đồng{say_per(match['per'])}", counts=True)


def _find_price_units(view: View) -> Iterator[Claim]:
    for match in _PRICE_UNIT.finditer(view.text):
        currency = match[0].partition("/")[0]
        yield Claim(match.start(), match.end(), _CURRENCIES[currency] + say_per(match["per"]))


def _say_amount(written: str) -> str:
    return say_integer(written.replace(" ", "")) if " " in written else say_number(written)
