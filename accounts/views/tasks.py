"""Long work: the list of one's own tasks and the fragment that pages poll."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import member_required
from accounts.http import MemberRequest
from accounts.models import BackgroundTask

SLOW_AFTER_SECONDS = 15  # ux.md H4: poll every second at first, every three after this


@require_safe
@member_required
def task_detail(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show where a task stands; the fragment of a finished one carries no trigger, so polling ends."""
    task = get_object_or_404(BackgroundTask.objects.for_workspace(request.workspace), public_id=pk)
    age = (timezone.now() - task.created_at).total_seconds()
    context = {
        "task": task,
        "delay": 1 if age < SLOW_AFTER_SECONDS else 3,
        "number": min(task.step + 1, len(task.steps)),
    }
    template = "accounts/task_detail.html#progress" if request.htmx else "accounts/task_detail.html"
    response = render(request, template, context)
    response["Cache-Control"] = "no-store"
    if request.htmx and task.status == BackgroundTask.Status.DONE and task.result_url:
        response["HX-Redirect"] = task.result_url
    return response


@require_safe
@member_required
def task_list(request: MemberRequest) -> HttpResponse:
    """Show the workspace's last fifty tasks."""
    tasks = BackgroundTask.objects.for_workspace(request.workspace).order_by("-created_at")[:50]
    return render(request, "accounts/task_list.html", {"tasks": tasks})
