"""Every request of a signed-in person runs inside the places of that person's mandates."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django_scopes import scope

from loa.registry.people.models import Person


class ScopeMiddleware:
    """Open the scope of the signed-in person; without one, scoped queries are refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, Person):
            return self.get_response(request)
        with scope(place=sorted(request.user.places_in_scope())):
            return self.get_response(request)
