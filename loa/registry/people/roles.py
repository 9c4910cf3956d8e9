"""What the roles are: read by everybody, changed by who keeps the system, never against its own rules."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.text import slugify

from loa.lib import clock
from loa.lib.text import fold
from loa.registry.ledger.actions import record_fact
from loa.registry.people import errors
from loa.registry.people.actions import give_key
from loa.registry.people.models import Mandate, Person, Role
from loa.registry.people.rosters import issue_roster
from loa.registry.people.rules import APPROVING, Deed, Level, role_faults
from loa.registry.places.queries import city

NEW_ROLE_POSITION = 100


@dataclass(frozen=True)
class Wish:
    """What a role should be."""

    name: str
    level: str
    deeds: Collection[str]
    grants: Collection[str] = ()


def roles_in_order() -> list[Role]:
    return list(Role.objects.all())


def roles_entered() -> QuerySet[Role]:
    return Role.objects.all()


def role_by_code(code: str) -> Role:
    """Return a role; raises Role.DoesNotExist."""
    return Role.objects.get(pk=code)


def role_names() -> dict[str, str]:
    """Return code → name in the reader's language."""
    return {role.pk: str(role) for role in Role.objects.all()}


def holders_of_roles(now: datetime) -> dict[str, int]:
    """Return role → how many mandates name it and are in force."""
    live = Mandate.objects.filter(Q(valid_until=None) | Q(valid_until__gt=now), ended_at=None)
    live = live.filter(valid_from__lte=now)
    return dict(live.order_by().values_list("role").annotate(Count("pk")))


@transaction.atomic
def add_role(wish: Wish, *, by: Person) -> Role:
    """Enter a role of the city's own. Raises MandateMissing, RoleNameTaken, RoleRefused, GrantsUnknown."""
    _refuse_stranger(by)
    name = _name(wish.name)
    if Role.objects.filter(name__iexact=name).exists():
        raise errors.RoleNameTaken
    _refuse_wrong(wish)
    role = Role.objects.create(
        code=_free_code(name),
        name=name,
        level=wish.level,
        position=NEW_ROLE_POSITION,
        deeds=_in_order(wish.deeds),
        grants=sorted(wish.grants),
    )
    record_fact("role_added", **_said_of(role, by, given=role.deeds, taken=[]))
    return role


@transaction.atomic
def change_role(role: Role, wish: Wish, *, by: Person) -> Role:
    """Change what a role may do, for everybody who holds it; the same again changes nothing.

    Raises MandateMissing, RoleRefused, RoleAnswered, RoleHeldElsewhere, RoleKeepsYou, RoleNameTaken,
    GrantsUnknown.
    """
    _refuse_stranger(by)
    role = Role.objects.select_for_update().get(pk=role.pk)
    name = _name(wish.name)
    if Role.objects.filter(name__iexact=name).exclude(pk=role.pk).exists():
        raise errors.RoleNameTaken
    _refuse_wrong(wish)
    before, after = set(role.deeds), set(wish.deeds)
    _refuse_taking(role, wish, before - after, by)
    wanted = (name, wish.level, _in_order(after), sorted(wish.grants))
    if (role.name, role.level, _in_order(before), sorted(role.grants)) == wanted:
        return role
    role.name, role.level, role.deeds, role.grants = wanted
    role.save(update_fields=["name", "level", "deeds", "grants"])
    record_fact(
        "role_changed",
        **_said_of(role, by, given=_in_order(after - before), taken=_in_order(before - after)),
    )
    if (after ^ before) & APPROVING:
        _let_holders_answer(role)
        issue_roster(asked_by=by.username)
    return role


def _let_holders_answer(role: Role) -> None:
    """Who holds a role that approves from now on has a key from now on."""
    now = clock.now()
    if APPROVING.isdisjoint(role.deeds):
        return
    for person in Person.objects.filter(mandates__role=role, mandates__ended_at=None).distinct():
        give_key(person, now)


def _refuse_stranger(by: Person) -> None:
    if not by.may(Deed.EDIT_ROLES, city()):
        raise errors.MandateMissing


def _name(name: str) -> str:
    name = " ".join(name.split())[:100]
    if not name:
        raise errors.RoleNameMissing
    return name


def _refuse_wrong(wish: Wish) -> None:
    if faults := role_faults(wish.level, wish.deeds):
        raise errors.RoleRefused(faults)
    known = set(Role.objects.values_list("code", flat=True))
    if not set(wish.grants) <= known:
        raise errors.GrantsUnknown


def _refuse_taking(role: Role, wish: Wish, taken: set[str], by: Person) -> None:
    held = Mandate.objects.filter(role=role)
    if taken & APPROVING and held.exists():
        raise errors.RoleAnswered
    if wish.level != role.level and held.exists():
        raise errors.RoleHeldElsewhere
    others = [m for m in by.live_mandates() if m.role_id != role.pk]
    if Deed.EDIT_ROLES in taken and not any(m.role.allows(Deed.EDIT_ROLES) for m in others):
        raise errors.RoleKeepsYou


def _in_order(deeds: Collection[str]) -> list[str]:
    return [deed.value for deed in Deed if deed in deeds]


def _free_code(name: str) -> str:
    stem = slugify(fold(name)).replace("-", "_")[:20] or "vai_tro"
    code, number = stem, 2
    while Role.objects.filter(pk=code).exists():
        code, number = f"{stem}_{number}", number + 1
    return code


def _said_of(role: Role, by: Person, **more: object) -> dict[str, Any]:
    body = {"name": role.name, "level": Level(role.level).value, "grants": role.grants, **more}
    return {"actor": by.username, "subject": role.pk, "place": city().code, "body": body}
