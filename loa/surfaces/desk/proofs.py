"""Proofs: what was approved, and for each the chain from source to horn, verified while it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from loa.flow.approvals.models import Edition
from loa.flow.approvals.queries import bulletins_approved, editions_readable_by
from loa.flow.deliveries.queries import refusals_of
from loa.flow.evaluation.evidence import Horn, as_json, evidence_of, horns_of
from loa.flow.evaluation.standings import standings_of
from loa.flow.evaluation.tallies import NOBODY, Tally, tallies_of_bulletins
from loa.flow.newsroom.models import Bulletin
from loa.flow.newsroom.queries import bulletins_readable_by
from loa.lib import clock
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.proof_chain import chain_of
from loa.surfaces.desk.proof_horns import is_worth_watching, rows_of, verdict_of
from loa.surfaces.desk.reason_words import reason_words
from loa.surfaces.desk.standing_words import Shown, shown

PAGE_SIZE = 20
# Verifying two hundred horns takes about a second: a big table asks less often.
MANY_HORNS = 50
REFRESH_SECONDS, REFRESH_MANY_SECONDS = 5, 20


@dataclass(frozen=True)
class ApprovedRow:
    """An approved bulletin as the list shows it: no verdict, that takes the whole chain."""

    row: Shown
    edition: Edition
    tally: Tally


@staff_page
@require_safe
def show_all(request: StaffRequest) -> HttpResponseBase:
    """List what was approved, newest first."""
    paginator = Paginator(bulletins_approved(request.user), PAGE_SIZE)
    page = paginator.get_page(request.GET.get("trang"))
    return render_page(
        request, "proofs.html", room="proofs", rows=_rows(request, list(page)), page=page
    )


def _rows(request: StaffRequest, bulletins: list[Bulletin]) -> list[ApprovedRow]:
    standings, tallies = standings_of(bulletins), tallies_of_bulletins(bulletins)
    editions: dict[object, Edition] = {}
    for edition in editions_readable_by(request.user).filter(bulletin__in=bulletins):
        editions.setdefault(edition.bulletin_id, edition)
    return [
        ApprovedRow(shown(b, standings[b.pk]), editions[b.pk], tallies.get(b.pk, NOBODY))
        for b in bulletins
    ]


@staff_page
@require_safe
def show(request: StaffRequest, code: str) -> HttpResponseBase:
    """Verify the chain of one bulletin now and show it; only the horns again while they sound."""
    bulletin = get_object_or_404(bulletins_readable_by(request.user), code=code)
    if request.htmx:  # type: ignore[attr-defined]
        horns = horns_of(bulletin)
        if is_worth_watching(horns):
            context = {"rows": rows_of(horns), "bulletin": bulletin, "checked_at": clock.now()}
            return _part(request, {**context, "refresh_seconds": _refresh_seconds(horns)})
        # All have told: the whole is read once more, with its verdict.
        return HttpResponse(headers={"HX-Refresh": "true"})
    proof = evidence_of(bulletin)
    return render_page(
        request,
        "proof.html",
        room="proofs",
        bulletin=bulletin,
        verdict=verdict_of(proof),
        links=chain_of(proof),
        rows=rows_of(proof.horns),
        refusals=[
            (refusal.occurrence, reason_words(refusal.reason)) for refusal in refusals_of(bulletin)
        ],
        refresh_seconds=_refresh_seconds(proof.horns),
        checked_at=proof.verified_at,
    )


def _refresh_seconds(horns: Sequence[Horn]) -> int:
    """Return after how many seconds to look again, or 0 when nothing more is to come."""
    if not is_worth_watching(horns):
        return 0
    return REFRESH_SECONDS if len(horns) <= MANY_HORNS else REFRESH_MANY_SECONDS


def _part(request: StaffRequest, context: dict[str, object]) -> HttpResponse:
    answer = render(request, "desk/parts/proof_horns.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@staff_page
@require_safe
def download(request: StaffRequest, code: str) -> HttpResponseBase:
    """Hand the proof out as a file, with the envelopes, so that others can verify it too."""
    bulletin = get_object_or_404(bulletins_readable_by(request.user), code=code)
    answer = JsonResponse(
        as_json(evidence_of(bulletin)), json_dumps_params={"ensure_ascii": False, "indent": 1}
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="bang-chung-{code}.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
