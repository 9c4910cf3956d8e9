"""A place's quiet hours reach its devices, and no others."""

from __future__ import annotations

from datetime import time

import msgspec

from loa.flow.deliveries.actions import dispatch_due, renew_documents
from loa.flow.deliveries.queries import document_for
from loa.flow.schedules.hours import set_hours
from loa.project.cast import HAI_CHAU, HOA_VANG, device_code
from loa.registry.places.queries import place_by_code
from loa.wire import envelope
from loa.wire.messages import Desired, QuietHours

IN_HAI_CHAU, IN_HOA_VANG = device_code(1), device_code(2)


def quiet_hours_of(device: str) -> tuple[QuietHours, ...]:
    data = document_for(device)
    assert data is not None
    payload = envelope.read(data).payload_bytes
    return msgspec.json.decode(payload, type=Desired).quiet_hours


def test_changed_hours_are_signed_for_the_devices_of_the_place(way, cast, morning) -> None:
    way.place()
    way.place(way.edition(by="tam", approver="son", place=HOA_VANG), by="tam")
    dispatch_due()
    before = quiet_hours_of(IN_HOA_VANG)
    set_hours(
        place_by_code(HAI_CHAU),
        by=cast["hung"],
        quiet_from=time(20, 30),
        quiet_until=time(6),
        minutes=45,
    )
    assert renew_documents() == 2
    assert quiet_hours_of(IN_HAI_CHAU) == (QuietHours(start="20:30", end="06:00"),)
    assert quiet_hours_of(IN_HOA_VANG) == before
    assert renew_documents() == 0
