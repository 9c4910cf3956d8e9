"""Test vectors of the ladder: `python -m loa.wire.ladder_vectors` writes them anew.

Each case names by hand what it expects of every output; the code adds the whole answer. A case whose
hand-written word and the code differ is not written.
"""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import datetime
from typing import Any

import msgspec

from loa.lib import clock
from loa.wire.ladder import Ladder
from loa.wire.messages import Instant
from loa.wire.timeline import Faults, Outcome, Timeline
from loa.wire.vectors import FOLDER, rendered

FILE = "resolve.json"
Json = dict[str, Any]
_DAY = "2026-11-23"  # a Monday
_NIGHT = [{"start": "21:00", "end": "05:30"}]
_NEXT, _SKIP = {"kind": "next"}, {"kind": "skip"}


class DiffersFromHand(AssertionError):
    """The code does not say what the case expects."""


def read(case: Json) -> tuple[Timeline, datetime, Faults]:
    """Return the three things a case asks about."""
    return (
        msgspec.convert(case["timeline"], Timeline),
        msgspec.convert(case["instant"], Instant),
        msgspec.convert(case["faults"], Faults),
    )


def answer(case: Json) -> Json:
    """Return all that a device answers to a case: outcomes, next change, what it remembers."""
    timeline, instant, faults = read(case)
    ladder = Ladder(timeline)
    change = ladder.next_change(instant, faults)
    return {
        "outcomes": msgspec.json.decode(msgspec.json.encode(ladder.resolve(instant, faults))),
        "next_change": None if change is None else clock.iso(change),
        "progress_after": [
            {**row, "since": _iso(row["since"]), "at": _iso(row["at"])}
            for row in msgspec.to_builtins(ladder.obeyed(instant, faults).progress)
        ],
    }


def in_words(outcomes: list[Json]) -> str:
    """Return outcomes as the cases write them: "news +5000 joins media", one an output."""
    read = msgspec.convert(outcomes, list[Outcome])
    return "; ".join(
        f"{one.occurrence} +{one.position_ms} {one.why} {one.source}"
        if one.occurrence
        else " ".join(["silence", *(f"{row.occurrence}:{row.reason}" for row in one.passed_over)])
        for one in read
    )


def all_cases() -> list[Json]:
    """Return every case with its answer; raises DiffersFromHand."""
    cases = []
    for case in _cases():
        answered = {**case, **answer(case)}
        if in_words(answered["outcomes"]) != case["expect"]:
            raise DiffersFromHand(f"{case['name']}: {in_words(answered['outcomes'])}")
        cases.append(answered)
    return cases


def main() -> int:
    """Write the vector file."""
    (FOLDER / FILE).write_text(rendered({"cases": all_cases()}), encoding="utf-8")
    print(f"docs/protocol/vectors/{FILE}")
    return 0


# -- what cases are made of


def _iso(text: str) -> str:
    return clock.iso(msgspec.convert(text, Instant))


def _at(wall: str, day: str = _DAY) -> str:
    return f"{day}T{wall if wall.count(':') == 2 else wall + ':00'}+07:00"


def _item(name: str, seconds: int) -> Json:
    return {"sha256": _sha256(name), "duration_ms": seconds * 1000}


def _sha256(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _slot(name: str, rung: str, **more: Any) -> Json:
    """Return what all slots share; it sounds one minute named like itself unless told otherwise."""
    slot: Json = {"id": name, "rule": f"rule {name}", "rung": rung, "decided_at": _at("08:00")}
    if "sources" not in more:
        slot["items"] = [_item(name, 60)]
    return {**slot, **more}


def _placed(name: str, rung: str, begin: str = "17:00", end: str = "17:30", **more: Any) -> Json:
    day = more.pop("day", _DAY)
    return {
        **_slot(name, rung, **more),
        "start_at": _at(begin, day),
        "end_at": _at(end, more.pop("until_day", day)),
    }


def _relay(name: str = "voice", begin: str = "17:00", end: str = "17:30", **more: Any) -> Json:
    sources = ["https://one.example/", "https://two.example/"]
    return _placed(name, "relay", begin, end, **{"sources": sources, **more})


def _row(name: str, state: str = "playing", at: str = "17:00", ms: int = 0, **more: Any) -> Json:
    return {
        "output": "main",
        "occurrence": name,
        "state": state,
        "since": _at(at),
        "at": _at(at),
        "position_ms": ms,
        **more,
    }


_LOOP = _slot("loop", "evergreen", loops=True)
_CLIP = _slot("clip", "fallback", loops=True)
_MORNING_RELAY = _slot(
    "morning", "relay", sources=["https://one.example/"], begins_minute=300, minutes=30
)
_SILENT_BOTH: Json = {"silent": ["https://one.example/", "https://two.example/"]}
_ALERT = {"items": [_item("siren", 30)]}


def _case(
    name: str,
    expect: str,
    instant: str,
    placed: list[Json],
    *,
    day: str = _DAY,
    week: list[Json] | None = None,
    quiet: list[Json] | None = None,
    outputs: list[str] | None = None,
    **faults: Any,
) -> Json:
    timeline: Json = {
        "device": "A1B2",
        "place": "20194",
        "version": 1,
        "issued_at": _at("08:00"),
        "begins_at": _at("00:00"),
        "ends_at": _at("00:00", "2026-12-07"),
        "occurrences": placed,
        "week": week or [],
        "quiet_hours": quiet or [],
    }
    if outputs:
        timeline["outputs"] = outputs
    return {
        "name": name,
        "expect": expect,
        "timeline": timeline,
        "instant": _at(instant, day),
        "faults": faults,
    }


def _cases() -> list[Json]:
    return [
        *_order_cases(),
        *_start_cases(),
        *_late_cases(),
        *_resume_cases(),
        *_quiet_cases(),
        *_clock_cases(),
        *_sound_cases(),
        *_week_cases(),
        *_output_cases(),
    ]


def _order_cases() -> list[Json]:
    news, notice = _placed("news", "programme"), _placed("notice", "priority")
    life, local = _placed("life", "emergency_life"), _placed("local", "emergency_local")
    first, second = _placed("a", "programme", rank=1), _placed("b", "programme", rank=0)
    narrow = _placed("b", "programme", breadth="group")
    earlier = _placed("b", "programme", decided_at=_at("07:59"))
    by_rule = _placed("b", "programme", rule="rule 1")
    return [
        _case("nothing placed", "silence", "17:00", []),
        _case("before its slot", "silence", "16:59:59.999", [news]),
        _case("first instant of its slot", "news +0 starts media", "17:00", [news]),
        _case("last instant of its slot", "silence news:late", "17:29:59.999", [news]),
        _case("end of its slot is outside", "silence", "17:30", [news]),
        _case("priority above programme", "notice +0 starts media", "17:00", [news, notice]),
        _case("insertion order is nothing", "notice +0 starts media", "17:00", [notice, news]),
        _case("programme above relay", "news +0 starts media", "17:00", [_relay(), news]),
        _case(
            "relay above evergreen", "voice +0 starts primary", "17:00", [_relay()], week=[_LOOP]
        ),
        _case("life above local emergency", "life +0 starts media", "17:00", [local, news, life]),
        _case(
            "local emergency above live",
            "local +0 starts media",
            "17:00",
            [local, _placed("mayor", "live", sources=["live:1"])],
        ),
        _case(
            "live above priority",
            "mayor +0 starts primary",
            "17:00",
            [notice, _placed("mayor", "live", sources=["live:1"])],
        ),
        _case("rank orders inside a rung", "b +0 starts media", "17:00", [first, second]),
        _case(
            "rank never lifts above a rung",
            "notice +0 starts media",
            "17:00",
            [_placed("notice", "priority", rank=9), second],
        ),
        _case(
            "narrower target first",
            "b +0 starts media",
            "17:00",
            [_placed("a", "programme"), narrow],
        ),
        _case(
            "rank before narrowness",
            "a +0 starts media",
            "17:00",
            [_placed("a", "programme"), {**narrow, "rank": 1}],
        ),
        _case(
            "earlier decision first",
            "b +0 starts media",
            "17:00",
            [_placed("a", "programme"), earlier],
        ),
        _case("rule before id", "b +0 starts media", "17:00", [_placed("a", "programme"), by_rule]),
        _case(
            "id at last",
            "a +0 starts media",
            "17:00",
            [_placed(one, "programme", rule="r") for one in ("b", "a")],
        ),
        _case(
            "recalled gives way",
            "news +0 starts media",
            "17:00",
            [news, notice],
            recalled=["notice"],
        ),
        _case(
            "ended gives way",
            "news +60000 joins media",
            "17:01",
            [_placed("news", "programme", items=[_item("news", 300)]), notice],
            progress=[_row("notice", "ended", "17:01", 60_000, since=_at("17:00"))],
        ),
    ]


def _start_cases() -> list[Json]:
    song = _placed("song", "programme", items=[_item("one", 100), _item("two", 200)])
    hard = _placed("notice", "priority", "17:01", "17:20")
    polite = {**hard, "start": _NEXT}
    brief = {**hard, "start": {"kind": "wait", "wait_s": 10}}
    long = {**hard, "start": {"kind": "wait", "wait_s": 60}}
    playing = [_row("song")]
    alert = _placed("alert", "emergency_local", "17:01", "17:20", start=_NEXT, **_ALERT)
    siren = _placed("siren", "emergency_local", rank=1, items=[_item("long", 600)])
    return [
        _case("goes on", "song +50000 goes_on media", "17:00:50", [song], progress=playing),
        _case("came to its end", "silence", "17:05", [song], progress=playing),
        _case("hard cuts", "notice +0 starts media", "17:01", [song, hard], progress=playing),
        _case(
            "next waits for the item", "song +99999 goes_on media", "17:01:39.999", [song, polite],
            progress=playing,
        ),
        _case(
            "next begins at the boundary", "notice +0 starts media", "17:01:40", [song, polite],
            progress=playing,
        ),
        _case(
            "a boundary passed is not waited for again", "notice +0 starts media", "17:01:41.500",
            [song, polite], progress=playing,
        ),
        _case(
            "waiting is not being late", "notice +0 starts media", "17:01:41", [song, {**polite, "late": _SKIP}],
            progress=playing,
        ),
        _case(
            "wait holds for its seconds", "song +69999 goes_on media", "17:01:09.999", [song, brief],
            progress=playing,
        ),
        _case("wait is over", "notice +0 starts media", "17:01:10", [song, brief], progress=playing),
        _case(
            "wait ends with the item", "notice +0 starts media", "17:01:40", [song, long],
            progress=playing,
        ),
        _case(
            "a stream has no boundary", "notice +0 starts media", "17:01", [_relay(), polite],
            progress=[_row("voice")],
        ),
        _case(
            "a loop has boundaries", "loop +50000 goes_on media", "17:01:30", [polite], week=[_LOOP],
            progress=[_row("loop", at="16:00:40")],
        ),
        _case(
            "boundary at the very start", "notice +0 starts media", "17:01", [polite], week=[_LOOP],
            progress=[_row("loop", at="17:00")],
        ),
        _case(
            "what began later is not waited for", "notice +0 starts media", "17:01:30",
            [{**song, "start_at": _at("17:01:01")}, {**polite, "late": {"kind": "from_start"}}],
            progress=[_row("song", at="17:01:01")],
        ),
        _case(
            "one hard start ends the waiting of all", "notice +0 starts media", "17:01:01",
            [song, polite, _placed("cut", "programme", "17:01:01", "17:10", decided_at=_at("07:00"))],
            progress=playing,
        ),
        _case(
            "an emergency never waits for less", "alert +0 starts media", "17:01", [song, alert],
            progress=playing,
        ),
        _case(
            "an alert lets its equal end", "siren +70000 goes_on media", "17:01:10", [siren, alert],
            progress=[_row("siren")],
        ),
        _case(
            "life cuts a local emergency", "alert +0 starts media", "17:01",
            [siren, {**alert, "rung": "emergency_life"}], progress=[_row("siren")],
        ),
    ]  # fmt: skip


def _late_cases() -> list[Json]:
    long = _placed("news", "programme", items=[_item("one", 100), _item("two", 200)])
    within = {**long, "late": {"kind": "from_start", "within_s": 60}}
    return [
        _case("two seconds are not late", "news +0 starts media", "17:00:02", [long]),
        _case("join seeks", "news +2001 joins media", "17:00:02.001", [long]),
        _case("join into the second item", "news +150000 joins media", "17:02:30", [long]),
        _case("nothing left to join", "silence news:late", "17:05", [long]),
        _case("a stream is joined", "voice +0 joins primary", "17:10", [_relay()]),
        _case("from start in time", "news +0 starts media", "17:01", [within]),
        _case("from start too late", "silence news:late", "17:01:00.001", [within]),
        _case(
            "from start as long as the slot",
            "news +0 starts media",
            "17:29",
            [{**long, "late": {"kind": "from_start"}}],
        ),
        _case("skip in time", "news +0 starts media", "17:00:02", [{**long, "late": _SKIP}]),
        _case("skip", "silence news:late", "17:00:02.001", [{**long, "late": _SKIP}]),
        _case(
            "late gives way to the relay",
            "voice +0 joins primary",
            "17:01",
            [{**long, "late": _SKIP}, _relay()],
        ),
    ]


def _resume_cases() -> list[Json]:
    news = _placed("news", "programme", items=[_item("one", 100), _item("two", 200)])
    cut = [_row("news", "cut", "17:01", 60_000)]
    dead = [_row("news", "interrupted", "17:01", 60_000)]

    def case(name: str, expect: str, resume: str, instant: str, rows: list[Json]) -> Json:
        return _case(name, expect, instant, [{**news, "resume": resume}], progress=rows)

    return [
        case("pause", "news +60000 resumes media", "pause", "17:10", cut),
        case(
            "continue underneath", "news +180000 resumes media", "continue_underneath", "17:03", cut
        ),
        case("ended underneath", "silence", "continue_underneath", "17:05", cut),
        case("restart", "news +0 restarts media", "restart", "17:10", cut),
        case("drop", "silence news:pre_empted", "drop", "17:10", cut),
        case("a power cut drops nothing", "news +60000 resumes media", "drop", "17:10", dead),
        case("fifteen minutes later", "news +60000 resumes media", "pause", "17:16", dead),
        case("too old a tail", "silence news:interrupted", "pause", "17:16:00.001", dead),
        _case(
            "a stream is joined again after an hour",
            "voice +0 resumes primary",
            "18:05",
            [_relay(end="18:30")],
            progress=[_row("voice", "interrupted", "17:01")],
        ),
        _case(
            "what was cut begins again without waiting",
            "news +60000 resumes media",
            "17:02",
            [{**news, "start": _NEXT}],
            week=[_LOOP],
            progress=[*cut, _row("loop", at="16:59:30")],
        ),
    ]


def _quiet_cases() -> list[Json]:
    news = _placed("news", "programme", "21:30", "22:00")
    evening = _placed("news", "programme", "20:00", "21:30", late={"kind": "from_start"})
    alert = _placed("alert", "emergency_local", "21:30", "22:00")
    return [
        _case("quiet", "silence news:quiet_hours", "21:30", [news], quiet=_NIGHT),
        _case("quiet and confirmed", "news +0 starts media", "21:30", [{**news, "confirmed": True}], quiet=_NIGHT),
        _case("an emergency at night", "alert +0 starts media", "21:30", [news, alert], quiet=_NIGHT),
        _case("live at night", "silence mayor:quiet_hours", "21:30", [_placed("mayor", "live", "21:30", "22:00", sources=["live:1"])], quiet=_NIGHT),
        _case("ends as quiet begins", "news +0 starts media", "20:59", [evening], quiet=_NIGHT),
        _case("would run into quiet", "silence news:quiet_hours", "20:59:00.001", [evening], quiet=_NIGHT),
        _case("a stream until quiet", "voice +0 joins primary", "20:59:59.999", [_relay(end="22:00")], quiet=_NIGHT),
        _case("a stream falls silent", "silence voice:quiet_hours", "21:00", [_relay(end="22:00")], quiet=_NIGHT, progress=[_row("voice")]),
        _case("what plays falls silent too", "silence news:quiet_hours", "21:00", [evening], quiet=_NIGHT, progress=[_row("news", at="20:59:30")]),
        _case("after midnight", "silence loop:quiet_hours", "05:29:59.999", [], week=[_LOOP], quiet=_NIGHT),
        _case("the morning", "loop +0 starts media", "05:30", [], week=[_LOOP], quiet=_NIGHT),
        _case("two windows", "silence loop:quiet_hours", "12:00", [], week=[_LOOP], quiet=[*_NIGHT, {"start": "11:30", "end": "13:30"}]),
        _case("an empty window", "loop +0 starts media", "21:00", [], week=[_LOOP], quiet=[{"start": "21:00", "end": "21:00"}]),
    ]  # fmt: skip


def _clock_cases() -> list[Json]:
    alert, news = _placed("alert", "emergency_local"), _placed("news", "programme")
    mayor = _placed("mayor", "live", sources=["live:1"])
    hourly = _slot("hourly", "evergreen", loops=True, begins_minute=0, minutes=1440)
    return [
        _case("hold plays all", "news +0 starts media", "17:00", [news], clock="hold"),
        _case("floor plays no programme", "silence news:clock", "17:00", [news], clock="floor"),
        _case("none plays no programme", "silence news:clock", "17:00", [news], clock="none"),
        _case("floor plays emergencies", "alert +0 starts media", "17:00", [alert, news], clock="floor"),
        _case("none plays emergencies", "alert +0 starts media", "17:00", [alert, news], clock="none"),
        _case("floor plays live", "mayor +0 starts primary", "17:00", [mayor], clock="floor"),
        _case("floor plays live whatever the hour seems", "mayor +0 starts primary", "17:00", [mayor], clock="floor", quiet=[{"start": "16:00", "end": "18:00"}]),
        _case("floor plays a loop of any time", "loop +0 starts media", "17:00", [news], clock="floor", week=[_LOOP]),
        _case("floor plays no loop of the wall clock", "silence hourly@2026-11-23:clock", "17:00", [], clock="floor", week=[hourly]),
        _case("it might be night", "silence loop:clock", "12:00", [], clock="floor", week=[_LOOP], quiet=_NIGHT),
        _case("confirmed for any hour", "loop +0 starts media", "12:00", [], clock="floor", week=[{**_LOOP, "confirmed": True}], quiet=_NIGHT),
        _case("floor plays no relay", "silence voice:clock", "17:00", [_relay()], clock="floor"),
    ]  # fmt: skip


def _sound_cases() -> list[Json]:
    news, alert = _placed("news", "programme"), _placed("alert", "emergency_life")
    lost: Json = {"missing": [_sha256("news")]}
    both = _placed("news", "programme", items=[_item("here", 60), _item("news", 60)])
    return [
        _case("no media", "silence news:media_missing", "17:00", [news], **lost),
        _case("one item of two is missing", "silence news:media_missing", "17:00", [both], **lost),
        _case("no media: the rung below", "voice +0 starts primary", "17:00", [news, _relay()], **lost),
        _case("no media: the fallback", "clip +0 starts media", "17:00", [news], week=[_CLIP], **lost),
        _case("fallback only in place of something", "silence", "17:00", [], week=[_CLIP]),
        _case("fallback below evergreen", "loop +0 starts media", "17:00", [news], week=[_CLIP, _LOOP], **lost),
        _case("fallback is not for the quiet", "silence news:quiet_hours", "17:00", [news], week=[_CLIP], quiet=[{"start": "16:00", "end": "18:00"}], **lost),
        _case("primary source silent", "voice +0 starts secondary", "17:00", [_relay()], silent=["https://one.example/"]),
        _case("both silent: evergreen", "loop +0 starts media", "17:00", [_relay()], week=[_LOOP], **_SILENT_BOTH),
        _case("both silent: fallback", "clip +0 starts media", "17:00", [_relay()], week=[_CLIP], **_SILENT_BOTH),
        _case("fallback goes on while the relay is dropped by its own silence", "clip +10000 goes_on media", "17:10:10", [_relay(resume="drop")], week=[_CLIP], progress=[_row("voice", "interrupted", "17:10"), _row("clip", at="17:10")], **_SILENT_BOTH),
        _case("the relay comes back", "voice +0 resumes primary", "17:11", [_relay(resume="drop")], week=[_CLIP], progress=[_row("voice", "interrupted", "17:10"), _row("clip", at="17:10")]),
        _case("an alert without media", "alert +0 starts stand_in", "17:00", [alert, news], missing=[_sha256("alert")]),
        _case("the stand-in goes on", "alert +90000 goes_on stand_in", "17:01:30", [alert], missing=[_sha256("alert")], progress=[_row("alert", stand_in=True)]),
        _case("the alert's media came", "alert +0 starts media", "17:00:03", [alert], progress=[_row("alert", stand_in=True)]),
        _case("the alert's media broke", "alert +0 starts stand_in", "17:00:03", [alert], missing=[_sha256("alert")], progress=[_row("alert")]),
    ]  # fmt: skip


def _week_cases() -> list[Json]:
    hourly = _slot("hour", "evergreen", loops=True, begins_minute=1020, minutes=60)
    once = _slot("once", "evergreen", begins_minute=1020, minutes=60)
    wrap = _slot("wrap", "evergreen", loops=True, begins_minute=10_050, minutes=60)
    return [
        _case("a slot of the week", "hour@2026-11-23 +0 starts media", "17:00", [], week=[hourly]),
        _case("a loop of the week is joined", "hour@2026-11-23 +30000 joins media", "17:01:30", [], week=[hourly]),
        _case("another week", "hour@2027-01-04 +0 starts media", "17:00", [], week=[hourly], day="2027-01-04"),
        _case("another day", "silence", "17:00", [], week=[hourly], day="2026-11-24"),
        _case("a week ends in the next", "wrap@2026-11-22 +0 joins media", "00:29", [], week=[wrap]),
        _case("once a week", "silence", "17:01", [], week=[once], progress=[_row("once@2026-11-23", "ended", "17:01", 60_000)]),
        _case("and again the week after", "once@2026-11-30 +0 starts media", "17:00", [], week=[once], day="2026-11-30", progress=[_row("once@2026-11-23", "ended", "17:01", 60_000)]),
        _case("occurrences speak for their days", "silence", "05:00", [], week=[_MORNING_RELAY]),
        _case("after the last occurrence the week speaks", "morning@2026-12-07 +0 starts primary", "05:00", [], week=[_MORNING_RELAY], day="2026-12-07"),
        _case("a year later it still speaks", "morning@2027-11-22 +0 starts primary", "05:00", [], week=[_MORNING_RELAY], day="2027-11-22"),
        _case("evergreen after the last occurrence", "loop +0 starts media", "17:00", [], week=[_LOOP, _MORNING_RELAY], day="2026-12-20"),
        _case("the loop goes round", "loop +30000 goes_on media", "17:30:30", [], week=[_LOOP], progress=[_row("loop")]),
    ]  # fmt: skip


def _output_cases() -> list[Json]:
    inside = _placed("inside", "programme", outputs=["in"])
    alert = _placed("alert", "emergency_life", outputs=["out"])
    return [
        _case("outputs apart", "inside +0 starts media; alert +0 starts media", "17:00", [inside, alert], outputs=["in", "out"]),
        _case("no outputs named: all", "news +0 starts media; news +0 starts media", "17:00", [_placed("news", "programme")], outputs=["in", "out"]),
        _case("an output that the device lacks", "silence", "17:00", [inside]),
        _case("each output remembers for itself", "news +5000 goes_on media; silence news:pre_empted", "17:00:05", [_placed("news", "programme", resume="drop")], outputs=["in", "out"], progress=[_row("news", output="in"), _row("news", "cut", output="out")]),
    ]  # fmt: skip


def committed() -> list[Json]:
    """Return the cases as they stand in the file."""
    cases: list[Json] = json.loads((FOLDER / FILE).read_text(encoding="utf-8"))["cases"]
    return cases


if __name__ == "__main__":
    sys.exit(main())
