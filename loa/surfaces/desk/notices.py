"""Templates of the usual notices: chosen, filled in field by field, and made of one's own texts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loa.flow.newsroom.models import Bulletin
from loa.flow.newsroom.notices import (
    OWN_PLACE,
    Gap,
    GapKind,
    Notice,
    is_phone,
    say_day,
    say_hour,
    usual_notices,
    with_gaps,
)
from loa.flow.newsroom.own_notices import (
    OWN,
    end_template,
    notice_by_key,
    own_templates,
    save_template,
    write_from_notice,
)
from loa.flow.newsroom.queries import bulletins_readable_by
from loa.registry.people.errors import DeedRefused
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.surfaces.desk.intake import places_to_write_for
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.refusals import say_refused

REQUIRED = gettext_lazy("Hãy điền ô này.")


class PhoneField(forms.CharField):
    """A number that can be dialled, kept as it was typed."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if not is_phone(text):
            raise forms.ValidationError(_("Số điện thoại không gọi được. Ví dụ: 0236 3881 888."))
        return " ".join(text.split())


def _field_of(gap: Gap) -> forms.Field:
    label = gap.label.partition(":")[0].strip()
    given: dict[str, Any] = {"label": label[:1].upper() + label[1:]}
    given["error_messages"] = {"required": REQUIRED}
    if gap.kind is GapKind.DAY:
        given["error_messages"]["invalid"] = gettext_lazy("Ngày không hợp lệ.")
        return forms.DateField(
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **given
        )
    if gap.kind is GapKind.HOUR:
        given["error_messages"]["invalid"] = gettext_lazy("Giờ không hợp lệ.")
        return forms.TimeField(
            widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}), **given
        )
    if gap.kind is GapKind.PHONE:
        return PhoneField(
            max_length=20,
            widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
            **given,
        )
    return forms.CharField(
        max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}), **given
    )


class FillForm(forms.Form):
    """One field a gap, and for which place the notice is."""

    place = forms.ChoiceField(label=gettext_lazy("Bản tin của"))

    def __init__(self, notice: Notice, places: list[Place], data: Any = None) -> None:
        super().__init__(data)
        self.notice = notice
        self.places = {place.code: place for place in places}
        chosen = self.fields["place"]
        assert isinstance(chosen, forms.ChoiceField)  # noqa: S101 - declared above
        chosen.choices = [(place.code, place.full_name) for place in places]
        self.labels: dict[str, Gap] = {}
        for number, gap in enumerate(notice.gaps):
            if gap.label != OWN_PLACE:
                self.labels[f"gap_{number}"] = gap
                self.fields[f"gap_{number}"] = _field_of(gap)

    def gap_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.labels]

    def values(self) -> dict[str, str]:
        """Return what was filled in, by label, in the words of a notice."""
        name = self.chosen_place().full_name
        said = {gap.label: _said(self.cleaned_data[n]) for n, gap in self.labels.items()}
        return {**said, OWN_PLACE: name[:1].lower() + name[1:]}

    def chosen_place(self) -> Place:
        return self.places[self.cleaned_data["place"]]


def _said(value: Any) -> str:
    if hasattr(value, "weekday"):
        return say_day(value)
    return say_hour(value) if hasattr(value, "hour") else " ".join(str(value).split())


class TemplateForm(forms.Form):
    """A text made a template: its name, and the text with gaps."""

    name = forms.CharField(
        label=gettext_lazy("Tên mẫu"),
        max_length=100,
        error_messages={"required": gettext_lazy("Hãy đặt tên cho mẫu.")},
    )
    title = forms.CharField(
        label=gettext_lazy("Tiêu đề"),
        max_length=300,
        error_messages={"required": gettext_lazy("Bản tin cần một tiêu đề.")},
    )
    body = forms.CharField(
        label=gettext_lazy("Nội dung"),
        required=False,
        strip=False,
        help_text=gettext_lazy(
            "Chỗ thay đổi để trong ngoặc vuông: [ngày họp], [giờ họp], [điện thoại], [nơi họp]. "
            "Bắt đầu bằng “ngày”, “giờ”, “điện thoại” thì ô đó chỉ nhận đúng loại ấy."
        ),
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
    )


@staff_page
@require_safe
def show_all(request: StaffRequest) -> HttpResponseBase:
    """List the templates: those of one's own place, then the usual ones."""
    if not request.user.may_anywhere(Deed.WRITE):
        raise PermissionDenied
    mine = request.user.places_with(Deed.WRITE)
    own = [(row, row.notice, row.place_id in mine) for row in own_templates(request.user)]
    usual = list(usual_notices().values())
    return render_page(request, "notices.html", room="bulletins", own=own, usual=usual)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def fill(request: StaffRequest, template: str) -> HttpResponseBase:
    """Fill a template in and begin a bulletin with it."""
    places = places_to_write_for(request.user)
    if not places:
        raise PermissionDenied
    try:
        notice = notice_by_key(template, request.user)
    except LookupError as error:
        raise Http404 from error
    form = FillForm(notice, places, request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            bulletin = write_from_notice(
                notice, form.values(), place=form.chosen_place(), by=request.user
            )
        except DeedRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, _("Đã làm bản tin %(code)s từ mẫu.") % {"code": bulletin.code}
            )
            return redirect("desk:bulletin", bulletin.code)
    status = 422 if form.errors else 200
    return render_page(
        request, "notice.html", room="bulletins", status=status, form=form, notice=notice
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: StaffRequest, code: str) -> HttpResponseBase:
    """Make a template of a bulletin's text; its days, hours and numbers are gaps already."""
    bulletin = _writable(request, code)
    initial = {"title": with_gaps(bulletin.title), "body": with_gaps(bulletin.body)}
    form = TemplateForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            made = save_template(bulletin, by=request.user, **form.cleaned_data)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã lập mẫu “%(name)s”.") % {"name": made.name})
            return redirect("desk:notices")
    status = 422 if form.errors else 200
    return render_page(
        request, "own_notice.html", room="bulletins", status=status, form=form, bulletin=bulletin
    )


def _writable(request: StaffRequest, code: str) -> Bulletin:
    rows = bulletins_readable_by(request.user)
    return get_object_or_404(rows.filter(place__in=request.user.places_with(Deed.WRITE)), code=code)


@staff_page
@require_POST
def end(request: StaffRequest, template: str) -> HttpResponseBase:
    """Offer one's own template no longer."""
    number = template.removeprefix(OWN)
    rows = own_templates(request.user)
    row = get_object_or_404(rows, pk=int(number) if number.isdecimal() else 0)
    end_template(row, by=request.user)
    messages.success(request, _("Đã bỏ mẫu “%(name)s”.") % {"name": row.name})
    return redirect("desk:notices")
