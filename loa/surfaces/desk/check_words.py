"""What the checks before handing in found, in words, each with its way to mend it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from loa.flow.newsroom.checks import Finding, Severity
from loa.flow.newsroom.findings import Looked
from loa.flow.newsroom.models import Bulletin, ChannelText, CheckAnswer
from loa.flow.newsroom.third_party import Fact
from loa.surfaces.desk.third_party_words import FACT_WORDS
from loa.surfaces.look.words import day as day_words

TONES = {Severity.BLOCKS: "danger", Severity.ASKS: "warn", Severity.HINTS: "draft"}


@dataclass(frozen=True)
class CheckShown:
    """One finding as the page shows it; `fix_url` leads to what to change."""

    key: str
    tone: str
    words: str
    is_asked: bool
    answer: CheckAnswer | None
    mended: str
    fix_url: str
    fix_words: str


def checks_shown(bulletin: Bulletin, looked: list[Looked]) -> list[CheckShown]:
    return [_shown(bulletin, one) for one in looked]


def _shown(bulletin: Bulletin, looked: Looked) -> CheckShown:
    found = looked.finding
    url, words = _fix(bulletin, found)
    is_settled = looked.answer is not None and found.severity is Severity.ASKS
    return CheckShown(
        key=found.key,
        tone="ok" if is_settled else TONES[found.severity],
        words=finding_words(found),
        is_asked=found.severity is Severity.ASKS,
        answer=looked.answer,
        mended=found.mended,
        fix_url=url,
        fix_words=words,
    )


def _fix(bulletin: Bulletin, found: Finding) -> tuple[str, str]:
    if found.code == "reading_unknown":
        return "#spoken", _("Trả lời “đọc là…”")
    if found.code == "channel_stale":
        return reverse("desk:texts", args=[bulletin.code]), _("Xem chữ của kênh")
    if found.code in {"same_text", "near_same_text"}:
        return reverse("desk:bulletin", args=[found.at]), _("Mở bản tin đó")
    if found.code in {"third_party_fact_missing", "looks_third_party"}:
        return "#third-party", _("Điền phần thông báo hộ")
    return "#id_body", _("Sửa nội dung")


def finding_words(found: Finding) -> str:
    """Say what was found and why it matters."""
    return WORDS[found.code](found)


def _day(iso: str) -> str:
    return day_words(date.fromisoformat(iso))


def _fact(found: Finding) -> str:
    return str(FACT_WORDS[Fact(found.about)])


WORDS: dict[str, Callable[[Finding], str]] = {
    "reading_unknown": lambda f: _("Chưa biết đọc “%(about)s” thế nào.") % {"about": f.about},
    "day_past": lambda f: _("“%(about)s” là ngày đã qua.") % {"about": f.about},
    "weekday_wrong": lambda f: (
        _("“%(about)s”: ngày đó là %(right)s.") % {"about": f.about, "right": f.more}
    ),
    "place_elsewhere": lambda f: (
        _("“%(about)s” không thuộc nơi phát (nay là %(today)s).")
        % {"about": f.about, "today": f.more}
    ),
    "same_text": lambda f: (
        _("Đúng lời này đã gửi ngày %(day)s: “%(title)s”.")
        % {"day": _day(f.more), "title": f.about}
    ),
    "near_same_text": lambda f: (
        _("Gần giống bản tin gửi ngày %(day)s: “%(title)s”.")
        % {"day": _day(f.more), "title": f.about}
    ),
    "channel_stale": lambda f: (
        _("Chữ của kênh “%(channel)s” viết trước khi nội dung đổi.")
        % {"channel": ChannelText.Channel(f.about).label}
    ),
    "too_long": lambda f: (
        _("Bản thu dài %(minutes)s phút; ít ai nghe hết 10 phút.") % {"minutes": f.about}
    ),
    "advertises": lambda f: (
        _("“%(about)s” nghe như quảng cáo. Loa không quảng cáo hàng hóa.") % {"about": f.about}
    ),
    "looks_third_party": lambda f: (
        _("“%(about)s”: nếu thông báo hộ doanh nghiệp, hãy chọn loại và điền đủ thông tin.")
        % {"about": f.about}
    ),
    "third_party_sells": lambda f: (
        _("Thông báo hộ không được quảng cáo: “%(about)s”.") % {"about": f.about}
    ),
    "third_party_fact_missing": lambda f: (
        _("Thông báo hộ còn thiếu: %(fact)s.") % {"fact": _fact(f)}
    ),
    "third_party_fact_unsaid": lambda f: (
        _("Trong lời chưa có %(fact)s “%(value)s”.") % {"fact": _fact(f), "value": f.more}
    ),
    "speaker_missing": lambda _f: _("Chưa nói ai thông báo. Thêm dòng nguồn, ví dụ: “Theo …”."),
    "hour_missing": lambda _f: _("Lời mời chưa có giờ."),
    "phone_missing": lambda _f: _("Lời mời chưa có số điện thoại để hỏi."),
}
