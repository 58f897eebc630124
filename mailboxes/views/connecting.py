"""Connecting a mailbox in four steps: choose, say how, watch it being tried, choose the daily number."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import progress
from accounts.decorators import editor_required
from accounts.http import MemberRequest, toast
from accounts.models import BackgroundTask
from accounts.scoping import WorkspaceModel
from mailboxes import checking, tasks
from mailboxes.addresses import domain_of
from mailboxes.app_passwords import HELP, help_for
from mailboxes.capacity import RAMP
from mailboxes.check_rows import TITLES
from mailboxes.checking import NothingToCheckError, TooManyChecksError
from mailboxes.choices import account_ways, service_ways
from mailboxes.connecting import PRESETS, ConnectionRefusedBySenseError
from mailboxes.forms import SmtpForm
from mailboxes.lending import open_loan
from mailboxes.models import ConnectionCheck, Mailbox
from mailboxes.ramp_forms import CapForm, highest_cap

KIND = "mailbox_check"
# What a person typed and may want to change; never a password.
SHOWN = tuple(name for name in (*SmtpForm.SENDING, *SmtpForm.READING) if "password" not in name)
# Where a kept mailbox has the same; what is empty there stays empty.
COLUMNS = {
    "address": "address",
    "display_name": "display_name",
    "username": "smtp_username",
    "host": "smtp_host",
    "port": "smtp_port",
    "security": "smtp_security",
    **{name: name for name in SHOWN if name.startswith("imap_")},
}
SLOW_AFTER_SECONDS = 15  # ux.md H4


@require_safe
@editor_required
def mailbox_connect(request: MemberRequest) -> HttpResponse:
    """Step 1: one's own address, an account at Google or Microsoft, or a sending service."""
    context = {
        "email": request.user.email,
        "account_ways": account_ways(),
        "service_ways": service_ways(),
        "loan": open_loan(request.workspace),
        "step": 1,
    }
    return render(request, "mailboxes/mailbox_connect.html", context)


@require_http_methods(["GET", "POST"])
@editor_required
def connect_smtp(request: MemberRequest) -> HttpResponse:
    """Step 2: server and password; a good form leads to the live test, and nothing is kept before that."""
    form = SmtpForm(request.POST or None, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        details = form.details()
        answer = _begin(
            request,
            lambda: checking.open_check(request.workspace, now=timezone.now(), details=details),
        )
        if isinstance(answer, HttpResponse):
            return answer
        form.add_error(None, answer)
    domain = domain_of(form["address"].value() or "")
    context = {
        "form": form,
        "is_known": domain in PRESETS,
        "password_help": help_for(domain),
        "all_help": HELP,
        "account_ways": account_ways(),
        "step": 2,
    }
    return render(
        request, "mailboxes/connect_smtp.html", context, status=422 if form.errors else 200
    )


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
    answer = _begin(request, lambda: checking.reopen_check(check, now=timezone.now()))
    if isinstance(answer, HttpResponse):
        return answer
    toast(request, answer)
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
    return redirect("mailboxes:mailbox-caps", mailbox.public_id)


@require_POST
@editor_required
def mailbox_test(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Test a kept mailbox again, row by row."""
    mailbox = get_object_or_404(
        Mailbox.objects.for_workspace(request.workspace),
        public_id=pk,
        provider__in=(Mailbox.Provider.SMTP, *Mailbox.OAUTH_PROVIDERS),
        disconnected_at=None,
    )
    answer = _begin(
        request, lambda: checking.open_check(request.workspace, now=timezone.now(), mailbox=mailbox)
    )
    if isinstance(answer, HttpResponse):
        return answer
    toast(request, answer)
    return redirect("mailboxes:mailbox-detail", mailbox.public_id)


@require_http_methods(["GET", "POST"])
@editor_required
def mailbox_caps(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Step 4: how many mails a day at most, within the plan, and how a new mailbox gets there."""
    rows = Mailbox.objects.for_workspace(request.workspace).select_related("workspace")
    mailbox = get_object_or_404(rows, public_id=pk)
    highest = highest_cap(request.workspace)
    form = CapForm(
        request.POST or None,
        highest=highest,
        initial={"daily_cap": min(mailbox.daily_cap, highest)},
    )
    if request.method == "POST" and form.is_valid():
        Mailbox.objects.filter(pk=mailbox.pk).update(daily_cap=form.cleaned_data["daily_cap"])
        toast(request, f"{mailbox} is ready and starts with a few mails a day")
        return redirect("mailboxes:mailbox-detail", mailbox.public_id)
    context = {"form": form, "mailbox": mailbox, "highest": highest, "ramp": _ramp(), "step": 4}
    return render(
        request, "mailboxes/mailbox_caps.html", context, status=422 if form.errors else 200
    )


def _find(request: MemberRequest, pk: UUID) -> ConnectionCheck:
    rows = ConnectionCheck.objects.for_workspace(request.workspace).select_related("mailbox")
    check: ConnectionCheck = get_object_or_404(rows, public_id=pk)
    return check


def _begin(request: MemberRequest, make: Callable[[], ConnectionCheck]) -> HttpResponse | str:
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


def _initial(request: MemberRequest) -> dict[str, Any]:
    """Return what the form shows at first: what was typed before, else the person's own address and name."""
    known = {
        "address": request.GET.get("address") or request.user.email,
        "display_name": request.workspace.sender_name,
        "send_only": False,
    }
    if check := _named(request, "check", ConnectionCheck):
        return known | {name: check.details[name] for name in SHOWN if name in check.details}
    if mailbox := _named(request, "mailbox", Mailbox):
        return known | {name: getattr(mailbox, column) for name, column in COLUMNS.items()}
    return known


def _named(request: MemberRequest, parameter: str, model: type[WorkspaceModel]) -> Any:
    """Return the workspace's row that the address names by its public id, or None."""
    try:
        number = UUID(request.GET.get(parameter, ""))
    except ValueError:
        return None
    return model.objects.for_workspace(request.workspace).filter(public_id=number).first()


def _told(check: ConnectionCheck) -> dict[str, Any]:
    task = BackgroundTask.objects.filter(subject_id=check.public_id).order_by("-pk").first()
    is_running = check.verdict == ConnectionCheck.Verdict.RUNNING
    age = (timezone.now() - check.created_at).total_seconds()
    return {
        "check": check,
        "mailbox": check.mailbox,
        "is_running": is_running and (task is None or not task.is_over),
        "broke": task.error if is_running and task is not None and task.is_over else "",
        "delay": 1 if age < SLOW_AFTER_SECONDS else 3,
        "failed": sum(row["status"] == "failed" for row in check.rows),
        "step": 3,
    }


def _ramp() -> list[dict[str, int]]:
    """Return the stages of the ramp: its first and last day, and the mails of each of them."""
    starts = [1, *(last + 1 for last, _ in RAMP)]
    return [
        {"first": first, "last": last, "mails": mails}
        for first, (last, mails) in zip(starts, RAMP, strict=False)
    ]
