from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet
from vn_collate import collate_key

from loa.lib import clock
from loa.lib.text import spelling_pattern
from loa.registry.people.models import (
    ApprovalKey,
    KeyDemand,
    Mandate,
    Person,
    RootIssue,
    RosterDraft,
    RosterIssue,
)
from loa.registry.people.rules import APPROVING, Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import lineage
from loa.wire import roots, rules
from loa.wire.messages import KeyRole, Root, Roster
from loa.wire.reasons import Reason, Refused


def person_by_username(username: str) -> Person:
    """Return a person; raises Person.DoesNotExist."""
    return Person.objects.get(username=username)


def full_names(usernames: Iterable[str]) -> dict[str, str]:
    """Return username → full name of those who are entered."""
    rows = Person.objects.filter(username__in=set(usernames))
    return dict(rows.values_list("username", "full_name"))


def people_named(places: Iterable[str], words: Iterable[str]) -> list[Person]:
    """Return who works at these places now and whose name, title or username holds all words."""
    now = clock.now()
    live = Mandate.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=now), valid_from__lte=now, place__in=list(places)
    )
    rows = Person.objects.filter(mandates__in=live, is_active=True)
    for word in words:
        pattern = spelling_pattern(word)
        rows = rows.filter(
            Q(full_name__regex=pattern) | Q(title__regex=pattern) | Q(username__startswith=word)
        )
    return sorted(rows.distinct(), key=lambda person: collate_key(person.full_name))


def usernames_named(name: str) -> list[str]:
    """Return the usernames of everybody called so, with or without marks."""
    rows = Person.objects.all()
    for word in name.split():
        rows = rows.filter(full_name__regex=spelling_pattern(word))
    found = set(rows.values_list("username", flat=True))
    return sorted(found | {name})


def people_who_may(deed: Deed, place: Place) -> list[Person]:
    """Return everybody with a live mandate for this deed at this place, nearest first."""
    above = [step.code for step in lineage(place)]
    mandates = Mandate.objects.filter(role__deeds__contains=[deed], place__in=above)
    people = {m.person for m in mandates.select_related("person")}
    able = [person for person in people if person.may(deed, place)]
    return sorted(
        able, key=lambda p: (p.may(deed, place) and _distance(p, deed, above), p.username)
    )


def _distance(person: Person, deed: Deed, above: list[str]) -> int:
    return min(
        above.index(m.place_id)
        for m in person.live_mandates()
        if m.role.allows(deed) and m.place_id in above
    )


def live_approval_key(person: Person) -> ApprovalKey | None:
    """Return the key the server keeps for this person."""
    kept_here = person.approval_keys.filter(valid_until=None, custody="server")
    return kept_here.order_by("-valid_from").first()


def keys_of(person: Person) -> list[ApprovalKey]:
    """Return every key this person ever answered with, the newest first."""
    return list(person.approval_keys.order_by("-valid_from"))


def own_key(person: Person, key_id: str) -> QuerySet[ApprovalKey]:
    """Return the passkey of this person with this id, if there is one."""
    return person.approval_keys.filter(key_id=key_id, custody="passkey")


def passkeys_of(person: Person) -> list[ApprovalKey]:
    """Return the passkeys this person may answer with now, the newest first."""
    live = person.approval_keys.filter(valid_until=None, custody="passkey")
    return list(live.order_by("-valid_from"))


def may_approve(person: Person) -> bool:
    return any(person.may_anywhere(deed) for deed in APPROVING)


def passkey_demands() -> dict[str, str]:
    """Return place → what it demands passkeys for, of the places that do."""
    return dict(KeyDemand.objects.order_by("place").values_list("place", "demand"))


def root_issues() -> QuerySet[RootIssue]:
    return RootIssue.objects.order_by("version")


def sealed_root(version: int) -> bytes | None:
    """Return the root of this number as devices fetch it."""
    issue = RootIssue.objects.filter(version=min(version, 2**31 - 1)).first()
    return bytes(issue.envelope) if issue is not None else None


def present_root() -> Root | None:
    """Return the newest root, as the city took it in; None before the first."""
    issue = root_issues().last()
    return roots.open_own(bytes(issue.envelope)) if issue is not None else None


def first_root_sha256() -> str:
    """Return what an installer tells a device: the hash of the first root; empty before there is one."""
    issue = root_issues().first()
    return issue.sha256 if issue is not None else ""


def waiting_draft() -> RosterDraft | None:
    """Return the roster that waits for signatures, if one does."""
    draft, present = RosterDraft.objects.last(), present_roster()
    if draft is None or (present is not None and draft.version <= present.version):
        return None
    return draft


def opened_roster(issue: RosterIssue) -> Roster:
    """Return a roster as signed under a root of the city, the newest first; raises Refused."""
    refused = Refused(Reason.UNKNOWN_KEY, "no root")
    for root in root_issues().reverse():
        try:
            return rules.open_roster(bytes(issue.envelope), roots.open_own(bytes(root.envelope)))
        except Refused as error:
            refused = error
    raise refused


def answers_by_roster(
    key_id: str, places: Iterable[str], at: datetime, *, emergency: bool = False
) -> bool:
    """Say whether the roster that devices hold lets this key answer for all of these places."""
    issue = present_roster()
    if issue is None:
        return False
    roster, wanted = opened_roster(issue), list(places)
    return any(
        key.key_id == key_id
        and key.role is KeyRole.APPROVER
        and key.valid_from <= at
        and (key.valid_until is None or at < key.valid_until)
        and (key.emergency or not emergency)
        and all(rules.is_within(place, key.places, roster.parents) for place in wanted)
        for key in roster.keys
    )


def present_roster() -> RosterIssue | None:
    return RosterIssue.objects.order_by("-version").first()


def rosters() -> QuerySet[RosterIssue]:
    return RosterIssue.objects.order_by("version")


def people_entered() -> QuerySet[Person]:
    return Person.objects.all()
