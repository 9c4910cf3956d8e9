from __future__ import annotations

from uuid import UUID

from ninja import Router

from loa.flow.deliveries.actions import recall_placement
from loa.flow.schedules.actions import confirm_placement, place_edition
from loa.flow.schedules.queries import placements_awaiting_confirmation
from loa.surfaces.api import views
from loa.surfaces.api.found import edition_named, placement_named, places_named
from loa.surfaces.api.schemas import (
    ConfirmationOut,
    PlacementIn,
    PlacementOut,
    ReasonIn,
    RecallOut,
    Sha256,
)
from loa.surfaces.api.sign_in import StaffRequest

router = Router(tags=["placements"])


@router.post("/editions/{sha256}/placements", response={201: PlacementOut})
def create_placement(request: StaffRequest, sha256: Sha256, given: PlacementIn) -> PlacementOut:
    """Give an edition its time. In quiet hours or above a day's limit it waits for a second person."""
    places = places_named(given.places, "places") if given.places is not None else None
    placement = place_edition(
        edition_named(sha256, request.auth),
        by=request.auth,
        start_at=given.start_at,
        places=places,
        supersedes=placement_named(given.supersedes, request.auth) if given.supersedes else None,
    )
    return views.placement(placement)


@router.get("/placements", response=list[PlacementOut])
def list_placements(request: StaffRequest) -> list[PlacementOut]:
    """List what waits for this person as the second one to answer."""
    return [views.placement(row) for row in placements_awaiting_confirmation(request.auth)]


@router.post("/placements/{placement_id}/confirmation", response=ConfirmationOut)
def create_confirmation(request: StaffRequest, placement_id: UUID) -> ConfirmationOut:
    """Answer as the second person; asking again changes nothing."""
    placement = placement_named(placement_id, request.auth)
    return views.confirmation(confirm_placement(placement, by=request.auth))


@router.post("/placements/{placement_id}/recall", response=RecallOut)
def create_recall(request: StaffRequest, placement_id: UUID, given: ReasonIn) -> RecallOut:
    """Stop what is sounding or planned; asking again changes nothing."""
    placement = placement_named(placement_id, request.auth)
    return views.recall(recall_placement(placement, by=request.auth, reason=given.reason))
