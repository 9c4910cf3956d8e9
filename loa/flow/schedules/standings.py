"""What stands every week: a person proposes it, another answers for it, either place may end it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from loa.flow.approvals.errors import KeyMissing, OwnWork, ReasonMissing
from loa.flow.approvals.models import Edition
from loa.flow.schedules import errors
from loa.flow.schedules.actions import hold_places, refuse_where_suspended
from loa.flow.schedules.models import Standing
from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people import keyring
from loa.registry.people.errors import KeyNotInRoster, MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.queries import answers_by_roster, live_approval_key
from loa.registry.people.rosters import issue_roster
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.wire import canonical, envelope, messages

STANDING_APPROVED, STANDING_ENDED = "standing_approved", "standing_ended"
_ADDRESS = re.compile("https?://[^ ]+")
ADDRESS_MAX = 500


@dataclass(frozen=True)
class Wish:
    """What should stand: streams or editions, when in the week, where, how long."""

    kind: str
    title: str
    windows: Sequence[tuple[int, int]]  # begins_minute since Monday 00:00, minutes
    valid_from: datetime
    valid_until: datetime
    sources: Sequence[str] = ()
    editions: Sequence[Edition] = ()


@transaction.atomic
def propose_standing(
    wish: Wish, *, place: Place, places: Collection[Place], by: Person
) -> Standing:
    """Propose what should sound every week; it sounds once another person has approved it.

    The same wish again changes nothing, as long as the first has not ended.

    Raises SourcesWrong, WindowsWrong, ValidityWrong, PlacesMissing, MandateMissing.
    """
    mine = by.places_with(Deed.PLACE)
    if not places:
        raise errors.PlacesMissing
    if any(one.code not in mine for one in [place, *places]):
        raise MandateMissing
    _refuse_wrong(wish)
    refuse_where_suspended(None, places)
    hold_places([place])
    code = _code_of(wish, place, places)
    already = Standing._base_manager.filter(pk=code).first()  # noqa: SLF001
    if already is not None:
        return already
    standing = Standing.objects.create(
        code=code,
        kind=wish.kind,
        title=_title(wish),
        sources=list(wish.sources),
        windows=[list(window) for window in wish.windows],
        place=place,
        valid_from=wish.valid_from.astimezone(UTC),
        valid_until=wish.valid_until.astimezone(UTC),
        proposed_by=by,
        proposed_at=clock.now(),
    )
    standing.places.set(places)
    standing.editions.set(wish.editions)
    record_fact("standing_proposed", **_said_of(standing, by))
    return standing


@transaction.atomic
def propose_standings(
    wishes: Sequence[Wish], *, place: Place, places: Collection[Place], by: Person
) -> list[Standing]:
    """Propose several that belong together, as a relay and its fallback: all or none."""
    return [propose_standing(wish, place=place, places=places, by=by) for wish in wishes]


@transaction.atomic
def approve_standing(standing: Standing, *, approver: Person) -> Standing:
    """Answer for what stands every week; approving again changes nothing.

    Raises MandateMissing, OwnWork, KeyMissing, CalledOff.
    """
    standing = _held(standing)
    places = list(standing.places.all())
    mine = approver.places_with(Deed.APPROVE)
    if any(one.code not in mine for one in places):
        raise MandateMissing
    if standing.approved_at is not None:
        return standing
    if standing.ended_at is not None:
        raise errors.CalledOff
    if standing.proposed_by_id == approver.pk:
        raise OwnWork
    now = clock.now()
    issue_roster()
    payload, sealed = _sealed(standing, places, approver, now)
    standing.approved_by, standing.approved_at = approver, now
    standing.sha256, standing.envelope = canonical.content_hash(payload), sealed
    standing.save(update_fields=["approved_by", "approved_at", "sha256", "envelope"])
    record_fact(STANDING_APPROVED, **_said_of(standing, approver))
    return standing


@transaction.atomic
def end_standing(standing: Standing, *, by: Person, reason: str) -> Standing:
    """End what stands every week, approved or not; ending again changes nothing."""
    standing = _held(standing)
    mine = by.places_with(Deed.RECALL)
    if any(one.code not in mine for one in standing.places.all()):
        raise MandateMissing
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise ReasonMissing
    if standing.ended_at is None:
        standing.ended_by, standing.ended_at, standing.end_reason = by, clock.now(), reason
        standing.save(update_fields=["ended_by", "ended_at", "end_reason"])
        record_fact(STANDING_ENDED, **_said_of(standing, by, reason=reason))
    return standing


def _title(wish: Wish) -> str:
    return " ".join(wish.title.split())[:200]


def _code_of(wish: Wish, place: Place, places: Iterable[Place]) -> str:
    """Name a wish by what it says and how many like it have ended."""
    said: dict[str, Any] = {
        "kind": wish.kind,
        "title": _title(wish),
        "windows": [list(window) for window in wish.windows],
        "sources": list(wish.sources),
        "editions": [edition.sha256 for edition in wish.editions],
        "from": clock.iso(wish.valid_from),
        "until": clock.iso(wish.valid_until),
        "place": place.code,
        "places": sorted(one.code for one in places),
    }
    base = f"s-{canonical.content_hash(canonical.encode(said))[:16]}"
    ended = Standing._base_manager.filter(code__startswith=base).exclude(ended_at=None)  # noqa: SLF001
    count = ended.count()
    return f"{base}-{count + 1}" if count else base


def _held(standing: Standing) -> Standing:
    rows = Standing._base_manager.select_for_update(of=("self",))  # noqa: SLF001
    return rows.select_related("place", "proposed_by").get(pk=standing.pk)


def _refuse_wrong(wish: Wish) -> None:
    kinds = Standing.Kind
    if wish.kind not in kinds.values or (wish.kind == kinds.RELAY) != bool(wish.sources):
        raise errors.SourcesWrong
    if bool(wish.sources) == bool(wish.editions):
        raise errors.SourcesWrong
    is_long = len(wish.sources) > messages.SOURCES_MAX or len(wish.editions) > messages.LOOP_MAX
    if is_long or not all(_is_address(one) for one in wish.sources):
        raise errors.SourcesWrong
    if not 1 <= len(wish.windows) <= messages.WINDOWS_MAX:
        raise errors.WindowsWrong
    for begins, minutes in wish.windows:
        if not (0 <= begins < messages.WEEK_MINUTES and 1 <= minutes <= messages.WEEK_MINUTES):
            raise errors.WindowsWrong
    if wish.valid_until <= max(wish.valid_from, clock.now()):
        raise errors.ValidityWrong


def _is_address(text: str) -> bool:
    return len(text) <= ADDRESS_MAX and _ADDRESS.fullmatch(text) is not None


def _sealed(
    standing: Standing, places: Iterable[Place], approver: Person, now: datetime
) -> tuple[bytes, bytes]:
    key = live_approval_key(approver)
    if key is None:
        raise KeyMissing
    if not answers_by_roster(key.key_id, [place.code for place in places], now):
        raise KeyNotInRoster
    statement = messages.Standing(
        standing=standing.code,
        kind=messages.StandingKind(standing.kind),
        title=standing.title,
        sources=tuple(standing.sources),
        media=tuple(_media(edition) for edition in standing.editions.order_by("frozen_at")),
        windows=tuple(
            messages.Window(begins_minute=begins, minutes=minutes)
            for begins, minutes in standing.windows
        ),
        place=standing.place_id,
        targets=tuple(sorted(place.code for place in places)),
        valid_from=standing.valid_from,
        valid_until=standing.valid_until,
        author=standing.proposed_by.username,
        approver=approver.username,
        approved_at=now,
    )
    payload = canonical.encode(statement)
    try:
        return payload, envelope.seal(messages.STANDING, payload, keyring.private_half(key))
    except keyring.KeyNotHere as error:
        raise KeyMissing from error


def _media(edition: Edition) -> messages.Media:
    sound = edition.rendition.mp3
    return messages.Media(
        sha256=sound.sha256, bytes=sound.bytes, codec=sound.codec, duration_ms=sound.duration_ms
    )


def _said_of(standing: Standing, by: Person, **more: str) -> dict[str, Any]:
    return {
        "actor": by.username,
        "subject": standing.code,
        "place": standing.place_id,
        "body": {"kind": standing.kind, "sha256": standing.sha256, **more},
    }


# -- reading


def standings_readable_by(person: Person) -> QuerySet[Standing]:
    """Return what was proposed or stands where the person may read, newest first."""
    mine = person.places_with(Deed.READ)
    rows = Standing._base_manager.filter(Q(place__in=mine) | Q(places__in=mine))  # noqa: SLF001
    return rows.distinct().select_related("proposed_by", "approved_by").prefetch_related("places")


def may_approve_standing(person: Person, standing: Standing) -> bool:
    """May this person answer for it now?"""
    there = {place.code for place in standing.places.all()}
    return (
        standing.is_waiting
        and standing.proposed_by_id != person.pk
        and there <= person.places_with(Deed.APPROVE)
    )


def standings_awaiting_approval(person: Person) -> list[Standing]:
    """Return what this person may answer for, the longest waiting first."""
    if not person.places_with(Deed.APPROVE):
        return []
    rows = Standing._base_manager.filter(  # noqa: SLF001
        approved_at=None, ended_at=None, valid_until__gt=clock.now()
    )
    waiting = rows.select_related("proposed_by").prefetch_related("places")
    return [one for one in waiting.order_by("proposed_at") if may_approve_standing(person, one)]


def standings_in_force(now: datetime) -> list[Standing]:
    """Return what was approved and has not ended, of the whole city, first approved first."""
    rows = Standing._base_manager.filter(  # noqa: SLF001
        approved_at__isnull=False, ended_at=None, valid_until__gt=now
    )
    return list(rows.order_by("approved_at").prefetch_related("places"))


def standings_approved(since: date) -> list[Standing]:
    """Return what was approved, of the whole city, and stands or stood on this day or later."""
    midnight = datetime.combine(since, time(), tzinfo=clock.CITY_ZONE)
    rows = Standing._base_manager.filter(  # noqa: SLF001
        Q(ended_at=None) | Q(ended_at__gt=midnight),
        approved_at__isnull=False,
        valid_until__gt=midnight,
    )
    return list(rows.order_by("approved_at").prefetch_related("places"))
