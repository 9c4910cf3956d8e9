"""The catalogue of stations that may be relayed: enter one, look how it sounds, retire it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loa.flow.sources.models import RelaySource
from loa.flow.sources.relays import (
    Station,
    ask_to_listen,
    enter_relay_source,
    relay_sources_readable_by,
    retire_relay_source,
)
from loa.lib import clock
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import places_by_code
from loa.surfaces.desk.forms import ReasonForm
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.refusals import say_refused

HEALTH_TONES: dict[str, str] = {
    RelaySource.Health.UNKNOWN: "waiting",
    RelaySource.Health.SOUNDING: "ok",
    RelaySource.Health.SILENT: "warn",
    RelaySource.Health.UNREACHABLE: "danger",
}
REQUIRED = gettext_lazy("Hãy điền ô này.")


class StationForm(forms.Form):
    """A station, its streams and the right to relay it."""

    noi = forms.ChoiceField(label=gettext_lazy("Dùng cho"))
    kind = forms.ChoiceField(label=gettext_lazy("Loại đài"), choices=RelaySource.Kind.choices)
    name = forms.CharField(
        label=gettext_lazy("Tên đài"), max_length=200, error_messages={"required": REQUIRED}
    )
    primary = forms.CharField(
        label=gettext_lazy("Luồng chính"),
        max_length=500,
        help_text=gettext_lazy("Địa chỉ bắt đầu bằng http:// hoặc https://."),
        widget=forms.URLInput(attrs={"inputmode": "url"}),
        error_messages={"required": REQUIRED},
    )
    secondary = forms.CharField(
        label=gettext_lazy("Luồng dự phòng"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Dùng khi luồng chính im lặng. Để trống nếu không có."),
        widget=forms.URLInput(attrs={"inputmode": "url"}),
    )
    rights = forms.CharField(
        label=gettext_lazy("Được phép tiếp âm theo"),
        max_length=500,
        help_text=gettext_lazy("Văn bản, hợp đồng hoặc thỏa thuận nào, số mấy."),
        error_messages={"required": REQUIRED},
    )
    rights_until = forms.DateField(
        label=gettext_lazy("Được phép đến hết ngày"),
        required=False,
        help_text=gettext_lazy("Để trống nếu không có hạn."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("Ngày không hợp lệ.")},
    )

    def __init__(self, places: list[Place], data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["noi"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(place.code, place.full_name) for place in places]

    @property
    def station(self) -> Station:
        given = dict(self.cleaned_data)
        given.pop("noi")
        return Station(**given)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: StaffRequest) -> HttpResponseBase:
    """Enter a station into the catalogue."""
    places = own_places(request.user)
    if not places:
        raise PermissionDenied
    form = StationForm(places, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        place = next(one for one in places if one.code == form.cleaned_data["noi"])
        try:
            relay = enter_relay_source(form.station, place=place, by=request.user)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã nhập đài. Máy đang nghe thử luồng."))
            return redirect("desk:relay_source", relay.pk)
    return render_page(
        request, "relay_new.html", room="schedule", status=422 if form.errors else 200, form=form
    )


def own_places(person: Person) -> list[Place]:
    """Return the communes, and the city, where this person may place: what a standing belongs to."""
    rows = places_by_code(person.places_with(Deed.PLACE))
    return sorted(
        (place for place in rows if place.is_city or place.is_commune),
        key=lambda place: (not place.is_city, place.full_name),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: StaffRequest, relay: int) -> HttpResponseBase:
    """Show one station and how it sounded; a post asks a worker to listen again."""
    source = get_object_or_404(relay_sources_readable_by(request.user), pk=relay)
    may_change = source.place_id in request.user.places_with(Deed.PLACE)
    if request.method == "POST":
        ask_to_listen(source, by=request.user)
        messages.success(request, _("Máy đang nghe thử. Vài giây nữa hãy tải lại trang."))
        return redirect("desk:relay_source", source.pk)
    return render_page(
        request,
        "relay_source.html",
        room="schedule",
        source=source,
        primary_tone=HEALTH_TONES[source.primary_health],
        secondary_tone=HEALTH_TONES[source.secondary_health],
        is_permitted=source.may_be_relayed_until(clock.local(clock.now()).date()),
        may_change=may_change and source.retired_at is None,
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def retire(request: StaffRequest, relay: int) -> HttpResponseBase:
    """Take a station out of the catalogue, with a reason."""
    source = get_object_or_404(relay_sources_readable_by(request.user), pk=relay)
    if source.place_id not in request.user.places_with(Deed.PLACE):
        raise PermissionDenied
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        retire_relay_source(source, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("Đã ngừng dùng đài này. Lịch tiếp âm đang chạy vẫn còn."))
        return redirect("desk:standings")
    return render_page(
        request,
        "reason.html",
        room="schedule",
        status=422 if form.errors else 200,
        form=form,
        heading=_("Ngừng dùng đài"),
        about=source.name,
        deed=_("Ngừng dùng đài này"),
        is_dangerous=True,
        back_url=reverse("desk:relay_source", args=[source.pk]),
    )
