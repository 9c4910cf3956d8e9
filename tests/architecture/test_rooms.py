"""Each room says what it owns and what it never does, and none grows into a hall."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path

from loa.project import settings

ROOT = Path(__file__).resolve().parents[2]
LINES_MAX = 550
WRITTEN_BY_HAND = {".py", ".js", ".css", ".html", ".toml", ".md"}


def silent_rooms(code: Mapping[str, str], rooms: list[str]) -> list[str]:
    """Return app packages whose docstring does not say what they own and never do."""
    found = []
    for room in rooms:
        docstring = (
            ast.get_docstring(ast.parse(code[f"{room.replace('.', '/')}/__init__.py"])) or ""
        )
        if not (re.search(r"\bOwns\b", docstring) and re.search(r"\bNever\b", docstring)):
            found.append(room)
    return found


def halls_in(lines: Mapping[str, int]) -> list[str]:
    return [f"{path}: {count} lines" for path, count in lines.items() if count > LINES_MAX]


def test_every_app_says_what_it_owns_and_never_does(code) -> None:
    folders = ("loa.registry.", "loa.flow.", "loa.surfaces.")
    rooms = [app for app in settings.INSTALLED_APPS if app.startswith(folders)]
    assert len(rooms) >= 17
    assert silent_rooms(code, rooms) == []


def test_a_room_that_does_not_say_it_is_found() -> None:
    wrong = {
        "loa/flow/a/__init__.py": '"""A: things.\n\nOwns: things.\nNever: a word.\n"""',
        "loa/flow/b/__init__.py": '"""B: things. Owns: all of them."""',
        "loa/flow/c/__init__.py": "",
    }
    assert silent_rooms(wrong, ["loa.flow.a", "loa.flow.b", "loa.flow.c"]) == [
        "loa.flow.b",
        "loa.flow.c",
    ]


def test_no_file_grows_too_long_to_read() -> None:
    files = [path for top in ("loa", "tests", "bin", "docs") for path in (ROOT / top).rglob("*")]
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in files
        if path.suffix in WRITTEN_BY_HAND or (path.is_file() and path.parent.name == "bin")
    }
    assert len(lines) > 200
    assert halls_in(lines) == []


def test_a_file_too_long_to_read_is_found() -> None:
    assert halls_in({"a.py": LINES_MAX, "b.py": LINES_MAX + 1}) == [f"b.py: {LINES_MAX + 1} lines"]
