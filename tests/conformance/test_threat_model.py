"""The threat model promises nothing without a test, and hides no theft that has one."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "THREAT_MODEL.md").read_text(encoding="utf-8")


def written_in(path: Path) -> set[str]:
    return set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def thefts_shown_in(page: str) -> list[tuple[str, str]]:
    """Return (test, file) of every row; a row that names no file means the tests of thefts."""
    rows = re.findall(r"\| `(test_\w+)`(?: in `([\w/.]+)`)? \|$", page, re.MULTILINE)
    return [(test, file or "tests/conformance/test_thefts.py") for test, file in rows]


def test_every_row_names_a_test_that_stands():
    shown = thefts_shown_in(PAGE)
    assert len(shown) > 20
    lost = [(test, file) for test, file in shown if test not in written_in(ROOT / file)]
    assert lost == []


def test_every_test_of_a_theft_has_its_row():
    named = {test for test, _ in thefts_shown_in(PAGE)}
    assert written_in(ROOT / "tests/conformance/test_thefts.py") - named == set()


def test_a_row_that_promises_too_much_would_be_seen():
    row = "| cannot | fly | `test_thieves_do_not_fly` in `tests/conformance/test_attacks.py` |\n"
    ((test, file),) = thefts_shown_in(row)
    assert test not in written_in(ROOT / file)
