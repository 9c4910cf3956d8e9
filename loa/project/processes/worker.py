"""Does deferred jobs: one at a time, so that broadcasting is never starved."""

from __future__ import annotations

from django_scopes import scopes_disabled
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector


def main() -> None:
    print("worker ready", flush=True)
    with scopes_disabled():
        connector = app.connector
        assert isinstance(connector, DjangoConnector)  # noqa: S101 - the only one Django has
        worker_app = app.with_connector(connector.get_worker_connector())
        worker_app.run_worker(concurrency=1, delete_jobs="successful")
