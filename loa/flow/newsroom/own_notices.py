"""Deeds and reading of the templates a place made for itself."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import QuerySet

from loa.flow.newsroom import errors
from loa.flow.newsroom.actions import write_bulletin
from loa.flow.newsroom.channels import CHARACTERS_MAX, Channel
from loa.flow.newsroom.models import Bulletin, NoticeTemplate
from loa.flow.newsroom.notices import Notice, usual_notices
from loa.flow.newsroom.texts import keep_texts
from loa.lib import clock
from loa.lib.text import normalise
from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import lineage

OWN = "rieng-"
NAME_CHARACTERS_MAX = 100


def own_templates(person: Person) -> QuerySet[NoticeTemplate]:
    """Return the templates a person may use: of the places he writes for and of those above."""
    places = Place.objects.filter(code__in=person.places_with(Deed.WRITE)).exclude(
        kind=Place.Kind.VILLAGE
    )
    codes = {step.code for place in places.select_related("parent") for step in lineage(place)}
    rows = NoticeTemplate.objects.filter(place__in=codes, ended_at=None)
    return rows.select_related("place", "made_by").order_by("name", "pk")


def notice_by_key(key: str, person: Person) -> Notice:
    """Return a template this person may use; raises LookupError."""
    if not key.startswith(OWN):
        return usual_notices()[key]
    number = key.removeprefix(OWN)
    row = own_templates(person).filter(pk=int(number)).first() if number.isdecimal() else None
    if row is None:
        raise LookupError(key)
    return row.notice


@transaction.atomic
def save_template(
    bulletin: Bulletin, *, by: Person, name: str, title: str, body: str
) -> NoticeTemplate:
    """Make a template of a bulletin for its place; the same name again replaces its words."""
    if not by.may(Deed.WRITE, bulletin.place):
        raise MandateMissing
    name = " ".join(normalise(name).split())[:NAME_CHARACTERS_MAX]
    title, body = " ".join(normalise(title).split()), normalise(body).strip()
    if not name:
        raise errors.TemplateNameMissing
    if not title:
        raise errors.TitleMissing
    Place.objects.select_for_update(no_key=True).get(pk=bulletin.place_id)
    words = {"title": title, "body": body, "info_class": bulletin.info_class}
    live = NoticeTemplate.objects.filter(place=bulletin.place, name=name, ended_at=None)
    if (same := live.filter(**words).first()) is not None:
        return same
    live.update(ended_at=clock.now(), ended_by=by)
    made = NoticeTemplate.objects.create(
        place=bulletin.place, name=name, made_by=by, made_at=clock.now(), **words
    )
    record_fact(
        "template_saved",
        actor=by.username,
        subject=made.name,
        place=made.place_id,
        body={"template": made.pk},
    )
    return made


@transaction.atomic
def end_template(template: NoticeTemplate, *, by: Person) -> None:
    """Offer a template no longer; ending it again changes nothing."""
    if not by.may(Deed.WRITE, template.place):
        raise MandateMissing
    live = NoticeTemplate.objects.filter(pk=template.pk, ended_at=None)
    if not live.update(ended_at=clock.now(), ended_by=by):
        return
    record_fact(
        "template_ended",
        actor=by.username,
        subject=template.name,
        place=template.place_id,
        body={"template": template.pk},
    )


@transaction.atomic
def write_from_notice(
    notice: Notice, values: Mapping[str, str], *, place: Place, by: Person
) -> Bulletin:
    """Begin a bulletin with a filled notice; a short message comes along where it fits."""
    filled = notice.filled(values)
    bulletin = write_bulletin(
        place=place, by=by, title=filled.title, body=filled.body, info_class=filled.info_class
    )
    if filled.short and len(filled.short) <= CHARACTERS_MAX[Channel.SHORT]:
        keep_texts(bulletin, by=by, texts={Channel.SHORT: filled.short})
    return bulletin
