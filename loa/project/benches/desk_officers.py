"""A hundred officers at their desks: each asks for a page, reads it, asks for the next."""

from __future__ import annotations

import http.client
import random
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from loa.lib import clock
from loa.lib.text import fold
from loa.project.benches.desk_city import Officer, Size
from loa.project.benches.desk_words import Corpus

CSRF = "b" * 32
# How often each page is asked for, of a hundred.
MIX = {"home": 25, "list": 14, "open": 20, "draft": 15, "search": 15, "day": 6, "proof": 5}
ANSWER_SECONDS_MAX = 60.0


@dataclass
class Heard:
    """How long each page took in seconds, and what was not answered well."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Script:
    """What officers ask for; `think_seconds` is how long they read, on average."""

    port: int
    size: Size
    places: list[str]
    corpus: Corpus
    voice: str
    think_seconds: float
    seconds: float


def work(script: Script, officers: list[Officer]) -> Heard:
    """Let them all work for so long; returns what they met."""
    heard, is_over = Heard(), threading.Event()
    desks = [
        threading.Thread(target=_Desk(script, officer, number, heard, is_over).sit)
        for number, officer in enumerate(officers)
    ]
    for desk in desks:
        desk.start()
    is_over.wait(script.seconds)
    is_over.set()
    for desk in desks:
        desk.join()
    return heard


@dataclass
class _Desk:
    """One officer's browser."""

    script: Script
    officer: Officer
    number: int
    heard: Heard
    is_over: threading.Event

    def __post_init__(self) -> None:
        self.dice = random.Random(self.number)  # noqa: S311 - a measurement, repeatable
        self.line = http.client.HTTPConnection(
            "127.0.0.1", self.script.port, timeout=ANSWER_SECONDS_MAX
        )

    def sit(self) -> None:
        # Not all at the same instant, as nobody comes to work so.
        self.is_over.wait(self.dice.random() * self.script.think_seconds)
        while not self.is_over.is_set():
            page = self.dice.choices(list(MIX), list(MIX.values()))[0]
            self._ask(page)
            self.is_over.wait(self.dice.expovariate(1 / max(self.script.think_seconds, 1e-6)))

    def _ask(self, page: str) -> None:
        address, body = getattr(self, f"_{page}")()
        began = clock.monotonic()
        try:
            status = self._answer(address, body)
        except OSError as error:
            self.heard.faults.append(f"{page}: {error}")
            self.line.close()
            return
        self.heard.seconds[page].append(clock.monotonic() - began)
        if status not in {200, 422}:
            self.heard.faults.append(f"{page} {address}: {status}")

    def _answer(self, address: str, body: str | None) -> int:
        headers = {
            "Cookie": f"sessionid={self.officer.session}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
            "Accept-Language": "vi",
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.line.request("POST" if body is not None else "GET", address, body, headers)
        answer = self.line.getresponse()
        answer.read()
        return answer.status

    # -- pages

    def _home(self) -> tuple[str, None]:
        return "/ban/", None

    def _list(self) -> tuple[str, None]:
        return "/ban/ban-tin/", None

    def _open(self) -> tuple[str, None]:
        return f"/ban/ban-tin/{self._code(approved=True)}/", None

    def _search(self) -> tuple[str, None]:
        title = self.script.corpus.text(self.dice.randrange(10**6)).title
        words = fold(title).split()
        begin = self.dice.randrange(max(1, len(words) - 2))
        return (
            f"/ban/tim/?q={quote(' '.join(words[begin : begin + self.dice.randint(1, 4)]))}",
            None,
        )

    def _day(self) -> tuple[str, None]:
        return "/ban/lich/", None

    def _proof(self) -> tuple[str, None]:
        return f"/ban/bang-chung/{self._code(approved=True)}/", None

    def _draft(self) -> tuple[str, str]:
        text = self.script.corpus.text(self.dice.randrange(10**6))
        fields = {
            "title": text.title[:200],
            "body": text.body,
            "targets": self.officer.place,
            "priority": "normal",
            "info_class": "1",
            "valid_from": "2026-11-25T05:00",
            "valid_until": "2030-11-25T05:00",
            "voice": self.script.voice,
            "speed_percent": 100,
            "revision": 1,
        }
        return f"/ban/ban-tin/{self._code(approved=False)}/ban-nhap/", urlencode(fields)

    def _code(self, *, approved: bool) -> str:
        """Return a bulletin of this officer's place, one of its newest tenth."""
        places, count = self.script.places, self.script.size.bulletins
        mine = places.index(self.officer.place)
        newest = range(count - 1, count - max(count // 10, 100 * len(places)), -1)
        for _ in range(10_000):
            number = newest[self.dice.randrange(len(newest))]
            number -= (number - mine) % len(places)
            if (
                number >= 0
                and ((number + 1) % 100 >= 5) is approved
                and (approved or (number + 1) % 100 < 4)
            ):
                return f"{self.officer.place}-26-{number}"
        raise LookupError(self.officer.place)
