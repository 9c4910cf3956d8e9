"""The core of one device: what it believes, what it owes, what it tells. No network, no waiting."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from loa.lib import clock
from loa.player.agenda import Surroundings
from loa.player.bookshelf import Bookshelf
from loa.player.config import DeviceConfig
from loa.player.emergency import Alarm, Alarms
from loa.player.entry import Entry
from loa.player.holdings import Holdings
from loa.player.journal import Journal
from loa.player.judging import Judge
from loa.player.outputs import Output, Played
from loa.player.radio import Radio, opened
from loa.player.stand_in import StandIns
from loa.player.state import Start, Step, Wait, next_step
from loa.player.telling import Telling
from loa.player.trust import Trust, name_of_expiry
from loa.player.volume import Volume
from loa.wire import envelope, roots, rules
from loa.wire.canonical import content_hash
from loa.wire.keys import SigningKey
from loa.wire.messages import (
    HEARTBEAT,
    Clock,
    Confirmation,
    Desired,
    Edition,
    Event,
    Heartbeat,
    Order,
    Roster,
    Settings,
)
from loa.wire.reasons import Reason, Refused

PLAYER = "loa-player/0.1"
# A signer that is not known may stand in a newer roster than the one held.
_A_NEWER_ROSTER_MAY_HELP = (Reason.UNKNOWN_KEY, Reason.NO_MANDATE)


class Taken(StrEnum):
    """What became of a document that was handed in."""

    NEW = "new"
    SAME = "same"
    REFUSED = "refused"
    NEEDS_ROSTER = "needs_roster"
    NEEDS_ROOT = "needs_root"


class Device(Holdings):
    """Holds verified documents and the state of every order in them."""

    def __init__(
        self,
        config: DeviceConfig,
        key: SigningKey,
        journal: Journal,
        output: Output,
        *,
        volume: Volume | None = None,
        count_bytes: Callable[[], tuple[int, int]] = lambda: (0, 0),
        on_change: Callable[[], None] = lambda: None,
        say: Callable[[str], None] = lambda line: None,  # noqa: ARG005 - silent unless told
    ) -> None:
        self.config = config
        self.key = key
        self.journal = journal
        self.output = output
        self.volume = volume or Volume(journal)
        self.bookshelf = Bookshelf(config.device, config.place, journal)
        self.count_bytes = count_bytes
        self.on_change = on_change
        self.boot = secrets.token_hex(8)
        self.playing = ""
        self.entries: dict[str, Entry] = {}
        self.trust = Trust(config.root_sha256, journal)
        self.roster: Roster | None = None
        self.desired: Desired | None = None
        self._roster_hash = self._desired_hash = ""
        self._desired_data = b""
        self._booted_monotonic = clock.monotonic()
        self._floor = (datetime.min.replace(tzinfo=clock.now().tzinfo), clock.monotonic())
        self._ready: set[str] = set()
        self.judge = Judge(config, journal, output, self._ready, self.now)
        self.alarms = Alarms(config.device, config.place, journal)
        self.stand_ins = StandIns(config.codecs)
        self._has_said_behind = False
        self.telling = Telling(config.device, key, journal, self.clock_state, say)
        self.radio = Radio(self.telling)
        self._restore()

    # -- time

    def now(self) -> datetime:
        """Return the instant to decide by: never earlier than what was signed, plus what has passed."""
        instant, monotonic = self._floor
        return max(clock.now(), instant + timedelta(seconds=clock.monotonic() - monotonic))

    def clock_state(self) -> Clock:
        """FLOOR when the clock runs behind documents that were signed; GOOD otherwise."""
        is_behind = clock.now() < self.now() - rules.CLOCK_SKEW_MAX
        return Clock.FLOOR if is_behind else Clock.GOOD

    def _raise_floor(self) -> None:
        # Only of documents still held: one wrong date must not bind the device for ever.
        signed = [held.issued_at for held in (self.roster, self.desired) if held is not None]
        signed += self.alarms.signed_at()
        if signed:
            self._floor = (max(signed), clock.monotonic())

    # -- documents

    def take_root(self, data: bytes) -> bool:
        """Believe a root that follows the held one; True when it is worth asking for the next."""
        try:
            return self.trust.take(data)
        except Refused as refusal:
            self.telling.refuse("root", content_hash(data), refusal)
            return False

    def take_roster(self, data: bytes, *, is_root_fresh: bool = True) -> Taken:
        """Believe a roster signed under the newest root and not older than the one known.

        Without `is_root_fresh` NEEDS_ROOT asks to fetch newer roots and come again.
        """
        sha256 = content_hash(data)
        if sha256 == self._roster_hash:
            return Taken.SAME
        try:
            roster = self.trust.open_roster(data)
        except Refused as refusal:
            if refusal.reason in _A_NEWER_ROSTER_MAY_HELP and not is_root_fresh:
                return Taken.NEEDS_ROOT
            self.telling.refuse("roster", sha256, refusal)
            return Taken.REFUSED
        self.roster, self._roster_hash = roster, sha256
        self.trust.keep_roster(data, roster)
        self._settle()
        return Taken.NEW

    def tell_expiry(self) -> None:
        """Log once that the root or roster held should have been renewed; it stays in force."""
        for name, held in (("root", self.trust.root), ("roster", self.roster)):
            if held is None or not roots.has_expired(held, self.now()):
                continue
            if self.journal.remember_refusal(name_of_expiry(name, held.version)):
                detail: dict[str, str | int] = {"document": name, "version": held.version}
                self.telling.row(Event.REFUSED, reason=Reason.EXPIRED, detail=detail)

    def take_desired(
        self, data: bytes, *, hinted_at: datetime | None = None, is_roster_fresh: bool = False
    ) -> Taken:
        """Believe and obey a desired document for this device, or log why not.

        NEEDS_ROSTER asks to fetch the roster and come again with `is_roster_fresh`.
        """
        sha256 = content_hash(data)
        if sha256 == self._desired_hash:
            return Taken.SAME
        try:
            desired = self._opened_desired(data)
            self._refuse_other_of_same_seq(desired, data)
            entries = {order.order: self._entry(order, desired) for order in desired.orders}
        except Refused as refusal:
            if refusal.reason in _A_NEWER_ROSTER_MAY_HELP and not is_roster_fresh:
                return Taken.NEEDS_ROSTER
            self.telling.refuse("desired", sha256, refusal)
            return Taken.REFUSED
        if desired.roster > self.held_roster().version and not is_roster_fresh:
            return Taken.NEEDS_ROSTER
        standing = opened(desired, self.roster, self.config.place)
        doubts = [
            *(entry.refusal for entry in entries.values()),
            *(refusal.reason for refusal in standing.refusals.values()),
        ]
        entries |= self._entries_of_book(entries, desired)
        unsure = any(doubt in _A_NEWER_ROSTER_MAY_HELP for doubt in doubts)
        if unsure and not is_roster_fresh:
            return Taken.NEEDS_ROSTER
        self._hold(desired, data)
        with self.journal.together():
            self.journal.keep_document("desired", data, desired.seq)
            self.set_like(desired.settings)
            self.radio.take(standing)
            self._obey(entries, hinted_at)
        return Taken.NEW

    def take_emergency(
        self, data: bytes, *, is_roster_fresh: bool = False, is_listed: bool = False
    ) -> Taken:
        """Believe and obey an emergency at once, or log why not.

        The list of all that are live tells of other places, too: with `is_listed` that is no news.
        """
        if self.alarms.is_held(data):
            return Taken.SAME
        try:
            roster = self.held_roster()
            alarm = self.alarms.opened(data, roster, self._roster_hash, self.now())
        except Refused as refusal:
            if refusal.reason in _A_NEWER_ROSTER_MAY_HELP and not is_roster_fresh:
                return Taken.NEEDS_ROSTER
            if is_listed and refusal.reason is Reason.WRONG_PLACE:
                return Taken.SAME
            self.telling.refuse("emergency", content_hash(data), refusal)
            return Taken.REFUSED
        if self.alarms.has_ended(alarm):
            return Taken.SAME
        with self.journal.together():
            self.alarms.take(alarm, self.now())
            self._raise_floor()
            self._obey(self._entries_of_desired(), None)
        return Taken.NEW

    def _entries_of_desired(self) -> dict[str, Entry]:
        """Return the present entries of the document held; they are judged already."""
        wanted = {order.order for order in self.desired.orders} if self.desired else set()
        wanted |= {order.order for order in self.bookshelf.orders(self.desired, self.now())}
        return {name: entry for name, entry in self.entries.items() if name in wanted}

    def _opened_desired(self, data: bytes, *, is_held: bool = False) -> Desired:
        roster = self.held_roster()
        known_seq = 0 if is_held else self.journal.highest("desired")

        def opened(now: datetime | None) -> Desired:
            return rules.open_desired(
                data,
                roster,
                device=self.config.device,
                place=self.config.place,
                known_seq=known_seq,
                now=now,
            )

        try:
            return opened(None if is_held else self.now())
        except Refused as refusal:
            if refusal.reason is not Reason.NOT_YET_VALID:
                raise
            # Signed in our future: our clock is behind. Only its emergencies will sound.
            return opened(None)

    def held_roster(self) -> Roster:
        """Return the roster that says who may tell this device anything; raises Refused."""
        if self.roster is None:
            raise Refused(Reason.UNKNOWN_KEY, "no roster yet")
        return self.roster

    def take_book(self, data: bytes) -> None:
        """Live from this book from now on, or log why not."""
        if self.desired is None:
            return
        try:
            self.bookshelf.take(data, self.desired)
        except Refused as refusal:
            self.telling.refuse("book", content_hash(data), refusal)
            return
        self._settle()

    def _entries_of_book(self, known: dict[str, Entry], desired: Desired) -> dict[str, Entry]:
        """Return what of the book is near and the document does not name itself."""
        document = self.bookshelf.document(desired)
        orders = self.bookshelf.orders(desired, self.now())
        return {o.order: self._entry(o, document) for o in orders if o.order not in known}

    def set_like(self, settings: Settings | None) -> None:
        """Be set like this from now on, also after the next boot."""
        if self.volume.take(settings):
            self.output.follow_volume()

    def _refuse_other_of_same_seq(self, desired: Desired, data: bytes) -> None:
        held = self.desired
        if held is None or desired.seq != held.seq:
            return
        if envelope.read(data).payload_bytes != envelope.read(self._desired_data).payload_bytes:
            raise Refused(Reason.ROLLED_BACK, f"another document {desired.seq}")

    def _hold(self, desired: Desired, data: bytes) -> None:
        self.desired, self._desired_data = desired, data
        self._desired_hash = content_hash(data)
        self._raise_floor()

    def _restore(self) -> None:
        """Take up what was held before this boot; a damaged document falls back to the one before."""
        held = self.trust.held_roster()
        if held is not None:
            self.roster, self._roster_hash = held[0], content_hash(held[1])
        for data in self.journal.documents("desired"):
            try:
                self._hold(self._opened_desired(data, is_held=True), data)
            except Refused:
                continue
            break
        self.alarms.restore(self.roster, self._roster_hash)
        self.bookshelf.restore(self.desired)
        self._settle()

    # -- orders

    def _settle(self) -> None:
        """Judge every order again: the documents or the roster changed."""
        self.alarms.judge_again(self.roster, self._roster_hash)
        self._raise_floor()
        entries = {}
        if self.desired is not None:
            desired = self.desired
            self.radio.take(opened(desired, self.roster, self.config.place))
            entries = {o.order: self._entry(o, desired) for o in desired.orders}
            entries |= self._entries_of_book(entries, desired)
        if self.desired is not None or self.alarms.live:
            self._obey(entries, None, is_judged=False)

    def _entry(self, order: Order, desired: Desired) -> Entry:
        entry = Entry(order, is_recalled=order.order in desired.recalls)

        def rests_on() -> tuple[Edition, Confirmation | None]:
            return rules.open_order(order, desired, self.held_roster())

        return self.judge.judged(entry, rests_on, playing=self.playing)

    def _entry_of_alarm(self, order: Order, alarm: Alarm) -> Entry:
        """Return an order of an emergency: what it rests on was verified with it."""

        def rests_on() -> tuple[Edition, Confirmation | None]:
            if alarm.edition is None:
                raise Refused(Reason.EDITION_MISSING, alarm.name)
            return alarm.edition, None

        return self.judge.judged(Entry(order), rests_on, playing=self.playing)

    def _obey(
        self, entries: dict[str, Entry], hinted_at: datetime | None, *, is_judged: bool = True
    ) -> None:
        """Make these and the emergencies the orders of the device, and log how far each got."""
        recalls = [*(self.desired.recalls if self.desired is not None else ())]
        recalls += self.alarms.cancelled_among(self.journal)
        self._add_alarms(entries, is_judged=is_judged)
        before = self.entries.get(self.playing)
        if before is not None and self.playing not in entries:
            # It left the document while it sounds: only a recall cuts it.
            before.is_recalled = self.playing in recalls
            entries[self.playing] = before
        for name, entry in entries.items():
            entry.is_recalled |= self.alarms.has_cancelled(name)
        self.stand_ins.recall(self.alarms.has_cancelled)
        self.entries = entries
        with self.telling.together():
            for order in recalls:
                progress = self.journal.progress(order)
                if order not in entries and progress is not None and not progress.has_ended:
                    self.telling.end(order, progress.edition_sha256, Reason.RECALLED)
            for entry in entries.values():
                if not entry.has_ended:
                    self._tell_progress(entry, hinted_at)
        self.on_change()

    def _add_alarms(self, entries: dict[str, Entry], *, is_judged: bool) -> None:
        """Add the orders of the emergencies held; one that the document names too is one order."""
        known = self.entries if is_judged else {}
        for order, alarm in self.alarms.orders():
            entry = entries.get(order.order) or known.get(order.order)
            entry = entry or self._entry_of_alarm(order, alarm)
            entry.alarm = alarm
            entries[order.order] = entry
            self.stand_ins.note(entry, has_ended=self.judge.has_ended)
        self.stand_ins.forget_but(entries, self.playing)

    def _tell_progress(self, entry: Entry, hinted_at: datetime | None) -> None:
        name, edition_sha256 = entry.name, entry.order.edition_sha256
        is_news = self.journal.progress(name) is None
        detail: dict[str, str | int] = {"seq": self.desired.seq if self.desired else 0}
        if entry.alarm is not None:
            detail = {"emergency": entry.alarm.emergency.number}
        if is_news and hinted_at is not None:
            self.telling.climb(name, edition_sha256, Event.HINTED, at=hinted_at)
        self.telling.climb(name, edition_sha256, Event.PULLED, detail=detail)
        if entry.refusal is None:
            self.telling.climb(name, edition_sha256, Event.VERIFIED)
            if entry.is_media_ready:
                self.telling.climb(name, edition_sha256, Event.MEDIA_READY)

    def media_wanted(self) -> Iterator[tuple[str, int]]:
        """Yield (hash, bytes) of all that should lie ready, what sounds first first."""
        live = [e for e in self.entries.values() if not e.has_ended and e.refusal is None]
        for entry in sorted(live, key=lambda e: (not e.is_emergency, e.order.start_at)):
            if entry.media is not None and not entry.is_recalled:
                yield entry.media.sha256, entry.media.bytes
        for media in (*self.stand_ins.media_wanted(), *self.radio.media()):
            yield media.sha256, media.bytes
        for renditions in self.bookshelf.media(self.desired, self.roster, self.now()):
            chosen = self.judge.rendition_of(renditions)
            if chosen is not None:
                yield chosen.sha256, chosen.bytes
        for prefetch in self.desired.prefetch if self.desired else ():
            yield prefetch.sha256, prefetch.bytes

    # -- sounding

    def next_step(self) -> Step:
        """Decide the next thing by what is held now."""
        state = self.clock_state()
        if state is Clock.GOOD:
            self._has_said_behind = False
        elif not self._has_said_behind:
            self._has_said_behind = True
            self.telling.row(Event.REFUSED, reason=Reason.CLOCK, detail={"document": "clock"})
        if self.bookshelf.is_time_to_turn(self.now()):
            self._settle()
        if self.desired is None and not (self.entries or self.playing):
            return Wait()
        played_ms = self.output.position_ms(self.playing) if self.playing else 0
        around = Surroundings(
            place=self.config.place,
            parents=self.roster.parents if self.roster else {},
            quiet_hours=self.desired.quiet_hours if self.desired else (),
            clock=state,
            playing=self.playing,
            played_ms=played_ms,
            loop_ms=self.radio.loop_ms(played_ms),
            standings=self.radio.standings if self.output.can_relay else (),
            tuned=self.radio.tuned,
            missing=frozenset(media.sha256 for media in self.radio.media()) - self._ready,
            silent=frozenset(self.radio.silent),
        )
        step = next_step(self._considered(), around, self.now())
        if isinstance(step, Wait) and not self.playing and self.output.ahead_ms:
            return self._step_ahead(around, step)
        return step

    def _step_ahead(self, around: Surroundings, wait: Wait) -> Step:
        """Begin a moment early with what the output then sounds on time; else wait till then."""
        ahead = timedelta(milliseconds=self.output.ahead_ms)
        if wait.until is None:
            return wait
        if wait.until - ahead > self.now():
            return Wait(wait.until - ahead)
        step = next_step(self._considered(), around, wait.until)
        if isinstance(step, Start):
            return replace(step, at=wait.until)
        return wait

    def _considered(self) -> list[Entry]:
        return [*self.entries.values(), *self.stand_ins.entries(self.entries, self.playing)]

    def note_started(self, start: Start) -> None:
        """Write down that it sounds, before the first sample does."""
        entry = start.entry
        self.playing = entry.name
        progress = self.journal.begin(entry.name, entry.order.edition_sha256)
        event = Event.RESUMED if progress.started_at else Event.STARTED
        at = start.at or self.now()
        progress.started_at = progress.started_at or at.isoformat()
        progress.paused_at = ""
        entry.paused_at = None
        detail: dict[str, str | int] = {"from_ms": start.from_ms} if start.from_ms else {}
        detail |= entry.detail
        self.telling.row(event, entry.name, entry.order.edition_sha256, at=start.at, detail=detail)

    def note_paused(self, order: str, position_ms: int) -> None:
        """Write down how far it came; it may go on after what cut it, also after a power cut."""
        if order == self.playing:
            self.playing = ""
        entry, progress = self.entries[order], self.journal.begin(order, self._edition_of(order))
        entry.paused_at, entry.position_ms = self.now(), position_ms
        entry.started_at = datetime.fromisoformat(progress.started_at)
        progress.paused_at, progress.paused_ms = entry.paused_at.isoformat(), position_ms
        detail: dict[str, str | int] = {"at_ms": position_ms}
        self.telling.row(
            Event.PAUSED, order, self._edition_of(order), reason=Reason.PRE_EMPTED, detail=detail
        )
        self.on_change()

    def note_finished(self, order: str, played: Played) -> None:
        self._end(order)
        detail: dict[str, str | int] = {
            "duration_ms": played.duration_ms,
            # 100 is real time, as every real horn; 0 is as fast as it goes (tests, the demo).
            "rate_percent": round(self.output.rate * 100),
            "resumed_from_ms": played.resumed_from_ms,
            "samples": played.samples,
        }
        self.telling.finish(order, self._edition_of(order), detail)
        self.on_change()

    def note_skipped(self, order: str, reason: Reason) -> None:
        self._end(order)
        self.telling.end(order, self._edition_of(order), reason)
        self.on_change()

    def _end(self, order: str) -> None:
        if order == self.playing:
            self.playing = ""
        if order in self.entries:
            self.entries[order].has_ended = True
        self.stand_ins.end(order)

    def _edition_of(self, order: str) -> str:
        progress = self.journal.progress(order)
        return progress.edition_sha256 if progress else ""

    # -- words to the city

    def take_receipt(self, data: bytes) -> None:
        """Delete log rows the city has committed; raises Refused when it is not the city's word."""
        receipt = rules.open_log_receipt(
            data,
            self.held_roster(),
            device=self.config.device,
            log=self.journal.log,
            now=self.now(),
        )
        self.journal.forget_upto(receipt.upto)

    def heartbeat(self, *, free_mb: int) -> bytes:
        """Return a sealed heartbeat."""
        self.tell_expiry()
        bytes_in, bytes_out = self.count_bytes()
        message = Heartbeat(
            device=self.config.device,
            boot=self.boot,
            at=clock.now(),
            uptime_s=int(clock.monotonic() - self._booted_monotonic),
            desired_seq=self.desired.seq if self.desired else 0,
            playing=self.playing,
            clock=self.clock_state(),
            volume_percent=self.volume.set_percent,
            muted=self.volume.is_muted,
            bytes_in=bytes_in,
            bytes_out=bytes_out,
            free_mb=free_mb,
            player=PLAYER,
            roster=self.roster.version if self.roster else 0,
            root=self.trust.version,
        )
        return envelope.seal(HEARTBEAT, msgspec.json.encode(message, order="sorted"), self.key)

    def log_batch(self) -> bytes | None:
        """Return the oldest rows the city does not hold, sealed, or None when it holds all."""
        return self.telling.batch(self.boot)
