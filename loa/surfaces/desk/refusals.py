"""How the refusal of a deed is said on the form that asked for it."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from loa.registry.people.errors import DeedRefused


def say_refused(
    form: forms.BaseForm, refused: DeedRefused, *, names: Mapping[str, str] | None = None
) -> None:
    """Put its words beside the field they belong to, or above the form if it has none such.

    `names` is what the deed calls a thing → what the form calls it.
    """
    name = (names or {}).get(refused.field, refused.field)
    form.add_error(name if name in form.fields else None, str(refused))
