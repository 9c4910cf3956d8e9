"""The voices this city has: what each is, under which licence, and how it sounds."""

from __future__ import annotations

from functools import lru_cache

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from loa.flow.newsroom.ports import voices
from loa.lib.sound.chain import master
from loa.registry.library.voices import all_voices
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page

SENTENCE = "Xin chào bà con. Sau đây là bản tin của phường."


@staff_page
@require_safe
def show_all(request: StaffRequest) -> HttpResponseBase:
    """List the voices in the order in which one stands in for another."""
    installed = {row.pk: row for row in all_voices()}
    usable = voices().all()
    rows = [(voice.id, voice.title, installed.get(voice.id)) for voice in usable]
    return render_page(
        request,
        "voices.html",
        room="bulletins",
        rows=rows,
        retired=[row for row in installed.values() if row.retired_at],
        sentence=SENTENCE,
        refusal="",
    )


@staff_page
@require_safe
def hear(request: StaffRequest) -> HttpResponseBase:
    """Let a voice say one sentence, mastered as every bulletin is."""
    wanted = request.GET.get("giong", "")
    if not wanted:
        return redirect("desk:voices")
    try:
        voice = voices().by_id(wanted)
    except LookupError as unknown:
        raise Http404 from unknown
    try:
        sound = _said(voice.id, voice.fingerprint)
    except Exception:
        # Whatever a foreign model does, the page says only that it did not speak.
        return HttpResponse(_("Giọng này chưa đọc được."), status=503, content_type="text/plain")
    answer = HttpResponse(sound, content_type="audio/mpeg")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@lru_cache(maxsize=16)
def _said(voice_id: str, _fingerprint: str) -> bytes:
    return master(voices().by_id(voice_id).speak(SENTENCE, speed=1.0)).mp3
