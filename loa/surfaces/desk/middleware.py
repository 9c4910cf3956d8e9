"""Whoever is signed in may still enter, and works inside the places of his or her mandates."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django_scopes import scope

from loa.registry.people.models import Person
from loa.registry.places.remembering import tree_remembered


class EntranceMiddleware:
    """End the session of who may not enter any more: who left, or whose every mandate ended."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, Person) and not request.user.may_enter():
            logout(request)
        return self.get_response(request)


class ScopeMiddleware:
    """Open the scope of the signed-in person; without one, scoped queries are refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, Person):
            return self.get_response(request)
        with tree_remembered(), scope(place=sorted(request.user.places_in_scope())):
            return self.get_response(request)
