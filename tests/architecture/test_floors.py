"""The contracts are read as they are meant."""

from __future__ import annotations


def test_every_folder_of_the_house_has_a_floor(house) -> None:
    assert {"project", "surfaces", "flow", "registry", "wire", "lib"} <= set(house.ranks["loa"])
    assert {"sources", "approvals", "evaluation"} <= set(house.ranks["loa.flow"])


def test_one_may_know_what_is_below_or_came_before(house) -> None:
    assert house.may_know("loa.surfaces.desk.home", "loa.flow.approvals.models")
    assert house.may_know("loa.flow.receipts.models", "loa.flow.sources.models")
    assert house.may_know("loa.flow.sources.models", "loa.registry.places.models")
    assert house.may_know("loa.flow.sources.models", "loa.flow.sources.errors")
    assert house.may_know("loa.registry.people.models", "django.db.models")


def test_one_may_not_know_what_is_above_beside_or_comes_after(house) -> None:
    assert not house.may_know("loa.flow.approvals.models", "loa.surfaces.desk.home")
    assert not house.may_know("loa.registry.places.models", "loa.flow.sources.models")
    assert not house.may_know("loa.flow.sources.models", "loa.flow.receipts.models")
    assert not house.may_know("loa.surfaces.api.views", "loa.connectors.bus.fleet")
