"""Deeds on the catalogue of stations that may be relayed: enter, retire, note how one sounds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet

from loa.flow.sources.errors import RelayIncomplete, RelayRetireUnfounded, StreamAddressWrong
from loa.flow.sources.jobs import defer_listening
from loa.flow.sources.models import RelaySource
from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import lineage

RELAY_SOURCE_ENTERED, RELAY_SOURCE_RETIRED = "relay_source_entered", "relay_source_retired"
ADDRESS_MAX = 500
_ADDRESS = re.compile(r"https?://[^\s/]+\S*")


@dataclass(frozen=True)
class Station:
    """What is entered of a station."""

    kind: str
    name: str
    primary: str
    rights: str
    secondary: str = ""
    rights_until: date | None = None


@transaction.atomic
def enter_relay_source(station: Station, *, place: Place, by: Person) -> RelaySource:
    """Enter a station into the catalogue of a place; the same primary stream again changes nothing.

    It is listened to in a job. Raises RelayIncomplete, StreamAddressWrong, MandateMissing.
    """
    if not by.may(Deed.PLACE, place):
        raise MandateMissing
    name, rights = _line(station.name, 200), _line(station.rights, 500)
    _refuse_wrong(station, name, rights)
    Place.objects.select_for_update(no_key=True).get(pk=place.pk)
    known = RelaySource._base_manager.filter(  # noqa: SLF001
        place=place, primary=station.primary, retired_at=None
    ).first()
    if known is not None:
        return known
    relay = RelaySource.objects.create(
        place=place,
        kind=station.kind,
        name=name,
        primary=station.primary,
        secondary=station.secondary,
        rights=rights,
        rights_until=station.rights_until,
        entered_by=by,
        entered_at=clock.now(),
    )
    record_fact(
        RELAY_SOURCE_ENTERED,
        actor=by.username,
        subject=str(relay.pk),
        place=place.code,
        body={"name": name, "streams": relay.addresses, "rights": rights},
    )
    defer_listening(relay.pk)
    return relay


@transaction.atomic
def retire_relay_source(relay: RelaySource, *, by: Person, reason: str) -> RelaySource:
    """Take a station out of the catalogue; what relays it goes on until it is ended itself."""
    relay = RelaySource._base_manager.select_for_update(of=("self",)).get(pk=relay.pk)  # noqa: SLF001
    if not by.may(Deed.PLACE, relay.place):
        raise MandateMissing
    if relay.retired_at is not None:
        return relay
    relay.retire_reason = _line(reason, 500)
    if not relay.retire_reason:
        raise RelayRetireUnfounded
    relay.retired_by, relay.retired_at = by, clock.now()
    relay.save(update_fields=["retired_by", "retired_at", "retire_reason"])
    record_fact(
        RELAY_SOURCE_RETIRED,
        actor=by.username,
        subject=str(relay.pk),
        place=relay.place_id,
        body={"name": relay.name, "reason": relay.retire_reason},
    )
    return relay


def ask_to_listen(relay: RelaySource, *, by: Person) -> None:
    """Let a worker listen to the station now; changes nothing but what is known of it."""
    if not by.may(Deed.PLACE, relay.place):
        raise MandateMissing
    defer_listening(relay.pk)


def _refuse_wrong(station: Station, name: str, rights: str) -> None:
    if not name or not rights or station.kind not in RelaySource.Kind.values:
        raise RelayIncomplete(field_name="name" if not name else "rights")
    for field, address in (("primary", station.primary), ("secondary", station.secondary)):
        is_missing = not address and field == "secondary"
        if not is_missing and (len(address) > ADDRESS_MAX or not _ADDRESS.fullmatch(address)):
            raise StreamAddressWrong(field_name=field)
    if station.secondary == station.primary:
        raise StreamAddressWrong(field_name="secondary")


def _line(text: str, longest: int) -> str:
    return " ".join(text.split())[:longest]


# -- reading


def relay_sources_readable_by(person: Person) -> QuerySet[RelaySource]:
    """Return the stations of places this person may read, and of the places above them."""
    mine = person.places_with(Deed.READ)
    above = {step.code for place in Place.objects.filter(code__in=mine) for step in lineage(place)}
    rows = RelaySource._base_manager.filter(Q(place__in=above))  # noqa: SLF001
    return rows.select_related("place", "entered_by", "retired_by").order_by("name", "pk")
