"""Where things are: coordinates, milestones, and the plates of vehicles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.letters import spell
from loa.lib.speakable.numbers import say_digits, say_fraction, say_integer
from loa.lib.speakable.view import Claim, View

_SIDES = {
    "N": "vĩ Bắc",
    "B": "vĩ Bắc",
    "S": "vĩ Nam",
    "E": "kinh Đông",
    "Đ": "kinh Đông",
    "W": "kinh Tây",
    "T": "kinh Tây",
}
_DEGREES = re.compile(
    r"(?<![\w.,])(?P<whole>\d{1,3})(?:[.,](?P<fraction>\d{1,8}))? ?(?:"
    r"(?P<degree>[°º]) ?(?:(?P<minute>\d{1,2}) ?['’′] ?)?(?:(?P<second>\d{1,2}(?:[.,]\d+)?) ?(?:[\"”″]|'') ?)?(?P<side>[NSEWBĐT])"
    r"|(?P<plain_side>(?<=[.,]\d)[NE]|(?<=\D\d\d)N|(?<=\D1\d\d)E))(?!\w|[-–](?!1\d\d[.,\d]*E)\w)"
)
_AXIS = re.compile(r"(?:kinh|vĩ) tuyến(?: số)? $", re.IGNORECASE)
# "16°05'N - 111°20'E" is one place, not a way from one to another.
_BETWEEN_AXES = re.compile(r"(?<=[NB]) ?[-–/] ?(?=\d{2,3}[°º.,]?[\d.,°º'’′\"” ]{0,14}[EĐ](?!\w))")
_BOAT = re.compile(
    r"(?<!\w)(?P<home>[A-ZĐ][A-ZĐa-z]{1,2})[- –]{1,3}(?P<number>\d{4,5})[- –]{0,3}TS(?!\w)"
)
_HOMES = {
    "ĐNa": "Đà Nẵng", "QNa": "Quảng Nam", "QNg": "Quảng Ngãi", "BĐ": "Bình Định", "PY": "Phú Yên", "KH": "Khánh Hòa",
    "NT": "Ninh Thuận", "BTh": "Bình Thuận", "TTH": "Thừa Thiên Huế", "QT": "Quảng Trị", "QB": "Quảng Bình",
    "HT": "Hà Tĩnh", "NA": "Nghệ An", "TH": "Thanh Hóa", "NĐ": "Nam Định", "TB": "Thái Bình", "HP": "Hải Phòng",
    "QN": "Quảng Ninh", "BV": "Bà Rịa, Vũng Tàu", "TG": "Tiền Giang", "BT": "Bến Tre", "KG": "Kiên Giang",
    "CM": "Cà Mau", "BL": "Bạc Liêu", "ST": "Sóc Trăng", "TV": "Trà Vinh",
}  # fmt: skip
_PAIR = re.compile(
    r"(?<![\w.,])(?P<north>\d{1,2}\.\d{3,8}), ?(?P<east>1\d{2}\.\d{3,8})(?![\w]|[.,]\d)"
)
_MILESTONE = re.compile(
    r"(?<!\w)(?!km[23](?![\d+]))[Kk][Mm] ?(?P<km>\d{1,4}) ?(?:\+ ?(?P<metres>\d{1,3}))?(?![\w]|[.,]\d)"
)
_PLATE = re.compile(
    r"(?<![\w-])(?P<area>\d{2})(?P<series>[A-ZĐ]{1,2}\d?)(?: ?[-–] ?| )(?P<number>\d{3}\.?\d{2}|\d{4})(?![\w]|[.,]\d)"
)


def find_positions(view: View) -> Iterator[Claim]:
    """Claim coordinates, plates of vehicles and boats, and milestones of roads."""
    claims = [
        *_find_degrees(view),
        *_find_joints(view),
        *_find_boats(view),
        *_find_pairs(view),
        *_find_plates(view),
        *_find_milestones(view),
    ]
    end = 0
    for claim in sorted(claims, key=lambda one: one.start):
        if claim.start >= end:
            end = claim.end
            yield claim


def _find_degrees(view: View) -> Iterator[Claim]:
    for match in _DEGREES.finditer(view.text):
        has_fraction = (match["fraction"] or "").strip("0")
        fraction = f" phẩy {say_fraction(match['fraction'])}" if has_fraction else ""
        words = [f"{say_integer(match['whole'])}{fraction} độ"]
        if match["minute"]:
            words.append(f"{say_integer(match['minute'])} phút")
        if match["second"]:
            words.append(f"{_say_seconds(match['second'])} giây")
        side = _SIDES[match["side"] or match["plain_side"]]
        on_axis = _AXIS.search(view.before(match.start(), 16))
        words.append(side.split()[1] if on_axis else side)
        yield Claim(match.start(), match.end(), " ".join(words), counts=True)


def _find_joints(view: View) -> Iterator[Claim]:
    for match in _BETWEEN_AXES.finditer(view.text):
        yield Claim(match.start(), match.end(), ",")


def _find_boats(view: View) -> Iterator[Claim]:
    for match in _BOAT.finditer(view.text):
        home = _HOMES.get(match["home"]) or spell(match["home"])
        said = f"{home} {say_digits(match['number'])} {spell('TS')}"
        yield Claim(match.start(), match.end(), said)


def _find_pairs(view: View) -> Iterator[Claim]:
    for match in _PAIR.finditer(view.text):
        north, east = (_say_decimal(match[side]) for side in ("north", "east"))
        yield Claim(match.start(), match.end(), f"{north} độ vĩ Bắc, {east} độ kinh Đông")


def _find_plates(view: View) -> Iterator[Claim]:
    for match in _PLATE.finditer(view.text):
        number = ", ".join(say_digits(part) for part in match["number"].split("."))
        said = f"{say_integer(match['area'])} {spell(match['series'])}, {number}"
        yield Claim(match.start(), match.end(), said)


def _find_milestones(view: View) -> Iterator[Claim]:
    for match in _MILESTONE.finditer(view.text):
        metres = (
            f" cộng {say_integer(match['metres'].lstrip('0') or '0')}" if match["metres"] else ""
        )
        yield Claim(
            match.start(), match.end(), f"ki lô mét {say_integer(match['km'])}{metres}", counts=True
        )


def _say_decimal(written: str) -> str:
    whole, _, fraction = written.partition(".")
    return f"{say_integer(whole)} phẩy {say_fraction(fraction)}"


def _say_seconds(written: str) -> str:
    whole, _, fraction = written.replace(",", ".").partition(".")
    return f"{say_integer(whole)} phẩy {say_fraction(fraction)}" if fraction else say_integer(whole)
