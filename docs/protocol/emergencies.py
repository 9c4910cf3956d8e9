# ruff: noqa: INP001 - a script beside a page, not a package
"""What the protocol page says of emergencies; `verify_vectors.py` judges their vectors by it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from reader import (
    SKEW,
    Case,
    check_order,
    check_pinned,
    check_roster,
    from_base64,
    is_valid,
    lies_in,
    opened,
    parsed,
    publics,
    rows_of,
    sha256,
)
from shapes import EMERGENCY, Refused, instant, need


def soundings(start: datetime, latest: datetime, plan: SimpleNamespace) -> list[Any]:
    """Return (number, start, latest start) of each time an emergency sounds."""
    every, last = timedelta(seconds=plan.every_s), plan.times - 1
    moment = timedelta(milliseconds=1)
    return [
        (
            n,
            start + n * every,
            latest + n * every
            if n == last
            else min(latest + n * every, start + (n + 1) * every - moment),
        )
        for n in range(plan.times)
    ]


def check_emergency(case: Case, trusted: Case) -> None:
    root = check_pinned(trusted["root"].encode(), trusted["pin"])
    roster = check_roster(trusted["roster"].encode(), root, 0)
    data, now = case["document"].encode(), instant(case["now"])
    directors = rows_of(roster, "director")
    payload, by = opened(data, "emergency", publics(directors))
    said: SimpleNamespace = EMERGENCY(parsed(payload))
    need(said.targets != [] and len(said.supersedes) <= 20 and said.floor <= said.number)
    need(said.repeat.every_s >= 10 and said.repeat.times >= 1)
    need(bool(said.supersedes) != (said.kind == "alert") and said.emergency not in said.supersedes)
    spoken = said.stand_in.spoken if said.stand_in else None
    need(spoken is None or len(spoken) <= 6_000)
    instants = [said.issued_at, said.expires_at]
    if said.kind != "cancel":
        need(None not in (said.start_at, said.latest_start_at, said.edition_sha256))
        instants += [said.start_at, said.latest_start_at]
    need(max(instants).year < 9999)
    if not any(row.key_id in by and is_valid(row, said.issued_at) for row in directors):
        raise Refused("no_mandate")
    if not lies_in(case["place"], said.targets, roster.parents):
        raise Refused("wrong_place")
    if now >= said.expires_at:
        raise Refused("expired")
    if said.issued_at > now + SKEW:
        raise Refused("not_yet_valid")
    if said.number < case["floor"] or (said.kind != "cancel" and said.emergency in case["ended"]):
        raise Refused("rolled_back")
    if said.kind != "cancel":
        check_alarm(case, said, roster)


def check_alarm(case: Case, said: SimpleNamespace, roster: SimpleNamespace) -> None:
    """Judge the orders of an alert as those of a desired document."""
    like = SimpleNamespace(place=case["place"], envelopes=said.envelopes)
    stand_in = said.stand_in or SimpleNamespace(spoken=None, phrases=None)
    for name in (said.edition_sha256, stand_in.phrases):
        if name is not None:
            order = SimpleNamespace(edition_sha256=name, priority="emergency", confirmation=None)
            check_order(order, like, roster)
        if name == said.edition_sha256 and stand_in.spoken is not None:
            edition = parsed(from_base64(said.envelopes[name]["payload"]) or b"")
            if sha256(stand_in.spoken.encode()) != edition["spoken_sha256"]:
                raise Refused("forged")
    found = [
        (str(uuid.uuid5(uuid.UUID(said.emergency), f"{case['device']}/{n}")), start, latest)
        for n, start, latest in soundings(said.start_at, said.latest_start_at, said.repeat)
    ]
    wanted = [
        (one["order"], instant(one["start_at"]), instant(one["latest_start_at"]))
        for one in case["orders"]
    ]
    if wanted and wanted != found:
        raise Refused("other orders")
