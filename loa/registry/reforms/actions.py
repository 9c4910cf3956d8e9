"""Communes merged, divided and renamed: prepared ahead, carried out as one act on the day.

A commune that becomes part of another stays in the tree, below it, with its villages. So its
history adds up under the new one, and its devices go along without being touched: each still names
the stand it was enrolled at, and the next roster, which the root answers for, says what that stand
is part of now.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from loa.lib import clock
from loa.registry.devices.models import DeviceGroup
from loa.registry.ledger.actions import record_fact
from loa.registry.people.actions import end_mandate, grant_mandate
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place, PlaceAlias
from loa.registry.places.queries import city
from loa.registry.places.remembering import forget_tree
from loa.registry.reforms import errors
from loa.registry.reforms.models import PlaceReform, ReformLine
from loa.registry.reforms.queries import (
    devices_at,
    lines_waiting,
    mandates_open_at,
    reforms_due,
)

log = logging.getLogger("loa.reforms")
REFORM_CARRIED_OUT = "reform_carried_out"
_CODE = re.compile(r"[0-9]{5}")


@transaction.atomic
def prepare_reform(
    *,
    code: str,
    kind: str,
    name: str,
    sources: Sequence[Place],
    effective_on: date,
    decision_number: str,
    by: Person,
) -> PlaceReform:
    """Prepare that `sources` become part of the commune `code`, or that it takes another name.

    Nothing changes before `effective_on`. The same again changes nothing. Raises MandateMissing and
    the refusals of this app.
    """
    if not by.may(Deed.EDIT_ROLES, city()):
        raise MandateMissing
    decision, name = " ".join(decision_number.split())[:64], " ".join(name.split())[:100]
    _refuse_unsaid(decision, name, effective_on)
    _refuse_unusable(code, kind, name, sources)
    given = {
        "decision_number": decision,
        "effective_on": effective_on,
        "target_code": code,
        "target_kind": kind,
        "target_name": name,
    }
    known = PlaceReform.objects.filter(withdrawn_at=None, **given).first()
    if known is not None:
        return known
    _refuse_waiting(code, sources)
    reform = PlaceReform.objects.create(prepared_by=by, prepared_at=clock.now(), **given)
    ReformLine.objects.bulk_create(ReformLine(reform=reform, source=one) for one in sources)
    record_fact("reform_prepared", **_as_recorded(reform, by))
    return reform


def _refuse_unsaid(decision: str, name: str, effective_on: date) -> None:
    if not decision:
        raise errors.DecisionMissing
    if not name:
        raise errors.NameMissing
    if effective_on < clock.local(clock.now()).date():
        raise errors.DayGone


def _refuse_unusable(code: str, kind: str, name: str, sources: Sequence[Place]) -> None:
    if not _CODE.fullmatch(code):
        raise errors.CodeUnusable
    target = Place.objects.filter(code=code).select_related("parent").first()
    if target is not None and not _is_present_commune(target):
        raise errors.TargetUnusable
    is_named = target is not None and (target.name, target.kind) == (name, kind)
    if not sources and (target is None or is_named):
        raise errors.NothingChanges
    if any(not _may_move(source, code) for source in sources):
        raise errors.SourceUnusable


def _is_present_commune(place: Place) -> bool:
    return place.is_commune and place.parent is not None and place.parent.is_city


def _may_move(source: Place, code: str) -> bool:
    if source.kind == Place.Kind.VILLAGE:
        return source.parent_id != code
    return source.code != code and _is_present_commune(source)


def _refuse_waiting(code: str, sources: Sequence[Place]) -> None:
    """A place that waits for one reform is in no other, whichever side it stands on."""
    touched = [code, *(source.code for source in sources)]
    waiting = PlaceReform.objects.filter(carried_out_at=None, withdrawn_at=None)
    if (
        waiting.filter(target_code__in=touched).exists()
        or lines_waiting().filter(source__in=touched).exists()
    ):
        raise errors.ReformWaiting


@transaction.atomic
def withdraw_reform(reform: PlaceReform, *, by: Person) -> None:
    """Take back what was prepared; again changes nothing. Raises MandateMissing, ReformOver."""
    if not by.may(Deed.EDIT_ROLES, city()):
        raise MandateMissing
    reform = PlaceReform.objects.select_for_update().get(pk=reform.pk)
    if reform.carried_out_at is not None:
        raise errors.ReformOver
    if reform.withdrawn_at is not None:
        return
    reform.withdrawn_by, reform.withdrawn_at = by, clock.now()
    reform.save(update_fields=["withdrawn_by", "withdrawn_at"])
    record_fact("reform_withdrawn", **_as_recorded(reform, by))


def carry_out_due() -> int:
    """Carry out what waits although its day has come; returns how many reforms were.

    One that cannot be carried out is logged, waits on, and holds up nothing else of the city.
    """
    due = list(reforms_due(clock.local(clock.now()).date()).values_list("pk", flat=True))
    return sum(_carried_out(pk) for pk in due)


def _carried_out(pk: int) -> bool:
    try:
        return _carry_out(pk)
    except OperationalError:
        raise
    except Exception:
        log.exception("reform %s cannot be carried out", pk)
        return False


@transaction.atomic
def _carry_out(pk: int) -> bool:
    """Do the whole of one reform or nothing of it; who was killed on the way begins again."""
    reform = PlaceReform.objects.select_for_update().get(pk=pk)
    if not reform.is_open:
        return False
    target = _target_of(reform)
    for line in reform.lines.select_related("source__parent"):
        _move(line, target)
    forget_tree()
    reform.carried_out_at = clock.now()
    reform.save(update_fields=["carried_out_at"])
    record_fact(REFORM_CARRIED_OUT, **_as_recorded(reform, None))
    return True


def _target_of(reform: PlaceReform) -> Place:
    """Return the commune as it is called from now on, made if it is new."""
    target, is_new = Place.objects.get_or_create(
        code=reform.target_code,
        defaults={
            "kind": reform.target_kind,
            "name": reform.target_name,
            "parent": city(),
            "valid_from": reform.effective_on,
        },
    )
    if not is_new and (target.name, target.kind) != (reform.target_name, reform.target_kind):
        _keep_former_name(target, target)
        target.name, target.kind = reform.target_name, reform.target_kind
        target.save(update_fields=["name", "kind"])
    return target


def _keep_former_name(former: Place, target: Place) -> None:
    kind = str(former.get_kind_display())
    alias, _ = PlaceAlias.objects.get_or_create(name=former.name, kind=kind)
    for known in {alias, *former.aliases.all()}:
        known.places.add(target)
    target.predecessors = [*target.predecessors, {"kind": kind, "name": former.name}]
    target.save(update_fields=["predecessors"])


def _move(line: ReformLine, target: Place) -> None:
    source, reform = line.source, line.reform
    devices = devices_at(source)
    line.devices = devices.count()
    if source.kind == Place.Kind.VILLAGE:
        devices.update(place=target)
    else:
        line.mandates = _carry_mandates(source, target, reform.decision_number)
        # What stood in no village stands in the former commune from now on.
        devices.update(village=Coalesce(F("village"), Value(source.pk)), place=target)
        _move_groups(source, target)
        _keep_former_name(source, target)
        source.valid_until = reform.effective_on - timedelta(days=1)
    source.parent = target
    source.save(update_fields=["parent", "valid_until"])
    line.save(update_fields=["devices", "mandates"])


def _carry_mandates(source: Place, target: Place, decision: str) -> int:
    """Let everybody go on at the target by the decision of the reform; returns how many did."""
    held, now = list(mandates_open_at(source)), clock.now()
    for mandate in held:
        begin, until = max(now, mandate.valid_from), mandate.valid_until
        end_mandate(mandate, reason=decision)
        grant_mandate(
            mandate.person,
            mandate.role_id,
            target,
            decision_number=decision,
            valid_from=begin,
            valid_until=until,
            agency=mandate.agency,
        )
    return len(held)


def _move_groups(source: Place, target: Place) -> None:
    taken = set(DeviceGroup.objects.filter(place=target).values_list("name", flat=True))
    for group in DeviceGroup.objects.filter(place=source):
        if group.name in taken:
            group.name = f"{group.name[:60]} ({source.name[:36]})"
        group.place = target
        group.save(update_fields=["name", "place"])
        taken.add(group.name)


def _as_recorded(reform: PlaceReform, by: Person | None) -> dict[str, Any]:
    lines = reform.lines.all()
    moved = {one.source_id: {"devices": one.devices, "mandates": one.mandates} for one in lines}
    return {
        "actor": by.username if by else None,
        "subject": reform.target_code,
        "place": city().code,
        "body": {
            "decision": reform.decision_number,
            "from": reform.effective_on.isoformat(),
            "name": reform.target_full_name,
            "parts": moved,
        },
    }
