"""The opening and closing signals of a place: heard, chosen, and whether they are used at all."""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from loa.lib.sound import tones
from loa.lib.sound.chain import coded, levelled
from loa.registry.library.errors import RecordingUnusable
from loa.registry.library.models import Jingle, Recording
from loa.registry.library.recordings import read_recording
from loa.registry.library.signals import (
    GAP_MS_MAX,
    JINGLE_MS_MAX,
    choose_jingle,
    habit_of,
    jingle_of,
    set_signal_habit,
)
from loa.registry.library.uploads import PART_BYTES_MAX, begin_upload, finish_upload, take_part
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import places_by_code
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page

TUNE_WORDS = {
    "rising": gettext_lazy("Ba tiếng chuông đi lên"),
    "falling": gettext_lazy("Ba tiếng chuông đi xuống"),
    "two-bells": gettext_lazy("Hai tiếng chuông"),
    "five-notes": gettext_lazy("Năm nốt"),
}
ROLE_WORDS = {
    Jingle.Role.OPENING: gettext_lazy("Mở đầu"),
    Jingle.Role.CLOSING: gettext_lazy("Kết thúc"),
}


class HabitForm(forms.Form):
    """Whether signals are used, and how long it is still between them and the words."""

    uses_signals = forms.TypedChoiceField(
        label=gettext_lazy("Bản tin của địa bàn có nhạc hiệu không?"),
        choices=[
            ("yes", gettext_lazy("Có: mở đầu và kết thúc mỗi bản tin")),
            ("no", gettext_lazy("Không")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Hãy chọn có hoặc không.")},
    )
    gap_seconds = forms.FloatField(
        label=gettext_lazy("Quãng nghỉ giữa nhạc hiệu và lời (giây)"),
        min_value=0,
        max_value=GAP_MS_MAX / 1000,
        widget=forms.NumberInput(attrs={"step": 0.1, "inputmode": "decimal"}),
        error_messages={
            "min_value": gettext_lazy("Quãng nghỉ phải từ 0 đến 10 giây."),
            "max_value": gettext_lazy("Quãng nghỉ phải từ 0 đến 10 giây."),
        },
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: StaffRequest, code: str) -> HttpResponseBase:
    """Show what a place opens and closes with, and take what is decided."""
    place = _place(request.user, code)
    habit = habit_of(place)
    deed = request.POST.get("deed", "")
    form = HabitForm(
        request.POST if deed == "habit" else None,
        initial={
            "uses_signals": "yes" if habit.uses_signals else "no",
            "gap_seconds": habit.gap_ms / 1000,
        },
    )
    refusal = ""
    if request.method == "POST":
        try:
            if _is_done(request, place, form, deed):
                return redirect("desk:signals", code)
        except DeedRefused as refused:
            refusal = str(refused)
    return render_page(
        request,
        "signals.html",
        room="bulletins",
        status=422 if refusal or form.errors else 200,
        form=form,
        place=place,
        habit=habit,
        refusal=refusal,
        refused_role=request.POST.get("role", "") if refusal else "",
        roles=[_role(place, role) for role in Jingle.Role],
        seconds_max=JINGLE_MS_MAX // 1000,
    )


def _is_done(request: StaffRequest, place: Place, form: HabitForm, deed: str) -> bool:
    if deed == "habit":
        if not form.is_valid():
            return False
        set_signal_habit(
            place,
            by=request.user,
            uses_signals=form.cleaned_data["uses_signals"],
            gap_ms=round(form.cleaned_data["gap_seconds"] * 1000),
        )
        messages.success(request, _("Đã lưu nếp dùng nhạc hiệu."))
        return True
    role = request.POST.get("role", "")
    if role not in Jingle.Role.values:
        raise Http404
    if deed == "file":
        recording = _brought(request, place)
        choose_jingle(place, role, by=request.user, recording=recording)
    else:
        choose_jingle(place, role, by=request.user, tune=request.POST.get("tune", ""))
    messages.success(request, _("Đã đổi nhạc hiệu. Bản tin làm từ bây giờ sẽ dùng nhạc hiệu này."))
    return True


def _brought(request: StaffRequest, place: Place) -> Recording:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise DeedRefused(_("Hãy chọn một tệp âm thanh."))
    upload, here = begin_upload(
        uuid.uuid4(),
        place=place,
        by=request.user,
        filename=file.name or "tep",
        size=file.size or 0,
    )
    for data in file.chunks(PART_BYTES_MAX):
        here = take_part(upload, data, offset=here, by=request.user)
    recording = finish_upload(upload, by=request.user, origin=Recording.Origin.FILE)
    # Short by rule, so it is read while the person waits.
    recording = read_recording(recording, seconds_max=JINGLE_MS_MAX / 1000)
    if recording.fault:
        words = _("Không dùng được tệp này: %(fault)s. Nhạc hiệu dài nhất %(seconds)s giây.")
        fault = recording.get_fault_display()
        raise RecordingUnusable(words % {"fault": fault, "seconds": JINGLE_MS_MAX // 1000})
    return recording


@require_safe
@staff_page
def tune(request: StaffRequest) -> HttpResponseBase:
    """Let one of our own tunes be heard as it will sound."""
    name = request.GET.get("mau", "")
    if not name:
        return redirect("desk:bulletins")
    if name not in tones.TUNES:
        raise Http404
    answer = HttpResponse(_heard(name), content_type="audio/mpeg")
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer


@lru_cache(maxsize=len(tones.TUNES))
def _heard(name: str) -> bytes:
    return coded(levelled(tones.play(name))).mp3


def _role(place: Place, role: Jingle.Role) -> dict[str, Any]:
    """Say what holds in one role, whose choice it is, and what may be chosen instead."""
    jingle = jingle_of(place, role)
    default = tones.OPENING if role == Jingle.Role.OPENING else tones.CLOSING
    present = jingle.tune if jingle else default
    return {
        "role": role.value,
        "words": ROLE_WORDS[role],
        "jingle": jingle,
        "recording": jingle.recording if jingle else None,
        "tune": present,
        "tune_words": TUNE_WORDS.get(present, ""),
        "tunes": [(name, words, name == present) for name, words in TUNE_WORDS.items()],
        "is_inherited": jingle is not None and jingle.place_id != place.pk,
    }


def _place(person: Person, code: str) -> Place:
    if code not in person.places_with(Deed.WRITE):
        raise PermissionDenied
    return places_by_code([code])[0]
