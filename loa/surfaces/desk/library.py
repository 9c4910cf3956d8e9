"""The library: what was approved here or is shared by others, to be heard and used again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loa.flow.approvals.models import Edition
from loa.flow.approvals.queries import reuses_shown_to
from loa.flow.approvals.reuse import edition_in_library, library_of, reuse_edition
from loa.flow.newsroom.licensing import last_day_of_rights, set_rights
from loa.flow.newsroom.rights import LICENCE_CHARACTERS_MAX, UsageRights
from loa.lib import clock
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import places_by_code
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.refusals import say_refused

PAGE_SIZE = 20


class RightsForm(forms.Form):
    """Who may use it again, by whose leave, until when."""

    reach = forms.ChoiceField(
        label=gettext_lazy("Ai được dùng lại"),
        choices=UsageRights.Reach.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Hãy chọn ai được dùng lại bản tin này.")},
    )
    licensor = forms.CharField(
        label=gettext_lazy("Bên giữ quyền (nếu là nội dung của bên khác)"),
        required=False,
        max_length=120,
        error_messages={"max_length": gettext_lazy("Tên bên giữ quyền dài quá 120 chữ.")},
    )
    licence = forms.CharField(
        label=gettext_lazy("Giấy phép, hợp đồng số"),
        required=False,
        max_length=LICENCE_CHARACTERS_MAX,
        error_messages={"max_length": gettext_lazy("Mục này dài quá 300 chữ.")},
    )
    valid_until = forms.DateField(
        label=gettext_lazy("Được dùng đến hết ngày"),
        required=False,
        help_text=gettext_lazy("Để trống nếu không có hạn. Quá ngày này máy không phát nữa."),
        error_messages={"invalid": gettext_lazy("Ngày không hợp lệ.")},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


@staff_page
@require_safe
def show_all(request: StaffRequest) -> HttpResponseBase:
    """Show what can be used again, best or newest first."""
    person = request.user
    words = " ".join(request.GET.get("q", "").split())[:200]
    page = Paginator(library_of(person, words), PAGE_SIZE).get_page(request.GET.get("trang"))
    return render_page(
        request,
        "library.html",
        room="bulletins",
        page=page,
        words=words,
        today=clock.local(clock.now()).date(),
        own=person.places_with(Deed.WRITE),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: StaffRequest, code: str) -> HttpResponseBase:
    """Show one item; its owner writes down who may use it again."""
    edition = _found(request.user, code)
    form = _rights_form(request, edition)
    if form is not None and form.is_bound and form.is_valid():
        try:
            set_rights(edition.bulletin, by=request.user, **form.cleaned_data)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã ghi quyền sử dụng."))
            return redirect("desk:library_item", code)
    return _render(request, edition, form, status=422 if form and form.errors else 200)


def _render(
    request: StaffRequest, edition: Edition, form: RightsForm | None, *, status: int = 200
) -> HttpResponseBase:
    last = last_day_of_rights(edition.bulletin)
    return render_page(
        request,
        "library_item.html",
        room="bulletins",
        status=status,
        edition=edition,
        bulletin=edition.bulletin,
        rights=getattr(edition.bulletin, "rights", None),
        last_day=last,
        is_over=last is not None and clock.local(clock.now()).date() > last,
        form=form,
        places=_places_to_use_at(request.user),
        reuses=reuses_shown_to(request.user, edition.bulletin),
        is_own=edition.place_id in request.user.places_with(Deed.READ),
    )


def _rights_form(request: StaffRequest, edition: Edition) -> RightsForm | None:
    if edition.place_id not in request.user.places_with(Deed.WRITE):
        if request.method == "POST":
            raise PermissionDenied
        return None
    rights = getattr(edition.bulletin, "rights", None)
    names = ("reach", "licensor", "licence", "valid_until")
    there: dict[str, Any] = {name: getattr(rights, name) for name in names} if rights else {}
    initial = {"reach": UsageRights.Reach.OWN, **there}
    return RightsForm(request.POST if request.method == "POST" else None, initial=initial)


def _places_to_use_at(person: Person) -> list[Place]:
    """Return where this person writes for: communes and the city, not each village."""
    places = places_by_code(person.places_with(Deed.WRITE))
    return [place for place in places if place.is_commune or place.is_city]


@staff_page
@require_POST
def use_again(request: StaffRequest, code: str) -> HttpResponseBase:
    """Use it again at one of my places: place it as it is, or begin a bulletin with its words."""
    edition = _found(request.user, code)
    places = {place.code: place for place in _places_to_use_at(request.user)}
    place = places.get(request.POST.get("place", ""))
    if place is None:
        messages.error(request, _("Hãy chọn nơi sẽ dùng lại."))
        return redirect("desk:library_item", code)
    try:
        reuse = reuse_edition(edition, place=place, by=request.user)
    except DeedRefused as refused:
        messages.error(request, str(refused))
        return redirect("desk:library_item", code)
    if reuse.bulletin is None:
        messages.success(request, _("Bản này còn hiệu lực ở đây: chỉ cần chọn giờ phát."))
        return redirect("desk:placement", code)
    messages.success(request, _("Đã mở bản tin mới với nội dung cũ. Xem lại rồi gửi duyệt."))
    return redirect("desk:bulletin", reuse.bulletin.code)


def _found(person: Person, code: str) -> Edition:
    edition = edition_in_library(person, code)
    if edition is None:
        raise Http404
    return edition
