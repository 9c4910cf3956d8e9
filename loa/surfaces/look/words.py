"""Instants, lengths and measures in the words a reader uses, in the language of the page."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils.translation import get_language, gettext, gettext_lazy, ngettext

from loa.lib import clock

WEEKDAYS = (
    gettext_lazy("thứ Hai"),
    gettext_lazy("thứ Ba"),
    gettext_lazy("thứ Tư"),
    gettext_lazy("thứ Năm"),
    gettext_lazy("thứ Sáu"),
    gettext_lazy("thứ Bảy"),
    gettext_lazy("Chủ nhật"),
)
# What people hear as too soft or too loud beside the house's -16 LUFS.
QUIET_LUFS = -19.0
LOUD_LUFS = -13.0


def hour(instant: datetime) -> str:
    """Return the wall time of the city: `06:42`."""
    return f"{clock.local(instant):%H:%M}"


def hour_exact(instant: datetime) -> str:
    """Return the wall time with seconds and tenths, for comparing devices: `06:42:07,4`."""
    wall = clock.local(instant)
    mark = "." if _is_english() else ","
    return f"{wall:%H:%M:%S}{mark}{wall.microsecond // 100_000}"


def day(when: date | datetime) -> str:
    """Return the day in words: `thứ Hai, 23-11-2026`."""
    wall = clock.local(when).date() if isinstance(when, datetime) else when
    return f"{WEEKDAYS[wall.weekday()]}, {wall:%d-%m-%Y}"


def moment(instant: datetime) -> str:
    """Return the hour, with the day's name when it is not today."""
    time = hour(instant)
    days = (clock.local(instant).date() - clock.local(clock.now()).date()).days
    if days == 0:
        return time
    if days == -1:
        return gettext("hôm qua %(time)s") % {"time": time}
    if days == 1:
        return gettext("ngày mai %(time)s") % {"time": time}
    return f"{day(instant)}, {time}"


def minutes(duration_ms: float) -> str:
    """Return minutes and seconds: `2:14`."""
    seconds = round(duration_ms / 1000)
    return f"{seconds // 60}:{seconds % 60:02d}"


def length_words(duration_ms: float) -> str:
    """Return a length as people say it: `2 phút 14 giây`."""
    whole, seconds = divmod(round(duration_ms / 1000), 60)
    parts = []
    if whole:
        parts.append(ngettext("%(n)s phút", "%(n)s phút", whole) % {"n": whole})
    if seconds or not whole:
        parts.append(ngettext("%(n)s giây", "%(n)s giây", seconds) % {"n": seconds})
    return " ".join(parts)


def remaining(instant: datetime) -> str:
    """Return how long until the instant, never negative: `2:14`."""
    left = max(timedelta(0), instant - clock.now())
    return minutes(left.total_seconds() * 1000)


def late(late_ms: int | None) -> str:
    """Return how far a start was from its plan, in seconds: `+0,4 giây`; a dash without a start."""
    if late_ms is None:
        return "–"
    sign = "+" if late_ms >= 0 else "−"
    seconds = abs(late_ms) / 1000
    return ngettext("%(n)s giây", "%(n)s giây", round(seconds)) % {"n": sign + number(seconds, 1)}


def ago(instant: datetime) -> str:
    """Return how long since the instant: `vừa xong`, `12 phút trước`, `3 ngày trước`."""
    seconds = (clock.now() - instant).total_seconds()
    if seconds < 60:
        return gettext("vừa xong")
    past = int(seconds // 60)
    if past < 60:
        return ngettext("%(n)s phút trước", "%(n)s phút trước", past) % {"n": past}
    hours = past // 60
    if hours < 24:
        return ngettext("%(n)s giờ trước", "%(n)s giờ trước", hours) % {"n": hours}
    days = hours // 24
    return ngettext("%(n)s ngày trước", "%(n)s ngày trước", days) % {"n": days}


def number(value: float, decimals: int = 0) -> str:
    """Return a number with the separators of the language: `1.234,5`."""
    english = f"{value:,.{decimals}f}"
    return english if _is_english() else english.translate(str.maketrans(",.", ".,"))


def size(octets: int) -> str:
    """Return a file's size in the unit it reads best."""
    if octets < 1000:
        return gettext("%(n)s byte") % {"n": number(octets)}
    if octets < 1_000_000:
        return gettext("%(n)s KB") % {"n": number(octets / 1000, 1)}
    return gettext("%(n)s MB") % {"n": number(octets / 1_000_000, 1)}


def loudness(level_lufs: float) -> str:
    """Return the loudness as a listener would call it."""
    if level_lufs < QUIET_LUFS:
        return gettext("nhỏ")
    return gettext("quá lớn") if level_lufs > LOUD_LUFS else gettext("vừa")


def short_hash(digest: str) -> str:
    """Return enough of a hash to compare by eye."""
    bare = digest.removeprefix("sha256:")
    return bare if len(bare) <= 12 else f"{bare[:8]}…{bare[-4:]}"


def _is_english() -> bool:
    return (get_language() or "vi").startswith("en")
