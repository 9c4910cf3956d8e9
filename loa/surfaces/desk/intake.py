"""A text comes in: pasted, typed or as a file; an old encoding is looked at before it is used."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loa.flow.newsroom.actions import write_bulletin
from loa.flow.newsroom.models import Bulletin
from loa.flow.newsroom.rules import title_and_body
from loa.flow.sources.actions import read_text, take_source
from loa.flow.sources.errors import EncodingUnconfirmed
from loa.lib.encodings import LEGACY_ENCODINGS, TEXT_BYTES_MAX, Detected
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page

# UTF-16 takes two bytes a letter; a longer file is refused by its size alone.
FILE_BYTES_MAX = 2 * TEXT_BYTES_MAX + 2
ENCODING_WORDS = {
    "tcvn3": gettext_lazy("TCVN3 (phông .Vn, ABC)"),
    "vni": gettext_lazy("VNI (phông VNI-)"),
    "windows-1258": gettext_lazy("Windows-1258"),
}


class TextForm(forms.Form):
    """Words or a file, and for which place."""

    place = forms.ChoiceField(label=gettext_lazy("Bản tin của"))
    text = forms.CharField(
        label=gettext_lazy("Dán hoặc gõ nội dung"),
        help_text=gettext_lazy("Dòng đầu là tiêu đề. Bạn sửa được ở bước sau."),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=gettext_lazy("Hoặc chọn tệp văn bản (.txt)"),
        help_text=gettext_lazy("Nhận Unicode và các bảng mã cũ TCVN3, VNI."),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".txt,text/plain"}),
    )
    # What an unconfirmed file held, so that confirming its encoding needs no second upload.
    content = forms.CharField(required=False, widget=forms.HiddenInput)
    filename = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    encoding = forms.ChoiceField(
        required=False, choices=[("", ""), *((name, name) for name in LEGACY_ENCODINGS)]
    )

    def __init__(self, places: list[Place], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {place.code: place for place in places}
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(place.code, place.full_name) for place in places]

    def clean(self) -> dict[str, Any]:
        """Put together the bytes that came in, whichever way."""
        cleaned = super().clean() or {}
        cleaned["raw"], cleaned["filename"] = self._given(cleaned)
        return cleaned

    def _given(self, cleaned: dict[str, Any]) -> tuple[bytes, str]:
        file = cleaned.get("file")
        if isinstance(file, UploadedFile):
            return file.read(FILE_BYTES_MAX + 1), file.name or ""
        if cleaned.get("content"):
            try:
                content = base64.b64decode(cleaned["content"], validate=True)
            except (binascii.Error, ValueError):
                content = b""
            return content, cleaned.get("filename", "")
        return cleaned.get("text", "").replace("\r\n", "\n").encode(), ""


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: StaffRequest) -> HttpResponseBase:
    """Take a text in and begin a bulletin with it."""
    places = places_to_write_for(request.user)
    if not places:
        raise PermissionDenied
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = TextForm(places, *given, initial={"place": places[0].code})
    if form.is_bound and form.is_valid():
        try:
            if request.POST.get("try") in LEGACY_ENCODINGS:
                return _ask_about_encoding(request, form, _tried(form, request.POST["try"]))
            return _go_on(request, form)
        except EncodingUnconfirmed as unconfirmed:
            return _ask_about_encoding(request, form, unconfirmed.details["detected"])
        except DeedRefused as refused:
            field = "file" if form.cleaned_data["filename"] else "text"
            form.add_error(field, str(refused))
    status = 422 if form.errors else 200
    return render_page(request, "intake.html", room="bulletins", form=form, status=status)


def places_to_write_for(person: Person) -> list[Place]:
    """Return the places this person was given to write for, in the order of the mandates."""
    mandates = [m for m in person.live_mandates() if m.role.allows(Deed.WRITE)]
    return list({m.place_id: m.place for m in mandates}.values())


def _go_on(request: StaffRequest, form: TextForm) -> HttpResponseBase:
    bulletin = _taken_in(request.user, form)
    messages.success(
        request,
        _("Đã nhận văn bản thành bản tin %(code)s.") % {"code": bulletin.code},
    )
    return redirect("desk:bulletin", bulletin.code)


def _taken_in(person: Person, form: TextForm) -> Bulletin:
    place = form.places[form.cleaned_data["place"]]
    filename = form.cleaned_data["filename"]
    source = take_source(
        form.cleaned_data["raw"],
        place=place,
        by=person,
        origin="file" if filename else "form",
        filename=filename,
        encoding=form.cleaned_data["encoding"] or None,
    )
    title, body = title_and_body(source.text)
    return write_bulletin(place=place, by=person, title=title, body=body, source=source)


def _tried(form: TextForm, encoding: str) -> Detected:
    found = read_text(form.cleaned_data["raw"], encoding=encoding)
    return replace(found, needs_confirmation=True)


def _ask_about_encoding(
    request: StaffRequest, form: TextForm, detected: Detected
) -> HttpResponseBase:
    return render_page(
        request,
        "encoding.html",
        room="bulletins",
        detected=detected,
        detected_words=ENCODING_WORDS.get(detected.encoding, detected.encoding),
        content=base64.b64encode(form.cleaned_data["raw"]).decode(),
        filename=form.cleaned_data["filename"],
        place=form.cleaned_data["place"],
        others=[(n, w) for n, w in ENCODING_WORDS.items() if n != detected.encoding],
    )
