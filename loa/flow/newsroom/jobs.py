"""Work that takes longer than a click. A job is a thin shell around one action."""

from __future__ import annotations

from typing import Any

from django_scopes import scopes_disabled
from procrastinate.contrib.django import app

from loa.flow.newsroom import queueing, takes
from loa.flow.newsroom.making import Wanted, make_from_parts, make_rendition, told_to_editors
from loa.flow.newsroom.sounding import Part


@app.task(name=queueing.RENDER_SPEECH, queue=queueing.SPEECH_QUEUE, retry=2)
def render_speech(cache_key: str, spoken_text: str, voice: str, speed_percent: int) -> None:
    """Speak and master a text unless it is already there."""
    with told_to_editors(cache_key):
        make_rendition(cache_key, spoken_text, voice=voice, speed_percent=speed_percent)


@app.task(name=queueing.RENDER_PARTS, queue=queueing.SPEECH_QUEUE, retry=1)
def render_parts(
    cache_key: str, spoken_text: str, voice: str, speed_percent: int, parts: list[dict[str, Any]]
) -> None:
    """Put a sound together from its parts unless it is already there."""
    wanted = Wanted(cache_key, spoken_text, voice, speed_percent)
    with told_to_editors(cache_key):
        make_from_parts(wanted, [Part(**part) for part in parts])


@app.task(name=queueing.TAKE_UP, queue=queueing.SPEECH_QUEUE, retry=2)
def take_up(take_id: int) -> None:
    """Read what a person brought for a bulletin and have it sound, if it can be used."""
    with scopes_disabled():
        takes.take_up(take_id)
