from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from loa.surfaces.api.schemas import TokenIn, TokenOut
from loa.surfaces.api.sign_in import has_shown_factor, issue_token, person_with_password

router = Router(tags=["tokens"])


@router.post("", auth=None, response={201: TokenOut})
def create_token(request: HttpRequest, given: TokenIn) -> TokenOut:
    """Sign in with name and password; the token is sent as `Authorization: Bearer …`.

    Who has a second factor adds `code`: what the app shows now, or a recovery code.
    """
    person = person_with_password(request, given.username, given.password)
    has_factor = has_shown_factor(person, given.code)
    token, until = issue_token(person, has_factor=has_factor)
    return TokenOut(token=token, valid_until=until, person=person.username)
