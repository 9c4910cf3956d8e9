"""A city of one device: a clock that is set by hand, documents of the cast, a device that forgets nothing."""

import hashlib
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from loa.lib import clock
from loa.player.config import DeviceConfig
from loa.player.device import Device
from loa.player.journal import Journal, JournalFile
from loa.player.outputs import NullOutput, Played
from loa.player.state import Pause, Skip, Start, Stop, Tune, Untune, Wait
from loa.wire import canonical, envelope
from loa.wire.cast import COMMUNE, Cast
from loa.wire.messages import LOG_RECEIPT, LogReceipt, LogRow, Media

SOUND = b"these bytes were approved" * 400
SOUND_SHA256 = hashlib.sha256(SOUND).hexdigest()


class Watch:
    def __init__(self, now):
        self.now = now

    def pass_by(self, **parts):
        self.now += timedelta(**parts)


@pytest.fixture
def cast():
    return Cast()


@pytest.fixture
def watch(cast):
    watch = Watch(cast.now)
    with clock.by(lambda: watch.now):
        yield watch


class Town:
    """Makes documents for the device and devices over one folder; a new one is a new boot."""

    def __init__(self, cast, folder):
        self.cast, self.folder = cast, folder
        self.config = DeviceConfig(
            device="dn-0001",
            place=COMMUNE,
            key_file=str(folder / "device.key"),
            root_sha256=cast.pin,
            state=str(folder),
            rate=0,
            durable=False,
            reserve_mb=0,
        )
        self.media = Media(sha256=SOUND_SHA256, bytes=len(SOUND), codec="mp3", duration_ms=60_000)
        self.output = NullOutput(rate=0)

    def boot(self, *, roster=True, **changes):
        config = msgspec.structs.replace(self.config, **changes)
        file = JournalFile(config.journal_path, durable=config.durable)
        device = Device(config, self.cast.keys["device"], Journal(file, config.device), self.output)
        device.take_root(self.cast.root())
        if roster:
            device.take_roster(self.cast.roster())
        return device

    def desired(self, *orders, seq=8, **changes):
        """Seal a document of orders, each a dict: order, by, edition, confirmed, and times."""
        made, envelopes = [], {}
        for given in orders or ({},):
            fields = dict(given)
            by = fields.pop("by", "chair")
            edition = self.cast.edition(
                **{"media": (self.media,), "edition": fields.get("order", "o-1"), "approver": by}
                | fields.pop("edition", {})
            )
            sha256, envelopes_value = self.cast.sealed_edition(edition, by)
            envelopes[sha256] = envelopes_value
            if fields.pop("confirmed", False):
                start_at = fields.get("start_at", self.cast.now)
                name, sealed = self.cast.sealed_confirmation(
                    self.cast.confirmation(sha256, start_at=start_at)
                )
                envelopes[name] = sealed
                fields["confirmation"] = name
            made.append(self.cast.order(sha256, **{"priority": edition.priority} | fields))
        return self.cast.document(seq=seq, orders=tuple(made), envelopes=envelopes, **changes)

    def receipt(self, device, upto, by="director"):
        message = LogReceipt(device=device.config.device, log=device.journal.log, upto=upto)
        return envelope.seal(LOG_RECEIPT, canonical.encode(message), self.cast.keys[by])


@pytest.fixture
def town(cast, watch, tmp_path):
    return Town(cast, tmp_path)


class Ear:
    """Does at once what the device decides, and remembers what sounded."""

    def __init__(self):
        self.heard = []

    def follow(self, device, *, finish=True):
        """Take steps until the device waits; return the wait."""
        while True:
            match device.next_step():
                case Start() as start:
                    device.note_started(start)
                    self.heard.append(start.entry.name)
                    if finish:
                        device.note_finished(start.entry.name, Played(60_000, start.from_ms))
                case Tune(tuned):
                    device.note_tuned(tuned)
                    self.heard.append(tuned.source or tuned.media.sha256)
                case Untune():
                    device.note_untuned()
                case Pause(order):
                    device.note_paused(order, device.output.position_ms(order))
                case Skip(order, reason) | Stop(order, reason):
                    device.note_skipped(order, reason)
                case Wait() as wait:
                    return wait


@pytest.fixture
def ear():
    return Ear()


def rows_of(device) -> list[LogRow]:
    return device.journal.unacknowledged(10_000)


@pytest.fixture
def ladder():
    """Read what a device logged, as words: "started o-1", "skipped o-1 late"."""

    def read(device):
        return [
            " ".join(part for part in (row.event, row.order, row.reason) if part)
            for row in rows_of(device)
        ]

    return read


class MediaServer:
    """A real HTTP server that can be told to fail in the ways lines and disks do."""

    def __init__(self):
        self.files = {SOUND_SHA256: SOUND}
        self.cut_after = []  # each request takes the first: bytes after which the line breaks
        self.ranges = []
        self.ignores_range = False
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.answer(self)

            def log_message(self, *words):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def answer(self, request):
        wanted = request.headers.get("Range")
        self.ranges.append(wanted)
        data = self.files.get(request.path.rpartition("/")[2])
        if data is None:
            request.send_error(404)
            return
        start = int(wanted[6:-1]) if wanted and not self.ignores_range else 0
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        request.send_header("Content-Length", str(len(data) - start))
        request.end_headers()
        body = data[start:]
        if self.cut_after:
            body = body[: self.cut_after.pop(0)]
        request.wfile.write(body)
        request.wfile.flush()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def media_server():
    server = MediaServer()
    yield server
    server.close()
