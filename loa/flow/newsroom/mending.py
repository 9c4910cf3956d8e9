"""Deeds on what the checks found: mend it, or say why it stays."""

from __future__ import annotations

from django.db import transaction

from loa.flow.newsroom import errors
from loa.flow.newsroom.actions import edit_bulletin
from loa.flow.newsroom.checks import findings_in
from loa.flow.newsroom.findings import draft_of
from loa.flow.newsroom.models import Bulletin, CheckAnswer
from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed

REASON_CHARACTERS_MAX = 300


@transaction.atomic
def answer_check(bulletin: Bulletin, *, key: str, reason: str, by: Person) -> CheckAnswer:
    """Say why a finding is left as it is; the same reason again changes nothing."""
    if not by.may(Deed.WRITE, bulletin.place):
        raise MandateMissing
    reason = " ".join(reason.split())[:REASON_CHARACTERS_MAX]
    if not reason:
        raise errors.CheckReasonMissing
    Bulletin.objects.select_for_update().get(pk=bulletin.pk)
    answer, is_new = CheckAnswer.objects.get_or_create(
        bulletin=bulletin,
        key=key[:200],
        defaults={"reason": reason, "answered_by": by, "answered_at": clock.now()},
    )
    if not is_new and answer.reason == reason:
        return answer
    answer.reason, answer.answered_by, answer.answered_at = reason, by, clock.now()
    answer.save()
    record_fact(
        "check_answered",
        actor=by.username,
        subject=bulletin.code,
        place=bulletin.place_id,
        body={"check": key[:200], "reason": reason},
    )
    return answer


def mend(bulletin: Bulletin, *, key: str, by: Person) -> Bulletin:
    """Put the right words where a finding knows them; what is mended already stays."""
    found = next((f for f in findings_in(draft_of(bulletin)) if f.key == key and f.mended), None)
    if found is None:
        return bulletin
    title = bulletin.title.replace(found.about, found.mended)
    body = bulletin.body.replace(found.about, found.mended)
    return edit_bulletin(bulletin, by=by, title=title, body=body)
