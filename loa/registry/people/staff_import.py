"""Staff entered from a table, all or none: what is wrong is said for each row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from loa.lib import clock
from loa.lib.text import fold
from loa.registry.people import errors
from loa.registry.people.colleagues import Contact, FirstMandate, add_colleague
from loa.registry.people.models import Mandate, Person, Role
from loa.registry.places.models import Place

COLUMNS = (
    "ho_ten",
    "chuc_danh",
    "dien_thoai",
    "thu_dien_tu",
    "vai_tro",
    "dia_ban",
    "so_quyet_dinh",
    "tu_ngay",
    "den_ngay",
)
_NEEDED = {"ho_ten", "vai_tro", "dia_ban", "so_quyet_dinh", "tu_ngay"}
_DAY_FORMATS = ("%d-%m-%Y", "%d/%m/%Y", "%Y-%m-%d")
ROWS_MAX = 5000


@dataclass(frozen=True)
class RowFault:
    """What is wrong with one line of the table; line 1 holds the names of the columns."""

    line: int
    words: str


class TableRefused(Exception):
    """Nothing was entered; says everything that is wrong."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        self.faults = list(faults)
        super().__init__("; ".join(f"{fault.line}: {fault.words}" for fault in self.faults))


def import_staff(text: str, *, by: Person | None = None) -> list[Mandate]:
    """Enter everybody a table names, with a first mandate each; who is entered already stays.

    Columns are named in the first line (`COLUMNS`), divided by commas, semicolons or tabs. A role is
    named by its code or name, a place by its code or name (a village with its commune: `Thôn 1, Xã Hòa
    Vang`). Without `by` the server itself enters them. Raises TableRefused.
    """
    faults: list[RowFault] = []
    entered: list[Mandate] = []
    roles, places = _named_roles(), _named_places()
    with transaction.atomic():
        for line, row in _rows(text):
            try:
                wish = _wish(row, roles, places)
                # Half a row must not stay when its other half is wrong.
                with transaction.atomic():
                    entered.append(add_colleague(_contact(row), wish, by=by))
            except errors.DeedRefused as refused:
                faults.append(RowFault(line, str(refused)))
        if faults:
            transaction.set_rollback(True)
    if faults:
        raise TableRefused(faults)
    return entered


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    head = text.split("\n", 1)[0]
    mark = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=mark)
    names = [fold(name).strip().replace(" ", "_") for name in next(reader, [])]
    missing = [name for name in COLUMNS if name in _NEEDED and name not in names]
    if missing:
        words = _("Thiếu cột: %(columns)s.") % {"columns": ", ".join(missing)}
        raise TableRefused([RowFault(1, words)])
    for number, cells in enumerate(reader, start=1):
        if number > ROWS_MAX:
            words = _("Bảng dài quá %(n)s dòng. Hãy chia nhỏ.") % {"n": ROWS_MAX}
            raise TableRefused([RowFault(reader.line_num, words)])
        if any(cell.strip() for cell in cells):
            yield reader.line_num, dict(zip(names, (cell.strip() for cell in cells), strict=False))


def _contact(row: Mapping[str, str]) -> Contact:
    return Contact(
        row.get("ho_ten", ""),
        row.get("chuc_danh", ""),
        row.get("dien_thoai", ""),
        row.get("thu_dien_tu", ""),
    )


def _wish(
    row: Mapping[str, str], roles: Mapping[str, Role], places: Mapping[str, list[Place]]
) -> FirstMandate:
    role = roles.get(fold(row.get("vai_tro", "")))
    if role is None:
        raise errors.RoleUnknown(
            _("Không có vai trò “%(role)s”.") % {"role": row.get("vai_tro", "")}
        )
    begin = _day(row.get("tu_ngay", ""))
    if begin is None:
        raise errors.DatesWrong(_("Thiếu ngày bắt đầu."))
    end = _day(row.get("den_ngay", ""))
    return FirstMandate(
        role=role.pk,
        place=_place(row.get("dia_ban", ""), places),
        decision_number=row.get("so_quyet_dinh", ""),
        valid_from=_midnight(begin),
        valid_until=_midnight(end + timedelta(days=1)) if end else None,
    )


def _place(name: str, places: Mapping[str, list[Place]]) -> Place:
    found = places.get(fold(name), [])
    if not found:
        raise errors.PlaceUnclear(_("Không có địa bàn “%(place)s”.") % {"place": name})
    if len(found) > 1:
        words = _(
            "Có nhiều nơi tên “%(place)s”. Hãy ghi mã, hoặc thêm tên xã, phường sau dấu phẩy."
        )
        raise errors.PlaceUnclear(words % {"place": name})
    return found[0]


def _named_roles() -> dict[str, Role]:
    named = {}
    for role in Role.objects.all():
        named[fold(role.name)] = named[fold(role.pk)] = role
    return named


def _named_places() -> dict[str, list[Place]]:
    """Return folded name or code → the places that bear it today."""
    today = clock.local(clock.now()).date()
    named: dict[str, list[Place]] = {}
    for place in Place.objects.select_related("parent"):
        if place.is_valid_on(today):
            for name in _names_of(place):
                named.setdefault(fold(name), []).append(place)
    return named


def _names_of(place: Place) -> set[str]:
    names = {place.code, place.full_name, place.name}
    if place.kind == Place.Kind.VILLAGE and place.parent is not None:
        names |= {f"{place.name}, {place.parent.full_name}", f"{place.name}, {place.parent.name}"}
    return names


def _day(words: str) -> date | None:
    if not words:
        return None
    for form in _DAY_FORMATS:
        try:
            return datetime.strptime(words, form).date()  # noqa: DTZ007 - a day, no instant
        except ValueError:
            continue
    raise errors.DatesWrong(
        _("Không hiểu ngày “%(day)s”. Hãy ghi như 31-12-2027.") % {"day": words}
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.CITY_ZONE)
