"""The board of applications, the same as a list, and moving a card."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from jobs.applications import CLOSED, ReasonNeededError
from jobs.models import Application
from outreach import board
from outreach.application_forms import ALL_STAGES, CLOSED_CHOICES, STAGES, MoveForm
from outreach.moving import MovedMeanwhileError, move, undo_move

BOARD = "board"


@require_safe
@member_required
def pipeline(request: MemberRequest) -> HttpResponse:
    """Show every application in the column of its stage, or as a list with `?view=table`."""
    if request.GET.get("view") == "table":
        return _table(request)
    template = "outreach/pipeline.html"
    if request.htmx and not request.htmx.boosted:
        template += "#board"
    return render(request, template, _board(request))


def _board(request: MemberRequest) -> dict[str, Any]:
    columns = board.columns_of(request.workspace)
    return {
        "columns": columns,
        "stages": STAGES,
        "closed_tones": board.CLOSED_TONES,
        "total": sum(column.total for column in columns),
        "now": timezone.now(),
    }


def _table(request: MemberRequest) -> HttpResponse:
    stage, text = _filters(request)
    rows = board.rows_of(
        request.workspace, stage=stage, text=text, cursor=request.GET.get("after", "")
    )
    query = {"view": "table", "stage": stage, "q": text}
    kept = {name: value for name, value in query.items() if value}
    context = {
        "page": rows,
        "stage": stage,
        "text": text,
        "columns": board.empty_columns(),
        "query": urlencode({name: value for name, value in kept.items() if name != "view"}),
        "next_url": f"?{urlencode({**kept, 'after': rows.next_cursor})}"
        if rows.next_cursor
        else "",
        "now": timezone.now(),
    }
    template = "outreach/pipeline_table.html"
    if request.htmx and not request.htmx.boosted:
        template += "#more" if request.GET.get("after") else "#rows"
    return render(request, template, context)


def _filters(request: MemberRequest) -> tuple[str, str]:
    stage = request.GET.get("stage", "")
    known = {column.value for column in board.empty_columns()}
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    return stage if stage in known else "", text


@require_safe
@member_required
def pipeline_export(request: MemberRequest) -> HttpResponse:
    """Return the list with its filters as a CSV file."""
    stage, text = _filters(request)
    rows = board.applications_of(request.workspace, stage=stage, text=text)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="applications.csv"'
    board.write_csv(rows.order_by("-last_action_at", "-pk")[: board.MOST_CSV_ROWS], response)
    return response


@require_POST
@editor_required
def application_move(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Move an application; ask for what is missing (422) or show what came between (409)."""
    application = _find(request, pk)
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _ask(request, application, form, ask="stage", status=422)
    wanted, seen = form.cleaned_data["status"], form.cleaned_data["seen"]
    if wanted == board.CLOSED_COLUMN:
        if application.status in CLOSED:
            return _landed(request, application, form)
        return _ask(request, application, form, ask="outcome", status=422)
    try:
        moved = move(
            application,
            wanted,
            seen=seen,
            actor=request.user,
            now=timezone.now(),
            reason=form.cleaned_data["reason"],
        )
    except ReasonNeededError as error:
        if "reason" in request.POST:
            form.add_error("reason", str(error))
        return _ask(request, application, form, ask="reason", status=422)
    except MovedMeanwhileError:
        return _ask(request, application, form, ask="conflict", status=409)
    if moved:
        _tell(request, application, seen=seen, origin=form.cleaned_data["origin"])
    return _landed(request, application, form)


def _tell(request: MemberRequest, application: Application, *, seen: str, origin: str) -> None:
    query = urlencode({"to": seen, "at": application.status, "origin": origin})
    undo = reverse("outreach:application-move-undo", args=[application.public_id])
    text = f"{application.job.title} moved to {application.get_status_display()}"
    toast(request, text, undo_url=f"{undo}?{query}")


def _landed(request: MemberRequest, application: Application, form: MoveForm) -> HttpResponse:
    if form.cleaned_data["origin"] != BOARD:
        return redirect("outreach:application-detail", application.public_id)
    if not request.htmx or request.htmx.boosted:
        return redirect("outreach:pipeline")
    response = render(
        request, "outreach/pipeline.html#moved", {**_board(request), "moved": application}
    )
    # The question may have been asked in a dialog; the answer belongs to the board.
    response["HX-Retarget"], response["HX-Reswap"] = "#pipeline-board", "outerHTML"
    return response


def _ask(
    request: MemberRequest, application: Application, form: MoveForm, *, ask: str, status: int
) -> HttpResponse:
    context = {
        "application": application,
        "form": form,
        "ask": ask,
        "stages": STAGES,
        "outcomes": CLOSED_CHOICES,
        "wanted": ALL_STAGES.get(form.data.get("status", ""), ""),
        "origin": form.data.get("origin", ""),
    }
    if request.htmx and not request.htmx.boosted:
        response = render(request, "outreach/application_move.html#dialog", context, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
        return response
    return render(request, "outreach/application_move.html", context, status=status)


@require_POST
@editor_required
def application_move_undo(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Put an application back where it stood before the move that the toast told of."""
    application = _find(request, pk)
    back_to, moved_to = request.GET.get("to", ""), request.GET.get("at", "")
    if back_to not in Application.Status.values:
        return _ask(request, application, MoveForm({}), ask="stage", status=422)
    try:
        undone = undo_move(
            application,
            back_to=back_to,
            moved_to=moved_to,
            actor=request.user,
            now=timezone.now(),
        )
    except MovedMeanwhileError:
        form = MoveForm(
            {"status": back_to, "seen": moved_to, "origin": request.GET.get("origin", "")}
        )
        return _ask(request, application, form, ask="conflict", status=409)
    if undone:
        toast(request, f"{application.job.title} is back in {application.get_status_display()}")
    if request.GET.get("origin") == BOARD:
        return redirect("outreach:pipeline")
    return redirect("outreach:application-detail", application.public_id)


def _find(request: MemberRequest, pk: UUID) -> Application:
    application: Application = get_object_or_404(
        Application.objects.for_workspace(request.workspace).select_related("job", "workspace"),
        public_id=pk,
    )
    return application
