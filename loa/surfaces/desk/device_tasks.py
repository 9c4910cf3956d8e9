"""What devices ask of people: clusters that are not ready in time, and places that fell silent."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from loa.flow.receipts.models import ReadinessAlarm
from loa.flow.receipts.readiness import alarms_ahead
from loa.lib import clock
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.surfaces.look.frame import Task


def device_tasks(person: Person) -> list[Task]:
    """Return what somebody who places or mends there should look at before it is to sound."""
    mine = person.places_with(Deed.PLACE) | person.places_with(Deed.TEND_DEVICES)
    return [_task(alarm) for alarm in alarms_ahead(mine, clock.now())]


def _task(alarm: ReadinessAlarm) -> Task:
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
