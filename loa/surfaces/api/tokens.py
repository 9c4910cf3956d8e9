from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Router

from loa.lib.attempts import Attempts
from loa.surfaces.api.problems import Problem
from loa.surfaces.api.schemas import TokenIn, TokenOut
from loa.surfaces.api.sign_in import issue_token, person_with_password

router = Router(tags=["tokens"])
# For one name from one address, and for one address whatever the names.
attempts_by_name = Attempts(attempts_max=10, window_seconds=60)
attempts_by_address = Attempts(attempts_max=60, window_seconds=60)


@router.post("", auth=None, response={201: TokenOut})
def create_token(request: HttpRequest, given: TokenIn) -> TokenOut:
    """Sign in with name and password; the token is sent as `Authorization: Bearer …`."""
    address = request.META.get("REMOTE_ADDR", "")
    allowed = attempts_by_address.may_try(address)
    if not allowed or not attempts_by_name.may_try(f"{address} {given.username}"):
        raise Problem(429, "too_many_attempts", _("Thử quá nhiều lần. Hãy chờ một phút."))
    person = person_with_password(request, given.username, given.password)
    token, until = issue_token(person)
    return TokenOut(token=token, valid_until=until, person=person.username)
