"""Quantities with a unit, percent and temperature."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.numbers import NUMBER, say_fraction, say_integer, say_number
from loa.lib.speakable.view import Claim, View

UNITS = {
    "km": "ki lô mét", "m": "mét", "dm": "đề xi mét", "cm": "xen ti mét", "mm": "mi li mét",
    "km2": "ki lô mét vuông", "m2": "mét vuông", "cm2": "xen ti mét vuông", "m3": "mét khối", "cm3": "xen ti mét khối",
    "ha": "héc ta", "kg": "ki lô gam", "Kg": "ki lô gam", "KG": "ki lô gam", "g": "gam", "gr": "gam",
    "mg": "mi li gam", "µg": "mi crô gam", "μg": "mi crô gam", "l": "lít", "L": "lít", "ml": "mi li lít",
    "kV": "ki lô vôn", "KV": "ki lô vôn", "kv": "ki lô vôn", "V": "vôn", "kVA": "ki lô vôn am pe",
    "KVA": "ki lô vôn am pe", "MVA": "mê ga vôn am pe", "W": "oát", "kW": "ki lô oát", "KW": "ki lô oát",
    "MW": "mê ga oát", "kWh": "ki lô oát giờ", "KWh": "ki lô oát giờ", "kwh": "ki lô oát giờ",
    "KWH": "ki lô oát giờ", "kWp": "ki lô oát đỉnh", "Hz": "héc", "kHz": "ki lô héc", "MHz": "mê ga héc",
    "GHz": "gi ga héc", "KB": "ki lô bai", "MB": "mê ga bai", "GB": "gi ga bai", "TB": "tê ra bai",
    "Mbps": "mê ga bít trên giây", "Gbps": "gi ga bít trên giây", "dB": "đề xi ben", "hPa": "héc tô pát can",
    "mmHg": "mi li mét thủy ngân", "ppm": "phần triệu", "cc": "xê xê", "s": "giây", "h": "giờ",
    "°C": "độ xê", "ºC": "độ xê", "oC": "độ xê", "℃": "độ xê", "°": "độ", "º": "độ", "°F": "độ ép",
    "%": "phần trăm", "‰": "phần nghìn", "in": "inh", "T": "tấn", "UI": "đơn vị", "IU": "đơn vị",
}  # fmt: skip
_EVEN = re.compile(r"(?:(?<=^\d)|(?<=^\d\d)|(?<=^\d{3}))[.,]0{1,2}$")
_PER_WORDS = {
    "h": "giờ", "s": "giây", "p": "phút", "ng": "người", "đv": "đơn vị", "con": "con", "hs": "học sinh",
    "ph": "phút", "phút": "phút", "giây": "giây", "giờ": "giờ", "HS": "học sinh", "SV": "sinh viên",
    "CP": "cổ phần", "cp": "cổ phần",
}  # fmt: skip
COUNT_NOUN = (
    r"giờ|ngày|tháng|năm|tuần|quý|phút|giây|người|hộ|lần|tấn|tạ|yến|con|suất|đợt|khẩu|lượt|"
    r"chuyến|xe|căn|đêm|vụ|buổi|sào|lô|nhà|ca|cây|tổ|em|cháu|bé|trẻ|bộ|thửa|phiếu|vé|chai|bao|"
    r"cuốn|quyển|cái|chiếc|đôi|mũi|liều|trang|bài|kỳ|khóa|lớp|trường|thôn|xã|phường|lít|lượng|"
    r"chỉ|mét|thùng|gói|hộp|viên|quả|trái|bó|khóm|công|giường|phòng|sản phẩm|lao động|mô hình|"
    r"hồ sơ|học sinh|nhân khẩu|trường hợp|cổ phiếu"
)
_SPEED = frozenset({"h", "s", "giờ", "giây", "phút", "ph", "p"})
# Read as a unit also without a number before it; the others are words or too short.
_PLAIN_UNITS = [
    "km2",
    "m2",
    "cm2",
    "m3",
    "kg",
    "Kg",
    "km",
    "cm",
    "mm",
    "kV",
    "kVA",
    "kW",
    "kWh",
    "KWh",
    "MW",
    "kwh",
    "ml",
    "mg",
    "dB",
    "°C",
    "ºC",
    "oC",
    "%",
    "‰",
]


def _alternatives(units: list[str]) -> str:
    powers = [unit.replace("2", "²").replace("3", "³") for unit in units]
    both = sorted({*units, *powers}, key=len, reverse=True)
    return "|".join(re.escape(unit) for unit in both)


_UNIT = _alternatives([unit for unit in UNITS if unit not in {"h", "s", "in"}])
PER_UNIT = rf"(?:{_alternatives([*UNITS, *_PER_WORDS])}|{COUNT_NOUN})(?!\w)"
_PER = rf"(?P<per>(?: ?/ ?(?:\d{{1,3}} ?)?{PER_UNIT}){{0,2}})"
_QUANTITY = re.compile(
    rf"(?P<minus>(?<![\w)\ue000\ue001.,%°/])[-−](?=\d))?(?<![\d.,])(?P<number>{NUMBER}) ?"
    rf"(?P<unit>{_UNIT})(?![^\W_]){_PER}"
)
_LONE = re.compile(
    rf"(?P<over>(?<=[^\W\d_])/)?(?<![^\W_])(?P<unit>{_alternatives(_PLAIN_UNITS)})(?![^\W_]){_PER}"
)
_EVEN_BOUND = re.compile(
    rf"(?<![\w.,])(?P<whole>\d{{1,3}})[.,]0{{1,2}}(?= ?[-–÷] ?{NUMBER} ?(?:{_UNIT})(?![^\W_]))"
)
_LENGTH = re.compile(r"(?<![\w.,])(?P<metres>\d{1,3})m(?P<rest>\d{1,2})(?!\w|[.,]\d)")
_ONE_PER = re.compile(r"/ ?(?P<count>\d{1,3})? ?(?P<unit>[^\d/][^/]*)")


def find_measures(view: View) -> Iterator[Claim]:
    """Claim quantities with their unit, and units that stand alone."""
    claims = [
        *_find_lengths(view),
        *_find_even_bounds(view),
        *_find_quantities(view),
        *_find_lone_units(view),
    ]
    end = 0
    for claim in sorted(claims, key=lambda one: one.start):
        if claim.start >= end:
            end = claim.end
            yield claim


def say_unit(written: str) -> str:
    """Return the name of a unit, or the word itself."""
    plain = written.strip().replace("²", "2").replace("³", "3")
    return _PER_WORDS.get(plain) or UNITS.get(plain, plain)


def say_per(written: str) -> str:
    """Return the part after the slash of a price: /kg is "một ki lô gam"."""
    return "".join(
        f" {say_integer(one['count']) if one['count'] else 'một'} {say_unit(one['unit'])}"
        for one in _ONE_PER.finditer(written)
    )


def _find_lengths(view: View) -> Iterator[Claim]:
    """Claim 1m57; 12m2 and 3m3 stay areas and volumes."""
    for match in _LENGTH.finditer(view.text):
        if match["rest"] not in {"2", "3"}:
            said = f"{say_integer(match['metres'])} mét {say_fraction(match['rest'])}"
            yield Claim(match.start(), match.end(), said, counts=True)


def _find_even_bounds(view: View) -> Iterator[Claim]:
    for match in _EVEN_BOUND.finditer(view.text):
        yield Claim(match.start(), match.end(), say_integer(match["whole"]), counts=True)


def _find_quantities(view: View) -> Iterator[Claim]:
    for match in _QUANTITY.finditer(view.text):
        if match["unit"] == "T" and view.source[match.end("number")] == " ":
            continue
        minus = "âm " if match["minus"] else ""
        # 5,0 m and 5 m are the same length.
        number = _EVEN.sub("", match["number"])
        said = f"{minus}{say_number(number)} {say_unit(match['unit'])}"
        per = _say_rate(match["per"], match["unit"])
        end = match.end() if per is not None else match.start("per")
        yield Claim(match.start(), end, said + (per or ""), counts=True)


def _find_lone_units(view: View) -> Iterator[Claim]:
    for match in _LONE.finditer(view.text):
        over = "trên " if match["over"] else ""
        said = say_unit(match["unit"]) + (_say_rate(match["per"], match["unit"]) or "")
        yield Claim(match.start(), match.end(), over + said)


def _say_rate(written: str, unit: str) -> str | None:
    """Return "trên giờ" and the like; a count of days or people reads better with "một"."""
    if not written:
        return ""
    said = ""
    for one in _ONE_PER.finditer(written):
        count = f"{say_integer(one['count'])} " if one["count"] else ""
        is_rate = (
            count
            or one["unit"] in _SPEED
            or one["unit"].replace("³", "3").replace("²", "2") in UNITS
        )
        said += (
            f" trên {count}{say_unit(one['unit'])}"
            if is_rate and unit != "%"
            else f" một {say_unit(one['unit'])}"
        )
    return said
