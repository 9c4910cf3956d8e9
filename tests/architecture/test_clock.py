"""Only one module asks what time it is, so that every test may set it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

CLOCK = "loa/lib/clock.py"
ASKING = {
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("timezone", "now"),
}
ASKING_NAMES = {"utcnow", "localtime", "gmtime", "Now", "auto_now", "auto_now_add"}
ASKING_IMPORTS = {("time", "time"), ("time", "time_ns"), ("django.utils.timezone", "now")}


def asks_in(code: Mapping[str, str]) -> list[str]:
    return [
        f"{path}:{line} {what}"
        for path, text in code.items()
        if path != CLOCK
        for line, what in sorted(_asks(ast.parse(text)))
    ]


def _asks(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = getattr(owner, "attr", getattr(owner, "id", "")).lstrip("_")
            if (name, node.attr) in ASKING or node.attr in ASKING_NAMES:
                yield node.lineno, f"{name}.{node.attr}"
        elif isinstance(node, ast.keyword) and node.arg in ASKING_NAMES:
            yield node.value.lineno, node.arg
        elif isinstance(node, ast.ImportFrom):
            for one in node.names:
                if (node.module, one.name) in ASKING_IMPORTS or one.name in ASKING_NAMES:
                    yield node.lineno, f"{node.module}.{one.name}"


def test_only_the_clock_asks_for_the_time(code) -> None:
    assert CLOCK in code
    assert asks_in(code) == []


def test_the_clock_itself_would_be_found(code) -> None:
    assert asks_in({"loa/lib/watch.py": code[CLOCK]})


def test_whoever_asks_for_the_time_is_found() -> None:
    wrong = {
        "loa/a.py": "import datetime\nx = datetime.datetime.now(UTC)",
        "loa/b.py": "import time as _time\nx = _time.time()",
        "loa/c.py": "from django.utils.timezone import now",
        "loa/d.py": "seen = DateTimeField(auto_now=True)",
        "loa/e.py": "default = timezone.now",
        "loa/f.py": "from django.db.models.functions import Now",
        "loa/g.py": "x = clock.now(); y = time.monotonic(); z = datetime.fromisoformat(s)",
    }
    assert asks_in(wrong) == [
        "loa/a.py:2 datetime.now",
        "loa/b.py:2 time.time",
        "loa/c.py:1 django.utils.timezone.now",
        "loa/d.py:1 auto_now",
        "loa/e.py:1 timezone.now",
        "loa/f.py:1 django.db.models.functions.Now",
    ]
