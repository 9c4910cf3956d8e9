from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from loa.flow.newsroom import errors
from loa.flow.newsroom.findings import refuse_unanswered
from loa.flow.newsroom.licensing import refuse_after_rights
from loa.flow.newsroom.models import (
    TITLE_CHARACTERS_MAX,
    Bulletin,
    InfoClass,
    Priority,
    Submission,
)
from loa.flow.newsroom.ports import voices
from loa.flow.newsroom.queries import texts_of
from loa.flow.newsroom.queueing import defer_sound
from loa.flow.newsroom.rules import BODY_CHARACTERS_MAX, content_hash_of
from loa.flow.newsroom.sounding import plan_of, unanswered_in
from loa.flow.newsroom.third_party import FACTS_OF, ThirdParty
from loa.flow.sources.models import SourceItem
from loa.lib import clock
from loa.lib.text import normalise
from loa.registry.ledger.actions import record_fact
from loa.registry.library.actions import StoreFull
from loa.registry.library.store import NoSpaceLeft
from loa.registry.people.errors import DeedRefused, MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place

VALID_FOR_DEFAULT = timedelta(days=3)
# An edition names them all, and must fit one message to a device.
TARGETS_MAX = 200
# Who got no answer presses again: within this time the same words are the same bulletin.
REPEATED_WITHIN = timedelta(minutes=10)
CODE_LOCK = 0x10C


@transaction.atomic
def write_bulletin(
    *,
    place: Place,
    by: Person,
    title: str,
    body: str = "",
    source: SourceItem | None = None,
    targets: Collection[Place] = (),
    is_programme: bool = False,
    **fields: Any,
) -> Bulletin:
    """Begin a bulletin. `fields` as for edit_bulletin; what is not said gets the usual value.

    The same words asked for again within minutes, and not worked on since, are the same bulletin.
    """
    if not by.may(Deed.WRITE, place):
        raise MandateMissing
    now = clock.now()
    bulletin = Bulletin(
        code=_next_code(place, now),
        place=place,
        author=by,
        source=source,
        valid_from=now,
        valid_until=now + VALID_FOR_DEFAULT,
        voice=voices().all()[0].id,
        is_programme=is_programme,
        written_at=now,
        edited_at=now,
        edited_by=by,
    )
    _fill(bulletin, title=title, body=body, **fields)
    allowed = _allowed_targets(targets or [place], by)
    already = _just_written(bulletin, allowed, fields)
    if already is not None:
        return already
    bulletin.save()
    bulletin.targets.set(allowed)
    request_rendition(bulletin)
    record_fact(
        "bulletin_written",
        actor=by.username,
        subject=bulletin.code,
        place=place.code,
        body={"source": str(source.id) if source else ""},
    )
    return bulletin


@transaction.atomic
def edit_bulletin(
    bulletin: Bulletin,
    *,
    by: Person,
    revision: int | None = None,
    targets: Collection[Place] | None = None,
    **fields: Any,
) -> Bulletin:
    """Change a bulletin that is not waiting for approval; the same values again change nothing.

    Fields: title, body, priority, info_class, valid_from, valid_until, voice, speed_percent,
    third_party, third_party_facts.
    With `revision`, an edit based on an older revision is refused (EditedMeanwhile).
    """
    bulletin = Bulletin.objects.select_for_update().get(pk=bulletin.pk)
    if not by.may(Deed.WRITE, bulletin.place):
        raise MandateMissing
    if bulletin.open_submission:
        raise errors.BeingApproved
    before = _picture(bulletin)
    _fill(bulletin, **fields)
    if targets is not None:
        bulletin.targets.set(_allowed_targets(targets, by))
    if _picture(bulletin) == before:
        return bulletin
    if revision is not None and revision != bulletin.revision:
        raise errors.EditedMeanwhile(revision=bulletin.revision)
    bulletin.revision += 1
    bulletin.edited_at, bulletin.edited_by = clock.now(), by
    bulletin.save()
    request_rendition(bulletin)
    record_fact(
        "bulletin_edited",
        actor=by.username,
        subject=bulletin.code,
        place=bulletin.place_id,
        body={"revision": bulletin.revision},
    )
    return bulletin


def request_rendition(bulletin: Bulletin) -> None:
    """Have the bulletin sound as it stands now, unless that very sound is there already."""
    plan = plan_of(bulletin)
    key = plan.cache_key if plan else ""
    if key != bulletin.cache_key or bulletin.voice_fault:
        bulletin.cache_key, bulletin.voice_fault = key, ""
        bulletin.save(update_fields=["cache_key", "voice_fault"])
    if plan and not _is_spoken(bulletin):
        defer_sound(plan)
    for item in bulletin.in_programmes.select_related("programme__place"):
        if item.programme.open_submission is None:
            request_rendition(item.programme)


def _is_spoken(bulletin: Bulletin) -> bool:
    rendition = bulletin.rendition
    return rendition is not None and rendition.is_whole


def submit_bulletin(bulletin: Bulletin, *, by: Person) -> Submission:
    """Hand in the present revision for approval; asking again changes nothing.

    Refused while words are unexplained (not in an emergency), the sound is not made, the
    validity is over, or a target lies outside the author's mandate.
    """
    fault = ""
    if by.may(Deed.WRITE, bulletin.place):
        # The lexicon may have changed since the last edit. In a transaction of its own: a
        # refusal because the sound is not ready must not take back the order to make it.
        fault = _request_again(bulletin)
    return _submit(bulletin, by, fault)


@transaction.atomic
def _request_again(bulletin: Bulletin) -> str:
    """Have the words spoken that stand there now; returns why the last try failed, if it did."""
    bulletin = Bulletin.objects.select_for_update().get(pk=bulletin.pk)
    fault = bulletin.voice_fault
    if bulletin.open_submission is None:
        request_rendition(bulletin)
    return fault


@transaction.atomic
def _submit(bulletin: Bulletin, by: Person, fault: str) -> Submission:
    bulletin = Bulletin.objects.select_for_update().get(pk=bulletin.pk)
    if not by.may(Deed.WRITE, bulletin.place):
        raise MandateMissing
    if (already := bulletin.open_submission) is not None:
        return already
    targets = _allowed_targets(bulletin.targets.all(), by)
    if not targets:
        raise errors.TargetsMissing
    if bulletin.valid_until <= clock.now():
        raise errors.AlreadyOver
    refuse_after_rights(bulletin, clock.local(clock.now()).date())
    plan = plan_of(bulletin)
    if plan is None:
        raise errors.ProgrammeEmpty if bulletin.is_programme else errors.NothingToRead
    unanswered = unanswered_in(bulletin)
    if unanswered and not bulletin.is_emergency:
        raise errors.ReadingsUnanswered(written=unanswered)
    rendition = bulletin.rendition
    # Words or lexicon may have changed since the sound was ordered: what is handed in is one thing.
    if rendition is None or not rendition.is_whole or rendition.pk != plan.cache_key:
        raise _why_silent(fault)
    refuse_unanswered(bulletin)
    if bulletin.submissions.filter(revision=bulletin.revision).exists():
        bulletin.revision += 1
        bulletin.save(update_fields=["revision"])
    texts = texts_of(bulletin)
    media = [rendition.opus_id, rendition.mp3_id]
    submission = Submission.objects.create(
        bulletin=bulletin,
        revision=bulletin.revision,
        rendition=rendition,
        texts=texts,
        content_hash=content_hash_of_bulletin(bulletin, rendition.spoken_text, media, texts),
        submitted_by=by,
        submitted_at=clock.now(),
    )
    record_fact(
        "bulletin_submitted",
        actor=by.username,
        subject=bulletin.code,
        place=bulletin.place_id,
        body={"revision": bulletin.revision, "content": submission.content_hash},
    )
    return submission


def _why_silent(fault: str) -> DeedRefused:
    if fault.startswith(NoSpaceLeft.__name__):
        return StoreFull()
    return errors.VoiceBroken() if fault else errors.SoundNotReady()


@transaction.atomic
def withdraw_submission(submission: Submission, *, by: Person) -> None:
    """Take a bulletin back before anybody answered; withdrawing again changes nothing."""
    if not by.may(Deed.WRITE, submission.bulletin.place):
        raise MandateMissing
    if close_submission(submission):
        record_fact(
            "submission_withdrawn",
            actor=by.username,
            subject=submission.bulletin.code,
            place=submission.bulletin.place_id,
            body={"revision": submission.revision},
        )


def close_submission(submission: Submission) -> bool:
    """Mark that somebody answered; returns False if somebody already had."""
    open_ones = Submission.objects.filter(pk=submission.pk, closed_at=None)
    return open_ones.update(closed_at=clock.now()) == 1


def content_hash_of_bulletin(
    bulletin: Bulletin, spoken_text: str, media: list[str], texts: Mapping[str, Any]
) -> str:
    return content_hash_of(
        title=bulletin.title,
        body=bulletin.body,
        spoken_text=spoken_text,
        priority=bulletin.priority,
        info_class=bulletin.info_class,
        targets=[place.code for place in bulletin.targets.all()],
        valid_from=bulletin.valid_from,
        valid_until=bulletin.valid_until,
        media=media,
        texts=texts,
    )


def _next_code(place: Place, now: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CODE_LOCK])
    stem = f"{place.code}-{clock.local(now):%y%m%d}-"
    numbers = Bulletin._base_manager.filter(code__startswith=stem).values_list("code", flat=True)  # noqa: SLF001
    last = max((int(code.rsplit("-", 1)[1]) for code in numbers), default=0)
    return f"{stem}{last + 1:02d}"


def _just_written(
    bulletin: Bulletin, targets: list[Place], fields: Collection[str]
) -> Bulletin | None:
    """Return the bulletin that was begun with these very words a moment ago and stands untouched."""
    said = ["title", "body", "priority", "info_class", "voice", "speed_percent"]
    said += [name for name in ("valid_from", "valid_until") if name in fields]
    rows = Bulletin._base_manager.filter(  # noqa: SLF001
        place=bulletin.place,
        author=bulletin.author,
        source=bulletin.source,
        is_programme=bulletin.is_programme,
        revision=1,
        submissions=None,
        written_at__gt=bulletin.written_at - REPEATED_WITHIN,
        **{name: getattr(bulletin, name) for name in said},
    )
    wanted = {place.code for place in targets}
    for row in rows.order_by("written_at"):
        if {place.code for place in row.targets.all()} == wanted:
            return row
    return None


def _picture(bulletin: Bulletin) -> tuple[Any, ...]:
    names = (
        "title",
        "body",
        "priority",
        "info_class",
        "valid_from",
        "valid_until",
        "voice",
        "speed_percent",
        "third_party",
        "third_party_facts",
    )
    targets = frozenset(place.code for place in bulletin.targets.all())
    return (*(getattr(bulletin, name) for name in names), targets)


def _fill(
    bulletin: Bulletin,
    *,
    title: str | None = None,
    body: str | None = None,
    priority: str | None = None,
    info_class: str | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    voice: str | None = None,
    speed_percent: int | None = None,
    third_party: str | None = None,
    third_party_facts: Mapping[str, str] | None = None,
) -> None:
    if title is not None:
        bulletin.title = " ".join(normalise(title).split())
    if body is not None:
        bulletin.body = normalise(body).strip()
    bulletin.priority = Priority(priority) if priority else bulletin.priority
    bulletin.info_class = InfoClass(info_class) if info_class else bulletin.info_class
    bulletin.valid_from = valid_from or bulletin.valid_from
    bulletin.valid_until = valid_until or bulletin.valid_until
    if voice and voice != bulletin.voice:
        # A voice that was taken away since may stay chosen: another reads until it is back.
        _refuse_unknown_voice(voice)
        bulletin.voice = voice
    bulletin.speed_percent = speed_percent or bulletin.speed_percent
    if third_party is not None:
        bulletin.third_party = third_party
    if third_party_facts is not None:
        bulletin.third_party_facts = _said_of_others(bulletin.third_party, third_party_facts)
    _check(bulletin)


def _said_of_others(kind: str, given: Mapping[str, str]) -> dict[str, str]:
    wanted = FACTS_OF[ThirdParty(kind)] if kind in set(ThirdParty) else ()
    kept = {str(fact): " ".join(normalise(given.get(fact, "")).split())[:300] for fact in wanted}
    return {fact: value for fact, value in kept.items() if value}


def _refuse_unknown_voice(voice: str) -> None:
    try:
        voices().by_id(voice)
    except LookupError as error:
        raise errors.VoiceUnknown from error


def _check(bulletin: Bulletin) -> None:
    if not bulletin.title:
        raise errors.TitleMissing
    if len(bulletin.title) > TITLE_CHARACTERS_MAX:
        raise errors.TitleTooLong
    if len(bulletin.body) > BODY_CHARACTERS_MAX:
        raise errors.BodyTooLong
    if bulletin.valid_until <= bulletin.valid_from:
        raise errors.ValidityReversed
    if bulletin.third_party and bulletin.third_party not in set(ThirdParty):
        raise errors.ThirdPartyUnknown
    if not 70 <= bulletin.speed_percent <= 150:
        raise errors.SpeedOutside


def _allowed_targets(targets: Collection[Place], by: Person) -> list[Place]:
    mine = by.places_with(Deed.WRITE)
    if any(place.code not in mine for place in targets):
        raise errors.TargetOutside
    if len(targets) > TARGETS_MAX:
        raise errors.TargetsTooMany
    return list(targets)
