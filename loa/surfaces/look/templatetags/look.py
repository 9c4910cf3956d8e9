"""Tags and filters of the look: components by name, and words for instants and measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join

from loa.surfaces.look import words
from loa.surfaces.look.phones import with_phones
from loa.surfaces.look.waveform import outline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.forms import BaseForm, BoundField
    from django.utils.safestring import SafeString

register = template.Library()

SHAPES = {
    "ok": "check",
    "draft": "draft",
    "waiting": "waiting",
    "warn": "warn",
    "danger": "danger",
    "playing": "play",
    "off": "off",
}

for _name in (
    "hour",
    "hour_exact",
    "day",
    "moment",
    "minutes",
    "length_words",
    "remaining",
    "ago",
    "number",
    "size",
    "loudness",
    "short_hash",
):
    register.filter(_name, getattr(words, _name))
register.filter("text_with_phones", with_phones)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw one symbol of the sprite; the words beside it carry the meaning."""
    sprite = static("look/icons.svg")
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', sprite, name
    )


@register.simple_tag
def wave(peaks: Sequence[int]) -> str:
    """Draw the outline of a sound as the path of an SVG of 1000 by 100."""
    return outline(peaks)


@register.simple_tag
def stylesheets(names: str) -> SafeString:
    """Link the named stylesheets, in order."""
    addresses = ((static(f"look/css/{name}.css"),) for name in names.split())
    return format_html_join("\n", '<link rel="stylesheet" href="{}">', addresses)


@register.simple_tag
def script(name: str) -> SafeString:
    """Load one of our modules."""
    return format_html('<script type="module" src="{}"></script>', static(f"look/js/{name}.js"))


@register.inclusion_tag("look/parts/state.html")
def state(tone: str, says: str, *, who: str = "", when: datetime | None = None) -> dict[str, Any]:
    """Show a state: shape, words, who and when."""
    return {
        "tone": tone,
        "shape": SHAPES[tone],
        "says": says,
        "who": who,
        "when": when,
    }


@register.inclusion_tag("look/parts/player.html")
def player(
    key: str,
    sources: Sequence[tuple[str, str]],
    *,
    title: str = "",
    duration_ms: int = 0,
    peaks: Sequence[int] = (),
    loudness_lufs: float | None = None,
    is_big: bool = False,
) -> dict[str, Any]:
    """Let a sound be heard; `sources` are (address, MIME type), best first."""
    return {
        "key": key,
        "sources": sources,
        "title": title,
        "duration_ms": duration_ms,
        "wave": outline(peaks),
        "loudness_lufs": loudness_lufs,
        "is_big": is_big,
    }


@register.inclusion_tag("look/parts/field.html")
def field(bound: BoundField, *, is_short: bool = False) -> dict[str, Any]:
    """Show a form field with its label, hint and error."""
    return {"field": bound, "is_short": is_short}


@register.inclusion_tag("look/parts/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """List what is wrong in a form, each linked to its field."""
    return {"form": form}


@register.inclusion_tag("look/parts/copied.html")
def copied(value: str, shown: str = "") -> dict[str, Any]:
    """Show a long value in short, with a button that copies the whole."""
    return {"value": value, "shown": shown or words.short_hash(value)}


@register.inclusion_tag("look/parts/meter.html")
def meter(used: float, allowed: float, unit: str) -> dict[str, Any]:
    """Show how much of an allowance is used: `32/60 phút`."""
    share = 100 * used / allowed if allowed else 100
    return {
        "used": words.number(used),
        "allowed": words.number(allowed),
        "unit": unit,
        "width": round(min(100.0, share), 1),
        "is_over": used > allowed,
    }
