from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction

from loa.registry.ledger.actions import record_fact
from loa.registry.places.models import Place, PlaceAlias

CITY_FACTS = Path(__file__).parent / "data" / "danang.json"
KIND_OF = {
    "phường": Place.Kind.WARD,
    "xã": Place.Kind.COMMUNE,
    "đặc khu": Place.Kind.SPECIAL_ZONE,
}


@transaction.atomic
def load_city(path: Path = CITY_FACTS) -> int:
    """Enter the city and its communes from a file of facts; entering again changes nothing.

    Returns how many places were new.
    """
    facts = json.loads(path.read_text(encoding="utf-8"))
    city, is_new = Place.objects.get_or_create(
        code=facts["city"]["code"], defaults=_fields(facts["city"], Place.Kind.CITY, None)
    )
    added = int(is_new)
    for row in facts["communes"]:
        fields = _fields(row, KIND_OF[row["kind"]], city)
        added += Place.objects.get_or_create(code=row["code"], defaults=fields)[1]
    for row in facts["aliases"]:
        alias, _ = PlaceAlias.objects.get_or_create(name=row["name"], kind=row.get("kind", ""))
        alias.places.set(row["codes"])
    if added:
        record_fact(
            "city_loaded", actor=None, subject=city.code, place=city.code, body={"places": added}
        )
    return added


def _fields(row: dict[str, Any], kind: Place.Kind, parent: Place | None) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": row["name"],
        "parent": parent,
        "valid_from": date.fromisoformat(row["valid_from"]),
        "predecessors": row["predecessors"],
        "latitude": row["lat"],
        "longitude": row["lon"],
        "area_km2": row["area_km2"],
    }


@transaction.atomic
def add_village(commune: Place, *, number: int, name: str) -> Place:
    """Enter a village or residential group below a commune."""
    village, _ = Place.objects.get_or_create(
        code=f"{commune.code}-{number:02d}",
        defaults={
            "kind": Place.Kind.VILLAGE,
            "name": name,
            "parent": commune,
            "valid_from": commune.valid_from,
        },
    )
    return village
