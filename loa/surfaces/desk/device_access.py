"""Which devices somebody may see, and which he tends."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from loa.registry.devices.models import Device
from loa.registry.devices.queries import devices_standing_in
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed


def visible_places(person: Person) -> set[str]:
    """Return where this person may see devices: to hear what they sound, or to mend them."""
    return person.places_with(Deed.READ) | person.places_with(Deed.TEND_DEVICES)


def tended_device(person: Person, code: str) -> Device:
    """Return the device of this code if the person tends it, else 404."""
    mine = person.places_with(Deed.TEND_DEVICES)
    return get_object_or_404(devices_standing_in(mine), code=code)
