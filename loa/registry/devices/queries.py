from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat

from loa.lib import clock
from loa.lib.text import spelling_pattern
from loa.registry.devices.models import SILENT_AFTER, Device, DeviceGroup, FormerKey
from loa.registry.places.queries import parents_of_all
from loa.wire import rules

# A batch that was on its way when its machine was replaced.
HANDOVER = timedelta(minutes=1)


def devices_in_scope() -> QuerySet[Device]:
    """Return the devices of the places in scope, with their last state."""
    return Device.objects.filter(retired_at=None).select_related("place", "state", "village")


def loudspeakers_in(places: Iterable[str]) -> list[Device]:
    """Return the live loudspeaker clusters that stand in these communes or villages."""
    codes = list(places)
    here = Q(place__in=codes) | Q(village__in=codes)
    rows = devices_in_scope().filter(here, kind=Device.Kind.LOUDSPEAKER)
    return list(rows.order_by("code"))


def loudspeakers_standing_in(places: Iterable[str]) -> list[tuple[str, str, str | None]]:
    """Return code, commune and village of the same clusters: enough to order from thousands."""
    codes = list(places)
    here = Q(place__in=codes) | Q(village__in=codes)
    rows = Device.objects.filter(here, retired_at=None, kind=Device.Kind.LOUDSPEAKER)
    return list(rows.order_by("code").values_list("code", "place_id", "village_id"))


def stands_of_loudspeakers() -> list[tuple[str, str | None]]:
    """Return every (commune, village or None) in which a cluster stands, each once."""
    rows = Device.objects.filter(retired_at=None, kind=Device.Kind.LOUDSPEAKER)
    return list(rows.order_by().values_list("place_id", "village_id").distinct())


def public_keys() -> dict[str, str]:
    """Return device code → public key of every device that was ever entered and not retired."""
    return dict(Device.objects.filter(retired_at=None).values_list("code", "public_hex"))


def keys_and_places(codes: Iterable[str]) -> dict[str, tuple[str, list[str]]]:
    """Return code → public key and all places it stands in, for those of these that may enter."""
    parents = parents_of_all()
    rows = Device._base_manager.filter(retired_at=None, code__in=list(codes))  # noqa: SLF001
    return {
        code: (public_hex, list(rules.lineage(village or place, parents)))
        for code, public_hex, place, village in rows.values_list(
            "code", "public_hex", "place_id", "village_id"
        )
    }


def device_with_key(public_hex: str) -> Device | None:
    """Return the device in use that proves itself by this key."""
    rows = Device._base_manager.filter(retired_at=None, public_hex=public_hex)  # noqa: SLF001
    return rows.first()


def retired_since(instant: datetime) -> list[str]:
    rows = Device._base_manager.filter(retired_at__gte=instant)  # noqa: SLF001
    return list(rows.values_list("code", flat=True))


def devices_standing_in(places: Iterable[str]) -> QuerySet[Device]:
    """Return the live devices of these communes or villages, with their last state.

    The caller answers for the codes: a village head's places name no commune, so no scope helps.
    """
    return devices_in_use_or_not(places).filter(retired_at=None)


def devices_in_use_or_not(places: Iterable[str]) -> QuerySet[Device]:
    """Return those and the retired ones; the caller answers for the codes."""
    codes = list(places)
    rows = Device._base_manager.filter(Q(place__in=codes) | Q(village__in=codes))  # noqa: SLF001
    return rows.select_related("place", "state", "village").order_by("code")


def keys_valid_at(device: Device, instant: datetime) -> list[str]:
    """Return the public keys this device could prove itself by then, as the city's clock counts."""
    since = device.key_since
    if since is None:
        return [device.public_hex]
    own = [device.public_hex] if since <= instant else []
    there = device.former_keys.filter(valid_from__lte=instant, valid_until__gte=instant - HANDOVER)
    return [*own, *there.values_list("public_hex", flat=True)]


def keys_to_put_out() -> list[FormerKey]:
    """Return the keys of replaced machines whose connections were not ended yet."""
    return list(FormerKey.objects.filter(put_out_at=None).order_by("pk"))


def groups_of(places: Iterable[str]) -> list[DeviceGroup]:
    """Return the groups of these places, each with its devices; the caller answers for the codes."""
    rows = DeviceGroup.objects.filter(place__in=list(places)).select_related("place")
    return list(rows.prefetch_related("devices").order_by("place__name", "name"))


def quarantined(codes: Iterable[str]) -> set[str]:
    """Return those of the devices whose key two machines have: only emergencies are for them."""
    rows = Device._base_manager.filter(code__in=list(codes), state__cloned_at__isnull=False)  # noqa: SLF001
    return set(rows.values_list("code", flat=True))


def devices_behind(roster: int, root: int) -> list[str]:
    """Return who spoke lately and holds an older roster or root than these."""
    rows = Device._base_manager.filter(  # noqa: SLF001
        retired_at=None, state__seen_at__gt=clock.now() - SILENT_AFTER
    )
    older = rows.filter(Q(state__roster__lt=roster) | Q(state__root__lt=root))
    return list(older.order_by("code").values_list("code", flat=True))


def devices_named(places: Iterable[str], words: Iterable[str]) -> QuerySet[Device]:
    """Return the live devices of these places whose register holds all these words, in any spelling.

    The caller answers for the codes.
    """
    rows = devices_standing_in(places).annotate(
        said=Concat(*_with_gaps("code", "name", "address", "pole", "serial", "place__name"))
    )
    for word in words:
        rows = rows.filter(said__regex=spelling_pattern(word))
    return rows


def _with_gaps(*fields: str) -> list[F | Value]:
    return [part for field in fields for part in (F(field), Value(" "))]
