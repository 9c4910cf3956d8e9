"""Factors, sessions and sign-ins as the account page says them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.http import HttpRequest
from django.utils.translation import gettext as _

from loa.registry.people.factors import name_of
from loa.registry.people.models import SignIn

# What a browser says of itself, the more special first: Edge also says Chrome, Chrome also Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("coc_coc_browser", "Cốc Cốc"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
MACHINES = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class FactorShown:
    number: int
    is_app: bool
    name: str
    since: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class Presence:
    """A session or a sign-in: who was it, on what, from where, when."""

    number: int
    machine: str
    address: str
    at: datetime
    way: str = ""
    is_here: bool = False


def factor_shown(factor: Authenticator) -> FactorShown:
    is_app = factor.type == Authenticator.Type.TOTP
    name = _("Ứng dụng tạo mã") if is_app else name_of(factor) or _("Khóa đăng nhập")
    return FactorShown(factor.pk, is_app, name, factor.created_at, factor.last_used_at)


def session_shown(session: UserSession, request: HttpRequest) -> Presence:
    is_here = session.session_key == request.session.session_key
    machine = machine_words(session.user_agent)
    return Presence(session.pk, machine, session.ip, session.created_at, is_here=is_here)


def sign_in_shown(row: SignIn) -> Presence:
    way: Any = row.get_way_display()
    return Presence(row.pk, machine_words(row.browser), row.address or "", row.at, str(way))


def machine_words(said: str) -> str:
    """Say which browser on what: `Chrome trên Android`."""
    browser = next((name for mark, name in BROWSERS if mark in said), "")
    machine = next((name for mark, name in MACHINES if mark in said), "")
    if browser and machine:
        return _("%(browser)s trên %(machine)s") % {"browser": browser, "machine": machine}
    return browser or machine or _("Trình duyệt không rõ")
