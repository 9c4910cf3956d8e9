"""Names that say nothing are refused: a thing is named by what it is or does."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

FORBIDDEN = set("utils helpers common base core misc manager service handler".split())
FORBIDDEN |= {word.removesuffix("s") for word in FORBIDDEN} | {f"{word}s" for word in FORBIDDEN}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def is_forbidden(name: str) -> bool:
    return any(word.lower() in FORBIDDEN for word in _WORD.findall(name))


def bad_names_in(code: Mapping[str, str]) -> list[str]:
    """Return packages, modules and classes whose name holds a forbidden word."""
    found = set()
    for path, text in code.items():
        parts = path.removesuffix(".py").split("/")
        found |= {path for part in parts if is_forbidden(part)}
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef) and is_forbidden(node.name):
                found.add(f"{path}: {node.name}")
    return sorted(found)


def test_nothing_has_a_name_that_says_nothing(code) -> None:
    assert bad_names_in(code) == []


def test_names_that_say_nothing_are_found() -> None:
    wrong = {
        "loa/lib/utils.py": "",
        "loa/flow/services/models.py": "",
        "loa/flow/voice_helpers.py": "",
        "loa/wire/rules.py": "class KeyManager: ...\nclass RowBase: ...\nclass Database: ...",
    }
    assert bad_names_in(wrong) == [
        "loa/flow/services/models.py",
        "loa/flow/voice_helpers.py",
        "loa/lib/utils.py",
        "loa/wire/rules.py: KeyManager",
        "loa/wire/rules.py: RowBase",
    ]
