"""The chain of proof as it is drawn: links of the evidence with their bytes, hashes and ticks in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from loa.flow.evaluation.checks import Check
from loa.flow.evaluation.evidence import Evidence, Link
from loa.registry.places.queries import places_by_code
from loa.surfaces.desk.ledger_words import kind_words
from loa.surfaces.desk.proof_words import LINKS, check_words, detail_words
from loa.surfaces.desk.tasks import grounds_in_words
from loa.surfaces.look import words
from loa.surfaces.look.chain import Detail, Tick
from loa.surfaces.look.chain import Link as DrawnLink


def chain_of(proof: Evidence) -> list[DrawnLink]:
    """Return the links from source to ledger, with what is still to come."""
    roster = [link for link in proof.links if link.kind == "roster"]
    ledger = [link for link in proof.links if link.kind == "ledger"]
    way = [link for link in proof.links if link not in roster and link not in ledger]
    return [*map(_drawn, way), *_to_come(proof), *map(_drawn, [*roster, *ledger])]


def _to_come(proof: Evidence) -> list[DrawnLink]:
    kinds = {link.kind for link in proof.links}
    missing = [kind for kind in ("approval", "placement") if kind not in kinds]
    return [DrawnLink(str(LINKS[kind]), "waiting", _("Chưa có")) for kind in missing]


def _drawn(link: Link) -> DrawnLink:
    tone, verdict = _verdict(link)
    details = [*_DETAILS[link.kind](link), *_hash(link)]
    return DrawnLink(
        title=str(LINKS[link.kind]),
        tone=tone,
        verdict=verdict,
        who=f"{link.who}, {link.title}" if link.title else link.who,
        when=link.at,
        details=tuple(detail for detail in details if detail.words),
        ticks=tuple(_ticks(link.checks)),
    )


def _verdict(link: Link) -> tuple[str, str]:
    if not link.holds:
        return "danger", _("Không đúng")
    if "recalled_by" in link.facts:
        return "noted", _("Đã dừng theo lệnh")
    if link.facts.get("grounds") and "confirmed_by" not in link.facts:
        return "waiting", _("Chờ người thứ hai")
    if link.checks:
        return "ok", _("Đúng, vừa kiểm")
    return "noted", _("Có ghi lại")


def _ticks(checks: Iterable[Check]) -> Iterable[Tick]:
    for check in checks:
        said = check_words(check)
        if check.name == "media_bytes":
            said = f"{said} ({check.detail})"
        yield Tick(said, check.holds, "" if check.holds else detail_words(check))


def _hash(link: Link) -> list[Detail]:
    if not link.sha256:
        return []
    return [Detail(_("Mã SHA-256"), words.short_hash(link.sha256), copy=link.sha256)]


def _source(link: Link) -> list[Detail]:
    if not link.sha256:
        return [Detail(_("Nguồn"), _("gõ tại bàn làm việc, không có tệp"))]
    facts = link.facts
    return [
        Detail(_("Tệp"), facts["filename"]),
        Detail(_("Bảng mã"), facts["encoding"].upper()),
        Detail(_("Dung lượng"), words.size(facts["bytes"])),
    ]


def _bulletin(link: Link) -> list[Detail]:
    return [
        Detail(_("Nơi"), link.facts["place"]),
        Detail(_("Lần sửa"), words.number(link.facts["revision"])),
    ]


def _rendition(link: Link) -> list[Detail]:
    facts = link.facts
    return [
        Detail(_("Dài"), words.length_words(facts["duration_ms"])),
        Detail(_("Độ lớn"), f"{words.number(facts['loudness_lufs'], 1)} LUFS"),
        Detail(_("Đỉnh"), f"{words.number(facts['peak_dbtp'], 1)} dBTP"),
        Detail("Opus", words.size(facts["opus_bytes"])),
        Detail("MP3", words.size(facts["mp3_bytes"])),
        Detail(_("Mã tệp MP3"), words.short_hash(facts["mp3"]), copy=facts["mp3"]),
    ]


def _submission(link: Link) -> list[Detail]:
    return [Detail(_("Lần sửa"), words.number(link.facts["revision"]))]


def _approval(link: Link) -> list[Detail]:
    names = [place.full_name for place in places_by_code(link.facts["targets"])]
    shown = ", ".join(names[:3]) + ("…" if len(names) > 3 else "")
    return [
        Detail(_("Phát tới"), shown),
        Detail(_("Khóa duyệt"), link.facts["key"]),
        Detail(_("Phong bì ký"), words.size(len(link.envelope))),
    ]


def _offers(link: Link) -> list[Detail]:
    facts = link.facts
    if not facts["is_asked"]:
        names = ", ".join(facts["silent"])
        return [Detail(_("Báo trước cho"), words.number(len(facts["silent"])), copy=names)]
    return [
        Detail(_("Đã nhận"), ", ".join(facts["adopted"])),
        Detail(_("Từ chối"), "; ".join(facts["declined"])),
        Detail(_("Chưa trả lời"), ", ".join(facts["silent"])),
    ]


def _placement(link: Link) -> list[Detail]:
    facts = link.facts
    details = [Detail(_("Phát lúc"), words.moment(datetime.fromisoformat(facts["start_at"])))]
    details.append(Detail(_("Cần người thứ hai"), ", ".join(grounds_in_words(facts["grounds"]))))
    if "confirmed_by" in facts:
        at = words.moment(datetime.fromisoformat(facts["confirmed_at"]))
        details.append(Detail(_("Xác nhận"), f"{facts['confirmed_by']}, {at}"))
    if "recalled_by" in facts:
        why = f"{facts['recalled_by']}: “{facts['recall_reason']}”"
        details.append(Detail(_("Đã dừng"), why))
    return details


def _roster(link: Link) -> list[Detail]:
    return [Detail(_("Số"), words.number(link.facts["version"]))]


def _ledger(link: Link) -> list[Detail]:
    said = ", ".join(dict.fromkeys(kind_words(kind).lower() for kind in link.facts["kinds"]))
    return [
        Detail(_("Sự việc"), words.number(link.facts["facts"])),
        Detail(_("Gồm"), said),
    ]


_DETAILS: dict[str, Callable[[Link], list[Detail]]] = {
    "roster": _roster,
    "source": _source,
    "bulletin": _bulletin,
    "rendition": _rendition,
    "submission": _submission,
    "approval": _approval,
    "offers": _offers,
    "placement": _placement,
    "ledger": _ledger,
}
