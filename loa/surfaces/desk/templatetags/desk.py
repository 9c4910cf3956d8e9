"""Tags of the desk: rows of the stages shown with the components of the look."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from loa.flow.newsroom.models import Rendition
from loa.flow.newsroom.ports import voices
from loa.surfaces.look import words
from loa.surfaces.look.templatetags.look import player

register = template.Library()
register.filter("late", words.late)


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
def voice_title(voice_id: str) -> str:
    """Return the name of a voice as staff say it; a voice that is gone keeps its id."""
    try:
        return voices().by_id(voice_id).title
    except LookupError:
        return voice_id
