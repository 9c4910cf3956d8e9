"""The inbox of city items: a commune takes, declines and places them; the city sees the answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from loa.flow.approvals.models import Edition
from loa.flow.approvals.queries import editions_readable_by
from loa.flow.newsroom.models import Priority
from loa.flow.schedules.adoptions import (
    place_adopted,
    take_offer,
    unapproved_words,
    words_around,
)
from loa.flow.schedules.inbox import (
    agreements_in_force,
    answers_of_communes,
    communes_where,
    may_for_commune,
    offers_awaiting,
    offers_readable_by,
    placements_of_offer,
)
from loa.flow.schedules.offered import Agreement, Offer
from loa.flow.schedules.offers import (
    agree_to_city_items,
    decline_offer,
    end_agreement,
    move_deadline,
)
from loa.lib import clock
from loa.registry.people.errors import DeedRefused
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import children_in_order, places_by_code
from loa.surfaces.desk.forms import MomentField, ReasonForm
from loa.surfaces.desk.offer_words import offer_shown
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.refusals import say_refused

PAGE_SIZE = 20


class TakeForm(forms.Form):
    """What a commune adds to an item it takes, and who gives the hour."""

    hour_by = forms.ChoiceField(
        label=gettext_lazy("Ai xếp giờ phát"),
        choices=[
            ("own", gettext_lazy("Chúng tôi tự xếp giờ")),
            ("city", gettext_lazy("Để thành phố xếp giờ")),
        ],
        initial="own",
        widget=forms.RadioSelect,
    )
    opening = forms.CharField(
        label=gettext_lazy("Lời mở của địa phương, đọc trước bản tin"),
        required=False,
        max_length=300,
        help_text=gettext_lazy(
            "Không bắt buộc. Ví dụ: Mời bà con phường Hải Châu nghe tin của thành phố."
        ),
        widget=forms.TextInput(attrs={"list": "words-before", "autocomplete": "off"}),
        error_messages={"max_length": gettext_lazy("Lời mở dài quá 300 chữ. Hãy rút gọn.")},
    )
    closing = forms.CharField(
        label=gettext_lazy("Lời kết của địa phương, đọc sau bản tin"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Không bắt buộc. Lời mới phải được người thứ hai duyệt trước."),
        widget=forms.TextInput(attrs={"list": "words-after", "autocomplete": "off"}),
        error_messages={"max_length": gettext_lazy("Lời kết dài quá 300 chữ. Hãy rút gọn.")},
    )


class HourForm(forms.Form):
    """When an adopted item sounds, and in which parts of the commune."""

    when = forms.ChoiceField(choices=[("now", ""), ("at", "")])
    start_at = MomentField(label=gettext_lazy("Phát lúc"), required=False)
    places = forms.MultipleChoiceField(
        label=gettext_lazy("Phát tới"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Hãy chọn ít nhất một nơi để phát.")},
    )

    def __init__(self, offer: Offer, data: Any = None) -> None:
        choices = _places_of(offer)
        super().__init__(data, initial={"places": [choices[0][0]]})
        field = self.fields["places"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("when") == "at" and not cleaned.get("start_at"):
            self.add_error("start_at", _("Hãy chọn ngày và giờ phát."))
        return cleaned

    @property
    def begin(self) -> datetime | None:
        return None if self.cleaned_data["when"] == "now" else self.cleaned_data["start_at"]


def _places_of(offer: Offer) -> list[tuple[str, str]]:
    """Return where in the commune the item was approved for: all of it, or some villages."""
    targets = set(offer.edition.targets)
    villages = children_in_order(offer.place)
    if offer.place_id in targets or offer.edition.place_id in targets:
        return [(place.code, place.full_name) for place in (offer.place, *villages)]
    return [(place.code, place.full_name) for place in villages if place.code in targets]


@staff_page
@require_safe
def show_all(request: StaffRequest) -> HttpResponseBase:
    """Show what waits for an answer, and what came before, newest first."""
    person = request.user
    mine = communes_where(person, Deed.READ)
    if not mine:
        raise PermissionDenied
    waiting = offers_awaiting(person)
    rows = offers_readable_by(person).exclude(pk__in=[offer.pk for offer in waiting])
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("trang"))
    return render_page(
        request,
        "inbox.html",
        room="tasks",
        waiting=[offer_shown(offer) for offer in waiting],
        rows=[offer_shown(offer) for offer in page.object_list],
        page=page,
        communes=_with_agreements(mine),
        may_agree=communes_where(person, Deed.SET_HOURS),
    )


def _with_agreements(codes: set[str]) -> list[tuple[Place, Agreement | None]]:
    known = {one.place_id: one for one in agreements_in_force(codes)}
    places = [place for place in places_by_code(codes) if place.is_commune]
    return [(place, known.get(place.code)) for place in places]


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: StaffRequest, offer_id: UUID) -> HttpResponseBase:
    """Show an item of the city as it will sound, and take it."""
    offer = _offer(request, offer_id)
    edition, place = offer.edition, offer.place
    form = TakeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            return _taken(request, offer, form)
        except DeedRefused as refused:
            say_refused(form, refused)
    may_answer = may_for_commune(request.user, Deed.PLACE, place)
    return render_page(
        request,
        "offer.html",
        room="tasks",
        status=422 if form.errors else 200,
        offer=offer,
        shown=offer_shown(offer),
        edition=edition,
        rendition=edition.rendition,
        form=form,
        known_words=words_around(place),
        is_notice=edition.priority == Priority.PRIORITY,
        is_over=edition.valid_until <= clock.now(),
        may_answer=may_answer and edition.priority == Priority.NORMAL,
        may_place=may_answer and (offer.is_adopted or edition.priority == Priority.PRIORITY),
        awaited=unapproved_words(offer.adoption) if offer.is_adopted else [],
        placements=placements_of_offer(offer),
    )


def _offer(request: StaffRequest, offer_id: UUID) -> Offer:
    rows = offers_readable_by(request.user).select_related("adoption__opening", "adoption__closing")
    return get_object_or_404(rows, pk=offer_id)


def _taken(request: StaffRequest, offer: Offer, form: TakeForm) -> HttpResponseBase:
    given = form.cleaned_data
    lets_city_place = given["hour_by"] == "city"
    adoption = take_offer(
        offer,
        by=request.user,
        lets_city_place=lets_city_place,
        opening=given["opening"],
        closing=given["closing"],
    )
    if unapproved_words(adoption):
        messages.success(request, _("Đã nhận tin. Hãy gửi duyệt lời mở, lời kết mới."))
        return redirect("desk:offer", offer.pk)
    messages.success(request, _("Đã nhận tin."))
    return redirect("desk:inbox") if lets_city_place else redirect("desk:offer_hour", offer.pk)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: StaffRequest, offer_id: UUID) -> HttpResponseBase:
    """Leave an item out, with one line that the city reads."""
    offer = _offer(request, offer_id)
    if not may_for_commune(request.user, Deed.PLACE, offer.place):
        raise PermissionDenied
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            decline_offer(offer, by=request.user, reason=form.cleaned_data["reason"])
        except DeedRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Đã từ chối. Thành phố thấy lý do của bạn."))
            return redirect("desk:inbox")
    return render_page(
        request,
        "reason.html",
        room="tasks",
        status=422 if form.errors else 200,
        form=form,
        heading=_("Từ chối tin của thành phố"),
        about=offer.edition.title,
        deed=_("Từ chối, không phát ở %(where)s") % {"where": offer.place.full_name},
        back_url=request.path.removesuffix("tu-choi/"),
        is_dangerous=False,
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def place(request: StaffRequest, offer_id: UUID) -> HttpResponseBase:
    """Give an adopted item its hour in the commune."""
    offer = _offer(request, offer_id)
    if not may_for_commune(request.user, Deed.PLACE, offer.place):
        raise PermissionDenied
    form = HourForm(offer, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        places = places_by_code(form.cleaned_data["places"])
        try:
            placement = place_adopted(offer, by=request.user, start_at=form.begin, places=places)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            words = (
                _("Đã xếp lịch; cần người thứ hai xác nhận thì mới phát.")
                if placement.is_waiting
                else _("Đã xếp lịch phát ở địa phương.")
            )
            messages.success(request, words)
            return redirect("desk:offer", offer.pk)
    return render_page(
        request,
        "offer_hour.html",
        room="schedule",
        status=422 if form.errors else 200,
        offer=offer,
        edition=offer.edition,
        rendition=offer.edition.rendition,
        form=form,
    )


class AgreementForm(forms.Form):
    """The hours in which the city may place its ordinary items."""

    start = forms.TimeField(
        label=gettext_lazy("Từ"),
        widget=forms.TimeInput(attrs={"type": "time"}),
        error_messages={"required": gettext_lazy("Hãy chọn giờ bắt đầu.")},
    )
    end = forms.TimeField(
        label=gettext_lazy("Đến"),
        help_text=gettext_lazy("Hai giờ bằng nhau nghĩa là cả ngày."),
        widget=forms.TimeInput(attrs={"type": "time"}),
        error_messages={"required": gettext_lazy("Hãy chọn giờ kết thúc.")},
    )
    decision_number = forms.CharField(
        label=gettext_lazy("Số văn bản thỏa thuận (nếu có)"), required=False, max_length=64
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def agree(request: StaffRequest, code: str) -> HttpResponseBase:
    """Let the city place its ordinary items within some hours, or end that."""
    if code not in communes_where(request.user, Deed.SET_HOURS):
        raise PermissionDenied
    (place,) = places_by_code([code])
    if not place.is_commune:
        raise Http404
    known = next(iter(agreements_in_force([code])), None)
    if "end_agreement" in request.POST:
        end_agreement(place, by=request.user)
        messages.success(request, _("Đã kết thúc thỏa thuận. Từ giờ mỗi tin đều hỏi địa phương."))
        return redirect("desk:inbox")
    given = request.POST if request.method == "POST" else None
    form = AgreementForm(given, initial=_hours_of(known))
    if form.is_bound and form.is_valid():
        try:
            agree_to_city_items(place, by=request.user, **form.cleaned_data)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã ghi thỏa thuận nhận tin."))
            return redirect("desk:inbox")
    return render_page(
        request,
        "agreement.html",
        room="tasks",
        status=422 if form.errors else 200,
        form=form,
        place=place,
        agreement=known,
    )


def _hours_of(agreement: Agreement | None) -> dict[str, str]:
    if agreement is None:
        return {"start": "17:00", "end": "18:00"}
    return {
        "start": f"{agreement.start:%H:%M}",
        "end": f"{agreement.end:%H:%M}",
        "decision_number": agreement.decision_number,
    }


class DeadlineForm(forms.Form):
    """Until when the communes may answer."""

    answer_until = MomentField(label=gettext_lazy("Trả lời trước"))


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def answers(request: StaffRequest, code: str) -> HttpResponseBase:
    """Show the city what each commune said to its item, and move the deadline."""
    edition = _own_edition(request, code)
    given = answers_of_communes(edition)
    if not given.offers:
        raise Http404
    initial = {"answer_until": clock.local(given.answer_until)}
    form = DeadlineForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            move_deadline(edition, by=request.user, **form.cleaned_data)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã đổi hạn trả lời."))
            return redirect("desk:answers", code)
    return render_page(
        request,
        "offer_answers.html",
        room="bulletins",
        status=422 if form.errors else 200,
        edition=edition,
        answers=given,
        rows=[offer_shown(offer) for offer in given.offers],
        form=form,
        may_move=edition.priority == Priority.NORMAL
        and request.user.may(Deed.PLACE, edition.place),
    )


def _own_edition(request: StaffRequest, code: str) -> Edition:
    edition = editions_readable_by(request.user).filter(bulletin__code=code).first()
    if edition is None:
        raise Http404
    return edition
