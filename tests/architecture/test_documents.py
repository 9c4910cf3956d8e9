"""What the documents name exists, and every room of the house is named in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from django.utils.module_loading import import_string

ROOT = Path(__file__).resolve().parents[2]
QUOTED = re.compile(r"`([^`\n]+)`|\]\(([^)\s]+)\)")
PATH = re.compile(
    r"bin/[a-z][a-z-]*|(?:loa|tests|docs|locks|deploy)/[\w./-]+|[\w-]+\.(?:md|toml|py)"
)
MODULE = re.compile(r"loa(?:\.\w+)+")
ROOMS_OF = ("flow", "registry")


def named_in(text: str) -> Iterator[str]:
    """Yield the files and modules a document names in quotes or links."""
    for quoted, linked in QUOTED.findall(text):
        for word in (quoted or linked).split():
            if PATH.fullmatch(word) or MODULE.fullmatch(word):
                yield word


def exists(name: str, beside: Path) -> bool:
    if MODULE.fullmatch(name):
        return is_importable(name)
    return (ROOT / name).exists() or (beside / name).exists() or any(ROOT.glob(f"loa/**/{name}"))


def is_importable(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        pass
    try:
        import_string(name)
    except ImportError:
        return False
    return True


def lost_names(text: str, beside: Path) -> list[str]:
    return [name for name in named_in(text) if not exists(name, beside)]


def floors_named(text: str) -> dict[str, str]:
    """Return floor → what the table of ARCHITECTURE says stands there."""
    rows = re.findall(r"^\| (`.+`) \| (.+) \|$", text, re.MULTILINE)
    return {floor: rooms for cell, rooms in rows for floor in re.findall(r"`(\w+)`", cell)}


def folders_of(place: Path) -> set[str]:
    return {path.parent.name for path in place.glob("*/__init__.py")}


def stages_drawn(text: str) -> list[str]:
    """Return the stages in the picture, in the order its arrows show."""
    picture = text.split("```")[1]
    first = picture.strip().splitlines()[0]
    later = [word for line in picture.splitlines() if "◄" in line for word in line.split()]
    return [w for w in first.split() if w.isalpha()][1:-1] + [w for w in later[::-1] if w.isalpha()]


def test_every_file_and_module_the_documents_name_exists() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "loa").rglob("*.md")]
    assert sum(len(list(named_in(page.read_text("utf-8")))) for page in pages) > 15
    lost = {str(page): lost_names(page.read_text("utf-8"), page.parent) for page in pages}
    assert {page: names for page, names in lost.items() if names} == {}


def test_a_name_that_leads_nowhere_is_found() -> None:
    text = "See `loa/flow/rumours`, `loa.lib.watch`, `bin/demo --once`, [this](docs/protocol/)."
    assert lost_names(text, ROOT) == ["loa/flow/rumours", "loa.lib.watch"]


def test_the_table_of_the_architecture_names_each_floor_that_stands() -> None:
    floors = floors_named((ROOT / "ARCHITECTURE.md").read_text("utf-8"))
    assert set(floors) == folders_of(ROOT / "loa")
    for word in re.findall(r"\w+", floors["registry"]):
        assert word in folders_of(ROOT / "loa" / "registry")
    assert set(re.findall(r"\w+", floors["registry"])) == folders_of(ROOT / "loa" / "registry")


def test_the_picture_shows_each_stage_that_stands_in_the_order_of_the_data(house) -> None:
    drawn = stages_drawn((ROOT / "ARCHITECTURE.md").read_text("utf-8"))
    assert set(drawn) == folders_of(ROOT / "loa" / "flow")
    ranks = house.ranks["loa.flow"]
    assert drawn == sorted(drawn, key=lambda stage: -ranks[stage])


def test_a_stage_missing_from_the_picture_would_be_seen() -> None:
    text = "```\ntext ─► sources ─► approvals ─► devices\n evaluation ◄── receipts\n```"
    assert stages_drawn(text) == ["sources", "approvals", "receipts", "evaluation"]
