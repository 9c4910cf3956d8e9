"""The sound of a bulletin: record it, bring a file, cut its ends, or let the machine read."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loa.flow.newsroom.models import Bulletin, Signals, Take
from loa.flow.newsroom.queries import (
    bulletins_readable_by,
    percent_made,
    speech_of_bulletin,
    take_numbered,
    takes_of,
)
from loa.flow.newsroom.sounding import uses_signals, voice_for
from loa.flow.newsroom.takes import bring_take, choose_machine, choose_signals, choose_take
from loa.registry.library.models import Recording
from loa.registry.library.recordings import RECORDING_MINUTES_MAX
from loa.registry.library.signals import habit_of
from loa.registry.library.uploads import (
    PART_BYTES_MAX,
    UPLOAD_BYTES_MAX,
    begin_upload,
    finish_upload,
    take_part,
)
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page

MEGABYTE = 2**20
FILE_MISSING = gettext_lazy("Hãy chọn một tệp âm thanh hoặc phim.")


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: StaffRequest, code: str) -> HttpResponseBase:
    """Show who reads and how it sounds, and do what a button says."""
    bulletin = _own(request.user, code)
    refusal = ""
    if request.method == "POST":
        deed = _DEEDS.get(request.POST.get("deed", ""))
        if deed is None:
            raise Http404
        try:
            deed(request, bulletin)
        except DeedRefused as refused:
            refusal = str(refused)
        else:
            return redirect(_page_of(bulletin), code)
    if bulletin.is_programme and not refusal:
        return redirect(_page_of(bulletin), code)
    return render_page(
        request,
        "sound.html",
        room="bulletins",
        status=422 if refusal else 200,
        refusal=refusal,
        refused_deed=request.POST.get("deed", ""),
        script=speech_of_bulletin(bulletin).text,
        habit=habit_of(bulletin.place),
        signal_choices=Signals.choices,
        megabytes_max=UPLOAD_BYTES_MAX // MEGABYTE,
        minutes_max=RECORDING_MINUTES_MAX,
        upload=uuid.uuid4(),
        **state_of(bulletin),
    )


def _page_of(bulletin: Bulletin) -> str:
    return "desk:programme" if bulletin.is_programme else "desk:bulletin_sound"


@staff_page
@require_safe
def show_state(request: StaffRequest, code: str) -> HttpResponseBase:
    """The part that changes while a recording is read and a sound is made."""
    bulletin = _own(request.user, code)
    answer = render(request, "desk/parts/sound_state.html", state_of(bulletin))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@staff_page
@require_POST
def receive(request: StaffRequest, upload: uuid.UUID) -> HttpResponseBase:
    """Take one part of a file for a bulletin; answers how much of it is here."""
    bulletin = _own(request.user, request.POST.get("bulletin", ""))
    try:
        return JsonResponse(_received(request, bulletin, upload))
    except (KeyError, ValueError):
        return JsonResponse({"problem": str(FILE_MISSING)}, status=400)
    except DeedRefused as refused:
        return JsonResponse({"problem": str(refused)}, status=422)


def _received(request: StaffRequest, bulletin: Bulletin, name: uuid.UUID) -> dict[str, Any]:
    filename, part = request.POST.get("filename", ""), request.FILES.get("part")
    size, offset = int(request.POST["size"]), int(request.POST["offset"])
    row, here = begin_upload(
        name, place=bulletin.place, by=request.user, filename=filename, size=size
    )
    if isinstance(part, UploadedFile):
        data = part.read(PART_BYTES_MAX + 1)
        here = take_part(row, data, offset=offset, by=request.user)
    is_whole = here == row.bytes
    if is_whole:
        origin = Recording.Origin.FILE if filename else Recording.Origin.SPOKEN
        recording = finish_upload(row, by=request.user, origin=origin)
        bring_take(bulletin, recording, by=request.user)
    return {"received": here, "is_whole": is_whole}


# -- what the buttons do


def _use(request: StaffRequest, bulletin: Bulletin) -> None:
    take = _take(request, bulletin)
    choose_take(take, by=request.user, start_ms=take.start_ms, end_ms=take.end_ms)
    messages.success(request, _("Bản tin sẽ phát bản thu này."))


def _trim(request: StaffRequest, bulletin: Bulletin) -> None:
    choose_take(_take(request, bulletin), by=request.user, **_ends(request))
    messages.success(request, _("Đã cắt. Hãy nghe lại bản sẽ phát."))


def _use_machine(request: StaffRequest, bulletin: Bulletin) -> None:
    choose_machine(bulletin, by=request.user)
    messages.success(request, _("Bản tin sẽ do giọng máy đọc. Bản thu vẫn được giữ."))


def _set_signals(request: StaffRequest, bulletin: Bulletin) -> None:
    wanted = request.POST.get("signals", "")
    if wanted not in Signals.values:
        raise Http404
    choose_signals(bulletin, by=request.user, signals=wanted)
    messages.success(request, _("Đã lưu cách dùng nhạc hiệu."))


def _bring_file(request: StaffRequest, bulletin: Bulletin) -> None:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise DeedRefused(FILE_MISSING)
    row, here = begin_upload(
        uuid.uuid4(),
        place=bulletin.place,
        by=request.user,
        filename=file.name or "tep",
        size=file.size or 0,
    )
    for data in file.chunks(PART_BYTES_MAX):
        here = take_part(row, data, offset=here, by=request.user)
    recording = finish_upload(row, by=request.user, origin=Recording.Origin.FILE)
    bring_take(bulletin, recording, by=request.user)
    messages.success(request, _("Đã nhận tệp. Máy đang đọc và làm bản sẽ phát."))


_DEEDS: dict[str, Callable[[StaffRequest, Bulletin], None]] = {
    "use": _use,
    "trim": _trim,
    "machine": _use_machine,
    "signals": _set_signals,
    "file": _bring_file,
}


def _ends(request: StaffRequest) -> dict[str, Any]:
    try:
        start, end = (request.POST.get(name, "") for name in ("start_ms", "end_ms"))
        return {"start_ms": int(start or 0), "end_ms": int(end) if end else None}
    except ValueError as error:
        raise Http404 from error


def _take(request: StaffRequest, bulletin: Bulletin) -> Take:
    take = take_numbered(bulletin, request.POST.get("take", ""))
    if take is None:
        raise Http404
    return take


def _own(person: Person, code: str) -> Bulletin:
    rows = bulletins_readable_by(person).filter(place__in=person.places_with(Deed.WRITE))
    return get_object_or_404(rows, code=code)


def state_of(bulletin: Bulletin) -> dict[str, Any]:
    takes, rendition = takes_of(bulletin), bulletin.rendition
    is_reading = any(take.recording.read_at is None for take in takes)
    is_making = rendition is None and bool(bulletin.cache_key) and not bulletin.voice_fault
    take = bulletin.take
    return {
        "bulletin": bulletin,
        "takes": takes,
        "rendition": rendition,
        "percent": percent_made(bulletin) if is_making else None,
        "is_reading": is_reading,
        "is_making": is_making,
        "is_open": bulletin.open_submission is None,
        "voice": voice_for(bulletin),
        "is_voice_missing": voice_for(bulletin).id != bulletin.voice,
        "has_words_changed": take is not None and take.script != speech_of_bulletin(bulletin).text,
        "has_signals": not bulletin.is_programme and uses_signals(bulletin),
    }
