"""One story: the text that was approved and sounded, who answers for it, and where it was heard."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from loa.flow.evaluation.queries import story_of
from loa.flow.newsroom.models import InfoClass, Rendition
from loa.lib import clock
from loa.registry.places.models import Place
from loa.surfaces.portal.page import render_absence, render_page


@require_safe
def show(request: HttpRequest, code: str) -> HttpResponse:
    story = story_of(code)
    if story is None:
        return render_absence(
            request,
            _("Không có bản tin này"),
            _("Bản tin chưa phát trên loa, hoặc địa chỉ đã gõ sai."),
        )
    edition = story.edition
    return render_page(
        request,
        "story.html",
        story=story,
        edition=edition,
        info_class=InfoClass(edition.info_class).label,
        commune=_commune_of(story.edition.place),
        horns=sum(one.horns for one in story.heard),
        last_at=min(one.started_at for one in story.heard),
        is_over=edition.valid_until <= clock.now(),
        sources=_sources(edition.rendition),
    )


def _commune_of(place: Place) -> Place | None:
    """Return whose page tells more, or None where that is the city's."""
    if place.is_city:
        return None
    return place if place.is_commune else place.parent


def _sources(rendition: Rendition) -> list[tuple[str, str]]:
    return [
        (reverse("api:medium", args=[rendition.opus_id]), "audio/ogg"),
        (reverse("api:medium", args=[rendition.mp3_id]), "audio/mpeg"),
    ]
