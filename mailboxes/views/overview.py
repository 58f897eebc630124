"""The overview of a person's mailboxes: one card for each, and the bulk of its news in a line."""

from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import member_required
from accounts.http import MemberRequest
from mailboxes import figures, health_story, ramp_story
from mailboxes.capacity import cap_for
from mailboxes.figures import Day
from mailboxes.models import Mailbox, MailboxDay


@require_safe
@member_required
def mailbox_list(request: MemberRequest) -> HttpResponse:
    """Show each mailbox with its health in a word and why, today's room, its two weeks and its rates."""
    today = timezone.now().date()
    mailboxes = list(
        Mailbox.objects.for_workspace(request.workspace).select_related("workspace").order_by("pk")
    )
    days = figures.days_of(mailboxes, today=today, count=figures.SPARK_DAYS)
    used = dict(
        MailboxDay.objects.filter(mailbox__in=mailboxes, day=today).values_list(
            "mailbox_id", "reserved"
        )
    )
    context = {
        "rows": [_card(box, days[box.pk], used.get(box.pk, 0), today) for box in mailboxes],
        "has_sandbox": any(box.is_sandbox for box in mailboxes),
        "sandbox_enabled": settings.SANDBOX_ENABLED,
    }
    return render(request, "mailboxes/mailbox_list.html", context)


def _card(mailbox: Mailbox, days: list[Day], used: int, today: date) -> dict[str, Any]:
    week = days[-figures.RATE_DAYS :]
    return {
        "mailbox": mailbox,
        "word": health_story.word_of(mailbox),
        "used": used,
        "cap": cap_for(mailbox, today),
        "is_ramped": ramp_story.is_ramped(mailbox),
        "ramp_day": min(mailbox.ramp_days + 1, ramp_story.LAST_DAY),
        "last_day": ramp_story.LAST_DAY,
        "is_quiet": not figures.sent_in(days),
        "spark": figures.spark_points(days),
        "spark_words": figures.spark_words(days),
        "bounces": figures.bounce_rate(week),
        "complaints": figures.complaint_rate(week),
    }
