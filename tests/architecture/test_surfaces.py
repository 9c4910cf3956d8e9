"""A surface asks a query or an action; it never reaches for a model's manager itself."""

from __future__ import annotations

import ast
from collections.abc import Mapping

REACHES = {"objects", "_base_manager", "_default_manager"}


def reaches_in(code: Mapping[str, str]) -> list[str]:
    return sorted(
        f"{path}:{node.lineno} .{node.attr}"
        for path, text in code.items()
        if path.startswith("loa/surfaces/")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and node.attr in REACHES
    )


def test_no_surface_reaches_for_rows_itself(code) -> None:
    assert sum(path.startswith("loa/surfaces/") for path in code) > 20
    assert reaches_in(code) == []


def test_a_surface_that_reaches_for_rows_is_found() -> None:
    wrong = {
        "loa/surfaces/desk/home.py": "rows = Bulletin.objects.all()\nall_of = m._base_manager",
        "loa/flow/newsroom/queries.py": "rows = Bulletin.objects.all()",
    }
    assert reaches_in(wrong) == [
        "loa/surfaces/desk/home.py:1 .objects",
        "loa/surfaces/desk/home.py:2 ._base_manager",
    ]
