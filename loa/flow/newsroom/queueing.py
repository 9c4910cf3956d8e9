"""Work put off to the worker, in the caller's transaction; tasks are named, what they do is in jobs."""

from __future__ import annotations

from typing import Any

from procrastinate.contrib.django import app

from loa.flow.newsroom.models import Take
from loa.flow.newsroom.sounding import Plan

RENDER_SPEECH = "newsroom.render_speech"
RENDER_PARTS = "newsroom.render_parts"
TAKE_UP = "newsroom.take_up"
SPEECH_QUEUE = "speech"


def defer_sound(plan: Plan) -> None:
    """Queue the making of a sound."""
    said: dict[str, Any] = {
        "cache_key": plan.cache_key,
        "spoken_text": plan.spoken_text,
        "voice": plan.voice,
        "speed_percent": plan.speed_percent,
    }
    if plan.is_plain_speech:
        _defer(RENDER_SPEECH, lock=plan.cache_key, **said)
    else:
        _defer(RENDER_PARTS, lock=plan.cache_key, parts=plan.rows(), **said)


def defer_take(take: Take) -> None:
    """Queue the reading of what a person brought."""
    _defer(TAKE_UP, lock=f"recording-{take.recording_id}", take_id=take.pk)


def _defer(task: str, *, lock: str, **said: Any) -> None:
    app.configure_task(task, queue=SPEECH_QUEUE, lock=lock).defer(**said)
