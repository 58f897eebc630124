"""The warm-up page of a mailbox: the plan beside what was sent, why a day did not count, and what can be set."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from mailboxes import ramp_chart, ramp_story
from mailboxes.capacity import cap_for
from mailboxes.figures import days_of
from mailboxes.models import Mailbox
from mailboxes.ramp_forms import FreezeForm, highest_cap

# So many columns are readable on a phone; three weeks back leave room for what comes next.
COLUMNS = 30
MOST_BACK = 21


def _find(request: MemberRequest, pk: UUID) -> Mailbox:
    rows = Mailbox.objects.for_workspace(request.workspace).select_related("workspace")
    mailbox: Mailbox = get_object_or_404(rows, public_id=pk)
    return mailbox


@require_safe
@member_required
def mailbox_warmup(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show the ramp of one mailbox."""
    return _page(request, _find(request, pk))


def _page(
    request: MemberRequest,
    mailbox: Mailbox,
    *,
    freeze: FreezeForm | None = None,
) -> HttpResponse:
    today = timezone.now().date()
    until = mailbox.ramp_frozen_until
    is_frozen = until is not None and until >= today
    failed = freeze is not None and bool(freeze.errors)
    context: dict[str, Any] = {
        "mailbox": mailbox,
        "place": "warmup",
        "is_ramped": ramp_story.is_ramped(mailbox),
        "cap_today": cap_for(mailbox, today),
        "holds": ramp_story.holds(mailbox, today),
        "is_frozen": is_frozen,
        "freeze_form": freeze
        or FreezeForm(today=today, initial={"until": until if is_frozen else None}),
    }
    if context["is_ramped"]:
        context |= _ramp(mailbox, today)
    template = "mailboxes/mailbox_warmup.html"
    return render(request, template, context, status=422 if failed else 200)


def _ramp(mailbox: Mailbox, today: date) -> dict[str, Any]:
    """Return what the drawing and its table show."""
    started = mailbox.warmup_started_on or today
    highest = min(mailbox.daily_cap, highest_cap(mailbox.workspace))
    back = max(1, min(MOST_BACK, (today - started).days + 1))
    past = days_of([mailbox], today=today, count=back)[mailbox.pk]
    # Today is not over, so it is not judged yet.
    why_not = [ramp_story.why_not_counted(day) for day in past[:-1]] + [""]
    ahead = [today + timedelta(days=number) for number in range(1, COLUMNS - back + 1)]
    days = ramp_chart.ramp_days(
        past,
        why_not=why_not,
        clean_days=mailbox.ramp_days,
        daily_cap=highest,
        ahead=ahead,
        frozen_until=mailbox.ramp_frozen_until,
    )
    return {
        "days": [day for day in reversed(days) if not day.is_future],
        "today": today,
        "drawing": ramp_chart.draw(days),
        "full": highest,
        "to_full": ramp_chart.days_to_full(mailbox.ramp_days, highest),
        "last_day": ramp_story.LAST_DAY,
    }


@require_POST
@editor_required
def mailbox_ramp(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Freeze the ramp until a day."""
    mailbox = _find(request, pk)
    form = FreezeForm(request.POST, today=timezone.now().date())
    if not form.is_valid():
        return _page(request, mailbox, freeze=form)
    until = form.cleaned_data["until"]
    Mailbox.objects.filter(pk=mailbox.pk).update(ramp_frozen_until=until)
    toast(
        request,
        f"The ramp of {mailbox} stands still until {until:%-d %B}",
        undo_url=reverse("mailboxes:mailbox-thaw", args=[mailbox.public_id]),
    )
    return redirect("mailboxes:mailbox-warmup", mailbox.public_id)


@require_POST
@editor_required
def mailbox_thaw(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Let the ramp go on."""
    mailbox = _find(request, pk)
    Mailbox.objects.filter(pk=mailbox.pk).update(ramp_frozen_until=None)
    toast(request, f"The ramp of {mailbox} goes on")
    return redirect("mailboxes:mailbox-warmup", mailbox.public_id)
