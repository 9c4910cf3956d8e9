"""What the checks find in a bulletin now, and what its author answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from loa.flow.newsroom import errors
from loa.flow.newsroom.checks import Draft, Finding, Said, Severity, findings_in, shingles_of
from loa.flow.newsroom.models import Bulletin, CheckAnswer, Submission
from loa.flow.newsroom.queries import speech_of_bulletin, words_of
from loa.flow.newsroom.sounding import unanswered_in
from loa.lib import clock
from loa.registry.places.queries import names_elsewhere

REPEATED_WITHIN = timedelta(days=30)
RECENT_MAX = 100


@dataclass(frozen=True)
class Looked:
    """A finding, and the reason its author gave to leave it."""

    finding: Finding
    answer: CheckAnswer | None = None

    @property
    def is_open(self) -> bool:
        """Say whether it still keeps the bulletin from being handed in."""
        if self.finding.severity is Severity.ASKS:
            return self.answer is None
        return self.finding.severity is Severity.BLOCKS


def findings_of(bulletin: Bulletin) -> list[Looked]:
    """Return what is found in the bulletin as it stands, each with its answer."""
    answers = {row.key: row for row in bulletin.check_answers.select_related("answered_by")}
    return [Looked(f, answers.get(f.key)) for f in findings_in(draft_of(bulletin))]


def draft_of(bulletin: Bulletin) -> Draft:
    """Return what the checks look at."""
    targets = {place.code for place in bulletin.targets.all()} | {bulletin.place_id}
    rendition = bulletin.rendition
    return Draft(
        title=bulletin.title,
        body=bulletin.body,
        today=clock.local(clock.now()).date(),
        spoken=speech_of_bulletin(bulletin),
        unknown=unanswered_in(bulletin),
        seconds=rendition.duration_ms // 1000 if rendition else 0,
        is_emergency=bulletin.is_emergency,
        has_source=bulletin.source_id is not None,
        own_place=_in_a_sentence(bulletin.place.full_name),
        elsewhere=names_elsewhere(targets),
        recent=list(_said_before(bulletin)),
        stale=[str(words.channel) for words in words_of(bulletin) if words.is_stale],
        third_party=bulletin.third_party,
        third_party_facts=bulletin.third_party_facts,
    )


def _in_a_sentence(name: str) -> str:
    return name[:1].lower() + name[1:]


def _said_before(bulletin: Bulletin) -> Iterator[Said]:
    rows = (
        Submission.objects.filter(
            bulletin__place=bulletin.place_id, submitted_at__gt=clock.now() - REPEATED_WITHIN
        )
        .exclude(bulletin=bulletin.pk)
        .select_related("bulletin")
        .order_by("-submitted_at")[:RECENT_MAX]
    )
    for row in rows:
        said, day = row.bulletin, clock.local(row.submitted_at).date()
        yield Said(said.code, said.title, day, shingles_of(f"{said.title}\n{said.body}"))


def refuse_unanswered(bulletin: Bulletin) -> None:
    """Raise what keeps the bulletin from being handed in; an emergency is never held up by it."""
    if bulletin.is_emergency:
        return
    still = [looked.finding for looked in findings_of(bulletin) if looked.is_open]
    blocking = [f for f in still if f.severity is Severity.BLOCKS]
    if blocking:
        raise errors.ChecksFailed(checks=[f.key for f in blocking])
    if still:
        raise errors.ChecksUnanswered(checks=[f.key for f in still])
