from __future__ import annotations

import json
from collections.abc import Iterator
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
    known = set(Place.objects.values_list("code", flat=True))
    added = Place.objects.bulk_create(
        [place for place in _places(facts) if place.code not in known], ignore_conflicts=True
    )
    _set_aliases(facts["aliases"])
    if added:
        city = facts["city"]["code"]
        record_fact(
            "city_loaded", actor=None, subject=city, place=city, body={"places": len(added)}
        )
    return len(added)


def _places(facts: dict[str, Any]) -> Iterator[Place]:
    city = facts["city"]
    yield Place(code=city["code"], **_fields(city, Place.Kind.CITY, None))
    for row in facts["communes"]:
        yield Place(code=row["code"], **_fields(row, KIND_OF[row["kind"]], city["code"]))


def _set_aliases(rows: list[dict[str, Any]]) -> None:
    """Make the former names stand for these places and no others."""
    PlaceAlias.objects.bulk_create(
        [PlaceAlias(name=row["name"], kind=row.get("kind", "")) for row in rows],
        ignore_conflicts=True,
    )
    ids = {(alias.name, alias.kind): alias.pk for alias in PlaceAlias.objects.all()}
    wanted = {
        (ids[row["name"], row.get("kind", "")], code) for row in rows for code in row["codes"]
    }
    links = PlaceAlias.places.through.objects
    mine = links.filter(placealias__in={alias for alias, _ in wanted})
    present = {(link.placealias_id, link.place_id): link.pk for link in mine}
    links.filter(pk__in=[pk for pair, pk in present.items() if pair not in wanted]).delete()
    links.bulk_create(
        PlaceAlias.places.through(placealias_id=alias, place_id=code)
        for alias, code in sorted(wanted - present.keys())
    )


def _fields(row: dict[str, Any], kind: Place.Kind, parent: str | None) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": row["name"],
        "parent_id": parent,
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
