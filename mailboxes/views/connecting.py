"""Connecting a mailbox in four steps: choose, say how, watch it being tried (views.checking), choose the daily number."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import editor_required
from accounts.http import MemberRequest, toast
from accounts.scoping import WorkspaceModel
from mailboxes import checking
from mailboxes.addresses import domain_of
from mailboxes.app_passwords import HELP, help_for
from mailboxes.capacity import RAMP
from mailboxes.choices import account_ways, service_ways
from mailboxes.connecting import PRESETS
from mailboxes.forms import SmtpForm
from mailboxes.keeping import plan_problem
from mailboxes.lending import open_loan
from mailboxes.models import ConnectionCheck, Mailbox
from mailboxes.ramp_forms import CapForm, highest_cap
from mailboxes.views.checking import begin

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


@require_safe
@editor_required
def mailbox_connect(request: MemberRequest) -> HttpResponse:
    """Step 1: one's own address, an account at Google or Microsoft, or a sending service."""
    context = {
        "email": request.user.email,
        "account_ways": account_ways(),
        "service_ways": service_ways(),
        "loan": open_loan(request.workspace),
        "full": plan_problem(request.workspace),
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
        answer = plan_problem(request.workspace, address=details.address) or begin(
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


@require_http_methods(["GET", "POST"])
@editor_required
def mailbox_caps(request: MemberRequest, pk: UUID) -> HttpResponse:
    """How many mails a day at most, within the plan: step 4 with `?new`, and for good the place where it is changed."""
    rows = Mailbox.objects.for_workspace(request.workspace).select_related("workspace")
    mailbox = get_object_or_404(rows, public_id=pk)
    highest = highest_cap(request.workspace)
    is_new = "new" in request.GET
    form = CapForm(
        request.POST or None,
        highest=highest,
        initial={"daily_cap": min(mailbox.daily_cap, highest)},
    )
    if request.method == "POST" and form.is_valid():
        Mailbox.objects.filter(pk=mailbox.pk).update(daily_cap=form.cleaned_data["daily_cap"])
        mailbox.daily_cap = form.cleaned_data["daily_cap"]
        toast(
            request,
            f"{mailbox} is ready and starts with a few mails a day"
            if is_new
            else f"{mailbox} sends at most {mailbox.daily_cap} mails a day once it is warmed up",
        )
        return redirect("mailboxes:mailbox-detail", mailbox.public_id)
    context = {
        "form": form,
        "mailbox": mailbox,
        "is_new": is_new,
        "ramp": _ramp(),
        "step": 4,
    }
    return render(
        request, "mailboxes/mailbox_caps.html", context, status=422 if form.errors else 200
    )


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


def _ramp() -> list[dict[str, int]]:
    """Return the stages of the ramp: its first and last day, and the mails of each of them."""
    starts = [1, *(last + 1 for last, _ in RAMP)]
    return [
        {"first": first, "last": last, "mails": mails}
        for first, (last, mails) in zip(starts, RAMP, strict=False)
    ]
