"""Writing down who may use a bulletin again, and asking whether it may still sound."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loa.flow.newsroom.models import Bulletin
from loa.flow.newsroom.rights import LICENCE_CHARACTERS_MAX, Reuse, UsageRights
from loa.lib import clock
from loa.lib.text import normalise
from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import DeedRefused, MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed

# A text is used again of a text that was used again…
STEPS_MAX = 20


class RightsOver(DeedRefused):
    """`details`: the last day on which it might sound."""

    code = "rights_over"
    field = "start_at"

    def __str__(self) -> str:
        last: date = self.details["until"]
        words = _(
            "Quyền sử dụng nội dung này chỉ đến hết ngày %(day)s. "
            "Hãy xin gia hạn rồi ghi ngày mới ở Kho, hoặc chọn nội dung khác."
        )
        return str(words) % {"day": f"{last:%d-%m-%Y}"}


class LicensorMissing(DeedRefused):
    code = "licensor_missing"
    field = "licensor"
    message = _("Có giấy phép hoặc thời hạn thì hãy ghi cả bên giữ quyền.")


class ReachUnknown(DeedRefused):
    code = "reach_unknown"
    field = "reach"
    message = _("Hãy chọn ai được dùng lại bản tin này.")


@transaction.atomic
def set_rights(
    bulletin: Bulletin,
    *,
    by: Person,
    reach: str,
    licensor: str = "",
    licence: str = "",
    valid_until: date | None = None,
) -> UsageRights:
    """Write down who may use a bulletin again and until when; the same again changes nothing.

    Raises LicensorMissing, ReachUnknown, MandateMissing.
    """
    if not by.may(Deed.WRITE, bulletin.place):
        raise MandateMissing
    if reach not in UsageRights.Reach.values:
        raise ReachUnknown
    Bulletin._base_manager.select_for_update(of=("self",)).get(pk=bulletin.pk)  # noqa: SLF001
    wish = {
        "reach": reach,
        "licensor": _one_line(licensor, 120),
        "licence": _one_line(licence, LICENCE_CHARACTERS_MAX),
        "valid_until": valid_until,
    }
    if (wish["licence"] or valid_until) and not wish["licensor"]:
        raise LicensorMissing
    there = UsageRights.objects.filter(bulletin=bulletin).first()
    if there is not None and all(getattr(there, name) == value for name, value in wish.items()):
        return there
    rights, _is_new = UsageRights.objects.update_or_create(
        bulletin=bulletin, defaults={**wish, "decided_by": by, "decided_at": clock.now()}
    )
    record_fact(
        "rights_set",
        actor=by.username,
        subject=bulletin.code,
        place=bulletin.place_id,
        body={"reach": reach, "until": valid_until.isoformat() if valid_until else ""},
    )
    return rights


def _one_line(text: str, characters_max: int) -> str:
    return " ".join(normalise(text).split())[:characters_max]


def last_day_of_rights(bulletin: Bulletin) -> date | None:
    """Return the last day on which it may sound by its own rights and those of its origin."""
    days = [row.valid_until for row in _rights_on_the_way(bulletin.pk) if row.valid_until]
    return min(days, default=None)


def _rights_on_the_way(pk: UUID) -> list[UsageRights]:
    """Return the rights of a bulletin and of what it was made from, in one question a step."""
    found: list[UsageRights] = []
    here: UUID | None = pk
    for _step in range(STEPS_MAX):
        if here is None:
            break
        found += UsageRights.objects.filter(bulletin=here)
        here = Reuse.objects.filter(bulletin=here).values_list("origin", flat=True).first()
    return found


def are_rights_over(bulletin: Bulletin, day: date) -> bool:
    """Say whether the bulletin may not sound any more on that day of the city."""
    last = last_day_of_rights(bulletin)
    return last is not None and day > last


def refuse_after_rights(bulletin: Bulletin, day: date) -> None:
    """Raise RightsOver if the bulletin may not sound any more on that day of the city."""
    last = last_day_of_rights(bulletin)
    if last is not None and day > last:
        raise RightsOver(until=last)
