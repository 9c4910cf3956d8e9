"""What a signature would change, line by line, for the officer who is asked to sign.

The document before is believed only if enough officers signed it; otherwise all of the new one is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from loa.project.keys.files import FileUnusable, Item
from loa.wire import canonical, envelope, roots, rules
from loa.wire.messages import ROOT, ROSTER, KeyRole, Root, RootRole, Roster, RosterKey
from loa.wire.reasons import Refused

CITY_TIME = ZoneInfo("Asia/Ho_Chi_Minh")


def kind_of(item: Item) -> str:
    return item.document.payload_type


def roles_of(item: Item) -> list[tuple[str, Root, RootRole]]:
    """Return whose signatures the document needs: in words, the root that says so, and the role."""
    if kind_of(item) == ROSTER:
        root = _root_of(item)
        return [("người giữ khóa gốc", root, root.roster)]
    new = _new_root(item)
    before = _root_before(item)
    mine = [("người giữ khóa gốc mới", new, new.root)]
    return [("người giữ khóa gốc đang dùng", before, before.root), *mine] if before else mine


def lines_of(item: Item) -> Iterator[str]:
    """Yield what would change; raises FileUnusable when the document cannot be read."""
    try:
        if kind_of(item) == ROOT:
            yield from _root_lines(_root_before(item), _new_root(item))
        else:
            root = _root_of(item)
            code = canonical.content_hash(item.root.payload_bytes if item.root else b"")
            yield f"Dựa vào gốc số {root.version}, mã {code} (đối chiếu với biên bản lễ trao khóa)"
            yield from _roster_lines(_roster_before(item), _new_roster(item))
    except Refused as refused:
        raise FileUnusable(f"Văn bản hỏng: {refused}") from refused


def _payload(item: Item) -> bytes:
    return item.document.payload_bytes


def _new_root(item: Item) -> Root:
    return roots.parse(_payload(item))


def _new_roster(item: Item) -> Roster:
    return envelope.parse(_payload(item), Roster)


def _root_before(item: Item) -> Root | None:
    return roots.open_own(canonical.encode(item.before)) if item.before is not None else None


def _root_of(item: Item) -> Root:
    if item.root is None:
        raise FileUnusable("Tệp thiếu văn bản gốc mà danh bạ này dựa vào.")
    # A root that still collects signatures of its own goes round together with the first roster.
    return roots.parse(item.root.payload_bytes)


def _roster_before(item: Item) -> Roster | None:
    if item.before is None or item.root is None:
        return None
    try:
        return rules.open_roster(
            canonical.encode(item.before), roots.open_own(canonical.encode(item.root))
        )
    except Refused:
        return None


def _root_lines(before: Root | None, new: Root) -> Iterator[str]:
    yield f"GỐC TIN CẬY số {new.version} (hết hạn {_day(new.expires_at)})"
    held = {key.key_id: key for key in before.keys} if before else {}
    for key in new.keys:
        word = "  giữ nguyên" if key.key_id in held else "+ THÊM      "
        yield f"  {word} {key.holder or key.custody} · khóa {key.key_id}"
    kept = {key.key_id for key in new.keys}
    for key in held.values():
        if key.key_id not in kept:
            yield f"  - BỎ         {key.holder or 'khóa trên máy chủ'} · khóa {key.key_id}"
    yield f"  Ký gốc mới: {new.root.threshold} trong {len(new.root.keys)} người."
    yield f"  Ký danh bạ: {new.roster.threshold} trong {len(new.roster.keys)} người."


def _roster_lines(before: Roster | None, new: Roster) -> Iterator[str]:
    yield f"DANH BẠ KHÓA số {new.version} (hết hạn {_day(new.expires_at)})"
    if before is None:
        yield "  Không có bản trước do chính những người giữ gốc này ký: dưới đây là TOÀN BỘ danh bạ."
    held = _rows(before) if before else {}
    rows = _rows(new)
    for name, row in rows.items():
        if name not in held:
            yield f"  + THÊM      {_said(row)}"
        elif row != held[name]:
            yield f"  ~ SỬA       {_said(held[name])}\n    THÀNH       {_said(row)}"
    for name, row in held.items():
        if name not in rows:
            yield f"  - BỎ        {_said(row)}"
    yield from _place_lines(before.parents if before else {}, new.parents)
    demands = new.passkey_only, before.passkey_only if before else {}
    if demands[0] != demands[1]:
        yield f"  ~ Nơi chỉ tin khóa riêng: {', '.join(sorted(demands[0])) or 'không nơi nào'}"


def _rows(roster: Roster) -> dict[tuple[str, str, tuple[str, ...], datetime], RosterKey]:
    return {(row.key_id, row.role, row.places, row.valid_from): row for row in roster.keys}


def _said(row: RosterKey) -> str:
    if row.role is KeyRole.DIRECTOR:
        what = "khóa điều hành của máy chủ (ra lệnh phát, không duyệt được)"
    else:
        alarm = ", kể cả khẩn cấp" if row.emergency else ""
        what = f"{row.holder}: duyệt cho {', '.join(row.places)}{alarm}"
    until = f" đến {_day(row.valid_until)}" if row.valid_until else ""
    return f"{what} · từ {_day(row.valid_from)}{until} · khóa {row.key_id}"


def _place_lines(before: dict[str, str], new: dict[str, str]) -> Iterator[str]:
    if not before:
        yield f"  Địa bàn: {len(new)} nơi."
        return
    for place in sorted(before.keys() | new.keys()):
        if before.get(place) != new.get(place):
            yield f"  ~ Địa bàn {place}: thuộc {before.get(place, '–')} → {new.get(place, 'bỏ')}"


def _day(at: datetime) -> str:
    return at.astimezone(CITY_TIME).strftime("%d-%m-%Y %H:%M")
