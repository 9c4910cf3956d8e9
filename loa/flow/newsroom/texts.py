"""Deeds on the words of a bulletin's channels."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db import transaction

from loa.flow.newsroom import errors
from loa.flow.newsroom.actions import request_rendition
from loa.flow.newsroom.channels import Channel, by_rule, in_form, is_too_long, mark_of
from loa.flow.newsroom.models import Bulletin, ChannelText
from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed


@transaction.atomic
def keep_texts(
    bulletin: Bulletin,
    *,
    by: Person,
    texts: Mapping[Channel, str],
    folded: Collection[Channel] = (),
    revision: int | None = None,
) -> Bulletin:
    """Keep the words of these channels as somebody wrote them; the same again changes nothing.

    What is empty, or says what the rule says, is left to the rule. `folded` names the channels sent
    without marks. With `revision`, words written beside an older text are refused (EditedMeanwhile).
    """
    bulletin = Bulletin.objects.select_for_update().get(pk=bulletin.pk)
    if not by.may(Deed.WRITE, bulletin.place):
        raise MandateMissing
    if bulletin.open_submission:
        raise errors.BeingApproved
    before = _picture(bulletin)
    for channel, text in texts.items():
        _keep(bulletin, channel, text, by=by, is_folded=channel in folded)
    after = _picture(bulletin)
    if after == before:
        return bulletin
    if revision is not None and revision != bulletin.revision:
        raise errors.EditedMeanwhile(revision=bulletin.revision)
    bulletin.revision += 1
    bulletin.edited_at, bulletin.edited_by = clock.now(), by
    bulletin.save(update_fields=["revision", "edited_at", "edited_by"])
    request_rendition(bulletin)
    record_fact(
        "channel_texts_written",
        actor=by.username,
        subject=bulletin.code,
        place=bulletin.place_id,
        body={"revision": bulletin.revision, "channels": sorted(after)},
    )
    return bulletin


def _picture(bulletin: Bulletin) -> dict[str, tuple[str, bool, str]]:
    rows = bulletin.channel_texts.values_list("channel", "text", "is_folded", "written_from")
    return {channel: (text, folded, mark) for channel, text, folded, mark in rows}


def _keep(bulletin: Bulletin, channel: Channel, text: str, *, by: Person, is_folded: bool) -> None:
    text = in_form(channel, text, title=bulletin.title, folded=is_folded)
    if text == _by_rule(bulletin, channel, is_folded=is_folded):
        text = ""
    if is_too_long(channel, text):
        raise errors.ChannelTextTooLong(channel=str(channel))
    if not text and not is_folded:
        bulletin.channel_texts.filter(channel=channel).delete()
        return
    ChannelText.objects.update_or_create(
        bulletin=bulletin,
        channel=channel,
        defaults={
            "text": text,
            "is_folded": is_folded,
            "written_from": mark_of(bulletin.title, bulletin.body),
            "written_by": by,
            "written_at": clock.now(),
        },
    )


def _by_rule(bulletin: Bulletin, channel: Channel, *, is_folded: bool) -> str:
    place = bulletin.place.full_name
    ruled = by_rule(channel, bulletin.title, bulletin.body, place=place)
    return in_form(channel, ruled, title=bulletin.title, folded=is_folded)
