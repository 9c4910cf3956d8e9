from datetime import UTC, date, datetime, time, timedelta

from loa.lib import clock
from loa.surfaces.look.citymap import Marker, Spot, draw_map
from loa.surfaces.look.ribbon import Bar, draw_ribbon
from loa.surfaces.look.waveform import outline

DAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)  # 12:00 in the city
LAND = [
    Spot("20194", "Hải Vân", 16.16, 108.1, 297.0),
    Spot("20242", "Hải Châu", 16.06, 108.22, 7.6),
    Spot("20500", "Trà My", 15.3, 108.2, 100.0),
]
SEA = Spot("20333", "Hoàng Sa", 16.5, 111.6, 305.0)


def bars(*minutes):
    return [
        Bar(NOON + timedelta(minutes=m), NOON + timedelta(minutes=m + 5), "Thông báo lịch cắt điện")
        for m in minutes
    ]


def test_noon_stands_in_the_middle_of_the_day():
    with clock.at(NOON):
        ribbon = draw_ribbon("a", DAY, bars(0))
    assert ribbon.bars[0].left == 50.0
    assert ribbon.now == 50.0


def test_quiet_hours_over_midnight_become_two_spans():
    ribbon = draw_ribbon("a", DAY, [], quiet=[(time(21), time(5, 30))])
    assert [(s.left, s.left + s.width) for s in ribbon.quiet] == [(0, 22.917), (87.5, 100)]


def test_neighbours_get_lanes_of_their_own_and_the_fourth_gives_way():
    lanes = [b.lane for b in draw_ribbon("a", DAY, bars(0, 6, 12, 18)).bars]
    assert lanes == [None, 2, 1, 0]


def test_no_words_lie_across_the_stem_of_a_later_bar():
    # Words are 24 letters long, about 5 hours: 12:00 clears 18:00 but not the stem of 15:00.
    lanes = [b.lane for b in draw_ribbon("a", DAY, bars(0, 180, 360)).bars]
    assert lanes == [2, 1, 0]


def test_one_bar_needs_one_line_of_words():
    ribbon = draw_ribbon("a", DAY, bars(0))
    assert ribbon.lanes == 1
    assert [y for _, y in ribbon.labels] == [14]


def test_bars_of_other_days_are_left_out():
    assert draw_ribbon("a", DAY + timedelta(days=2), bars(0)).bars == ()


def test_north_is_up_and_east_is_right():
    circles = {c.name: c for c in draw_map(LAND, []).circles}
    assert circles["Hải Vân"].y < circles["Trà My"].y
    assert circles["Hải Vân"].x < circles["Hải Châu"].x


def test_the_islands_stand_in_a_box_of_their_own():
    drawn = draw_map([*LAND, SEA], [])
    assert [inset.name for inset in drawn.insets] == ["Hoàng Sa"]
    assert draw_map(LAND, []).circles == drawn.circles


def test_no_marker_hides_another_of_the_same_spot():
    markers = [Marker(str(n), 16.06, 108.22, "ok", f"cụm {n}") for n in range(6)]
    shapes = draw_map(LAND, markers).shapes
    gaps = [
        (a.x - b.x) ** 2 + (a.y - b.y) ** 2 for a in shapes for b in shapes if a.marker != b.marker
    ]
    assert min(gaps) > 16**2


def test_names_of_neighbours_do_not_lie_on_one_another():
    near = [Spot(str(n), "Hải Châu", 16.06, 108.2 + n * 0.02, 7.6) for n in range(2)]
    words = draw_map([*LAND, *near], [], here=["0", "1"]).words
    assert abs(words[0].y - words[1].y) > 16


def test_one_commune_alone_is_shown_close_up():
    drawn = draw_map([LAND[1]], [Marker("a", 16.05, 108.22, "ok", "cụm")])
    assert drawn.circles[0].r > 150
    assert all(0 < shape.y < drawn.height for shape in drawn.shapes)


def test_a_city_without_places_still_draws():
    assert draw_map([], []).circles == ()


def test_an_unknown_waveform_is_a_flat_line():
    assert outline([]) == "M0 49h1000v2H0z"
    assert outline([0, 50, 100]).count("z") == 3
