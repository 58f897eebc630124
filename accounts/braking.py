"""Stopping all mail of a workspace, and letting it go again."""

from datetime import datetime

from accounts.models import Workspace


def pause_sending(workspace: Workspace, *, reason: str, now: datetime) -> bool:
    """Stop every mail of the workspace from being claimed; what is scheduled waits. False when it was paused already."""
    paused = Workspace.objects.filter(pk=workspace.pk, sending_paused_at=None).update(
        sending_paused_at=now, sending_paused_reason=reason[:300]
    )
    workspace.refresh_from_db()
    return bool(paused)


def resume_sending(workspace: Workspace) -> bool:
    """Let mail go again; False when it was not paused."""
    resumed = Workspace.objects.filter(pk=workspace.pk, sending_paused_at__isnull=False).update(
        sending_paused_at=None, sending_paused_reason=""
    )
    workspace.refresh_from_db()
    return bool(resumed)
