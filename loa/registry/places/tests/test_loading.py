"""The city as it is entered in the register."""

from __future__ import annotations

import json

import pytest

from loa.registry.ledger.models import Fact
from loa.registry.places.actions import CITY_FACTS, load_city
from loa.registry.places.models import Place, PlaceAlias
from loa.registry.places.queries import codes_within, is_within, place_by_code

pytestmark = pytest.mark.django_db


def aliases() -> dict[str, list[str]]:
    rows = PlaceAlias.objects.prefetch_related("places")
    return {f"{row.kind} {row.name}": [place.code for place in row.places.all()] for row in rows}


def test_the_city_stands_above_its_94_units() -> None:
    assert load_city() == 95
    assert len(codes_within(["48"])) == 95
    assert is_within(place_by_code("20242"), place_by_code("48"))
    assert place_by_code("20242").full_name == "Phường Hải Châu"
    assert "20242" in aliases()["quận Hải Châu"]


def test_loading_again_changes_nothing() -> None:
    load_city()
    before = (list(Place.objects.values()), aliases())
    assert load_city() == 0
    assert (list(Place.objects.values()), aliases()) == before
    assert Fact.objects.filter(kind="city_loaded").count() == 1


def test_a_former_name_follows_the_file(tmp_path) -> None:
    load_city()
    facts = json.loads(CITY_FACTS.read_text(encoding="utf-8"))
    facts["aliases"][0]["codes"] = ["20242"]
    changed = tmp_path / "city.json"
    changed.write_text(json.dumps(facts), encoding="utf-8")
    assert load_city(changed) == 0
    first = facts["aliases"][0]
    assert aliases()[f"{first['kind']} {first['name']}"] == ["20242"]
