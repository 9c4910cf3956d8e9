"""A foreign key written as a string is an import that no import linter sees."""

# ruff: noqa: DJ008 - the wrong models are never shown to anybody
from __future__ import annotations

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps


class Relation(NamedTuple):
    field: str
    owner: str
    target: str


def relations_of(rows: Iterable[type[models.Model]]) -> list[Relation]:
    """Return every foreign key and many-to-many field that a model of ours declares."""
    return [
        Relation(str(field), model.__module__, field.related_model.__module__)
        for model in rows
        if model.__module__.startswith("loa.")
        for field in (*model._meta.local_fields, *model._meta.local_many_to_many)
        if field.is_relation and isinstance(field.related_model, type)
    ]


def faults_of(relations: Iterable[Relation], house) -> list[str]:
    return [
        f"{one.field} points at {one.target}"
        for one in relations
        if not house.may_know(one.owner, one.target)
    ]


def knot_of(relations: Iterable[Relation]) -> list[str]:
    """Return a circle of apps that point at one another, empty if there is none."""
    graph: dict[str, set[str]] = {}
    for one in relations:
        owner, target = one.owner.rpartition(".")[0], one.target.rpartition(".")[0]
        if owner != target:
            graph.setdefault(owner, set()).add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_a_model_points_only_to_a_floor_below_or_an_earlier_stage(house) -> None:
    relations = relations_of(apps.get_models(include_auto_created=True))
    assert len(relations) > 30
    assert faults_of(relations, house) == []


def test_apps_do_not_point_at_one_another_in_a_circle() -> None:
    assert knot_of(relations_of(apps.get_models(include_auto_created=True))) == []


@pytest.fixture
def wrong_models():
    with isolate_apps("loa.registry.places", "loa.flow.sources", "loa.flow.receipts"):

        class SourceItem(models.Model):
            __module__ = "loa.flow.sources.models"
            proofs = models.ManyToManyField("receipts.Receipt")

            class Meta:
                app_label = "sources"

        class Receipt(models.Model):
            __module__ = "loa.flow.receipts.models"
            item = models.ForeignKey("sources.SourceItem", models.PROTECT)

            class Meta:
                app_label = "receipts"

        class Place(models.Model):
            __module__ = "loa.registry.places.models"
            news = models.ForeignKey("sources.SourceItem", models.PROTECT)

            class Meta:
                app_label = "places"

        yield [SourceItem, Receipt, Place]


def test_a_string_that_points_upwards_or_downstream_is_found(wrong_models, house) -> None:
    found = faults_of(relations_of(wrong_models), house)
    assert found == [
        "sources.SourceItem.proofs points at loa.flow.receipts.models",
        "places.Place.news points at loa.flow.sources.models",
    ]


def test_a_circle_of_apps_is_found(wrong_models) -> None:
    assert {"loa.flow.sources", "loa.flow.receipts"} <= set(knot_of(relations_of(wrong_models)))
