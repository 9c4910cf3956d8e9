from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Router, Schema
from pydantic import Field

from loa.flow.schedules.models import Standing
from loa.flow.schedules.standings import (
    Wish,
    approve_standing,
    end_standing,
    propose_standing,
    standings_readable_by,
)
from loa.surfaces.api.found import edition_named, place_named, places_named, standing_named
from loa.surfaces.api.schemas import Given, Instant, PlaceCode, ReasonIn, Sha256, Text
from loa.surfaces.api.sign_in import StaffRequest

router = Router(tags=["standings"])
StandingCode = Annotated[str, Field(pattern="^s-[0-9a-f-]{1,60}$")]


class WindowIn(Given):
    """So many minutes every week, from this minute since Monday 00:00 of the city's wall clock."""

    begins_minute: int
    minutes: int


class StandingIn(Given):
    """A relay names one or two streams, the first is the primary; a loop names approved editions."""

    place: PlaceCode
    kind: Literal["relay", "evergreen", "fallback"]
    title: Annotated[Text, Field(min_length=1, max_length=200)]
    sources: list[Text] = []
    editions: list[Sha256] = []
    windows: list[WindowIn]
    places: list[PlaceCode]
    valid_from: Instant
    valid_until: Instant


class StandingOut(Schema):
    code: str
    kind: str
    title: str
    place: str
    places: list[str]
    sources: list[str]
    windows: list[WindowIn]
    valid_from: datetime
    valid_until: datetime
    proposed_by: str
    approved_by: str | None
    approved_at: datetime | None
    ended_at: datetime | None
    sha256: str


@router.get("/standings", response=list[StandingOut])
def list_standings(request: StaffRequest) -> list[StandingOut]:
    """List what sounds every week, or waits for an answer, where this person works."""
    return [_told(row) for row in standings_readable_by(request.auth)]


@router.post("/standings", response={201: StandingOut})
def create_standing(request: StaffRequest, given: StandingIn) -> StandingOut:
    """Propose a relay or a loop; it sounds once another person has approved it."""
    person = request.auth
    wish = Wish(
        kind=given.kind,
        title=given.title,
        windows=[(window.begins_minute, window.minutes) for window in given.windows],
        valid_from=given.valid_from,
        valid_until=given.valid_until,
        sources=given.sources,
        editions=[edition_named(sha256, person) for sha256 in given.editions],
    )
    place, places = place_named(given.place, "place"), places_named(given.places, "places")
    return _told(propose_standing(wish, place=place, places=places, by=person))


@router.post("/standings/{standing_code}/approval", response=StandingOut)
def create_standing_approval(request: StaffRequest, standing_code: StandingCode) -> StandingOut:
    """Answer for it with one's key; asking again changes nothing."""
    person = request.auth
    return _told(approve_standing(standing_named(standing_code, person), approver=person))


@router.post("/standings/{standing_code}/end", response=StandingOut)
def create_standing_end(
    request: StaffRequest, standing_code: StandingCode, given: ReasonIn
) -> StandingOut:
    """End it, approved or not; asking again changes nothing."""
    person = request.auth
    standing = standing_named(standing_code, person)
    return _told(end_standing(standing, by=person, reason=given.reason))


def _told(row: Standing) -> StandingOut:
    return StandingOut(
        code=row.code,
        kind=row.kind,
        title=row.title,
        place=row.place_id,
        places=sorted(place.code for place in row.places.all()),
        sources=row.sources,
        windows=[
            WindowIn(begins_minute=begins, minutes=minutes) for begins, minutes in row.windows
        ],
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        proposed_by=row.proposed_by.username,
        approved_by=row.approved_by.username if row.approved_by else None,
        approved_at=row.approved_at,
        ended_at=row.ended_at,
        sha256=row.sha256,
    )
