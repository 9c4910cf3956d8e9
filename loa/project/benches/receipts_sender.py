"""The devices of `bench receipts`: each hands in its oldest batch and goes on once it is signed for.

Run as a process. A batch that stays without an answer is sent again, as a device does.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from loa.lib import clock
from loa.project.benches.receipts_rows import Log, read_logs
from loa.wire import subjects

ANSWER_SECONDS_MAX = 5.0
LOOK_SECONDS = 0.25
SAY_EVERY = 0.1  # of all batches


class Sender:
    """All devices over one connection, each with one batch under way."""

    def __init__(self, client: Client, logs: list[Log]) -> None:
        self._client = client
        self._logs = logs
        self._next = [0] * len(logs)
        self._sent_at = [0.0] * len(logs)
        self._inbox = client.new_inbox()
        self.resent = self.answered = 0
        self.total = sum(len(log.batches) for log in logs)
        self._done = asyncio.Event()

    async def run(self) -> float:
        """Return how long it took until the last batch was signed for."""
        await self._client.subscribe(f"{self._inbox}.*", cb=self._hear)
        await self._client.flush()
        began = clock.monotonic()
        for number in range(len(self._logs)):
            await self._send(number)
        repeating = asyncio.create_task(self._repeat())
        await self._done.wait()
        seconds = clock.monotonic() - began
        repeating.cancel()
        return seconds

    async def _send(self, number: int) -> None:
        log = self._logs[number]
        self._sent_at[number] = clock.monotonic()
        await self._client.publish(
            subjects.log_of(log.device),
            log.batches[self._next[number]],
            reply=f"{self._inbox}.{number}",
        )

    async def _hear(self, answer: Msg) -> None:
        if not answer.data:
            return  # the bus says that nobody listens just now
        number = int(answer.subject.rpartition(".")[2])
        log, upto = self._logs[number], _upto(answer.data)
        before = self._next[number]
        while self._next[number] < len(log.lasts) and log.lasts[self._next[number]] <= upto:
            self._next[number] += 1
            self._note_answered()
        if before != self._next[number] < len(log.batches):
            await self._send(number)

    def _note_answered(self) -> None:
        self.answered += 1
        if self.answered % max(1, int(self.total * SAY_EVERY)) == 0:
            print(f"answered {self.answered}", flush=True)
        if self.answered == self.total:
            self._done.set()

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for number in list(self._unanswered()):
                self.resent += 1
                await self._send(number)

    def _unanswered(self) -> Iterator[int]:
        for number, log in enumerate(self._logs):
            waited = clock.monotonic() - self._sent_at[number]
            if self._next[number] < len(log.batches) and waited > ANSWER_SECONDS_MAX:
                yield number


def _upto(receipt: bytes) -> int:
    # The city's signature is checked by devices; here it would only cost the measurement.
    return int(json.loads(base64.b64decode(json.loads(receipt)["payload"]))["upto"])


async def send(url: str, logs: list[Log]) -> None:
    client = await nats.connect(url, name="bench-sender", pending_size=64 * 1024 * 1024)
    sender = Sender(client, logs)
    print("sender ready", flush=True)
    seconds = await sender.run()
    said = {"seconds": seconds, "resent": sender.resent, "cpu_seconds": time.process_time()}
    print(json.dumps(said), flush=True)
    await client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--logs", type=Path, required=True)
    wanted = parser.parse_args()
    asyncio.run(send(wanted.url, read_logs(wanted.logs)))


if __name__ == "__main__":
    main()
