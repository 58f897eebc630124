"""The live check of a mailbox: its rows as they turn, and what can be done about it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import progress
from accounts.decorators import editor_required
from accounts.http import MemberRequest, toast
from accounts.models import BackgroundTask
from mailboxes import checking, tasks
from mailboxes.check_rows import TITLES
from mailboxes.checking import NothingToCheckError, TooManyChecksError
from mailboxes.choices import renewal
from mailboxes.connecting import ConnectionRefusedBySenseError
from mailboxes.models import ConnectionCheck, Mailbox

KIND = "mailbox_check"
SLOW_AFTER_SECONDS = 15  # ux.md H4


@require_safe
@editor_required
def check_detail(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Step 3: the rows of the live test as they turn; the fragment of a finished one carries no trigger."""
    check = _find(request, pk)
    template = "mailboxes/check_detail.html" + ("#rows" if request.htmx else "")
    response = render(request, template, _told(check))
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@editor_required
def check_repeat(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Test the same settings again."""
    check = _find(request, pk)
    answer = begin(request, lambda: checking.reopen_check(check, now=timezone.now()))
    if isinstance(answer, HttpResponse):
        return answer
    toast(request, answer)
    if check.mailbox is not None:
        return redirect("mailboxes:check-detail", check.public_id)
    return redirect(f"{reverse('mailboxes:connect-smtp')}?check={check.public_id}")


@require_POST
@editor_required
def check_accept(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Keep a mailbox that can send though it cannot be read."""
    check = _find(request, pk)
    try:
        mailbox = checking.go_on_without_reading(check, now=timezone.now())
    except (NothingToCheckError, ConnectionRefusedBySenseError) as error:
        toast(request, str(error))
        return redirect(f"{reverse('mailboxes:connect-smtp')}?check={check.public_id}")
    return redirect(f"{reverse('mailboxes:mailbox-caps', args=[mailbox.public_id])}?new")


@require_POST
@editor_required
def mailbox_test(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Test a kept mailbox again, row by row."""
    mailbox = get_object_or_404(
        Mailbox.objects.for_workspace(request.workspace),
        public_id=pk,
        is_sandbox=False,
        disconnected_at=None,
    )
    answer = begin(
        request, lambda: checking.open_check(request.workspace, now=timezone.now(), mailbox=mailbox)
    )
    if isinstance(answer, HttpResponse):
        return answer
    toast(request, answer)
    return redirect("mailboxes:mailbox-detail", mailbox.public_id)


def _find(request: MemberRequest, pk: UUID) -> ConnectionCheck:
    rows = ConnectionCheck.objects.for_workspace(request.workspace).select_related("mailbox")
    check: ConnectionCheck = get_object_or_404(rows, public_id=pk)
    return check


def try_new(request: MemberRequest, mailbox: Mailbox) -> HttpResponse:
    """Try a mailbox that was kept a moment ago on its provider's word, before the person's eyes."""
    answer = begin(
        request,
        lambda: checking.open_check(
            request.workspace, now=timezone.now(), mailbox=mailbox, is_new=True
        ),
    )
    if isinstance(answer, HttpResponse):
        return answer
    toast(request, f"{mailbox} is connected but not tested yet. {answer}")
    return redirect("mailboxes:mailbox-detail", mailbox.public_id)


def begin(request: MemberRequest, make: Callable[[], ConnectionCheck]) -> HttpResponse | str:
    """Start a check in the background and go to its page, or return the sentence why not."""
    try:
        check = make()
    except (TooManyChecksError, NothingToCheckError) as error:
        return str(error)
    progress.begin(
        request.workspace,
        kind=KIND,
        title=f"Test {check}",
        steps=list(TITLES.values()),
        user=request.user,
        subject=check,
        enqueue=lambda task_id: tasks.check_mailbox.delay(task_id, check.pk),
    )
    return redirect("mailboxes:check-detail", check.public_id)


def _told(check: ConnectionCheck) -> dict[str, Any]:
    task = BackgroundTask.objects.filter(subject_id=check.public_id).order_by("-pk").first()
    is_running = check.verdict == ConnectionCheck.Verdict.RUNNING
    age = (timezone.now() - check.created_at).total_seconds()
    kept = check.mailbox if "host" not in check.details else None
    return {
        "check": check,
        "renewal": renewal(check.mailbox) if check.mailbox else None,
        "is_first": kept is None or check.details.get("is_new"),
        "is_api": kept is not None and kept.provider in Mailbox.API_PROVIDERS,
        "mailbox": check.mailbox,
        "is_running": is_running and (task is None or not task.is_over),
        "broke": task.error if is_running and task is not None and task.is_over else "",
        "delay": 1 if age < SLOW_AFTER_SECONDS else 3,
        "failed": sum(row["status"] == "failed" for row in check.rows),
        "step": 3,
    }
