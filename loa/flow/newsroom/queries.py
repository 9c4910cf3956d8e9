from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from loa.flow.newsroom.channels import MESSAGES, Channel, by_rule, in_form, mark_of
from loa.flow.newsroom.models import Bulletin, ChannelText, Making, Submission, Take
from loa.flow.newsroom.rules import script_of, speech_of
from loa.lib.sms import Cost, cost_of
from loa.lib.speakable import Spoken
from loa.registry.library.queries import lexicon_for
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed


@dataclass(frozen=True)
class ChannelWords:
    """What a bulletin says on one channel, and what it would say if left to the rule."""

    channel: Channel
    text: str
    by_rule: str
    own: ChannelText | None
    is_stale: bool = False

    @property
    def is_own(self) -> bool:
        return self.own is not None and bool(self.own.text)

    @property
    def is_folded(self) -> bool:
        return self.own is not None and self.own.is_folded

    @property
    def is_message(self) -> bool:
        return self.channel in MESSAGES

    @property
    def cost(self) -> Cost:
        """What it takes to send the text as a short message."""
        return cost_of(self.text)


def words_of(bulletin: Bulletin) -> list[ChannelWords]:
    """Return the words of every channel as they stand now."""
    own = {row.channel: row for row in bulletin.channel_texts.select_related("written_by")}
    return [_words_on(bulletin, channel, own.get(channel)) for channel in Channel]


def _words_on(bulletin: Bulletin, channel: Channel, own: ChannelText | None) -> ChannelWords:
    title, folded = bulletin.title, own is not None and own.is_folded
    ruled = by_rule(channel, title, bulletin.body, place=bulletin.place.full_name)
    ruled = in_form(channel, ruled, title=title, folded=folded)
    if own is None or not own.text:
        return ChannelWords(channel, ruled, ruled, own)
    text = in_form(channel, own.text, title=title, folded=folded)
    is_stale = own.written_from != mark_of(title, bulletin.body)
    return ChannelWords(channel, text, ruled, own, is_stale)


def texts_of(bulletin: Bulletin) -> dict[str, str]:
    """Return the words of every channel by its name, as they are frozen when handed in."""
    return {str(words.channel): words.text for words in words_of(bulletin)}


def script_of_bulletin(bulletin: Bulletin) -> str:
    """Return the words to be read, in writing: somebody's own, or title and body."""
    own = bulletin.channel_texts.filter(channel=Channel.SPOKEN).first()
    return own.text if own and own.text else script_of(bulletin.title, bulletin.body)


def speech_of_bulletin(bulletin: Bulletin) -> Spoken:
    """Return what the bulletin will say by the lexicon of its place."""
    return speech_of(
        script_of_bulletin(bulletin),
        lexicon_for(bulletin.place),
        is_emergency=bulletin.is_emergency,
    )


def bulletins_in_scope() -> QuerySet[Bulletin]:
    """Return bulletins of the places in scope, last edited first."""
    return Bulletin.objects.select_related(
        "place", "author", "source", "take__taken_by", "take__recording"
    ).prefetch_related("targets")


def bulletins_readable_by(person: Person) -> QuerySet[Bulletin]:
    """Return the bulletins in scope whose words this person may read: a maintainer sees none."""
    return bulletins_in_scope().filter(place__in=person.places_with(Deed.READ))


def bulletin_by_code(code: str) -> Bulletin:
    """Return a bulletin in scope; raises Bulletin.DoesNotExist."""
    return bulletins_in_scope().get(code=code)


def open_submissions() -> QuerySet[Submission]:
    """Return what waits for an answer in the places in scope, longest waiting first."""
    return (
        Submission.objects.filter(closed_at=None, bulletin__in=Bulletin.objects.all())
        .select_related("bulletin__place", "bulletin__author", "rendition", "submitted_by")
        .order_by("submitted_at")
    )


def submissions_in_scope() -> QuerySet[Submission]:
    """Return what was ever handed in in the places in scope, last first."""
    return Submission.objects.filter(bulletin__in=Bulletin.objects.all()).select_related(
        "bulletin__place", "bulletin__author", "rendition", "submitted_by"
    )


def submissions_readable_by(person: Person) -> QuerySet[Submission]:
    return submissions_in_scope().filter(bulletin__place__in=person.places_with(Deed.READ))


def percent_made(bulletin: Bulletin) -> int | None:
    """Return how far the making of its sound has come; None when nobody is at it."""
    making = Making.objects.filter(pk=bulletin.cache_key).first() if bulletin.cache_key else None
    return making.percent if making else None


def takes_of(bulletin: Bulletin) -> list[Take]:
    """Return what people recorded for it, newest first: of each recording the ends last chosen."""
    rows = bulletin.takes.select_related("recording__listening", "taken_by", "bulletin")
    shown = {take.recording_id: take for take in rows if take.pk == bulletin.take_id}
    for take in rows:
        shown.setdefault(take.recording_id, take)
    return sorted(shown.values(), key=lambda take: (take.taken_at, take.pk), reverse=True)


def take_numbered(bulletin: Bulletin, number: str) -> Take | None:
    """Return a take of this bulletin, also one whose ends were set otherwise since."""
    rows = bulletin.takes.select_related("recording", "taken_by", "bulletin")
    return rows.filter(pk=number).first() if number.isdecimal() else None


DRAFTS_LOOKED_AT_MAX = 300


def drafts_with(written: Iterable[str]) -> dict[str, list[Bulletin]]:
    """Return which bulletins in scope that were never handed in say each of these written forms."""
    forms = list(dict.fromkeys(written))
    drafts = Bulletin.objects.filter(submissions=None).select_related("place")
    found: dict[str, list[Bulletin]] = {form: [] for form in forms}
    for draft in drafts.order_by("-edited_at")[:DRAFTS_LOOKED_AT_MAX]:
        text = f"{draft.title}\n{draft.body}"
        for form in forms:
            if form in text and re.search(rf"(?<!\w){re.escape(form)}(?!\w)", text):
                found[form].append(draft)
    return found
