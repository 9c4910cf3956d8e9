"""Work of the night. A job is a thin shell around one action."""

from __future__ import annotations

import contextlib

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from loa.flow.evaluation.evidence import ledger_witnesses
from loa.registry.ledger.actions import read_whole_ledger


# 02:40 in the city, when nothing sounds.
@app.periodic(cron="40 19 * * *")
@app.task(name="evaluation.read_ledger", queueing_lock="read_ledger")
def read_ledger_at_night(timestamp: int = 0) -> None:
    """Read the whole ledger again, so that a page needs to read only what came since."""
    del timestamp
    read_whole_ledger(ledger_witnesses())


def ask_for_whole_reading() -> None:
    """Have the ledger read soon; asking again while it waits changes nothing."""
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        read_ledger_at_night.defer()
