"""Numbers in Vietnamese words, and the digits no earlier rule has claimed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from loa.lib.speakable.letters import DIGITS
from loa.lib.speakable.view import Claim, View

NUMBER = r"\d+(?:[.,]\d+)*"

_QUANTITY_DIGITS_MAX = 18
_PLAIN_DIGITS_MAX = 9
_NUMBER = re.compile(rf"(?P<minus>(?<![\w)\ue000\ue001.,%°/-])[-−](?=\d))?(?P<digits>{NUMBER})")
_SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3}){2,5}(?![\d.,])")
_GROUPED_BY_DOT = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?")
_GROUPED_BY_COMMA = re.compile(r"[1-9]\d{0,2}(?:(?:,\d{3}){2,}|(?:,\d{3})+\.\d+)")
_DECIMAL = re.compile(r"(\d+)[.,](\d+)")
_PART = re.compile(r"\d+|[.,]")
_CODED = re.compile(r"(?<![\w.,/-])\d{2,5}(?: \d{2,5}){1,5}(?![\w/-]|[.,]\d)")
_ACCOUNT = re.compile(
    r"(?<!\w)(?:id|thẻ|tài khoản|stk|cccd|cmnd|mã số\D{0,12}|mst|mã)(?: số)?:? ?$", re.IGNORECASE
)


def find_numbers(view: View) -> Iterator[Claim]:
    """Claim every number that is left."""
    spaced = {match.start(): match for match in _SPACED.finditer(view.text)}
    coded = {match.start(): match for match in _CODED.finditer(view.text)}
    done = 0
    for match in _NUMBER.finditer(view.text):
        if match.start() < done:
            continue
        parts = coded.get(match.start())
        if parts and _ACCOUNT.search(view.before(match.start())):
            done = parts.end()
            said = ", ".join(say_digits(part) for part in parts[0].split())
            yield Claim(parts.start(), parts.end(), said, counts=True)
            continue
        grouped = spaced.get(match.start())
        if grouped:
            done = grouped.end()
            said = say_integer(grouped[0].replace(" ", ""))
            yield Claim(grouped.start(), grouped.end(), said, counts=True)
            continue
        digits = match["digits"]
        said = say_code(digits) if _is_account(view, match) else say_number(digits)
        minus = "âm " if match["minus"] else ""
        yield Claim(match.start(), match.end(), minus + said, counts=True)


def say_number(written: str) -> str:
    """Return a number as written the Vietnamese way, or the English way where that is plain."""
    if _GROUPED_BY_DOT.fullmatch(written):
        whole, _, fraction = written.replace(".", "").partition(",")
    elif _GROUPED_BY_COMMA.fullmatch(written):
        whole, _, fraction = written.replace(",", "").partition(".")
    elif decimal := _DECIMAL.fullmatch(written):
        whole, fraction = decimal[1], decimal[2]
    elif written.isdecimal():
        whole, fraction = written, ""
    else:
        return _say_parts(written)
    said = say_integer(whole)
    return f"{said} phẩy {say_fraction(fraction)}" if fraction else said


def say_integer(digits: str) -> str:
    """Return a row of digits as a quantity, or digit by digit where it cannot be one."""
    is_code = len(digits) > 2 and unicodedata.decimal(digits[0]) == 0
    if is_code or len(digits) > _QUANTITY_DIGITS_MAX:
        return say_digits(digits)
    return _say_quantity(int(digits))


def say_fraction(digits: str) -> str:
    """Return what follows the decimal comma: 15 is "mười lăm", 05 is "không năm"."""
    if len(digits) > 3:
        return say_digits(digits)
    rest = digits.lstrip("0")
    zeros = ["không"] * (len(digits) - len(rest))
    return " ".join([*zeros, _say_quantity(int(rest))] if rest else zeros)


def say_digits(text: str) -> str:
    """Return the digits of a text one by one."""
    return " ".join(DIGITS[unicodedata.decimal(c)] for c in text if c.isdecimal())


def say_code(text: str) -> str:
    """Return a long row of digits one by one, with a pause after each few."""
    digits = [c for c in text if c.isdecimal()]
    size = len(digits) - 4 if 4 < len(digits) < 8 else 3
    groups = ["".join(digits[at : at + size]) for at in range(0, len(digits), size)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = ["".join(groups[-2:])]
    return ", ".join(say_digits(group) for group in groups)


def say_year(digits: str) -> str:
    return f"năm {say_integer(digits)}"


def _say_parts(written: str) -> str:
    signs = {".": " chấm ", ",": ", "}
    return "".join(signs.get(part) or say_integer(part) for part in _PART.findall(written))


def _say_quantity(number: int) -> str:
    if number < 1000:
        return _say_hundreds(number, full=False)
    return " ".join(_quantity_words(number, full=False))


def _quantity_words(number: int, *, full: bool) -> Iterator[str]:
    for size, name in ((10**9, "tỷ"), (10**6, "triệu"), (10**3, "nghìn")):
        high, number = divmod(number, size)
        if high:
            if high >= 1000:
                yield from _quantity_words(high, full=full)
            else:
                yield _say_hundreds(high, full=full)
            yield name
            full = True
    if number:
        yield _say_hundreds(number, full=full)


def _say_hundreds(number: int, *, full: bool) -> str:
    """Return 0 to 999; `full` when a higher group was said before it."""
    hundreds, rest = divmod(number, 100)
    if not hundreds and not full:
        return _say_tens(rest)
    words = f"{DIGITS[hundreds]} trăm"
    if not rest:
        return words
    return f"{words} linh {DIGITS[rest]}" if rest < 10 else f"{words} {_say_tens(rest)}"


def _say_tens(number: int) -> str:
    tens, unit = divmod(number, 10)
    if tens == 0:
        return DIGITS[unit]
    words = "mười" if tens == 1 else f"{DIGITS[tens]} mươi"
    if unit == 0:
        return words
    special = {5: "lăm"} if tens == 1 else {1: "mốt", 4: "tư", 5: "lăm"}
    return f"{words} {special.get(unit, DIGITS[unit])}"


def _is_account(view: View, match: re.Match[str]) -> bool:
    digits = match["digits"]
    if not digits.isdecimal() or len(digits) < 4:
        return False
    return len(digits) > _PLAIN_DIGITS_MAX or bool(_ACCOUNT.search(view.before(match.start())))
