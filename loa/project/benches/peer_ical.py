"""Run by a Python of its own: expand rules with recurring-ical-events (LGPL) and say how long it took.

Reads {"rules": [text], "begin", "end"} from standard input; the lines of a text are one VEVENT's.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime

import icalendar
import recurring_ical_events


def main() -> None:
    """Print {"read_s", "expand_s", "instants": [[ISO text]]} as JSON."""
    asked = json.load(sys.stdin)
    begin, end = datetime.fromisoformat(asked["begin"]), datetime.fromisoformat(asked["end"])
    events = [
        f"BEGIN:VEVENT\nUID:{number}\n{text}\nEND:VEVENT"
        for number, text in enumerate(asked["rules"])
    ]
    whole = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *events, "END:VCALENDAR", ""])
    began = time.perf_counter()
    calendar = icalendar.Calendar.from_ical(whole.replace("\n", "\r\n"))
    read = time.perf_counter()
    found = recurring_ical_events.of(calendar).between(begin, end)
    done = time.perf_counter()
    instants: list[list[str]] = [[] for _ in events]
    for event in found:
        instant = event["DTSTART"].dt.astimezone(UTC)
        if begin <= instant < end:
            instants[int(event["UID"])].append(instant.isoformat())
    answer = {
        "read_s": read - began,
        "expand_s": done - read,
        "instants": [sorted(one) for one in instants],
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
