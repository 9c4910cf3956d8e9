"""What devices ask of people: clusters that are not ready in time, and places that fell silent."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loa.flow.receipts.models import ReadinessAlarm
from loa.flow.receipts.readiness import alarms_ahead
from loa.lib import clock
from loa.registry.devices.incidents import open_incidents
from loa.registry.devices.models import Incident
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.surfaces.look.frame import Task


def device_tasks(person: Person) -> list[Task]:
    """Return what somebody who places or mends there should look at: not ready in time, silent."""
    tended = person.places_with(Deed.TEND_DEVICES)
    mine = person.places_with(Deed.PLACE) | tended
    ahead = [_readiness_task(alarm) for alarm in alarms_ahead(mine, clock.now())] if mine else []
    waiting = open_incidents(tended) if tended else []
    nobodys = [_outage_task(one) for one in waiting if one.taken_by_id in {None, person.pk}]
    return [*ahead, *nobodys]


def _outage_task(incident: Incident) -> Task:
    count = len(incident.devices.all())
    given = {"n": count, "place": incident.where}
    title = ngettext(
        "Mất liên lạc %(n)s thiết bị ở %(place)s", "Mất liên lạc %(n)s thiết bị ở %(place)s", count
    )
    is_mine = incident.taken_by is not None
    return Task(
        title=title % given,
        url=reverse("desk:outage", args=[incident.pk]),
        deed=_("Xem sự cố") if is_mine else _("Xem và nhận xử lý"),
        tone="warn" if is_mine else "danger",
        state=_("Bạn đang xử lý") if is_mine else _("Chưa ai nhận xử lý"),
        who=_("Hệ thống báo"),
        since=incident.opened_at,
        until=None,
        notes=(incident.note,) if incident.note else (),
    )


def _readiness_task(alarm: ReadinessAlarm) -> Task:
    occurrence = alarm.occurrence
    given = {"ready": alarm.ready, "all": alarm.targeted}
    return Task(
        title=_("Sắp phát ở %(place)s, chưa đủ loa") % {"place": occurrence.place.full_name},
        url=reverse("desk:readiness"),
        deed=_("Xem loa nào chưa sẵn sàng"),
        tone="danger",
        state=_("Mới %(ready)s/%(all)s cụm loa sẵn sàng") % given,
        who=_("Hệ thống báo"),
        since=alarm.raised_at,
        until=occurrence.start_at,
        notes=(),
    )
