"""What waits for a person, as tasks: what it is, since when, until when, one button each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from loa.flow.approvals.models import Edition, Return
from loa.flow.approvals.queries import answers_so_far, returns_to, submissions_awaiting_approval
from loa.flow.newsroom.models import Submission
from loa.flow.schedules.inbox import (
    adoptions_to_place,
    is_asked_of_communes,
    offers_awaiting,
)
from loa.flow.schedules.models import Placement, Rule, Standing
from loa.flow.schedules.offered import Offer
from loa.flow.schedules.queries import (
    editions_ready_to_place,
    placements_awaiting_confirmation,
    rules_awaiting_approval,
)
from loa.flow.schedules.rules import GROUND_DAILY_LIMIT, GROUND_POLICY, GROUND_QUIET_HOURS
from loa.flow.schedules.standings import standings_awaiting_approval
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.surfaces.desk.device_tasks import device_tasks
from loa.surfaces.desk.offer_words import offer_shown
from loa.surfaces.look import words
from loa.surfaces.look.frame import Task

GROUND_WORDS = {
    GROUND_QUIET_HOURS: gettext_lazy("rơi vào giờ yên tĩnh"),
    GROUND_POLICY: gettext_lazy("nơi này duyệt lịch của mọi lượt phát"),
    GROUND_DAILY_LIMIT: gettext_lazy("vượt số phút trong ngày"),
}


@dataclass(frozen=True)
class Waiting:
    """What waits for a person, asked for once for the count in the frame and for the list."""

    submissions: list[Submission]
    placements: list[Placement]
    rules: list[Rule]
    standings: list[Standing]
    returns: list[Return]
    offers: list[Offer]
    devices: list[Task]

    @property
    def count(self) -> int:
        asked = (self.submissions, self.placements, self.rules, self.standings)
        answered = (self.returns, self.offers, self.devices)
        return sum(len(part) for part in asked) + sum(len(part) for part in answered)


def waiting_for(person: Person) -> Waiting:
    return Waiting(
        submissions_awaiting_approval(person),
        placements_awaiting_confirmation(person),
        rules_awaiting_approval(person),
        standings_awaiting_approval(person),
        returns_to(person),
        offers_awaiting(person),
        device_tasks(person),
    )


def tasks_of(person: Person, waiting: Waiting) -> list[Task]:
    """Return what waits for this person, emergencies first, then the longest waiting."""
    answers = sorted(
        waiting.submissions, key=lambda s: (not s.bulletin.is_emergency, s.submitted_at)
    )
    return [
        *(_to_approve(submission) for submission in answers),
        *waiting.devices,
        *(_to_confirm(placement) for placement in waiting.placements),
        *(_to_approve_rule(rule) for rule in waiting.rules),
        *(_to_answer_for(standing) for standing in waiting.standings),
        *(_to_mend(returned) for returned in waiting.returns),
        *(_to_answer(offer) for offer in waiting.offers),
        *(_to_give_hour(offer) for offer in adoptions_to_place(person)),
        *(_to_place(edition) for edition in editions_to_place(person)),
    ]


def _to_approve(submission: Submission) -> Task:
    bulletin, first = submission.bulletin, answers_so_far(submission)
    return Task(
        title=bulletin.title,
        url=reverse("desk:approval", args=[submission.pk]),
        deed=_("Nghe và duyệt"),
        tone="danger" if bulletin.is_emergency else "waiting",
        state=_("Chờ người thứ hai duyệt") if first else _("Chờ bạn duyệt"),
        who=_("%(name)s đã duyệt") % {"name": first[0].person.full_name}
        if first
        else _("%(name)s gửi") % {"name": submission.submitted_by.full_name},
        since=first[0].signed_at if first else submission.submitted_at,
        until=bulletin.valid_until,
        notes=(
            str(bulletin.get_priority_display()),
            bulletin.place.full_name,
            words.length_words(submission.rendition.duration_ms),
        ),
    )


def _to_answer_for(standing: Standing) -> Task:
    return Task(
        title=standing.title,
        url=reverse("desk:standing", args=[standing.pk]),
        deed=_("Xem và duyệt"),
        tone="waiting",
        state=_("Chờ người thứ hai duyệt"),
        who=_("%(name)s đề nghị") % {"name": standing.proposed_by.full_name},
        since=standing.proposed_at,
        notes=(str(standing.get_kind_display()),),
    )


def _to_confirm(placement: Placement) -> Task:
    return Task(
        title=placement.edition.title,
        url=reverse("desk:confirmation", args=[placement.pk]),
        deed=_("Xem và xác nhận"),
        tone="waiting",
        state=_("Chờ người thứ hai xác nhận"),
        who=_("%(name)s xếp") % {"name": placement.placed_by.full_name},
        since=placement.placed_at,
        until=None if placement.is_now else placement.start_at,
        notes=tuple(grounds_in_words(placement.grounds)),
    )


def _to_approve_rule(rule: Rule) -> Task:
    return Task(
        title=rule.edition.title,
        url=reverse("desk:rule_approval", args=[rule.pk]),
        deed=_("Xem và duyệt lịch"),
        tone="waiting",
        state=_("Lịch lặp chờ người thứ hai duyệt"),
        who=_("%(name)s xếp") % {"name": rule.saved_by.full_name},
        since=rule.saved_at,
    )


def grounds_in_words(grounds: Iterable[str]) -> list[str]:
    return [str(GROUND_WORDS[ground]) for ground in grounds]


def _to_mend(returned: Return) -> Task:
    bulletin = returned.submission.bulletin
    return Task(
        title=bulletin.title,
        url=reverse("desk:bulletin", args=[bulletin.code]),
        deed=_("Sửa và gửi lại"),
        tone="warn",
        state=_("Bị trả lại"),
        who=returned.returned_by.full_name,
        since=returned.returned_at,
        notes=(_("Lý do: %(reason)s") % {"reason": returned.reason},),
    )


def _to_answer(offer: Offer) -> Task:
    said = offer_shown(offer)
    return Task(
        title=offer.edition.title,
        url=reverse("desk:offer", args=[offer.pk]),
        deed=_("Nghe và trả lời"),
        tone=said.tone,
        state=_("Tin thành phố gửi tới, %(state)s") % {"state": said.words.lower()},
        who=said.who,
        since=offer.offered_at,
        until=offer.answer_until,
        notes=(offer.place.full_name, words.length_words(offer.edition.duration_ms)),
    )


def _to_give_hour(offer: Offer) -> Task:
    return Task(
        title=offer.edition.title,
        url=reverse("desk:offer_hour", args=[offer.pk]),
        deed=_("Chọn giờ phát"),
        tone="ok",
        state=_("Đã nhận tin của thành phố, chưa xếp giờ"),
        who=offer.adoption.adopted_by.full_name,
        since=offer.adoption.adopted_at,
        until=offer.edition.valid_until,
        notes=(offer.place.full_name, words.length_words(offer.edition.duration_ms)),
    )


def editions_to_place(person: Person) -> list[Edition]:
    mine = person.places_with(Deed.PLACE)
    if not mine:
        return []
    ready = editions_ready_to_place().filter(place__in=mine)
    newest: dict[object, Edition] = {}
    for edition in ready:
        newest.setdefault(edition.bulletin_id, edition)
    # An ordinary item of the city waits for the communes; the page of their answers places it.
    return [
        edition
        for edition in newest.values()
        if set(edition.targets) <= mine and not is_asked_of_communes(edition)
    ]


def _to_place(edition: Edition) -> Task:
    return Task(
        title=edition.title,
        url=reverse("desk:placement", args=[edition.bulletin.code]),
        deed=_("Chọn giờ phát"),
        tone="ok",
        state=_("Đã duyệt, chưa xếp lịch"),
        who=edition.approval.approver.full_name,
        since=edition.approval.approved_at,
        until=edition.valid_until,
        notes=(
            words.length_words(edition.duration_ms),
            ngettext("%(n)s nơi", "%(n)s nơi", len(edition.targets)) % {"n": len(edition.targets)},
        ),
    )
