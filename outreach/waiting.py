"""What waits for a person, why now, and the one thing to do about each: the queue of the first page.

Nothing here is counted for its own sake: a row appears because a person can end its waiting.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.urls import reverse

from accounts.models import Workspace
from jobs.applications import CLOSED
from jobs.models import Application
from outreach.interviews import upcoming
from outreach.models import Package, Reply
from outreach.queues import Group, Queue, Waiting
from outreach.standing import Standing
from outreach.troubles import HEAVY, troubles_of

# A group shows this many and says how many more there are: a queue one can finish.
ROWS_A_GROUP = 8
INTERVIEWS_WITHIN = timedelta(hours=72)


def queue_of(workspace: Workspace, standing: Standing, *, now: datetime) -> Queue:
    """Return what waits in a workspace; `standing` saves the queries for kinds of which there are none."""
    return Queue(
        [
            group
            for group in (
                _approve(workspace),
                _answer(workspace),
                _group("fix", "Fix", troubles_of(workspace, standing, now=now)),
                _prepare(workspace, now=now),
            )
            if group.total
        ]
    )


def _group(name: str, title: str, rows: list[Waiting]) -> Group:
    return Group(name=name, title=title, rows=rows[:ROWS_A_GROUP], total=len(rows))


def _group_of(
    name: str, title: str, found: Any, describe: Callable[[Any], Waiting], more_url: str = ""
) -> Group:
    """Load only what is shown; count only when there is more."""
    rows = list(found[: ROWS_A_GROUP + 1])
    total = len(rows) if len(rows) <= ROWS_A_GROUP else found.count()
    shown = [describe(row) for row in rows[:ROWS_A_GROUP]]
    return Group(name=name, title=title, rows=shown, total=total, more_url=more_url)


def _approve(workspace: Workspace) -> Group:
    packages = (
        Package.objects.for_workspace(workspace)
        .filter(status=Package.Status.READY)
        .select_related("application__job")
        .defer(*(f"application__job__{name}" for name in HEAVY))
        .annotate(
            people=Count("enrollments", distinct=True),
            mails=Count("enrollments__mails", distinct=True),
        )
        .order_by("pk")
    )
    url = reverse("outreach:package-list")
    return _group_of("approve", "Approve", packages, _package, url)


def _package(package: Any) -> Waiting:
    job = package.application.job
    open_checks = [check for check in package.checks if check.get("state") == "block"]
    if open_checks:
        why = f"{_count(len(open_checks), 'check')} open: {open_checks[0].get('sentence', '')}"
    else:
        # A mail takes some 20 seconds to read; resume and letter a minute.
        minutes = 1 + math.ceil(package.mails / 3)
        why = (
            f"{_count(package.mails, 'mail')} to {_count(package.people, 'person', 'people')}, "
            f"nothing leaves before you say so. About {minutes} minutes."
        )
    return Waiting(
        key=f"package {package.pk} {len(open_checks)}",
        title=job.title,
        place=job.company_name,
        why=why,
        url=reverse("outreach:package-detail", args=[package.public_id]),
        action="Look and mend" if open_checks else "Review",
        icon="package-check",
        is_primary=not open_checks,
    )


def open_replies(workspace: Workspace) -> Any:
    """Return the human answers that nobody has dealt with, newest first."""
    return (
        Reply.objects.for_workspace(workspace)
        .filter(is_human=True, handled_at=None, undone_at=None)
        .select_related("inbound", "enrollment__contact", "enrollment__application__job")
        .defer("inbound__raw", "inbound__text")
        .defer(*(f"enrollment__application__job__{name}" for name in HEAVY))
        .order_by("-created_at", "-pk")
    )


def _answer(workspace: Workspace) -> Group:
    return _group_of("reply", "Reply", open_replies(workspace), _reply)


def _reply(reply: Reply) -> Waiting:
    job = reply.enrollment.application.job
    return Waiting(
        key=f"reply {reply.pk} {reply.corrected_kind}",
        title=str(reply.enrollment.contact),
        place=f"{job.title}, {job.company_name}",
        why=reply.inbound.visible_text,
        at=reply.inbound.received_at,
        url=reverse("outreach:reply-detail", args=[reply.public_id]),
        action="Open",
        is_primary=True,
        reply=reply,
    )


def _prepare(workspace: Workspace, *, now: datetime) -> Group:
    applications = (
        Application.objects.for_workspace(workspace)
        .exclude(interviews=[])
        .exclude(status__in=CLOSED)
        .select_related("job")
        .defer(*(f"job__{name}" for name in HEAVY))
    )
    rows = [
        Waiting(
            key=f"interview {interview.id} {interview.at.isoformat()}",
            title=f"{interview.stage or 'Interview'} with {interview.interviewer or application.job.company_name}",
            place=f"{application.job.title}, {application.job.company_name}",
            why="",
            at=interview.at,
            url=reverse("outreach:application-detail", args=[application.public_id]),
            action="Prepare",
            icon="calendar-clock",
        )
        for application, interview in upcoming(applications, now=now, within=INTERVIEWS_WITHIN)
    ]
    return _group("prepare", "Prepare", rows)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
