"""The words of each channel: made by the rule, or written by hand and kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loa.flow.newsroom.channels import CHARACTERS_MAX, MESSAGES, Channel
from loa.flow.newsroom.errors import ChannelTextTooLong
from loa.flow.newsroom.models import Bulletin, ChannelText
from loa.flow.newsroom.queries import ChannelWords, bulletins_readable_by, words_of
from loa.flow.newsroom.texts import keep_texts
from loa.registry.people.errors import DeedRefused
from loa.registry.people.rules import Deed
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page

HINTS: dict[Channel, Promise] = {
    Channel.SPOKEN: gettext_lazy("Những gì loa đọc. Số, ngày và chữ tắt vẫn được đổi thành lời."),
    Channel.BOARD: gettext_lazy(
        "Mỗi đoạn là một màn hình, nhiều nhất 14 từ. Để một dòng trống giữa hai màn hình."
    ),
    Channel.WEB: gettext_lazy("Bài trên trang thông tin của địa bàn, dưới tiêu đề."),
    Channel.SHORT: gettext_lazy("Nhiều nhất 160 chữ cái."),
    Channel.LONGER: gettext_lazy("Nhiều nhất 300 chữ cái."),
    Channel.SOCIAL: gettext_lazy("Bài đăng trên mạng xã hội và ứng dụng nhắn tin."),
}
ROWS = {Channel.SPOKEN: 8, Channel.BOARD: 8, Channel.WEB: 8, Channel.SOCIAL: 6}


class TextsForm(forms.Form):
    """One text a channel, and for messages whether marks are dropped."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, words: list[ChannelWords], data: Any = None, **initial: Any) -> None:
        super().__init__(data, initial={**initial, **_initial(words)})
        for one in words:
            self.fields[_text(one.channel)] = _text_field(one.channel)
            if one.is_message:
                self.fields[_folded(one.channel)] = forms.BooleanField(
                    label=_("Gửi không dấu"), required=False
                )

    def texts(self, *, to_rule: str = "") -> dict[Channel, str]:
        """Return what was typed; the channel named by a button is left to the rule."""
        typed = {channel: self.cleaned_data[_text(channel)] for channel in Channel}
        return {c: "" if c == to_rule else text for c, text in typed.items()}

    def folded(self, *, to_rule: str = "") -> set[Channel]:
        chosen = {c for c in MESSAGES if self.cleaned_data[_folded(c)]}
        return chosen - {Channel(to_rule)} if to_rule in set(Channel) else chosen

    def say_refused(self, refused: DeedRefused) -> None:
        where = _text(refused.channel) if isinstance(refused, ChannelTextTooLong) else None
        self.add_error(where, str(refused))


def _text(channel: str) -> str:
    return f"text_{channel}"


def _folded(channel: str) -> str:
    return f"folded_{channel}"


def _initial(words: list[ChannelWords]) -> dict[str, Any]:
    texts = {_text(one.channel): one.text for one in words}
    return texts | {_folded(one.channel): one.is_folded for one in words}


def _text_field(channel: Channel) -> forms.CharField:
    rows = {"rows": ROWS.get(channel, 3), "spellcheck": "false"}
    count = {"data-count": "message" if channel in MESSAGES else "letters"}
    return forms.CharField(
        label=ChannelText.Channel(channel).label,
        help_text=str(HINTS[channel]),
        required=False,
        strip=False,
        # The deed says what does not fit; a browser would cut what is pasted without a word.
        widget=forms.Textarea(attrs={**rows, **count, "data-count-max": CHARACTERS_MAX[channel]}),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: StaffRequest, code: str) -> HttpResponseBase:
    """Show the words of every channel and keep what was changed; htmx asks for the summary only."""
    bulletin = _writable(request, code)
    words = words_of(bulletin)
    if request.htmx and request.method != "POST":  # type: ignore[attr-defined]
        summary = render(request, "desk/parts/texts.html", {"bulletin": bulletin, "texts": words})
        summary.headers["Cache-Control"] = "no-store"
        return summary
    form = TextsForm(words, request.POST or None, revision=bulletin.revision)
    if form.is_bound and form.is_valid():
        try:
            return _kept(request, bulletin, form)
        except DeedRefused as refused:
            form.say_refused(refused)
    return render_page(
        request,
        "texts.html",
        room="bulletins",
        status=422 if form.errors else 200,
        form=form,
        bulletin=bulletin,
        rows=[_row(form, one) for one in words],
    )


def _writable(request: StaffRequest, code: str) -> Bulletin:
    rows = bulletins_readable_by(request.user)
    return get_object_or_404(rows.filter(place__in=request.user.places_with(Deed.WRITE)), code=code)


def _kept(request: StaffRequest, bulletin: Bulletin, form: TextsForm) -> HttpResponseBase:
    to_rule = request.POST.get("by_rule", "")
    keep_texts(
        bulletin,
        by=request.user,
        texts=form.texts(to_rule=to_rule),
        folded=form.folded(to_rule=to_rule),
        revision=form.cleaned_data["revision"],
    )
    if to_rule:
        messages.success(request, _("Đã lấy lại chữ theo quy tắc."))
        return redirect("desk:texts", bulletin.code)
    messages.success(request, _("Đã lưu chữ của từng kênh."))
    return redirect("desk:bulletin", bulletin.code)


def _row(form: TextsForm, words: ChannelWords) -> dict[str, Any]:
    folded = form[_folded(words.channel)] if words.is_message else None
    return {"words": words, "field": form[_text(words.channel)], "folded": folded}
