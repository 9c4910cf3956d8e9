"""What is about to sound and is not ready on every device: which devices, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from loa.flow.receipts.models import ReadinessAlarm
from loa.flow.receipts.readiness import alarms_ahead
from loa.flow.receipts.rules import Unready
from loa.lib import clock
from loa.registry.devices.queries import devices_standing_in
from loa.registry.people.rules import Deed
from loa.surfaces.desk.device_access import visible_places
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page

WHYS: dict[str, Promise] = {
    Unready.QUARANTINED: gettext_lazy("hai máy trùng khóa, chỉ nhận lệnh khẩn cấp"),
    Unready.REFUSED: gettext_lazy("máy đã báo không phát lượt này"),
    Unready.SILENT: gettext_lazy("mất liên lạc, chưa báo có âm thanh"),
    Unready.NOT_PULLED: gettext_lazy("chưa nhận lệnh"),
    Unready.NO_SOUND: gettext_lazy("đã nhận lệnh, chưa tải xong âm thanh"),
}


@dataclass(frozen=True)
class Missing:
    """One device that is not ready."""

    code: str
    name: str
    url: str
    why: str


@dataclass(frozen=True)
class AlarmShown:
    """One occurrence with the devices it may not sound on."""

    title: str
    place: str
    start_at: datetime
    ready: int
    targeted: int
    missing: list[Missing]


@staff_page
@require_safe
def show(request: StaffRequest) -> HttpResponseBase:
    """Show what is about to sound without every device being ready."""
    visible = visible_places(request.user)
    alarms = alarms_ahead(visible, clock.now())
    names = {one.code: one.name for one in devices_standing_in(visible)}
    readable = request.user.places_with(Deed.READ)
    shown = [_shown(alarm, names, readable) for alarm in alarms]
    return render_page(request, "readiness.html", room="devices", alarms=shown)


def _shown(alarm: ReadinessAlarm, names: dict[str, str], readable: set[str]) -> AlarmShown:
    occurrence = alarm.occurrence
    may_read = occurrence.place_id in readable
    return AlarmShown(
        title=occurrence.edition.title if may_read else _("Một lượt phát"),
        place=occurrence.place.full_name,
        start_at=occurrence.start_at,
        ready=alarm.ready,
        targeted=alarm.targeted,
        missing=[
            Missing(
                one["device"],
                names[one["device"]],
                reverse("desk:device", args=[one["device"]]),
                str(WHYS.get(one["why"], one["why"])),
            )
            for one in alarm.missing
            if one["device"] in names
        ],
    )
