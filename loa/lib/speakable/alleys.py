"""Houses in lanes, as Đà Nẵng writes them: K12/5 is kiệt 12, K12/H5/3 is kiệt 12, hẻm 5, số 3."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.letters import spell
from loa.lib.speakable.numbers import say_integer
from loa.lib.speakable.view import Claim, View

_HOUSE = re.compile(
    r"(?<![\w/.-])K(?P<lane>\d{1,4})(?P<rest>(?:/[HK]?\d{1,4}[A-ZĐ]?){1,4})(?![\w/]|[.,]\d)"
)
_LANE = re.compile(r"(?<![\w/.-])K(?P<lane>\d{1,4})(?![\w/-]|[.,]\d)")
_PART = re.compile(r"/(?P<lane>[HK]?)(?P<number>\d{1,4})(?P<suffix>[A-ZĐ]?)")
_LANE_NAMES = {"K": "kiệt", "H": "hẻm"}
_AT = re.compile(r"(?i)(?:(?<!\w)(?:tại|ở|nhà|số|kiệt|địa chỉ|đường|hẻm)|K\d+(?:/\w+)*(?:,| và)) $")
_STREET = re.compile(r" (?:đường )?[A-ZĐÂÔƠƯ][a-zà-ỹ]")


def find_alleys(view: View) -> Iterator[Claim]:
    """Claim house numbers in lanes, and lanes that stand before a street."""
    claims = [_claim(view, match, match["rest"]) for match in _HOUSE.finditer(view.text)]
    claims += [
        _claim(view, match, "")
        for match in _LANE.finditer(view.text)
        if _AT.search(view.before(match.start())) and _is_in_street(view, match, bool(claims))
    ]
    yield from sorted(claims, key=lambda one: one.start)


def _is_in_street(view: View, match: re.Match[str], beside_houses: bool) -> bool:
    return beside_houses or bool(_STREET.match(view.after(match.end())))


def _claim(view: View, match: re.Match[str], rest: str) -> Claim:
    lead = "" if view.before(match.start(), 5).lower() == "kiệt " else "kiệt "
    said, in_lane = f"{lead}{say_integer(match['lane'])}", False
    for part in _PART.finditer(rest):
        number = f"{say_integer(part['number'])} {spell(part['suffix'])}".rstrip()
        if part["lane"]:
            said += f", {_LANE_NAMES[part['lane']]} {number}"
        else:
            said += f", số {number}" if in_lane else f" trên {number}"
        in_lane = bool(part["lane"])
    return Claim(match.start(), match.end(), said, counts=True)
