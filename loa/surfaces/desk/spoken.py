"""What will be said, as the screens show it: the words, each replaced span, what to answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loa.flow.newsroom.models import Bulletin
from loa.flow.newsroom.queries import speech_of_bulletin
from loa.lib.speakable import UNKNOWN, UNKNOWN_SPELLED, Spoken

# What an answer "đọc là…" changes; numbers and dates go by rules, not by answers.
FROM_THE_LEXICON = {"lexicon", "phrase", "abbreviation", UNKNOWN_SPELLED}
PAUSES = tuple(",.;:")
# Why a span is said otherwise than written; names as the rules of `lib.speakable` give them.
RULE_WORDS: dict[str, Promise] = {
    "web-address": _("địa chỉ mạng, thư điện tử"),
    "phrase": _("cụm từ trong bảng đọc"),
    "file-name": _("tên tệp"),
    "document-number": _("số hiệu văn bản"),
    "position": _("tọa độ, biển số, lý trình"),
    "list-marker": _("dấu đầu mục"),
    "phone": _("số điện thoại"),
    "citation": _("dẫn điều, khoản"),
    "roman": _("số La Mã"),
    "time": _("giờ"),
    "date": _("ngày tháng"),
    "level": _("cấp báo động, cấp độ"),
    "times-sign": _("dấu nhân"),
    "money": _("số tiền"),
    "measure": _("số đo và đơn vị"),
    "ordinal": _("số thứ tự"),
    "code": _("mã, ký hiệu"),
    "number": _("con số"),
    "range": _("khoảng từ … đến"),
    "pause": _("chỗ ngắt hơi"),
    "abbreviation": _("chữ viết tắt"),
    "sign": _("ký hiệu"),
    "ratio": _("tỷ lệ, tỷ số"),
    "comparison": _("so sánh"),
    "alley": _("số kiệt, hẻm"),
    "pipe": _("cỡ ống"),
    "letter": _("chữ cái"),
    "foreign-letters": _("chữ nước ngoài"),
    "joined-words": _("chữ viết dính nhau"),
    "lexicon": _("bảng đọc"),
    UNKNOWN: _("chưa biết đọc thế nào"),
    UNKNOWN_SPELLED: _("chưa biết; đọc từng chữ cái vì là khẩn cấp"),
}


@dataclass(frozen=True)
class Part:
    """A stretch of the spoken text; with an anchor where it differs from what is written."""

    spoken: str
    anchor: str = ""
    is_unknown: bool = False


@dataclass(frozen=True)
class ReadingShown:
    """One written form and how it is said, however often it stands in the text."""

    anchor: str
    written: str
    spoken: str
    why: str
    is_unknown: bool
    may_change: bool
    times: int


@dataclass(frozen=True)
class SpokenShown:
    parts: list[Part]
    readings: list[ReadingShown]
    unknown: list[ReadingShown]


def parts_of(bulletin: Bulletin) -> SpokenShown:
    """Return the present spoken text of a bulletin, ready to show."""
    return show(speech_of_bulletin(bulletin))


def show(said: Spoken) -> SpokenShown:
    readings: dict[tuple[str, str], ReadingShown] = {}
    parts: list[Part] = []
    for written, spoken, rule in said.segments():
        if parts and spoken.strip()[:1] in PAUSES:
            parts[-1] = replace(parts[-1], spoken=parts[-1].spoken.rstrip(" ,.;:"))
        elif _runs_into(parts, spoken):
            parts.append(Part(" "))
        if rule is None:
            parts.append(Part(spoken))
            continue
        key = (written, spoken)
        known = readings.get(key)
        anchor = known.anchor if known else f"doc-{len(readings) + 1}"
        readings[key] = ReadingShown(
            anchor=anchor,
            written=written.strip(),
            spoken=spoken.strip(" ,."),
            why=str(RULE_WORDS[rule]),
            is_unknown=rule == UNKNOWN,
            may_change=rule in FROM_THE_LEXICON,
            times=known.times + 1 if known else 1,
        )
        parts.append(Part(spoken.strip(), anchor, is_unknown=rule == UNKNOWN))
    rows = list(readings.values())
    return SpokenShown(
        parts=parts,
        readings=[row for row in rows if not row.is_unknown],
        unknown=[row for row in rows if row.is_unknown],
    )


def _runs_into(parts: list[Part], spoken: str) -> bool:
    """Say whether a word would touch what stands before it: the voice hears a gap there."""
    before = parts[-1].spoken[-1:] if parts else ""
    after = spoken.strip()[:1] if parts and parts[-1].anchor else spoken[:1]
    return after.isalnum() and bool(before) and not before.isspace() and before not in "([“\"'/"
