"""What is looked at before a bulletin is handed in: each a pure function over a draft.

A finding blocks, asks for a reason, or only hints. It names a span of the text where it can, and
the words that would mend it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from loa.flow.newsroom.third_party import ThirdParty, facts_missing
from loa.lib.speakable import Spoken
from loa.lib.speakable.calendar import DayNamed, days_in, weekday_name
from loa.lib.text import fold

LONG_SECONDS = 600
NEAR_SAME = 0.6
SHINGLE_WORDS = 4
SHINGLES_MIN = 5


class Severity(StrEnum):
    """What a finding means for handing in."""

    BLOCKS = "blocks"
    ASKS = "asks"
    HINTS = "hints"


@dataclass(frozen=True)
class Finding:
    """One thing to look at. `about` is the span it is about, `mended` what it should say instead."""

    code: str
    severity: Severity
    about: str = ""
    more: str = ""
    mended: str = ""
    # The address of the thing meant: a bulletin's code, a channel.
    at: str = ""

    @property
    def key(self) -> str:
        """The name under which a reason for it is kept: the same finding again needs no new one."""
        return f"{self.code}:{self.about}"[:200]


@dataclass(frozen=True)
class Said:
    """A text that was handed in before."""

    code: str
    title: str
    day: date
    shingles: frozenset[str]


@dataclass(frozen=True)
class Draft:
    """All that the checks look at."""

    title: str
    body: str
    today: date
    spoken: Spoken
    # What a machine will read and nobody explained; unless said, all that is unknown in `spoken`.
    unknown: Sequence[str] | None = None
    seconds: int = 0
    is_emergency: bool = False
    has_source: bool = False
    own_place: str = ""
    # Names with their kind of places elsewhere: "phường An Khê" → the name today, if it changed.
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    recent: Sequence[Said] = ()
    stale: Sequence[str] = ()
    third_party: str = ""
    third_party_facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return f"{self.title}\n{self.body}"


def findings_in(draft: Draft) -> list[Finding]:
    """Return all that is found, what blocks first; an emergency is never held up."""
    found = [finding for check in CHECKS for finding in check(draft)]
    unique = list({finding.key: finding for finding in found}.values())
    order = list(Severity)
    return sorted(unique, key=lambda finding: order.index(finding.severity))


# -- days

_DOCUMENT = re.compile(
    r"(?i)(?:(?<!\w)(?:công văn|quyết định|kế hoạch|nghị định|thông tư|nghị quyết|chỉ thị|thông báo"
    r"|giấy mời|tờ trình|luật|hướng dẫn|báo cáo|công điện|văn bản|pháp lệnh)(?!\w)[^.;!?\n]{0,80}"
    r"|/[A-ZĐ]+(?:-[A-ZĐ]+)*,? )(?:ngày )?$"
)
_LONG_AGO = re.compile(
    r"(?i)(?<!\w)(?:sinh(?: ngày)?|kể từ(?: ngày)?|thành lập(?: ngày)?|kỷ niệm(?: ngày)?|mất ngày"
    r"|ngày truyền thống|nhân ngày|chào mừng(?: ngày)?)[^.;!?\n]{0,20}$"
)
_TO = re.compile(r"(?i)^(?: ?[-–] ?| ?,? ?(?:đến|tới)(?: hết)?(?: \w+){0,4} )$")


def past_days(draft: Draft) -> Iterator[Finding]:
    """Days that are over: the usual trace of last year's notice."""
    text, days = draft.text, days_in(draft.text, draft.today)
    for number, day in enumerate(days):
        following = days[number + 1] if number + 1 < len(days) else None
        if day.day < draft.today and not _is_meant_past(text, day, following, draft.today):
            yield Finding("day_past", Severity.ASKS, day.source, more=day.day.isoformat())


def _is_meant_past(text: str, day: DayNamed, following: DayNamed | None, today: date) -> bool:
    before = text[max(0, day.start - 100) : day.start]
    if _DOCUMENT.search(before) or _LONG_AGO.search(before):
        return True
    if following is None or following.day < today:
        return False
    return bool(_TO.match(text[day.end : following.start]))


def wrong_weekdays(draft: Draft) -> Iterator[Finding]:
    """A weekday that does not fall on its date."""
    for day in days_in(draft.text, draft.today):
        if not day.is_weekday_right:
            begin = min(day.start, day.weekday_start)
            end = max(day.end, day.weekday_start + len(day.weekday))
            about = draft.text[begin:end]
            right = weekday_name(day.day)
            right = right[:1].upper() + right[1:] if day.weekday[:1].isupper() else right
            yield Finding(
                "weekday_wrong",
                Severity.ASKS,
                about,
                more=right,
                mended=about.replace(day.weekday, right),
            )


# -- places

_KIND_SHORT = {
    "p": "phường",
    "x": "xã",
    "tx": "thị xã",
    "tt": "thị trấn",
    "q": "quận",
    "h": "huyện",
}
_PLACE = re.compile(
    r"(?<!\w)(?P<kind>[Pp]hường|[Xx]ã|[Tt]hị trấn|[Đđ]ặc khu|[Tt]hị xã|[Hh]uyện|[Qq]uận|P\.|X\.|TT\.|Q\.|H\.) ?"
    r"(?P<name>[A-ZÀ-ỸĐ][\wÀ-ỹ]*(?: [A-ZÀ-ỸĐ0-9][\wÀ-ỹ]*){0,3})"
)


def places_elsewhere(draft: Draft) -> Iterator[Finding]:
    """A commune's name that is not where this sounds: the usual trace of a copied text."""
    for match in _PLACE.finditer(draft.text):
        kind = match["kind"].lower().rstrip(".")
        kind = _KIND_SHORT.get(kind, kind)
        words = match["name"].split()
        for length in range(len(words), 0, -1):
            name = f"{kind} {' '.join(words[:length])}"
            if name in draft.elsewhere:
                begin, end = match.start(), match.start("name") + len(" ".join(words[:length]))
                yield _elsewhere(draft, draft.text[begin:end], draft.elsewhere[name])
                break


def _elsewhere(draft: Draft, about: str, today_called: str) -> Finding:
    own = draft.own_place
    mended = own[:1].upper() + own[1:] if about[:1].isupper() else own
    return Finding("place_elsewhere", Severity.ASKS, about, today_called, mended)


# -- what was said before


def repetitions(draft: Draft) -> Iterator[Finding]:
    """The same or nearly the same words, handed in a short while ago."""
    own = shingles_of(draft.text)
    if len(own) < SHINGLES_MIN:
        return
    for said in draft.recent:
        likeness = len(own & said.shingles) / (len(own | said.shingles) or 1)
        if likeness >= NEAR_SAME:
            code = "same_text" if own == said.shingles else "near_same_text"
            yield Finding(code, Severity.HINTS, said.title, said.day.isoformat(), at=said.code)
            return


def shingles_of(text: str) -> frozenset[str]:
    """Return every run of four words, marks and case aside; numbers count as words."""
    words = re.findall(r"\w+", fold(text))
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    return frozenset(" ".join(words[n : n + SHINGLE_WORDS]) for n in range(last))


# -- others' notices

_RECRUITS = re.compile(
    r"(?i)(?<!\w)(?:tuyển dụng|cần tuyển|tuyển (?:lao động|công nhân|nhân viên))(?!\w)"
)
_SELLS = re.compile(
    r"(?i)(?<!\w)(?:giảm giá|khuyến m[ãạ]i|ưu đãi|mua ngay|giá rẻ|giá sốc|trả góp|khai trương|đặt hàng"
    r"|chiết khấu|bốc thăm trúng thưởng|tặng kèm|miễn phí vận chuyển)(?!\w)"
)


def third_party_notices(draft: Draft) -> Iterator[Finding]:
    """Notices of others: only the kinds that are allowed, with all they must name, selling nothing."""
    sells = _SELLS.search(draft.text)
    if not draft.third_party:
        if sells:
            yield Finding("advertises", Severity.ASKS, sells[0])
        elif recruits := _RECRUITS.search(draft.text):
            yield Finding("looks_third_party", Severity.ASKS, recruits[0])
        return
    if sells:
        yield Finding("third_party_sells", Severity.BLOCKS, sells[0])
    kind = ThirdParty(draft.third_party)
    for fact in facts_missing(kind, draft.third_party_facts):
        yield Finding("third_party_fact_missing", Severity.BLOCKS, fact)
    folded = fold(draft.text)
    for name, value in draft.third_party_facts.items():
        if value and fold(value) not in folded:
            yield Finding("third_party_fact_unsaid", Severity.ASKS, name, more=value)


# -- the rest


def unknown_readings(draft: Draft) -> Iterator[Finding]:
    """What nobody has said how to read."""
    severity = Severity.HINTS if draft.is_emergency else Severity.BLOCKS
    unknown = draft.unknown
    if unknown is None:
        unknown = [one.source for one in draft.spoken.unknown]
    for written in unknown:
        yield Finding("reading_unknown", severity, written)


def stale_channels(draft: Draft) -> Iterator[Finding]:
    """Words of a channel, written by hand before the text changed."""
    for channel in draft.stale:
        yield Finding("channel_stale", Severity.ASKS, channel, at=channel)


def length(draft: Draft) -> Iterator[Finding]:
    """A sound nobody listens to until its end."""
    if draft.seconds > LONG_SECONDS:
        yield Finding("too_long", Severity.ASKS, str(round(draft.seconds / 60)))


_SPEAKER = re.compile(
    r"(?i)(?<!\w)(?:nguồn|theo|ủy ban nhân dân|ubnd|công an|ban chỉ huy|trạm|trung tâm|điện lực|công ty"
    r"|chi cục|hội|đoàn|sở|phòng|mặt trận|bảo hiểm|thuế|đội|ban|trường|bệnh viện|tổ trưởng|quân sự)(?!\w)"
)
_INVITES = re.compile(
    r"(?i)(?<!\w)(?:mời|kính mời|tiêm|họp|đăng ký|khám|hội nghị|tiếp công dân)(?!\w)"
)


def who_speaks(draft: Draft) -> Iterator[Finding]:
    """Who gives the notice."""
    if not draft.has_source and not _SPEAKER.search(draft.text):
        yield Finding("speaker_missing", Severity.HINTS)


def when_and_whom_to_ask(draft: Draft) -> Iterator[Finding]:
    """An invitation that names no hour, or nobody to ask."""
    if not _INVITES.search(draft.text):
        return
    rules = {one.rule for one in draft.spoken.replacements}
    if "time" not in rules and not re.search(r"(?i)(?<!\w)giờ(?!\w)", draft.text):
        yield Finding("hour_missing", Severity.HINTS)
    if "phone" not in rules:
        yield Finding("phone_missing", Severity.HINTS)


CHECKS: tuple[Callable[[Draft], Iterator[Finding]], ...] = (
    unknown_readings,
    third_party_notices,
    wrong_weekdays,
    past_days,
    places_elsewhere,
    stale_channels,
    length,
    repetitions,
    who_speaks,
    when_and_whom_to_ask,
)
