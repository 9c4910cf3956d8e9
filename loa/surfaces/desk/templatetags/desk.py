"""Tags of the desk: rows of the stages shown with the components of the look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

from loa.flow.newsroom.channels import Channel
from loa.flow.newsroom.models import PERSON, PROGRAMME, ChannelText, Rendition
from loa.flow.newsroom.ports import voices
from loa.registry.people.queries import full_names
from loa.surfaces.desk import rights_words
from loa.surfaces.look import words
from loa.surfaces.look.templatetags.look import player

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from loa.registry.people.models import Mandate
    from loa.registry.people.staff import Staff

register = template.Library()
register.filter("late", words.late)
register.filter("until_words", rights_words.until_words)


@register.filter
def short_day(instant: datetime) -> str:
    return rights_words.short_day(rights_words.first_day(instant))


@register.filter
def live_at(staff: Staff, instant: datetime) -> list[Mandate]:
    """Return what somebody holds at the instant."""
    return staff.live(instant)


@register.inclusion_tag("look/parts/player.html")
def listen(
    key: str, rendition: Rendition, *, title: str = "", is_big: bool = False
) -> dict[str, Any]:
    """Let a rendition be heard exactly as it will sound; Opus first, as the devices take it."""
    sources = [
        (reverse("api:medium", args=[rendition.opus_id]), "audio/ogg"),
        (reverse("api:medium", args=[rendition.mp3_id]), "audio/mpeg"),
    ]
    context: dict[str, Any] = player(
        key,
        sources,
        title=title,
        duration_ms=rendition.duration_ms,
        peaks=rendition.waveform,
        loudness_lufs=rendition.loudness_lufs,
        is_big=is_big,
    )
    return context


@register.filter
def channel_title(channel: str) -> str:
    """Return the name of a channel as staff say it."""
    return str(ChannelText.Channel(channel).label)


@register.inclusion_tag("desk/parts/frozen_texts.html")
def frozen_texts(texts: Mapping[str, str]) -> dict[str, Any]:
    """Show the words of the channels as they were handed in; the spoken ones stand elsewhere."""
    shown = [channel for channel in Channel if channel != Channel.SPOKEN and texts.get(channel)]
    return {"rows": [(channel_title(channel), texts[channel]) for channel in shown]}


@register.filter
def voice_title(voice_id: str) -> str:
    """Return the name of a voice as staff say it; a voice that is gone keeps its id."""
    if voice_id == PROGRAMME:
        return str(_("chương trình nhiều mục"))
    if voice_id.startswith(PERSON):
        username = voice_id.removeprefix(PERSON)
        return full_names([username]).get(username, username)
    try:
        return voices().by_id(voice_id).title
    except LookupError:
        return voice_id
