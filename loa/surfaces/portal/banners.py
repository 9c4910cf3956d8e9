"""The banner of emergencies in force, as residents see it on top of a page."""

from __future__ import annotations

from dataclasses import dataclass

from loa.flow.approvals.models import Edition
from loa.flow.evaluation.queries import emergencies_in_force, which_sounded
from loa.registry.places.models import Place
from loa.registry.places.queries import places_by_code

BANNERS_MAX = 5


@dataclass(frozen=True)
class Banner:
    """One emergency; only what sounded already has a page of its own to link to."""

    edition: Edition
    places: list[Place]
    has_story: bool


def banners_for(place: Place) -> list[Banner]:
    """Return the emergencies in force at a place, the newest first."""
    editions = emergencies_in_force(place)[:BANNERS_MAX]
    if not editions:
        return []
    heard = which_sounded(editions)
    codes = {code for edition in editions for code in edition.targets}
    targets = {target.code: target for target in places_by_code(codes)}
    return [
        Banner(
            edition=edition,
            places=[targets[code] for code in edition.targets if code in targets],
            has_story=edition.pk in heard,
        )
        for edition in editions
    ]
