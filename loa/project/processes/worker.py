"""Does deferred jobs: one at a time, so that broadcasting is never starved."""

from __future__ import annotations

from django_scopes import scopes_disabled
from procrastinate.contrib.django import app


def main() -> None:
    print("worker ready", flush=True)
    with scopes_disabled():
        worker_app = app.with_connector(app.connector.get_worker_connector())
        with_retry = {"concurrency": 1, "delete_jobs": "successful"}
        worker_app.run_worker(**with_retry)
