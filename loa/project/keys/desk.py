"""The server's side of the ceremony: what is to be signed goes out, what was signed is taken in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction

from loa.lib import clock
from loa.project.keys.files import Errand, FileUnusable, Item
from loa.registry.devices.queries import devices_behind
from loa.registry.people import keyring, queries, rosters
from loa.registry.people.errors import DocumentRefused
from loa.wire import canonical, envelope
from loa.wire.envelope import Envelope
from loa.wire.messages import ROOT, ROSTER, RootKey
from loa.wire.reasons import Reason


def root_errand(
    officers: Sequence[RootKey], threshold: int, *, without: Sequence[str] = (), by: str = ""
) -> Errand:
    """Return the next root and the roster under it: both are signed on one round."""
    keys = [*_kept(without), *officers]
    if not 1 <= threshold <= len(keys):
        raise FileUnusable(f"Không thể đòi {threshold} chữ ký trong {len(keys)} người.")
    if len({key.key_id for key in keys}) != len(keys):
        raise FileUnusable("Một khóa được ghi hai lần.")
    sealed, root = rosters.proposed_root(keys, threshold)
    present = queries.root_issues().last()
    return Errand(
        items=(
            Item(document=_read(sealed), before=_read(present.envelope) if present else None),
            _roster_item(rosters.roster_under(root, by), sealed),
        )
    )


def _kept(without: Sequence[str]) -> list[RootKey]:
    """Return the officers of the present root who stay; the server's own key never does."""
    root = queries.present_root()
    held = {key.key_id for key in root.keys} if root else set()
    if unknown := set(without) - held:
        raise FileUnusable(f"Gốc đang dùng không có khóa {', '.join(sorted(unknown))}.")
    keys = root.keys if root else ()
    return [key for key in keys if key.custody != "server" and key.key_id not in without]


def roster_errand() -> Errand | None:
    """Return the roster that waits for signatures, or None when nothing waits."""
    rosters.issue_roster()
    draft, root = rosters.draft_that_waits(), queries.root_issues().last()
    if draft is None or root is None:
        return None
    sealed = envelope.seal(ROSTER, bytes(draft.payload))
    return Errand(items=(_roster_item(sealed, bytes(root.envelope)),))


def _roster_item(sealed: bytes, root: bytes) -> Item:
    present = queries.present_roster()
    before = _read(present.envelope) if present else None
    return Item(document=_read(sealed), before=before, root=_read(root))


def _read(data: bytes | memoryview) -> Envelope:
    return envelope.read(bytes(data), bytes_max=canonical.ROSTER_BYTES_MAX)


@transaction.atomic
def take(errand: Errand) -> Iterator[str]:
    """Take in every document that enough officers signed, all or none; return what was done."""
    return iter([_take_one(item.document) for item in errand.items])


def _take_one(document: Envelope) -> str:
    sealed = canonical.encode(document)
    try:
        if document.payload_type == ROOT:
            return f"Đã nhận gốc tin cậy số {rosters.take_root(sealed).version}."
        return f"Đã nhận danh bạ khóa số {rosters.take_roster(sealed).version}."
    except DocumentRefused as error:
        raise FileUnusable(_WHY.get(error.refused.reason, str(error))) from error


_WHY = {
    Reason.NO_MANDATE: "Chưa đủ chữ ký: hãy đưa tệp cho người giữ khóa tiếp theo ký.",
    Reason.UNKNOWN_KEY: "Chưa có chữ ký nào của người giữ khóa gốc.",
    Reason.FORGED: "Có chữ ký không khớp với văn bản: tệp đã bị sửa. Hãy soạn và ký lại.",
    Reason.ROLLED_BACK: "Văn bản này cũ hơn bản đang dùng. Hãy soạn và ký lại.",
    Reason.NOT_YET_VALID: "Thiếu một gốc ở giữa: hãy nhận các gốc theo thứ tự.",
}


def status_lines() -> Iterator[str]:
    """Yield where the root lies, what waits for signatures, and who stays behind."""
    root, roster = queries.present_root(), queries.present_roster()
    if root is None:
        yield "Chưa có gốc tin cậy nào."
        return
    code = queries.root_issues().reverse()[0].sha256
    yield f"Gốc tin cậy số {root.version}, hết hạn {_day(root.expires_at)}, mã {code}"
    yield f"Mã gốc để lắp máy (--root): {queries.first_root_sha256()}"
    if rosters.is_root_on_server():
        yield "KHÓA GỐC CÒN NẰM TRÊN MÁY CHỦ: ai chiếm được máy chủ thì tự cấp khóa cho mình được."
    for key in root.keys:
        yield f"  {key.holder or 'máy chủ'} · khóa {key.key_id} · {key.custody}"
    yield f"Cần {root.roster.threshold} trong {len(root.roster.keys)} người ký danh bạ."
    if roster is not None:
        until = f", hết hạn {_day(roster.expires_at)}" if roster.expires_at else ""
        yield f"Danh bạ đang dùng: số {roster.version}{until}."
    draft = rosters.draft_that_waits()
    if draft is not None:
        yield f"Danh bạ số {draft.version} đang chờ ký, soạn lúc {_day(draft.drafted_at)}."
    following = keyring.next_director_key()
    if following is not None:
        yield f"Khóa điều hành mới {following.key_id} chờ vào danh bạ."
    behind = devices_behind(roster.version if roster else 0, root.version)
    yield f"Máy còn giữ bản cũ: {len(behind)}{': ' + ', '.join(behind[:20]) if behind else ''}."


def _day(at: datetime) -> str:
    return clock.local(at).strftime("%d-%m-%Y %H:%M")
