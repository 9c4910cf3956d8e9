"""What every public page shares: the city's name in its frame, and an answer for what is not there."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from loa.registry.places.queries import city_name


def render_page(
    request: HttpRequest, template: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a public page; `city` is the bare name of the city, empty before it was entered."""
    return render(request, f"portal/{template}", {"city": city_name(), **context}, status=status)


def render_absence(request: HttpRequest, heading: str, advice: str) -> HttpResponse:
    """Say in words that there is nothing here, and where to go on."""
    return render_page(request, "absence.html", status=404, heading=heading, advice=advice)
