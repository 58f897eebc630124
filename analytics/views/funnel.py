"""The analytics page: what happened, how often people answered, when mail left."""

from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import member_required
from accounts.http import MemberRequest
from analytics import charts, funnels
from analytics.forms import PeriodForm
from outreach.intervals import TOO_FEW


@require_safe
@member_required
def funnel(request: MemberRequest) -> HttpResponse:
    """Show the period that was asked for; every drawing has its numbers in a table beside it."""
    form = PeriodForm(request.GET or None)
    days = form.chosen
    zone = ZoneInfo(request.workspace.time_zone)
    period = funnels.period_of(days, now=timezone.now(), zone=zone)
    steps = funnels.funnel(request.workspace, period)
    sends = funnels.sends_by_day(request.workspace, period, zone)
    context = {
        "form": PeriodForm(initial={"days": str(days)}),
        "days": days,
        "period": period,
        "steps": steps,
        "funnel": charts.funnel_bars([(step.label, step.count) for step in steps]),
        "share": funnels.answer_share(request.workspace, period),
        "too_few": TOO_FEW,
        "sends": [(day, count) for day, count in sends if count],
        "columns": charts.day_columns(sends),
    }
    return render(request, "analytics/funnel.html", context)
