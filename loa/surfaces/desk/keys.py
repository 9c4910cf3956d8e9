"""The keys a person approves with: his own passkeys are made, listed and ended here."""

from __future__ import annotations

import json
import secrets
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from loa.registry.people.errors import DeedRefused
from loa.registry.people.passkeys import end_passkey, register_passkey, registration_options
from loa.registry.people.queries import keys_of, may_approve, own_key
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page

CHALLENGE = "passkey_challenge"


@staff_page
@require_safe
def show(request: StaffRequest) -> HttpResponseBase:
    """Show the keys of the person who asks; nobody sees another's."""
    return _page(request)


def _page(request: StaffRequest, *, refusal: str = "") -> HttpResponseBase:
    if not may_approve(request.user):
        raise PermissionDenied
    return render_page(
        request,
        "keys.html",
        room="tasks",
        status=422 if refusal else 200,
        keys=keys_of(request.user),
        refusal=refusal,
        **passkey_site(request),
    )


def passkey_site(request: HttpRequest) -> dict[str, Any]:
    """Say where passkeys work, and whether this page is there."""
    here = f"{request.scheme}://{request.get_host()}"
    return {"origin": settings.LOA_ORIGIN, "is_at_origin": here == settings.LOA_ORIGIN}


@staff_page
@require_POST
def begin(request: StaffRequest) -> HttpResponseBase:
    """Tell the browser what to make; what it must answer to is remembered in the session."""
    if not may_approve(request.user):
        raise PermissionDenied
    challenge = secrets.token_bytes(32)
    request.session[CHALLENGE] = challenge.hex()
    options = registration_options(request.user, challenge=challenge)
    return JsonResponse({"publicKey": json.loads(options)})


@staff_page
@require_POST
def register(request: StaffRequest) -> HttpResponseBase:
    """Take in the passkey the browser made."""
    challenge = bytes.fromhex(request.session.pop(CHALLENGE, ""))
    try:
        key = register_passkey(
            request.user,
            challenge=challenge,
            credential=request.POST.get("credential", ""),
            name=request.POST.get("name", ""),
        )
    except DeedRefused as refused:
        return _page(request, refusal=str(refused))
    words = _("Đã đăng ký khóa “%(name)s”. Từ nay bạn duyệt bằng khóa này.")
    messages.success(request, words % {"name": key.name or key.key_id})
    return redirect("desk:keys")


@staff_page
@require_POST
def end(request: StaffRequest, key_id: str) -> HttpResponseBase:
    """End one's own passkey; what it signed stays good."""
    key = get_object_or_404(own_key(request.user, key_id))
    end_passkey(key, by=request.user)
    messages.success(request, _("Đã ngừng dùng khóa. Những gì khóa đã ký vẫn có giá trị."))
    return redirect("desk:keys")
