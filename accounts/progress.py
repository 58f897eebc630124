"""Long work with named steps: begin it, report each step, end it. The page that polls is accounts.views.tasks."""

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from accounts.models import BackgroundTask, User, Workspace

logger = logging.getLogger(__name__)

STALLED_AFTER = timedelta(
    minutes=15
)  # beyond the workers' hard limit of ten minutes nothing is still at work


def begin(
    workspace: Workspace,
    *,
    kind: str,
    title: str,
    steps: list[str],
    user: User | None = None,
    subject: models.Model | None = None,
    enqueue: Callable[[int], Any] | None = None,
) -> BackgroundTask:
    """Create a queued task row; `enqueue(task.pk)` is called after commit, so the worker always finds the row."""
    task = BackgroundTask.objects.create(
        workspace=workspace,
        user=user,
        kind=kind,
        title=title,
        steps=steps,
        subject_id=getattr(subject, "public_id", None),
    )
    if enqueue is not None:
        transaction.on_commit(lambda: enqueue(task.pk))
    return task


def start(task: BackgroundTask) -> bool:
    """Take a queued task; False means another worker has it or it is over."""
    if task.status != BackgroundTask.Status.QUEUED:
        return False
    worker = f"{socket.gethostname()[:60]}:{os.getpid()}"
    return task.move_to(
        BackgroundTask.Status.RUNNING,
        started_at=timezone.now(),
        step=0,
        attempts=models.F("attempts") + 1,
        worker=worker,
    )


def report(task: BackgroundTask, step: int) -> None:
    """Say that step number `step` (from 0) is at work."""
    BackgroundTask.objects.filter(pk=task.pk).update(step=step, updated_at=timezone.now())
    task.step = step


def finish(task: BackgroundTask, *, result_url: str = "") -> None:
    """End a running task well."""
    task.move_to(
        BackgroundTask.Status.DONE,
        finished_at=timezone.now(),
        step=len(task.steps),
        result_url=result_url,
    )


def fail(task: BackgroundTask, sentence: str) -> None:
    """End a task with the sentence that the person will read."""
    if not task.is_over:
        task.move_to(BackgroundTask.Status.FAILED, finished_at=timezone.now(), error=sentence[:400])


@contextmanager
def working(task_id: int) -> Iterator[BackgroundTask | None]:
    """Take a queued task for the block, or give None when another worker has it.

    Whatever the block raises ends the task with a sentence for the person and is raised again for the worker's log.
    """
    task = BackgroundTask.objects.select_related("workspace").get(pk=task_id)
    if not start(task):
        yield None
        return
    try:
        yield task
    except Exception:
        logger.exception("background task failed", extra={"task": task.pk, "kind": task.kind})
        fail(
            task,
            "Something went wrong on our side, and we were told. Nothing is lost; start it again in a while.",
        )
        raise


def close_stalled(*, now: datetime) -> int:
    """End running tasks that outlived any worker's time limit; return how many."""
    stalled = BackgroundTask.objects.filter(
        status=BackgroundTask.Status.RUNNING, started_at__lt=now - STALLED_AFTER
    )
    return stalled.update(
        status=BackgroundTask.Status.FAILED,
        finished_at=now,
        error="The server stopped while this was running. Nothing is lost; start it again.",
    )
