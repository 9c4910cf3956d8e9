"""What stands every week on one device: which of it sounds now, and which streams are silent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from loa.lib import clock
from loa.player.standing import Tuned, is_open, loop_ms_before, week_of
from loa.player.telling import Detail, Telling
from loa.wire import rules
from loa.wire.messages import Desired, Event, Media, Roster, Standing
from loa.wire.reasons import Reason, Refused

# A stream is heard this long before its hour: then it is known whether it sounds.
LISTEN_AHEAD = timedelta(seconds=15)


@dataclass(frozen=True)
class Opened:
    """The standing documents of a desired one, and why others do not stand."""

    standings: list[tuple[str, Standing]] = field(default_factory=list)  # with the hash of each
    refusals: dict[str, Refused] = field(default_factory=dict)


def opened(desired: Desired, roster: Roster | None, place: str) -> Opened:
    """Verify what stands every week at the place."""
    found = Opened()
    for name in desired.standings:
        try:
            found.standings.append(_opened(name, desired, roster, place))
        except Refused as refusal:
            found.refusals[name] = refusal
    return found


class Radio:
    """The verified standing documents, and what of them is tuned in."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self.standings: list[tuple[str, Standing]] = []
        self.tuned: Tuned | None = None
        self.silent: set[str] = set()
        self._loop_ms = 0
        self._sounding = ("", "", 0.0)  # name, hash, monotonic second of its beginning

    def take(self, opened: Opened) -> None:
        """Let these stand; one that does not hold is named, and the others stand."""
        self.standings = opened.standings
        for name, refusal in opened.refusals.items():
            self._telling.refuse("standing", name, refusal)

    def media(self) -> Iterator[Media]:
        for _, standing in self.standings:
            yield from standing.media

    def streams_wanted(self, now: datetime) -> tuple[str, ...]:
        """Return the streams to listen to: of what may sound now or soon."""
        soon = {
            slot.rule
            for instant in (now, now + LISTEN_AHEAD)
            for slot in week_of(self.standings, instant)
            if is_open(slot, instant)
        }
        return tuple(
            source
            for _, standing in self.standings
            if standing.standing in soon
            for source in standing.sources
        )

    def note_tuned(self, tuned: Tuned) -> None:
        """Log what sounds from now on; the next file of a loop is no news."""
        detail: Detail = {"source": tuned.source} if tuned.source else {}
        name, sha256, _ = self._sounding
        if (tuned.name, tuned.sha256) != (name, sha256):
            self._sounding = (tuned.name, tuned.sha256, clock.monotonic())
            self._telling.row(Event.STARTED, tuned.name, tuned.sha256, detail=detail)
        elif tuned.source:
            self._telling.row(Event.RESUMED, tuned.name, tuned.sha256, detail=detail)
        self.tuned = tuned

    def loop_ms(self, played_ms: int) -> int:
        """Return where in its loop it stands; a file ends when the output says so, not by the clock."""
        tuned = self.tuned
        if tuned is None or tuned.media is None:
            return self._loop_ms
        return self._before(tuned) + min(played_ms, max(1, tuned.media.duration_ms) - 1)

    def note_ended(self) -> None:
        """Note that the file came to its end, or the stream broke off: what comes next is asked anew."""
        tuned, self.tuned = self.tuned, None
        if tuned is not None and tuned.media is not None:
            self._loop_ms = self._before(tuned) + max(1, tuned.media.duration_ms)

    def _before(self, tuned: Tuned) -> int:
        standing = next((one for sha256, one in self.standings if sha256 == tuned.sha256), None)
        return loop_ms_before(tuned, standing) if standing is not None else 0

    def note_untuned(self) -> None:
        name, sha256, began = self._sounding
        sounded_ms = int((clock.monotonic() - began) * 1000)
        self.tuned, self._sounding, self._loop_ms = None, ("", "", 0.0), 0
        self._telling.row(Event.FINISHED, name, sha256, detail={"duration_ms": sounded_ms})

    def note_stream(self, source: str, *, is_silent: bool) -> None:
        (self.silent.add if is_silent else self.silent.discard)(source)
        self._telling.say(f"{source}: {'silent' if is_silent else 'sounds again'}")


def _opened(name: str, desired: Desired, roster: Roster | None, place: str) -> tuple[str, Standing]:
    if roster is None:
        raise Refused(Reason.UNKNOWN_KEY, "no roster yet")
    sealed = desired.envelopes.get(name)
    if sealed is None:
        raise Refused(Reason.EDITION_MISSING, name)
    standing, sha256, _ = rules.open_standing(bytes(sealed), roster, place=place)
    if sha256 != name:
        raise Refused(Reason.FORGED, "standing is not the one named")
    return sha256, standing
