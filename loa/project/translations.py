"""Collect the Vietnamese texts of the screens, and keep their English catalogue whole.

`--update` writes new texts into the .po file, `--compile` makes the .mo the server reads,
`--check` fails when an English text is missing, doubtful, or not compiled.
"""

from __future__ import annotations

import argparse
import io
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LOA = Path(__file__).resolve().parents[1]
PO_FILE = LOA / "project" / "locale" / "en" / "LC_MESSAGES" / "django.po"
MO_FILE = PO_FILE.with_suffix(".mo")
LEFT_OUT = {"tests", "migrations", "locale"}
# Which arguments of each function are texts; "c" marks the context.
KEYWORDS: dict[str, tuple[Any, ...]] = {
    "_": (1,),
    "gettext": (1,),
    "gettext_lazy": (1,),
    "gettext_noop": (1,),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER = "# English texts of Loa's screens; the message keys are the Vietnamese originals."


class Text(NamedTuple):
    """One text to translate, and the file it was found in."""

    msgid: str | tuple[str, str]
    context: str | None
    path: str


def collect(root: Path = LOA) -> list[Text]:
    """Return every text of the code and templates below `root`, in the order of files."""
    files = sorted(p for kind in ("*.py", "*.html", "*.txt") for p in root.rglob(kind))
    return [text for path in files if _is_ours(path, root) for text in _texts_in(path, root)]


def _is_ours(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts
    return not LEFT_OUT.intersection(parts) and (path.suffix == ".py" or "templates" in parts)


def _texts_in(path: Path, root: Path) -> Iterator[Text]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        source = _as_python(source, str(path))
    where = f"loa/{path.relative_to(root).as_posix()}"
    found = extract_python(
        io.BytesIO(source.encode()), dict.fromkeys(KEYWORDS), (), {"encoding": "utf-8"}
    )
    for _line, name, arguments, _comments in found:
        text = _pick(KEYWORDS[str(name)], arguments)
        if text is not None:
            yield Text(text[0], text[1], where)


def _as_python(source: str, name: str) -> str:
    from django.utils.translation.template import templatize

    # What is left of the page around the texts is no Python: indentation would break the reading.
    lines: list[str] = templatize(source, origin=name).splitlines()
    return "\n".join(line.lstrip() for line in lines)


def _pick(
    places: tuple[Any, ...], arguments: Any
) -> tuple[str | tuple[str, str], str | None] | None:
    values = arguments if isinstance(arguments, (tuple, list)) else (arguments,)
    context: str | None = None
    texts: list[str] = []
    for place in places:
        index = place[0] if isinstance(place, tuple) else place
        value = values[index - 1] if index <= len(values) else None
        if not isinstance(value, str) or not value:
            return None
        if isinstance(place, tuple):
            context = value
        else:
            texts.append(value)
    return (texts[0] if len(texts) == 1 else (texts[0], texts[1])), context


def read_catalogue(path: Path = PO_FILE) -> Catalog:
    """Read the English catalogue; an absent one is empty."""
    if not path.exists():
        return Catalog(locale="en", domain="django", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale="en", domain="django", charset="utf-8")


def merge(catalogue: Catalog, texts: Iterable[Text]) -> Catalog:
    """Return the catalogue with exactly these texts, keeping the translations it had."""
    merged = Catalog(locale="en", domain="django", charset="utf-8", fuzzy=False)
    for text in texts:
        known = catalogue.get(text.msgid, context=text.context)
        merged.add(
            text.msgid,
            known.string if known else None,
            locations=[(text.path, 0)],
            flags=known.flags if known else (),
            context=text.context,
        )
    merged.header_comment = HEADER
    # A date in the header would change the files on every run.
    merged.creation_date = merged.revision_date = datetime(2026, 11, 24, tzinfo=UTC)
    return merged


def po_bytes(catalogue: Catalog) -> bytes:
    """Return the .po file as it should stand."""
    out = io.BytesIO()
    write_po(out, catalogue, sort_by_file=True, include_lineno=False, width=100, omit_header=False)
    return out.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """Return the .mo file as it should stand."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def complaints(catalogue: Catalog, texts: Iterable[Text], compiled: bytes | None) -> list[str]:
    """Say everything that keeps the English screens from being whole."""
    wrong = []
    for text in dict.fromkeys((t.msgid, t.context) for t in texts):
        message = catalogue.get(text[0], context=text[1])
        name = text[0] if isinstance(text[0], str) else text[0][0]
        if message is None or not _is_filled(message.string):
            wrong.append(f"no English text: {name!r}")
        elif message.fuzzy:
            wrong.append(f"marked fuzzy: {name!r}")
        else:
            wrong += [f"{error}: {name!r}" for error in message.check(catalogue)]
    if compiled != mo_bytes(catalogue):
        wrong.append("the .mo file is not the compiled .po file: run --compile")
    return wrong


def _is_filled(string: Any) -> bool:
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


def check() -> int:
    compiled = MO_FILE.read_bytes() if MO_FILE.exists() else None
    texts = collect()
    wrong = complaints(read_catalogue(), texts, compiled)
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(texts)} texts found, {len(wrong)} complaints")
    return 1 if wrong else 0


def update() -> int:
    merged = merge(read_catalogue(), collect())
    PO_FILE.parent.mkdir(parents=True, exist_ok=True)
    PO_FILE.write_bytes(po_bytes(merged))
    empty = sum(1 for m in merged if m.id and not _is_filled(m.string))
    print(f"{len(merged)} texts, {empty} still without English")
    return 0


def compile_catalogue() -> int:
    MO_FILE.write_bytes(mo_bytes(read_catalogue()))
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Do the one thing asked; `--check` where nothing is."""
    parser = argparse.ArgumentParser(prog="python -m loa.project.translations", description=__doc__)
    deeds: dict[str, Callable[[], int]] = {
        "check": check,
        "update": update,
        "compile": compile_catalogue,
    }
    asked = parser.add_mutually_exclusive_group()
    for name in deeds:
        asked.add_argument(f"--{name}", action="store_const", const=name, dest="deed")
    return deeds[parser.parse_args(arguments).deed or "check"]()


if __name__ == "__main__":
    sys.exit(main())
