"""Two people wrote at once: both texts side by side, and one form that makes one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.forms import BoundField
from django.http import HttpResponseBase

from loa.flow.newsroom.models import Bulletin
from loa.lib.differences import Stretch, side_by_side
from loa.surfaces.desk.forms import BulletinForm
from loa.surfaces.desk.page import StaffRequest, render_page

TEXTS = ("title", "body")


@dataclass(frozen=True)
class TextPair:
    """A field of words: as it is kept, as it was typed, and the field to make one of both."""

    field: BoundField
    kept: list[Stretch]
    typed: list[Stretch]
    differs: bool


@dataclass(frozen=True)
class ValuePair:
    """A field with one value, where both differ: (value, words) of each."""

    field: BoundField
    kept: tuple[str, str]
    typed: tuple[str, str]


def ask_to_merge(
    request: StaffRequest, bulletin: Bulletin, typed: BulletinForm
) -> HttpResponseBase:
    """Show what is kept beside what was typed on an older revision; nothing is lost, nothing kept."""
    kept = BulletinForm(bulletin, request.user)
    return render_page(
        request,
        "merge.html",
        room="bulletins",
        status=409,
        bulletin=bulletin,
        texts=[_text(kept[name], typed[name]) for name in TEXTS],
        values=_differing(kept, typed),
        same=_hidden(kept, typed),
    )


def _text(kept: BoundField, typed: BoundField) -> TextPair:
    one, other = str(kept.value() or ""), str(typed.value() or "").replace("\r\n", "\n")
    here, there = side_by_side(one, other)
    return TextPair(typed, here, there, differs=one.split() != other.split())


def _single(form: BulletinForm) -> list[str]:
    others = (*TEXTS, "targets", "revision")
    return [name for name in form.fields if name not in others]


def _differing(kept: BulletinForm, typed: BulletinForm) -> list[ValuePair]:
    pairs = [ValuePair(typed[n], _said(kept, n), _said(typed, n)) for n in _single(typed)]
    return [pair for pair in pairs if pair.kept[0] != pair.typed[0]]


def _hidden(kept: BulletinForm, typed: BulletinForm) -> list[tuple[str, str]]:
    """Return what goes along unasked: equal values, and every place that either chose."""
    same = [(n, _said(typed, n)[0]) for n in _single(typed) if _said(kept, n) == _said(typed, n)]
    chosen = {*(kept["targets"].value() or []), *(typed["targets"].value() or [])}
    return [*same, *(("targets", code) for code in sorted(chosen))]


def _said(form: BulletinForm, name: str) -> tuple[str, str]:
    """Return a value as the form sends it, and in words."""
    bound = form[name]
    value: Any = bound.value()
    value = "" if value is None else value
    sent = bound.field.widget.format_value(value)
    sent = sent[0] if isinstance(sent, list) and sent else sent or ""
    choices = {str(code): str(words) for code, words in getattr(bound.field, "choices", ())}
    return str(sent), choices.get(str(sent), str(sent).replace("T", " "))
