"""Relays and loops that were approved once sound every week, below everything a person placed."""

from datetime import datetime, timedelta

import pytest

from loa.lib import clock
from loa.player.device import Taken
from loa.player.outputs import Played
from loa.player.state import Tune, Untune, Wait
from loa.wire.cast import NEIGHBOUR
from loa.wire.messages import Media, StandingKind, Window

PRIMARY, SECONDARY = "https://radio.example/vov1", "https://backup.example/vov1"
ALWAYS = (Window(begins_minute=0, minutes=7 * 1440),)


@pytest.fixture
def station(town, cast, watch):
    """A device at 5:00 of the morning after with these standing documents, and their sounds ready."""

    def boot(*standings, orders=(), by="chair"):
        watch.now = datetime(2026, 11, 24, 5, 35, tzinfo=clock.CITY_ZONE)  # quiet until 5:30
        device = town.boot()
        device.take_desired(document(town, cast, *standings, orders=orders, by=by))
        for _, standing in device.radio.standings:
            for media in standing.media:
                device.note_media_ready(media.sha256)
        device.note_media_ready(town.media.sha256)
        return device

    return boot


def document(town, cast, *standings, orders=(), seq=8, by="chair"):
    sealed = dict(cast.sealed_standing(standing, by) for standing in standings)
    made, envelopes = [], dict(sealed)
    for given in orders:
        fields = {"order": "o-1", **given}
        edition = cast.edition(media=(town.media,), edition=fields["order"], approver="chair")
        sha256, envelope = cast.sealed_edition(edition)
        envelopes[sha256] = envelope
        made.append(cast.order(sha256, priority=edition.priority, **fields))
    return cast.document(seq=seq, orders=tuple(made), standings=tuple(sealed), envelopes=envelopes)


def loop(cast, kind=StandingKind.EVERGREEN, **changes):
    media = tuple(
        Media(sha256=letter * 64, bytes=9, codec="mp3", duration_ms=60_000) for letter in "ab"
    )
    return cast.standing(standing=kind, kind=kind, media=media, windows=ALWAYS, **changes)


def test_a_relay_sounds_in_its_window_and_no_longer(station, cast, ear, ladder, watch):
    device = station(cast.standing())
    wait = ear.follow(device)
    assert ear.heard == [PRIMARY]
    assert device.playing == "vov.1@2026-11-24"
    watch.now = datetime(2026, 11, 24, 6, 0, tzinfo=clock.CITY_ZONE)
    assert wait.until <= watch.now
    ear.follow(device)
    assert device.playing == ""
    assert [row for row in ladder(device) if "vov" in row] == [
        "started vov.1@2026-11-24",
        "finished vov.1@2026-11-24",
    ]


def test_quiet_hours_silence_a_relay(station, cast, ear, watch):
    device = station(cast.standing())
    watch.now = datetime(2026, 11, 24, 5, 10, tzinfo=clock.CITY_ZONE)
    wait = ear.follow(device)
    assert ear.heard == []
    watch.now = datetime(2026, 11, 24, 5, 30, tzinfo=clock.CITY_ZONE)
    assert wait.until <= watch.now
    ear.follow(device)
    assert ear.heard == [PRIMARY]


def test_a_programme_takes_its_place_and_the_relay_comes_back(station, cast, town, ear, watch):
    device = station(cast.standing())
    ear.follow(device)
    at = datetime(2026, 11, 24, 5, 40, tzinfo=clock.CITY_ZONE)
    ordered = document(town, cast, cast.standing(), orders=({"start_at": at},), seq=9)
    assert device.take_desired(ordered) is Taken.NEW
    ear.follow(device)
    assert device.playing == "vov.1@2026-11-24"
    watch.now = at
    ear.follow(device, finish=False)
    assert device.playing == "o-1"
    watch.pass_by(minutes=1)
    device.note_finished("o-1", Played(60_000))
    ear.follow(device)
    assert ear.heard == [PRIMARY, "o-1", PRIMARY]


def test_a_silent_primary_gives_way_to_the_secondary_and_that_to_the_loop(
    station, cast, ear, ladder
):
    device = station(cast.standing(), loop(cast))
    ear.follow(device)
    device.note_stream(PRIMARY, is_silent=True)
    ear.follow(device)
    device.note_stream(SECONDARY, is_silent=True)
    ear.follow(device)
    assert ear.heard[:2] == [PRIMARY, SECONDARY]
    assert ear.heard[2:] in (["a" * 64], ["b" * 64])
    device.note_stream(PRIMARY, is_silent=False)
    ear.follow(device)
    assert ear.heard[-1] == PRIMARY
    assert "resumed vov.1@2026-11-24" in ladder(device)


def test_a_fallback_sounds_only_in_place_of_something_silent(station, cast, ear):
    device = station(cast.standing(), loop(cast, StandingKind.FALLBACK))
    ear.follow(device)
    assert ear.heard == [PRIMARY]
    device.note_stream(PRIMARY, is_silent=True)
    device.note_stream(SECONDARY, is_silent=True)
    ear.follow(device)
    assert ear.heard[1:] in (["a" * 64], ["b" * 64])


def test_a_loop_goes_from_file_to_file(station, cast, town, ear, watch):
    device = station(loop(cast))
    ear.follow(device)
    for _ in range(3):
        watch.pass_by(seconds=60)
        town.output.position_ms = lambda name: 60_000
        device.note_tuned_ended()
        ear.follow(device)
    first, *others = ear.heard
    second = "a" * 64 if first == "b" * 64 else "b" * 64
    assert others == [second, first, second]


def test_streams_are_listened_to_only_around_their_hour(station, cast, watch):
    device = station(cast.standing())
    assert device.streams_wanted() == (PRIMARY, SECONDARY)
    watch.now = datetime(2026, 11, 24, 4, 59, 50, tzinfo=clock.CITY_ZONE)
    assert device.streams_wanted() == (PRIMARY, SECONDARY)
    watch.now = datetime(2026, 11, 24, 4, 59, 30, tzinfo=clock.CITY_ZONE)
    assert device.streams_wanted() == ()


@pytest.mark.parametrize(
    ("changes", "by", "reason"),
    [
        ({}, "stranger", "unknown_key"),
        ({}, "neighbour", "no_mandate"),
        ({"targets": (NEIGHBOUR,), "approver": "neighbour"}, "neighbour", "wrong_place"),
        ({"approver": "leader"}, "chair", "forged"),
    ],
)
def test_what_nobody_may_answer_for_does_not_stand(  # noqa: PLR0917 - fixtures and a case
    station, town, cast, ear, ladder, changes, by, reason
):
    device = station()
    wrong = document(town, cast, cast.standing(**changes), loop(cast), seq=9, by=by)
    if reason in ("unknown_key", "no_mandate"):
        assert device.take_desired(wrong) is Taken.NEEDS_ROSTER
    assert device.take_desired(wrong, is_roster_fresh=True) is Taken.NEW
    ear.follow(device)
    assert ear.heard == []
    assert f"refused {reason}" in ladder(device)


def test_cut_off_for_a_month_it_still_relays_every_morning(station, cast, ear, watch):
    device = station(cast.standing())
    mornings = 0
    for _ in range(30):
        watch.pass_by(days=1)
        ear.follow(device)
        mornings += device.playing.startswith("vov.")
        watch.pass_by(hours=3)
        ear.follow(device)
        assert device.playing == ""
        watch.pass_by(hours=-3)
    assert mornings == 30


def test_what_ended_by_its_own_date_is_silent(station, cast, ear, watch):
    device = station(cast.standing(valid_until=cast.now + timedelta(days=10)))
    watch.pass_by(days=11)
    assert isinstance(ear.follow(device), Wait)
    assert ear.heard == []


def test_it_begins_and_ends_by_its_own_dates_to_the_moment(station, cast, ear, watch):
    begin = datetime(2026, 11, 24, 5, 40, tzinfo=clock.CITY_ZONE)
    end = begin + timedelta(minutes=3)
    device = station(cast.standing(valid_from=begin, valid_until=end))
    while watch.now < begin:
        wait = ear.follow(device)
        assert ear.heard == []
        assert watch.now < wait.until <= begin
        watch.now = wait.until
    while watch.now < end:
        wait = ear.follow(device)
        assert device.playing == "vov.1@2026-11-24"
        assert watch.now < wait.until <= end
        watch.now = wait.until
    ear.follow(device)
    assert device.playing == ""


def test_an_output_that_holds_only_files_does_not_relay(station, cast, ear, town):
    town.output.can_relay = False
    device = station(cast.standing())
    ear.follow(device)
    assert ear.heard == []
    town.output.can_relay = True
    assert isinstance(device.next_step(), Tune)
    device.note_tuned(device.next_step().tuned)
    town.output.can_relay = False
    assert isinstance(device.next_step(), Untune)
