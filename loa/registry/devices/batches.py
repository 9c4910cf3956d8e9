"""Many machines claimed by one table, as a vendor delivers them: each row has a result of its own."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from loa.lib import text as texts
from loa.lib.encodings import TextRefused, detect
from loa.registry.devices.actions import claim_device, claim_key
from loa.registry.devices.errors import FieldUnusable, NotAStand, SheetUnreadable
from loa.registry.devices.models import Device
from loa.registry.devices.register import EDITABLE
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.places.models import Place

ROWS_MAX = 1_000
_PUBLIC_KEY = re.compile("[0-9a-fA-F]{64}")
# How a column may be headed; the first is how we write it.
COLUMNS: dict[str, tuple[str, ...]] = {
    "claim": ("ma may", "khoa", "claim", "claim_code", "public key", "fingerprint"),
    "place": ("ma dia ban", "dia ban", "place"),
    "name": ("ten", "name"),
    "kind": ("loai", "kind"),
    "latitude": ("vi do", "latitude"),
    "longitude": ("kinh do", "longitude"),
    "address": ("dia chi", "address"),
    "pole": ("cot", "pole"),
    "owner": ("don vi quan ly", "owner"),
    "provider": ("don vi cung cap", "provider"),
    "serial": ("so may", "serial", "imei"),
    "sim_number": ("so sim", "sim"),
    "sim_plan": ("goi du lieu", "plan"),
    "horns": ("so loa", "horns"),
    "watts": ("cong suat", "watts"),
    "note": ("ghi chu", "note"),
}
NUMBERS: dict[str, type[int | float]] = {
    "latitude": float,
    "longitude": float,
    "horns": int,
    "watts": int,
}


@dataclass(frozen=True)
class RowResult:
    """What became of one row; `line` counts from the heading, which is 1."""

    line: int
    claim: str
    name: str
    device: str = ""
    refusal: str = ""


def claim_sheet(raw: bytes, *, by: Person) -> list[RowResult]:
    """Claim a machine for each row of a table (CSV, any usual separator and encoding).

    `claim` is the code a waiting machine shows, or the whole public key of one that has not
    announced itself yet. A bad row is refused alone. Raises SheetUnreadable.
    """
    rows = read_sheet(raw)
    return [_claim_row(line, row, by) for line, row in rows]


def read_sheet(raw: bytes) -> list[tuple[int, dict[str, str]]]:
    """Return (line, our column → cell) of every row that is not empty; raises SheetUnreadable."""
    lines = _cells(_letters(raw))
    heading = next(lines, (0, []))[1]
    names = [_column(cell) for cell in heading]
    missing = [COLUMNS[name][0] for name in ("claim", "place", "name") if name not in names]
    if missing:
        raise SheetUnreadable(_("Bảng thiếu cột: %(names)s.") % {"names": ", ".join(missing)})
    rows = [
        (line, {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name})
        for line, cells in lines
        if any(cell.strip() for cell in cells)
    ]
    if len(rows) > ROWS_MAX:
        raise SheetUnreadable(_("Bảng dài quá %(n)s dòng. Hãy chia nhỏ.") % {"n": ROWS_MAX})
    return rows


def _letters(raw: bytes) -> str:
    try:
        found = detect(raw)
    except TextRefused as refused:
        words = _("Tệp không phải là văn bản. Hãy lưu bảng dạng CSV, bảng mã UTF-8.")
        raise SheetUnreadable(words) from refused
    if found.needs_confirmation or found.problems:
        # Place names in a wrong encoding would stand in the register for years.
        raise SheetUnreadable(
            _("Bảng mã của tệp có vẻ là %(name)s. Hãy lưu lại dạng CSV, bảng mã UTF-8.")
            % {"name": found.encoding}
        )
    return found.text


def _cells(letters: str) -> Iterator[tuple[int, list[str]]]:
    first = letters.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(letters), delimiter=separator)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise SheetUnreadable(f"{SheetUnreadable.message} {error}") from error


def _column(heading: str) -> str:
    folded = texts.fold(heading).strip()
    return next((name for name, known in COLUMNS.items() if folded in known), "")


def _claim_row(line: int, row: dict[str, str], by: Person) -> RowResult:
    claim, name = row.get("claim", ""), row.get("name", "")
    try:
        with transaction.atomic():
            device = _claimed(claim, row, by)
    except DeedRefused as refused:
        return RowResult(line, claim, name, refusal=str(refused))
    return RowResult(line, claim, name, device=device.code)


def _claimed(claim: str, row: dict[str, str], by: Person) -> Device:
    place = Place.objects.filter(code=row.get("place", "")).first()
    if place is None:
        raise NotAStand
    fields = _fields(row)
    if _PUBLIC_KEY.fullmatch(claim):
        return claim_key(claim.lower(), place=place, by=by, **fields)
    return claim_device(claim, place=place, by=by, **fields)


def _fields(row: dict[str, str]) -> dict[str, Any]:
    given = {name: row[name] for name in EDITABLE if row.get(name)}
    return {name: _value(name, cell) for name, cell in given.items()}


def _value(name: str, cell: str) -> Any:
    if name == "kind":
        return _kind(cell)
    if name not in NUMBERS:
        return cell
    try:
        value = NUMBERS[name](cell.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        words = _("Không phải là số: %(cell)s") % {"cell": cell[:40]}
        raise FieldUnusable.of(name, words)
    return value


def _kind(cell: str) -> str:
    known: Sequence[tuple[str, str]] = [(kind.value, str(kind.label)) for kind in Device.Kind]
    for value, label in known:
        if texts.fold(cell) in {value, texts.fold(label)}:
            return value
    words = _("Không có loại thiết bị này: %(cell)s") % {"cell": cell[:40]}
    raise FieldUnusable.of("kind", words)
