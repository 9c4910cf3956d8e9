"""A relay is proposed, approved by another, reaches the devices that stand there, and ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from loa.flow.approvals.errors import OwnWork, ReasonMissing
from loa.flow.deliveries.actions import let_standings_follow, renew_documents
from loa.flow.deliveries.queries import document_for
from loa.flow.schedules import errors
from loa.flow.schedules.models import Standing
from loa.flow.schedules.standings import (
    Wish,
    approve_standing,
    end_standing,
    propose_standing,
    standings_readable_by,
)
from loa.project.cast import HAI_CHAU, HAI_VAN
from loa.project.tests.way import MORNING
from loa.registry.ledger.models import Fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.queries import opened_roster, person_by_username, present_roster
from loa.registry.places.queries import place_by_code
from loa.wire import rules

RELAY = Wish(
    kind="relay",
    title="Tiếp âm Đài Tiếng nói Việt Nam",
    windows=[(300, 30)],
    valid_from=MORNING,
    valid_until=MORNING + timedelta(days=365),
    sources=["https://radio.example/vov1", "https://backup.example/vov1"],
)


def propose(wish: Wish = RELAY, *, by: str = "mai", at: str = HAI_CHAU) -> Standing:
    place = place_by_code(at)
    return propose_standing(wish, place=place, places=[place], by=person_by_username(by))


def held(device: str):
    """Open all that stands in the newest document of a device, as the device would."""
    sealed = document_for(device)
    assert sealed is not None
    roster = opened_roster(present_roster())
    desired = rules.open_desired(sealed, roster, device=device)
    found = [
        rules.open_standing(bytes(desired.envelopes[name]), roster, place=desired.place)
        for name in desired.standings
    ]
    assert tuple(sha256 for _, sha256, _ in found) == desired.standings
    return [standing for standing, _, _ in found]


def test_a_relay_reaches_the_devices_of_its_place_once_another_person_approved_it(
    way, morning
) -> None:
    standing = propose()
    assert let_standings_follow() == 0
    with pytest.raises(MandateMissing):
        approve_standing(standing, approver=person_by_username("mai"))
    approve_standing(standing, approver=person_by_username("hung"))
    assert let_standings_follow()
    assert let_standings_follow() == 0
    (found,) = held("DN-0001")
    assert found.sources == tuple(RELAY.sources)
    assert (found.author, found.approver, found.targets) == ("mai", "hung", (HAI_CHAU,))
    facts = list(Fact.objects.filter(kind__startswith="standing_").values_list("kind", flat=True))
    assert facts == ["standing_proposed", "standing_approved"]


def test_approving_again_changes_nothing_and_ending_takes_it_away(way, morning) -> None:
    hung = person_by_username("hung")
    standing = approve_standing(propose(), approver=hung)
    assert approve_standing(standing, approver=hung).sha256 == standing.sha256
    let_standings_follow()
    with pytest.raises(ReasonMissing):
        end_standing(standing, by=hung, reason=" ")
    end_standing(standing, by=hung, reason="Đài đổi địa chỉ")
    end_standing(standing, by=hung, reason="lần nữa")
    renew_documents()
    assert held("DN-0001") == []
    assert Standing._base_manager.get().end_reason == "Đài đổi địa chỉ"
    assert Fact.objects.filter(kind="standing_ended").count() == 1


def test_nobody_approves_what_he_proposed_or_what_ended(way, morning) -> None:
    hung = person_by_username("hung")
    with pytest.raises(OwnWork):
        approve_standing(propose(by="hung"), approver=hung)
    ended = end_standing(propose(), by=hung, reason="nhầm")
    with pytest.raises(errors.CalledOff):
        approve_standing(ended, approver=hung)


def test_another_commune_neither_proposes_nor_reads_here(way, morning) -> None:
    standing = propose()
    for stranger in ("thuy", "son"):
        person = person_by_username(stranger)
        assert standing not in standings_readable_by(person)
        with pytest.raises(MandateMissing):
            approve_standing(standing, approver=person)
    with pytest.raises(MandateMissing):
        propose(at=HAI_VAN)


def test_a_loop_of_approved_editions_carries_their_sound(way, morning) -> None:
    edition = way.edition()
    loop = replace(RELAY, kind="evergreen", sources=[], editions=[edition])
    approve_standing(propose(loop), approver=person_by_username("hung"))
    let_standings_follow()
    (found,) = held("DN-0001")
    assert [media.sha256 for media in found.media] == [edition.rendition.mp3_id]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"sources": ["ftp://radio.example"]}, errors.SourcesWrong),
        ({"sources": ["https://a b"]}, errors.SourcesWrong),
        ({"sources": []}, errors.SourcesWrong),
        ({"sources": ["https://a/"] * 3}, errors.SourcesWrong),
        ({"kind": "evergreen"}, errors.SourcesWrong),
        ({"kind": "live"}, errors.SourcesWrong),
        ({"windows": []}, errors.WindowsWrong),
        ({"windows": [(0, 0)]}, errors.WindowsWrong),
        ({"windows": [(10_080, 5)]}, errors.WindowsWrong),
        ({"valid_until": MORNING}, errors.ValidityWrong),
    ],
)
def test_what_cannot_stand_is_refused_with_a_reason(way, morning, changes, error) -> None:
    with pytest.raises(error):
        propose(replace(RELAY, **changes))
    assert not Standing._base_manager.exists()
