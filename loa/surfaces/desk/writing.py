"""Writing a bulletin: what is typed is kept, what will be heard stands beside it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from loa.flow.evaluation.standings import Standing
from loa.flow.newsroom.actions import (
    edit_bulletin,
    request_rendition,
    submit_bulletin,
    withdraw_submission,
)
from loa.flow.newsroom.errors import EditedMeanwhile
from loa.flow.newsroom.models import Bulletin
from loa.flow.newsroom.queries import bulletins_readable_by, words_of
from loa.flow.newsroom.sounding import uses_signals, voice_for
from loa.lib import clock
from loa.registry.library.actions import add_reading
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.queries import people_who_may
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import lineage
from loa.surfaces.desk.checking import checks_context
from loa.surfaces.desk.forms import PRIORITY_HINTS, BulletinForm, ReadingForm
from loa.surfaces.desk.merging import ask_to_merge
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.readings import EVERYWHERE, scopes_for
from loa.surfaces.desk.spoken import parts_of
from loa.surfaces.desk.standing_words import shown


def write(request: StaffRequest, bulletin: Bulletin, standing: Standing) -> HttpResponseBase:
    """Show the form, or do what its button says: keep, or hand in for approval."""
    form = BulletinForm(bulletin, request.user, request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            return _do(request, bulletin, form)
        except EditedMeanwhile:
            bulletin.refresh_from_db()
            return ask_to_merge(request, bulletin, form)
        except DeedRefused as refused:
            form.say_refused(refused)
            bulletin.refresh_from_db()
    return render_page(
        request,
        "writing.html",
        room="bulletins",
        status=422 if form.errors else 200,
        form=form,
        priorities=_priorities(form),
        bulletin=bulletin,
        row=shown(bulletin, standing),
        is_new_revision=standing not in {Standing.DRAFT, Standing.RETURNED},
        returned=_reason_of_return(bulletin, standing),
        approver=approver_of(bulletin, request.user),
        texts=words_of(bulletin),
        **checks_context(bulletin),
        **_spoken_context(bulletin, request.user),
        **_sound_context(bulletin),
    )


def _do(request: StaffRequest, bulletin: Bulletin, form: BulletinForm) -> HttpResponseBase:
    bulletin = edit_bulletin(bulletin, by=request.user, **form.deed_fields())
    if request.POST.get("deed") != "submit":
        messages.success(request, _("Đã lưu."))
        return redirect("desk:bulletin", bulletin.code)
    submit_bulletin(bulletin, by=request.user)
    approver = approver_of(bulletin, request.user)
    words = (
        _("Đã gửi duyệt tới %(name)s.") % {"name": approver.full_name}
        if approver
        else _("Đã gửi duyệt.")
    )
    messages.success(request, words)
    return redirect("desk:bulletin", bulletin.code)


def approver_of(bulletin: Bulletin, author: Person) -> Person | None:
    """Return who is nearest to answer for this, for the words of the button."""
    deed = Deed.APPROVE_EMERGENCY if bulletin.is_emergency else Deed.APPROVE
    able = [p for p in people_who_may(deed, bulletin.place) if p.pk != author.pk]
    return able[0] if able else None


def _priorities(form: BulletinForm) -> list[tuple[str, str, str, bool]]:
    chosen = form["priority"].value()
    return [
        (value, str(value.label), str(hint), value == chosen)
        for value, hint in PRIORITY_HINTS.items()
    ]


def _reason_of_return(bulletin: Bulletin, standing: Standing) -> object | None:
    if standing is not Standing.RETURNED:
        return None
    last = bulletin.submissions.first()
    return getattr(last, "refusal", None)


@staff_page
@require_POST
def save_draft(request: StaffRequest, code: str) -> HttpResponseBase:
    """Keep what is being typed; answers when it was kept, or which fields cannot be."""
    bulletin = _own(request, code)
    form = BulletinForm(bulletin, request.user, request.POST)
    if form.is_valid():
        try:
            bulletin = edit_bulletin(bulletin, by=request.user, **form.deed_fields())
        except EditedMeanwhile:
            # The page then offers to lay both texts side by side.
            return JsonResponse({"errors": {}, "edited_meanwhile": True}, status=409)
        except DeedRefused as refused:
            form.say_refused(refused)
    if form.errors:
        return JsonResponse({"errors": form.errors}, status=422)
    saved = {"saved_at": clock.iso(clock.now()), "fields": {"revision": bulletin.revision}}
    return JsonResponse(saved)


@staff_page
@require_safe
def show_spoken(request: StaffRequest, code: str) -> HttpResponseBase:
    """The spoken text beside the form, as the page asks for it after each save."""
    bulletin = _own(request, code)
    return _part(
        request, "spoken", {"bulletin": bulletin, **_spoken_context(bulletin, request.user)}
    )


@staff_page
@require_safe
def show_sound(request: StaffRequest, code: str) -> HttpResponseBase:
    """The sound of the present words, or that it is being made."""
    bulletin = _own(request, code)
    return _part(request, "sound", {"bulletin": bulletin, **_sound_context(bulletin)})


def _part(request: StaffRequest, name: str, context: dict[str, object]) -> HttpResponse:
    answer = render(request, f"desk/parts/{name}.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@staff_page
@require_POST
def answer_reading(request: StaffRequest, code: str) -> HttpResponseBase:
    """Answer "đọc là…" for the bulletin's place and everything below it."""
    bulletin = _own(request, code)
    form = ReadingForm(request.POST)
    if form.is_valid():
        try:
            where = form.cleaned_data.pop("where")
            add_reading(**form.cleaned_data, place=_place_meant(where, bulletin), by=request.user)
            request_rendition(bulletin)
        except DeedRefused as refused:
            form.add_error("spoken", str(refused))
    if request.htmx:  # type: ignore[attr-defined]
        context = {"bulletin": bulletin, "refused": form, **_spoken_context(bulletin, request.user)}
        answer = _part(request, "spoken", context)
        answer.headers["HX-Trigger"] = "loa:saved"
        return answer
    for errors in form.errors.values():
        messages.error(request, " ".join(str(error) for error in errors))
    return redirect("desk:bulletin", code)


@staff_page
@require_POST
def withdraw(request: StaffRequest, code: str) -> HttpResponseBase:
    """Take a bulletin back before anybody answered."""
    bulletin = get_object_or_404(bulletins_readable_by(request.user), code=code)
    submission = bulletin.open_submission
    if submission is not None:
        withdraw_submission(submission, by=request.user)
        messages.success(request, _("Đã rút lại. Bạn có thể sửa tiếp."))
    return redirect("desk:bulletin", code)


def _place_meant(where: str, bulletin: Bulletin) -> Place | None:
    """Return for which place an answer is meant; the deed says who may."""
    if where == EVERYWHERE:
        return None
    return next((p for p in lineage(bulletin.place) if p.code == where), bulletin.place)


def _own(request: StaffRequest, code: str) -> Bulletin:
    writable = request.user.places_with(Deed.WRITE)
    rows = bulletins_readable_by(request.user).filter(place__in=writable)
    return get_object_or_404(rows, code=code)


def _spoken_context(bulletin: Bulletin, person: Person) -> dict[str, object]:
    return {
        "said": parts_of(bulletin),
        "may_air_unknown": bulletin.is_emergency,
        "scopes": scopes_for(bulletin.place, person),
    }


def _sound_context(bulletin: Bulletin) -> dict[str, object]:
    return {
        "rendition": bulletin.rendition,
        "voice": voice_for(bulletin),
        "has_signals": not bulletin.is_programme and uses_signals(bulletin),
    }
