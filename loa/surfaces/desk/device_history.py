"""What the register says of a device in words, and what happened to it, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from loa.registry.devices.incidents import incidents_of
from loa.registry.devices.models import Device
from loa.registry.devices.register import EDITABLE
from loa.registry.ledger.queries import facts_about
from loa.registry.people.queries import full_names
from loa.surfaces.desk.command_words import command_words
from loa.surfaces.desk.ledger_words import kind_words
from loa.surfaces.look import words

HISTORY_MAX = 30
NEVER_SHOWN = {"name", "kind"}


@dataclass(frozen=True)
class Happened:
    """One thing that happened to a device."""

    at: datetime
    words: str
    who: str
    more: str


def field_words(name: str) -> str:
    label = str(Device._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # noqa: SLF001
    return label[:1].upper() + label[1:]


def about_device(device: Device) -> list[tuple[str, str]]:
    """Return (label, value) of everything the register holds of a device."""
    rows = [(_("Loại"), str(device.get_kind_display()))]
    for name in EDITABLE:
        value = getattr(device, name)
        if name not in NEVER_SHOWN and value not in (None, ""):
            rows.append((field_words(name), _said(value)))
    names = ", ".join(group.name for group in device.groups.all())
    return [*rows, (_("Nhóm"), names)] if names else rows


def _said(value: object) -> str:
    if isinstance(value, date):
        return f"{value:%d-%m-%Y}"
    return words.number(value) if isinstance(value, int) else str(value)


def history_of(device: Device) -> list[Happened]:
    """Return what the ledger says of a device and when it was not heard of, newest first."""
    facts = list(facts_about([device.code]).order_by("-seq")[:HISTORY_MAX])
    names = full_names(fact.actor for fact in facts if fact.actor)
    told = [
        Happened(
            datetime.fromisoformat(fact.at),
            kind_words(fact.kind),
            names.get(fact.actor, fact.actor),
            _more(fact.body),
        )
        for fact in facts
    ]
    both = sorted([*told, *outages_of(device)], key=lambda one: one.at, reverse=True)
    return both[:HISTORY_MAX]


def outages_of(device: Device) -> list[Happened]:
    """Return when a device was not heard of, newest first."""
    return [
        Happened(
            row.since,
            _("Mất liên lạc"),
            "",
            _("có lại lúc %(at)s") % {"at": words.moment(row.back_at)}
            if row.back_at
            else _("chưa có lại"),
        )
        for row in incidents_of(device)
    ]


def _more(body: Mapping[str, Any]) -> str:
    if "changes" in body:
        return "; ".join(
            _("%(field)s: %(before)s → %(after)s")
            % {"field": _field(name), "before": before or "–", "after": after or "–"}
            for name, (before, after) in body["changes"].items()
        )
    if "verb" in body:
        return command_words(body["verb"], body.get("args", {}))
    return str(body.get("reason", ""))


def _field(name: str) -> str:
    return field_words(name) if name in {*EDITABLE, "photo_sha256"} else name
