"""The do-not-contact list: looking, adding, importing, and removing one's own entries with a reason."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from mailboxes.addresses import AddressError
from mailboxes.models import Suppression
from mailboxes.suppression import ReleaseRefusedError, release
from outreach import contact_files, do_not_contact
from outreach.paging import page_of
from outreach.suppression_forms import ReleaseForm, SuppressionFileForm, SuppressionForm

ENTRIES_A_PAGE = 50
SHOWN_PROBLEMS = 50


def _page(request: MemberRequest, form: SuppressionForm | None = None) -> HttpResponse:
    text = request.GET.get("q", "").replace("\x00", "").strip()[:254]
    problem = ""
    try:
        rows = do_not_contact.entries(request.workspace, now=timezone.now(), text=text)
    except AddressError as error:
        rows, problem = Suppression.objects.none(), str(error)
    found = page_of(
        rows,
        by="created_at",
        size=ENTRIES_A_PAGE,
        cursor=request.GET.get("after", ""),
        newest_first=True,
    )
    context: dict[str, Any] = {
        "entries": [(row, do_not_contact.why_not_removable(row)) for row in found.rows],
        "found": found,
        "text": text,
        "encoded_text": quote(text),
        "problem": problem,
        "form": form or SuppressionForm(),
    }
    status = 422 if form is not None and form.errors else 200
    is_more = request.htmx and "after" in request.GET
    template = "outreach/suppression_list.html" + ("#more" if is_more else "")
    return render(request, template, context, status=status)


@require_safe
@member_required
def suppression_list(request: MemberRequest) -> HttpResponse:
    """Show whom the workspace does not write to, the newest first; the search takes a whole address or a domain."""
    return _page(request)


@require_POST
@editor_required
def suppression_add(request: MemberRequest) -> HttpResponse:
    """Add one entry; waiting mail is cancelled at once and counted."""
    form = SuppressionForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    target = form.cleaned_data["target"]
    closed = do_not_contact.close(
        request.workspace,
        target,
        source=form.cleaned_data["note"] or f"added by {request.user}",
        now=timezone.now(),
    )
    name = target.email or f"everybody at {target.domain}"
    text = f"Nobody here writes to {name} any more. {_cancelled(closed.mails)}"
    toast(
        request,
        f"{name} was on the list already. {_cancelled(closed.mails)}" if closed.known else text,
    )
    return redirect("outreach:suppression-list")


def _cancelled(mails: int) -> str:
    if not mails:
        return "No mail was waiting."
    return f"{mails} waiting mail{'s' if mails != 1 else ''} cancelled."


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def suppression_import(request: MemberRequest) -> HttpResponse:
    """Add the usable rows of a CSV file and say which rows cannot be used and why."""
    form = SuppressionFileForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            lines = _lines(form)
        except contact_files.FileUnreadableError as error:
            form.add_error("file", str(error))
        else:
            usable = [(line.target, line.note) for line in lines if line.target is not None]
            refused = [line for line in lines if line.problem]
            context["closed"] = closed = do_not_contact.close_all(
                request.workspace,
                usable,
                source=f"imported by {request.user}",
                now=timezone.now(),
            )
            context |= {
                "cancelled": _cancelled(closed.mails),
                "refused": refused[:SHOWN_PROBLEMS],
                "refused_count": len(refused),
            }
    status = 422 if form.errors else 200
    return render(request, "outreach/suppression_import.html", context, status=status)


def _lines(form: SuppressionFileForm) -> list[do_not_contact.Line]:
    file = contact_files.read_file(form.cleaned_data["file"].read())
    if len(file.lines) > do_not_contact.MOST_ROWS:
        raise contact_files.FileUnreadableError(
            f"This file has {len(file.lines):,} rows, the limit is {do_not_contact.MOST_ROWS:,}. Split it."
        )
    return do_not_contact.judge_lines(file)


def _find(request: MemberRequest, pk: UUID, **more: Any) -> Suppression:
    rows = Suppression.objects.for_workspace(request.workspace)
    row: Suppression = get_object_or_404(rows, public_id=pk, **more)
    return row


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def suppression_remove(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Ask first, with the reason; what the entry had cancelled stays cancelled."""
    row = _find(request, pk, released_at=None)
    form = ReleaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            release(row, actor=request.user, reason=form.cleaned_data["reason"], now=timezone.now())
        except ReleaseRefusedError as error:
            toast(request, str(error))
        else:
            undo = reverse("outreach:suppression-undo", args=[row.public_id])
            toast(request, f"{_shown(row)} may be written to again", undo_url=undo)
        return redirect("outreach:suppression-list")
    context = {
        "row": row,
        "shown": _shown(row),
        "form": form,
        "refusal": do_not_contact.why_not_removable(row),
    }
    status = 422 if form.errors else 200
    return render(request, "outreach/suppression_remove.html", context, status=status)


def _shown(row: Suppression) -> str:
    return row.domain or row.address or "This address"


@require_POST
@editor_required
def suppression_undo(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Put a removed entry back, unless another one like it stands there by now."""
    row = _find(request, pk)
    if do_not_contact.put_back(row, actor=request.user, now=timezone.now()):
        toast(request, f"{_shown(row)} is on the list again")
    return redirect("outreach:suppression-list")
