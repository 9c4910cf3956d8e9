"""Does deferred jobs: one at a time, so that broadcasting is never starved."""

from __future__ import annotations

import asyncio

from django_scopes import scopes_disabled
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import Status

from loa.project.database import holding_lock

WORKER_LOCK = 0x10AE
# A job that took so many workers with it would take the next one too.
ATTEMPTS_MAX = 5


async def take_up_left_jobs(jobs_app: App) -> int:
    """Queue again what a killed worker left half done; only for the one worker that lives."""
    left = list(await jobs_app.job_manager.list_jobs_async(status=Status.DOING.value))
    for job in left:
        if job.attempts < ATTEMPTS_MAX:
            await jobs_app.job_manager.retry_job(job)
        else:
            await jobs_app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            print(f"gave up job {job.id}, {job.task_name}, after {job.attempts} tries", flush=True)
    return len(left)


async def _work(jobs_app: App) -> None:
    async with jobs_app.open_async():
        await take_up_left_jobs(jobs_app)
        print("worker ready", flush=True)
        await jobs_app.run_worker_async(concurrency=1, delete_jobs="successful")


def main() -> None:
    connector = app.connector
    assert isinstance(connector, DjangoConnector)  # noqa: S101 - the only one Django has
    # Who holds the lock knows that no other worker lives; a second one waits its turn.
    with scopes_disabled(), holding_lock(WORKER_LOCK):
        asyncio.run(_work(app.with_connector(connector.get_worker_connector())))
