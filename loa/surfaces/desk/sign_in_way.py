"""How a session was proved: which ways its person has shown, and how long ago."""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest

from loa.lib import clock
from loa.registry.people.factors import has_second_factor
from loa.registry.people.models import Person, SignIn

_WAYS = {
    "totp": SignIn.Way.TOTP,
    "webauthn": SignIn.Way.KEY,
    "recovery_codes": SignIn.Way.RECOVERY_CODE,
}


def way_of(request: HttpRequest, person: Person) -> tuple[str, int | None]:
    """Return the way this session was just opened, and the number of the factor shown."""
    records = get_authentication_records(request, person)
    last: dict[str, Any] = records[-1] if records else {}
    if last.get("method") != "mfa":
        return SignIn.Way.PASSWORD, None
    if last.get("passwordless"):
        return SignIn.Way.PASSKEY, last["id"]
    return _WAYS[last["type"]], last["id"]


def has_proved_again(request: HttpRequest, person: Person) -> bool:
    """Say whether the person showed the strongest he has within the last minutes."""
    wanted = {"mfa"} if has_second_factor(person) else {"mfa", "password"}
    since = clock.now().timestamp() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, person)
    return any(one.get("method") in wanted and one.get("at", 0) > since for one in records)
