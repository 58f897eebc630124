"""The health page of a mailbox: the score with its parts, rates against their limits, each day, and what happened."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import member_required
from accounts.http import MemberRequest
from mailboxes import figures, health_story
from mailboxes.models import Mailbox


@require_safe
@member_required
def mailbox_health(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show how one mailbox does; nothing is computed anew by looking."""
    mailbox = get_object_or_404(Mailbox.objects.for_workspace(request.workspace), public_id=pk)
    now = timezone.now()
    month = figures.days_of([mailbox], today=now.date(), count=figures.HISTORY_DAYS)[mailbox.pk]
    week = month[-figures.RATE_DAYS :]
    context = {
        "mailbox": mailbox,
        "place": "health",
        "word": health_story.word_of(mailbox),
        "parts": health_story.parts_of(mailbox),
        "rates": [
            (figures.bounce_rate(week), figures.bounce_rate(month)),
            (figures.complaint_rate(week), figures.complaint_rate(month)),
        ],
        "sent_week": figures.sent_in(week),
        "days": [day for day in reversed(month) if day.sent or day.bounced or day.complained],
        "sent": figures.sent_in(month),
        "happenings": health_story.happenings(mailbox, now=now),
    }
    return render(request, "mailboxes/mailbox_health.html", context)
