"""Listening to stations takes seconds: a job is a thin shell around one action."""

from __future__ import annotations

from procrastinate.contrib.django import app

from loa.flow.sources.hearing import note_health, relay_sources_in_use


def defer_listening(relay_pk: int) -> None:
    """Queue a hearing of one station in the caller's transaction; one at a time is enough."""
    listen_to_relay.configure(lock=f"relay-{relay_pk}").defer(relay_pk=relay_pk)


@app.task(name="sources.listen_to_relay", queue="streams")
def listen_to_relay(relay_pk: int) -> None:
    """Hear a station for some seconds and note how it sounds."""
    note_health(relay_pk)


@app.periodic(cron="*/30 * * * *")
@app.task(name="sources.listen_to_all", queue="streams", pass_context=False)
def listen_to_all(timestamp: int) -> None:  # noqa: ARG001 - the clock of the queue passes it
    """Queue a hearing of every station in use, twice an hour."""
    for relay_pk in relay_sources_in_use():
        defer_listening(relay_pk)
