"""The page of a public screen. It has no reader to ask: it is Vietnamese, and never blank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import override
from django.views.decorators.http import require_safe

from loa.flow.approvals.models import Edition
from loa.flow.evaluation.queries import editions_showing
from loa.flow.newsroom.channels import Channel
from loa.lib import clock
from loa.lib.slides import Slide, read_slides
from loa.registry.places.models import Place
from loa.registry.places.queries import lineage, place_by_code


@dataclass(frozen=True)
class Showing:
    """One edition on the screen."""

    edition: Edition
    slides: list[Slide]


@require_safe
def show(request: HttpRequest, code: str) -> HttpResponse:
    """Show the whole screen of a place."""
    return _shown(request, "board/screen.html", code)


@require_safe
def show_slides(request: HttpRequest, code: str) -> HttpResponse:
    """Give only the slides, as a running screen asks for them again and again."""
    return _shown(request, "board/parts/slides.html", code)


def _shown(request: HttpRequest, template: str, code: str) -> HttpResponse:
    with override("vi"):
        response = render(request, template, _content(code))
    # Else the frame of the browser's own language would be claimed.
    response.headers["Content-Language"] = "vi"
    response.headers["Cache-Control"] = "no-store"
    return response


def _content(code: str) -> dict[str, Any]:
    try:
        place = place_by_code(code)
    except Place.DoesNotExist as error:
        raise Http404 from error
    showing = [_on_screen(edition) for edition in editions_showing(place)]
    return {
        "place": place,
        "above": [step for step in lineage(place) if step != place],
        "showing": showing,
        "is_alert": any(one.edition.is_emergency for one in showing),
        "now": clock.now(),
    }


def _on_screen(edition: Edition) -> Showing:
    return Showing(edition, read_slides(edition.text_for(Channel.BOARD), edition.title))
