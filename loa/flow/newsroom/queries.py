from __future__ import annotations

from django.db.models import QuerySet

from loa.flow.newsroom.models import Bulletin, Submission
from loa.flow.newsroom.rules import speech_of
from loa.lib.speakable import Spoken
from loa.registry.library.queries import lexicon_for
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed


def speech_of_bulletin(bulletin: Bulletin) -> Spoken:
    """Return what the bulletin will say by the lexicon of its place."""
    return speech_of(
        bulletin.title,
        bulletin.body,
        lexicon_for(bulletin.place),
        is_emergency=bulletin.is_emergency,
    )


def bulletins_in_scope() -> QuerySet[Bulletin]:
    """Return bulletins of the places in scope, last edited first."""
    return Bulletin.objects.select_related("place", "author", "source").prefetch_related("targets")


def bulletins_readable_by(person: Person) -> QuerySet[Bulletin]:
    """Return the bulletins in scope whose words this person may read: a maintainer sees none."""
    return bulletins_in_scope().filter(place__in=person.places_with(Deed.READ))


def bulletin_by_code(code: str) -> Bulletin:
    """Return a bulletin in scope; raises Bulletin.DoesNotExist."""
    return bulletins_in_scope().get(code=code)


def open_submissions() -> QuerySet[Submission]:
    """Return what waits for an answer in the places in scope, longest waiting first."""
    return (
        Submission.objects.filter(closed_at=None, bulletin__in=Bulletin.objects.all())
        .select_related("bulletin__place", "bulletin__author", "rendition", "submitted_by")
        .order_by("submitted_at")
    )


def submissions_in_scope() -> QuerySet[Submission]:
    """Return what was ever handed in in the places in scope, last first."""
    return Submission.objects.filter(bulletin__in=Bulletin.objects.all()).select_related(
        "bulletin__place", "bulletin__author", "rendition", "submitted_by"
    )


def submissions_readable_by(person: Person) -> QuerySet[Submission]:
    return submissions_in_scope().filter(bulletin__place__in=person.places_with(Deed.READ))
