"""What a worker finds that was left half done by one that was killed."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from loa.flow.newsroom.queueing import defer_sound
from loa.flow.newsroom.sounding import Part, Plan
from loa.project.processes.worker import ATTEMPTS_MAX, take_up_left_jobs

pytestmark = pytest.mark.django_db


def leave_job(*, attempts: int) -> int:
    """Queue a sound and make it look as if a worker had died over it so many times."""
    defer_sound(Plan((Part(text="a", voice="v"),), "a", "v", 100))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s RETURNING id", [attempts]
        )
        return cursor.fetchone()[0]


@pytest.mark.parametrize(("attempts", "status"), [(0, "todo"), (ATTEMPTS_MAX, "failed")])
def test_job_of_a_dead_worker_is_queued_again_until_it_was_too_often(attempts, status) -> None:
    number = leave_job(attempts=attempts)
    assert async_to_sync(take_up_left_jobs)(app) == 1
    assert ProcrastinateJob.objects.get(pk=number).status == status
    assert async_to_sync(take_up_left_jobs)(app) == 0
