"""Does the city know what its devices know, and did they do only what they were told? Pure."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from loa.project.simulation.sides import CitySide, DeviceSide, PlayLogLine, Row, RowName, Sounding
from loa.wire.messages import Event

# A device that died before it told the end goes on with the last instant of the sound.
AGAIN_MS_MAX = 50
_ENDS = (Event.FINISHED, Event.SKIPPED)


def differences(city: CitySide, devices: DeviceSide) -> dict[str, list[str]]:
    """Return check → what differs; every check is there, also those where all agrees."""
    return {name: list(check(city, devices)) for name, check in CHECKS.items()}


def _rows(city: CitySide, devices: DeviceSide) -> Iterator[str]:
    here = {name for name in city.rows if (name.device, name.log) in devices.lasts}
    for name in sorted(devices.rows.keys() - here):
        yield f"{_of(name)} {devices.rows[name].event} was written, and the city has no such row"
    for name in sorted(city.rows.keys() - devices.rows.keys()):
        yield f"{_of(name)} {city.rows[name].event} is in the city, and its device never wrote it"
    for name in sorted(here & devices.rows.keys()):
        if city.rows[name] != devices.rows[name]:
            yield f"{_of(name)} says {city.rows[name]} in the city, {devices.rows[name]} on the device"


def _of(name: RowName) -> str:
    return f"row {name.seq} of {name.device}"


def _positions(city: CitySide, devices: DeviceSide) -> Iterator[str]:
    for (device, log), last in devices.lasts.items():
        upto = city.positions.get((device, log), 0)
        if upto != last:
            yield f"{device} wrote {last} rows, the city signs for {upto}"
    for device, count in devices.unsent.items():
        yield f"{device} still keeps {count} rows for which it has no receipt"


def _play_logs(city: CitySide, devices: DeviceSide) -> Iterator[str]:
    told: dict[str, list[tuple[Any, int, Row]]] = defaultdict(list)
    for name, row in devices.rows.items():
        if city.orders.get(row.order, ("",))[0] == name.device:
            told[row.order].append((row.at, name.seq, row))
    for order in sorted(told.keys() | city.play_logs.keys()):
        wanted, found = _line(told[order]), city.play_logs.get(order)
        if found != wanted and (found or wanted != PlayLogLine(None, None, "", "")):
            yield f"order {order}: the play log says {found}, its device's rows {wanted}"


def _line(rows: list[tuple[Any, int, Row]]) -> PlayLogLine:
    """Replay what a device told of one order."""
    rows.sort(key=lambda row: row[:2])
    started = next((row for _, _, row in rows if row.event == Event.STARTED), None)
    ended = next((row for _, _, row in rows if row.event in _ENDS), None)
    return PlayLogLine(
        started.at if started else None,
        ended.at if ended else None,
        ended.event if ended else "",
        ended.reason if ended else "",
    )


def _progress(city: CitySide, devices: DeviceSide) -> Iterator[str]:
    for (device, order), has_ended in devices.ended.items():
        owner, is_over = city.orders.get(order, ("", False))
        if owner != device:
            yield f"{device} knows order {order}, which is not its own"
        elif has_ended != is_over:
            yield f"{device}: order {order} has ended {has_ended} there, {is_over} in the city"
    for order, (device, is_over) in city.orders.items():
        if is_over and device in devices.boots and (device, order) not in devices.ended:
            yield f"order {order} is over in the city, and {device} never heard of it"


def _once(_: CitySide, devices: DeviceSide) -> Iterator[str]:
    for (device, order), times in _by_order(devices).items():
        reached = 0
        for before, after in itertools.pairwise(times):
            reached = max(reached, before.to_ms or 0)
            if after.from_ms < reached - AGAIN_MS_MAX:
                yield f"{device} sounded {order} from {after.from_ms} ms again, after {reached} ms"
            elif before.boot == after.boot and before.to_ms is None:
                yield f"{device} sounded {order} twice at the same time"


def _by_order(devices: DeviceSide) -> Mapping[tuple[str, str], list[Sounding]]:
    found: dict[tuple[str, str], list[Sounding]] = defaultdict(list)
    for sounding in devices.soundings:
        found[sounding.device, sounding.order].append(sounding)
    return found


def _told_to(city: CitySide, devices: DeviceSide) -> Iterator[str]:
    for one in devices.soundings:
        if one.order in city.emergencies:
            continue  # said on a lane of its own, perhaps before the document
        what = f"{one.device} sounded {one.order}"
        document = city.documents.get((one.device, one.desired_seq))
        if document is None:
            yield f"{what} by a document {one.desired_seq} the city never signed"
        elif one.order not in {order.order for order in document.orders}:
            yield f"{what}, which its document {one.desired_seq} does not order"
        elif one.order in document.recalls:
            yield f"{what}, which its document {one.desired_seq} recalls"


def _as_logged(_: CitySide, devices: DeviceSide) -> Iterator[str]:
    started = {(n.device, r.order) for n, r in devices.rows.items() if r.event == Event.STARTED}
    finished = {(n.device, r.order) for n, r in devices.rows.items() if r.event == Event.FINISHED}
    sounded = _by_order(devices)
    for device, order in sorted(sounded.keys() - started):
        yield f"{device} sounded {order} and has no row that it started"
    for device, order in sorted(finished - sounded.keys()):
        yield f"{device} says it finished {order}, which never sounded there"


def _newest(city: CitySide, devices: DeviceSide) -> Iterator[str]:
    for device, boot in devices.boots.items():
        newest, held = city.newest.get(device, 0), devices.highest.get(device, 0)
        state = city.states.get(device)
        if held != newest:
            yield f"{device} holds document {held}, the newest is {newest}"
        if state is None:
            yield f"{device} is not known to have spoken"
        elif (state.boot, state.desired_seq, state.playing) != (boot, held, ""):
            yield f"{device} is seen as {state}, and is boot {boot} with document {held}"
        elif state.is_cloned:
            yield f"{device} is taken for two machines, and is one"


CHECKS: dict[str, Callable[[CitySide, DeviceSide], Iterator[str]]] = {
    "each row once, and no other": _rows,
    "every row signed for": _positions,
    "play logs as the rows say": _play_logs,
    "how far each order got": _progress,
    "no sound twice": _once,
    "sounded only what was ordered": _told_to,
    "sounded as logged": _as_logged,
    "newest document, last boot": _newest,
}
