"""Using again what was approved: at the same place as it is, elsewhere as a bulletin of its own.

A person of another commune answers for what sounds there: so it goes to that commune's approver,
and names what it came from. Its sound is the same file.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_scopes import scopes_disabled

from loa.flow.approvals.models import Edition
from loa.flow.newsroom.actions import write_bulletin
from loa.flow.newsroom.licensing import refuse_after_rights
from loa.flow.newsroom.models import Bulletin
from loa.flow.newsroom.rights import Reuse, UsageRights
from loa.flow.newsroom.search import bulletins_with_words
from loa.flow.newsroom.words import wish_of
from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import DeedRefused, MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import city

SHOWN_MAX = 200


class NotShared(DeedRefused):
    code = "not_shared"
    message = _("Nơi giữ bản tin này chưa cho nơi khác dùng lại. Hãy hỏi họ trước.")


@transaction.atomic
def reuse_edition(edition: Edition, *, place: Place, by: Person) -> Reuse:
    """Use an approved edition again at a place; asking again changes nothing.

    Where it was approved for that place and still holds, it is placed as it is. Otherwise a new
    bulletin of that place begins with its words. Raises NotShared, RightsOver, MandateMissing.
    """
    if not by.may(Deed.WRITE, place):
        raise MandateMissing
    origin = edition.bulletin
    if not _is_shared_with(origin, place):
        raise NotShared
    now = clock.now()
    refuse_after_rights(origin, clock.local(now).date())
    Place.objects.select_for_update(no_key=True).get(pk=place.pk)
    made = None if _holds_there(edition, place) else _write_again(edition, place, by)
    reuse, is_new = Reuse.objects.get_or_create(
        edition_sha256=edition.sha256,
        place=place,
        bulletin=made,
        defaults={"origin": origin, "reused_by": by, "reused_at": now},
    )
    if is_new:
        record_fact(
            "edition_reused",
            actor=by.username,
            subject=origin.code,
            place=place.code,
            body={"edition": edition.sha256, "bulletin": made.code if made else ""},
        )
    return reuse


def _holds_there(edition: Edition, place: Place) -> bool:
    return place.code in edition.targets and clock.now() < edition.valid_until


def _write_again(edition: Edition, place: Place, by: Person) -> Bulletin:
    # The voice may be a person of the other place: here the usual one begins.
    return write_bulletin(
        place=place,
        by=by,
        title=edition.title,
        body=edition.body,
        info_class=edition.info_class,
        priority=edition.priority if not edition.is_emergency else None,
    )


def _is_shared_with(bulletin: Bulletin, place: Place) -> bool:
    if bulletin.place_id == place.code:
        return True
    rights = UsageRights.objects.filter(bulletin=bulletin).first()
    if rights is None:
        return False
    if rights.reach == UsageRights.Reach.ALL:
        return True
    return rights.reach == UsageRights.Reach.CITY and place.is_city


def bulletins_in_library(person: Person) -> QuerySet[Bulletin]:
    """Return the approved bulletins this person may read or use again, wherever they are from."""
    today = clock.local(clock.now()).date()
    shared = UsageRights.objects.filter(bulletin=OuterRef("pk")).exclude(valid_until__lt=today)
    reaches = [UsageRights.Reach.ALL]
    if person.may(Deed.WRITE, city()):
        reaches.append(UsageRights.Reach.CITY)
    may_write = person.may_anywhere(Deed.WRITE)
    open_to_me = Exists(shared.filter(reach__in=reaches)) if may_write else Q(pk=None)
    # What others share stands outside the scope of who asks; nothing but that is let in.
    rows = Bulletin._base_manager.filter(  # noqa: SLF001
        Exists(Edition._base_manager.filter(bulletin=OuterRef("pk"))),  # noqa: SLF001
        Q(place__in=person.places_with(Deed.READ)) | open_to_me,
    )
    return rows.order_by("-edited_at")


def library_of(person: Person, words: str = "") -> list[Edition]:
    """Return the newest editions of the library, best or newest first; at most SHOWN_MAX."""
    rows = bulletins_in_library(person)
    if words.strip():
        found = bulletins_with_words(rows, wish_of(words))
    else:
        found = list(rows.values_list("pk", flat=True)[:SHOWN_MAX])
    return newest_editions_of(found)


def newest_editions_of(found: Sequence[UUID]) -> list[Edition]:
    """Return the newest edition of each of these bulletins, in their order."""
    rows = (
        Edition._base_manager.filter(bulletin__in=found)  # noqa: SLF001
        .order_by("bulletin_id", "-frozen_at")
        .distinct("bulletin_id")
        .select_related("bulletin__rights", "place", "rendition")
        .defer("envelope", "body")
    )
    by_bulletin = {edition.bulletin_id: edition for edition in rows}
    return [by_bulletin[pk] for pk in found if pk in by_bulletin]


def edition_in_library(person: Person, code: str) -> Edition | None:
    """Return the newest edition of a bulletin this person finds in the library."""
    bulletin = bulletins_in_library(person).filter(code=code).first()
    if bulletin is None:
        return None
    with scopes_disabled():
        return (
            Edition.objects.filter(bulletin=bulletin)
            .select_related("bulletin__rights", "bulletin__author", "place", "rendition")
            .order_by("-frozen_at")
            .first()
        )
