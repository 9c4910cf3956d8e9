"""Bringing the database to the present shape: every process asks at its start, one does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import psycopg
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

MIGRATION_LOCK = 0x10AD


def is_migrated() -> bool:
    """Say whether every migration this program knows has been applied."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def bring_up_to_date() -> bool:
    """Apply what is missing; returns whether anything was. Others wait for the first who comes."""
    if is_migrated():
        return False
    with _alone():
        if is_migrated():
            return False
        call_command("migrate", interactive=False, verbosity=0, stdout=StringIO())
        call_command("createcachetable", verbosity=0, stdout=StringIO())
    return True


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def own_connection() -> psycopg.Connection[tuple[object, ...]]:
    """Return a connection beside Django's, for what must outlive its requests."""
    django_only = {"cursor_factory", "context", "prepare_threshold"}
    parameters = connection.get_connection_params()
    plain = {name: value for name, value in parameters.items() if name not in django_only}
    return psycopg.connect(**plain, autocommit=True)


@contextmanager
def holding_lock(number: int) -> Iterator[None]:
    """Hold a lock of the database while the block runs; it ends with this process, however killed."""
    with own_connection() as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [number])
        yield
