"""The page between the wish and the deed: what will be done to which rows, and the reason for it."""

from collections.abc import Sequence
from typing import Any, Protocol

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from accounts.console.actions import (
    ROWS_LIMIT,
    Deed,
    ReasonForm,
    StaffAction,
    consequences,
    perform,
)
from accounts.console.columns import name_of
from accounts.console.requests import caller_address, operator_of


class Lister(Protocol):
    """What this page needs of a model's admin."""

    admin_site: AdminSite
    opts: Any

    def get_queryset(self, request: HttpRequest) -> Any: ...

    def title_of(self, row: Any) -> str: ...

    def detail_of(self, row: Any) -> str: ...


def ask(lister: Lister, request: HttpRequest, action: StaffAction) -> HttpResponse:
    """Show the rows and ask for the reason; on a POST with one, act.

    Without a reason: 400 and nothing changed. When no row could be acted on: 409 with the causes. An action that names
    its object in the form shows its consequences once before it is confirmed.
    """
    rows = _rows(lister, request) if action.takes_rows else []
    if request.method != "POST":
        return _page(lister, request, action, rows=rows, form=action.form())
    form = action.form(request.POST)
    if not form.is_valid():
        return _page(lister, request, action, rows=rows, form=form, status=400)
    if not action.takes_rows and "confirmed" not in request.POST:
        return _page(lister, request, action, rows=rows, form=form, previews=True)
    return _act(lister, request, action, rows=rows, form=form)


def _act(
    lister: Lister,
    request: HttpRequest,
    action: StaffAction,
    *,
    rows: list[Any],
    form: ReasonForm,
) -> HttpResponse:
    data = dict(form.cleaned_data)
    deed = Deed(
        actor=operator_of(request),
        actor_ip=caller_address(request),
        now=timezone.now(),
        reason=data.pop("reason"),
        data=data,
    )
    done, refused = perform(action, rows if action.takes_rows else [None], deed)
    sentences = [_refusal(lister, row, why) for row, why in refused]
    if not done:
        return _page(lister, request, action, rows=rows, form=form, problems=sentences, status=409)
    names = ", ".join(lister.title_of(row) for row in done if row is not None)
    messages.success(request, f"{action.label}: done{f' for {names}' if names else ''}.")
    for note in deed.notes:
        messages.info(request, note)
    for why in sentences:
        messages.warning(request, why)
    return redirect(_back(lister, rows))


def _refusal(lister: Lister, row: Any, why: str) -> str:
    return why if row is None else f"{lister.title_of(row)}: {why}"


def _rows(lister: Lister, request: HttpRequest) -> list[Any]:
    ids = [part for part in request.GET.get("ids", "").split(",") if part.isdigit()]
    if len(ids) > ROWS_LIMIT:
        raise Http404(f"At most {ROWS_LIMIT} rows at once.")
    rows = list(lister.get_queryset(request).filter(pk__in=ids).order_by("pk"))
    if not rows:
        raise Http404("The rows are gone.")
    return rows


def _back(lister: Lister, rows: Sequence[Any]) -> str:
    name = f"admin:{lister.opts.app_label}_{lister.opts.model_name}"
    if len(rows) == 1:
        return reverse(f"{name}_change", args=[rows[0].pk])
    return reverse(f"{name}_changelist")


def _page(
    lister: Lister,
    request: HttpRequest,
    action: StaffAction,
    *,
    rows: list[Any],
    form: ReasonForm,
    problems: Sequence[str] = (),
    previews: bool = False,
    status: int = 200,
) -> HttpResponse:
    fitting = [row for row in rows if action.applies(row)]
    data = form.cleaned_data if previews else {}
    context = {
        **lister.admin_site.each_context(request),
        "title": action.label,
        "opts": lister.opts,
        "action": action,
        "form": form,
        "rows": [(lister.title_of(row), lister.detail_of(row), row in fitting) for row in rows],
        "fitting": len(fitting),
        "consequences": consequences(action, fitting, data) if fitting or previews else [],
        "problems": problems,
        "previews": previews,
        "said": _said(form) if previews else [],
        "needs_preview": not action.takes_rows and not previews,
        "back_url": _back(lister, rows),
    }
    return TemplateResponse(request, "ops/ask.html", context, status=status)


def _said(form: ReasonForm) -> list[tuple[str, str]]:
    """Return label and value of what was filled in, to be read before it is confirmed."""
    return [
        (str(form[name].label), name_of(value) if isinstance(value, Model) else str(value))
        for name, value in form.cleaned_data.items()
        if value and name != "typed"
    ]
