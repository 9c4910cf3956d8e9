"""What became of a sounding: its shape in a list, its tone on a ribbon, its words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loa.flow.evaluation.days import Sounding
from loa.flow.evaluation.tallies import Outcome
from loa.surfaces.desk.reason_words import reason_words


@dataclass(frozen=True)
class Said:
    """One outcome as it is shown."""

    tone: str
    bar: str
    words: Promise


OUTCOMES: dict[Outcome, Said] = {
    Outcome.PLANNED: Said("ok", "planned", gettext_lazy("Đã xếp lịch")),
    Outcome.AWAITED: Said("waiting", "planned", gettext_lazy("Tới giờ, chờ cụm loa báo")),
    Outcome.SOUNDING: Said("playing", "playing", gettext_lazy("Đang phát")),
    Outcome.SOUNDED: Said("ok", "done", gettext_lazy("Đã phát")),
    Outcome.PARTLY: Said("warn", "partly", gettext_lazy("Phát chưa đủ")),
    Outcome.MISSED: Said("danger", "missed", gettext_lazy("Không phát")),
    Outcome.STOPPED: Said("off", "stopped", gettext_lazy("Đã dừng")),
    Outcome.REFUSED: Said("danger", "missed", gettext_lazy("Không giao được lệnh")),
}
# What the bars of a ribbon mean, in the order of a day's life.
BARS: tuple[tuple[str, Promise], ...] = (
    ("waiting", gettext_lazy("chờ người thứ hai")),
    ("planned", gettext_lazy("đã xếp lịch")),
    ("playing", gettext_lazy("đang phát")),
    ("done", gettext_lazy("đã phát")),
    ("partly", gettext_lazy("phát chưa đủ")),
    ("missed", gettext_lazy("không phát")),
    ("stopped", gettext_lazy("đã dừng")),
)


def note_of(sounding: Sounding) -> str:
    """Return the why that belongs beside an outcome, or nothing."""
    occurrence = sounding.occurrence
    if sounding.outcome is Outcome.REFUSED:
        return reason_words(occurrence.refusal.reason)
    readiness = getattr(occurrence, "readiness", None)
    if sounding.outcome is Outcome.PLANNED and readiness is not None:
        if readiness.cleared_at is None:
            given = {"ready": readiness.ready, "all": readiness.targeted}
            return _("mới %(ready)s/%(all)s cụm loa sẵn sàng") % given
        return ""
    recall = getattr(occurrence.placement, "recall", None)
    if sounding.outcome is Outcome.STOPPED and recall is not None:
        given = {"name": recall.recalled_by.full_name, "reason": recall.reason}
        return _("%(name)s dừng: “%(reason)s”") % given
    return ""
