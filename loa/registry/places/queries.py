"""Reading the tree of places. It is small (under a few thousand rows) and public."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from django.db.models import Q, QuerySet
from vn_collate import collate_key

from loa.lib.text import spelling_pattern
from loa.registry.places.models import Place
from loa.registry.places.remembering import remembered_tree


def parents_of_all() -> dict[str, str]:
    """Return code → parent's code for every place that has one."""
    kept = remembered_tree()
    if kept is None:
        return _read_parents()
    if not kept:
        kept.update(_read_parents())
    return dict(kept)


def _read_parents() -> dict[str, str]:
    rows = Place.objects.exclude(parent=None).values_list("code", "parent_id")
    return {code: str(parent) for code, parent in rows.order_by()}


def codes_within(scopes: Iterable[str], parents: Mapping[str, str] | None = None) -> set[str]:
    """Return the codes of these places and of everything below them.

    Who asks again and again brings `parents_of_all` along.
    """
    children: dict[str, list[str]] = {}
    for code, parent in (parents_of_all() if parents is None else parents).items():
        children.setdefault(parent, []).append(code)
    found: set[str] = set()
    waiting = list(scopes)
    while waiting:
        code = waiting.pop()
        if code not in found:
            found.add(code)
            waiting.extend(children.get(code, ()))
    return found


def lineage(place: Place) -> Iterator[Place]:
    """Yield the place and everything above it."""
    here: Place | None = place
    while here is not None:
        yield here
        here = here.parent


def is_within(place: Place, above: Place) -> bool:
    return any(step.code == above.code for step in lineage(place))


def communes() -> list[Place]:
    """Return the present communes in Vietnamese order of their names: a former one is part of another."""
    kinds = [Place.Kind.WARD, Place.Kind.COMMUNE, Place.Kind.SPECIAL_ZONE]
    rows = Place.objects.filter(kind__in=kinds, parent__kind=Place.Kind.CITY)
    return sorted(rows, key=lambda place: collate_key(place.name))


def children_in_order(place: Place) -> list[Place]:
    """Return what lies directly below a place, in Vietnamese order of the names."""
    rows = Place.objects.filter(parent=place)
    return sorted(rows, key=lambda child: (collate_key(child.name), child.code))


def places_by_code(codes: Iterable[str]) -> list[Place]:
    """Return the places of these codes; codes nobody knows are left out."""
    return list(Place.objects.filter(code__in=list(codes)).select_related("parent"))


def city() -> Place:
    return Place.objects.get(kind=Place.Kind.CITY)


def city_name() -> str:
    """Return the bare name of the city, or nothing before it was entered."""
    return Place.objects.filter(kind=Place.Kind.CITY).values_list("name", flat=True).first() or ""


def place_by_code(code: str) -> Place:
    """Return a place; raises Place.DoesNotExist."""
    return Place.objects.get(code=code)


def places_named(codes: Iterable[str], words: Iterable[str]) -> QuerySet[Place]:
    """Return those of these places whose present or former names hold all words, in any spelling."""
    rows = Place.objects.filter(code__in=list(codes)).select_related("parent")
    for word in words:
        pattern = spelling_pattern(word)
        rows = rows.filter(
            Q(name__regex=pattern) | Q(aliases__name__regex=pattern) | Q(code__startswith=word)
        )
    return rows.distinct()


def names_elsewhere(codes: Iterable[str]) -> dict[str, str]:
    """Return "kind name" of every commune outside these places, of today and before → its name today.

    What is also a name inside them is left out: a former name may stand for several.
    """
    inside = codes_within(codes) | _above(codes)
    own: set[str] = set()
    others: dict[str, str] = {}
    for place in communes():
        names = {place.full_name[:1].lower() + place.full_name[1:]}
        names |= {f"{row['kind']} {row['name']}" for row in place.predecessors}
        if place.code in inside:
            own |= names
        else:
            others |= dict.fromkeys(names, place.full_name)
    return {name: today for name, today in others.items() if name not in own}


def _above(codes: Iterable[str]) -> set[str]:
    parents, found = parents_of_all(), set()
    for code in codes:
        here = parents.get(code)
        while here:
            found.add(here)
            here = parents.get(here)
    return found
