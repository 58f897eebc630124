"""Stopping all mail of a workspace, and letting it go again."""

from datetime import datetime

from django.db.models import Case, F, When

from accounts.models import Workspace


def pause_sending(
    workspace: Workspace,
    *,
    reason: str,
    now: datetime,
    by_staff: bool = False,
    by_brake: bool = False,
) -> bool:
    """Stop every mail of the workspace from being claimed; what is scheduled waits. False when it was paused already.

    Operations may take over a pause that the person or a brake set; the other way round is not possible.
    """
    free = Workspace.objects.filter(pk=workspace.pk)
    free = (
        free.exclude(sending_paused_by_staff=True)
        if by_staff
        else free.filter(sending_paused_at=None)
    )
    fields = {} if by_staff else {"sending_paused_by_brake": by_brake}
    paused = free.update(
        sending_paused_at=now,
        sending_paused_reason=reason[:300],
        sending_paused_by_staff=by_staff,
        **fields,
    )
    workspace.refresh_from_db()
    return bool(paused)


def resume_sending(workspace: Workspace, *, now: datetime, by_staff: bool = False) -> bool:
    """Let mail go again; False when it was not paused, or when operations paused it and a person asks.

    After a brake the figures begin anew at `now`: whoever lets mail go on has seen those from before.
    """
    paused = Workspace.objects.filter(pk=workspace.pk, sending_paused_at__isnull=False)
    if not by_staff:
        paused = paused.filter(sending_paused_by_staff=False)
    resumed = paused.update(
        sending_resumed_at=Case(
            When(sending_paused_by_brake=True, then=now), default=F("sending_resumed_at")
        ),
        sending_paused_at=None,
        sending_paused_reason="",
        sending_paused_by_staff=False,
        sending_paused_by_brake=False,
    )
    workspace.refresh_from_db()
    return bool(resumed)
