"""Brakes above the mailbox: one sequence, one workspace, the whole platform, each judged by its own mails.

The thresholds are those of the mailbox (mailboxes.brakes). What a brake stopped here goes on when a person says so: a
sequence or a workspace has no ramp that could let it go on carefully by itself. From then on only mails that left since
are judged, because the person has seen what came of those before.
"""

import logging
from datetime import datetime, timedelta

from django.db.models import Case, Count, F, Q, QuerySet, Sum, When

from accounts import switches
from accounts.braking import pause_sending
from accounts.models import Notification, PlatformSwitch, Workspace
from mailboxes import brakes
from mailboxes.brakes import BOUNCES_TO_PAUSE, COMPLAINTS_TO_PAUSE
from mailboxes.health import WEEK, Figures, first_of_week
from mailboxes.models import MailboxDay
from outreach.models import Message, Sequence

logger = logging.getLogger(__name__)

# One bad list in one workspace must not stop everybody: as many mails as the field's shared senders ask for before they
# judge (quality.md section 2: at least 200 recipients), and complaints from more than one person.
PLATFORM_SAMPLE = 200
PLATFORM_COMPLAINTS = 2
PLATFORM_WINDOW = timedelta(hours=24)
# After operations let it run again they have seen these figures; the brake does not overrule them for as long.
PLATFORM_PATIENCE = timedelta(hours=24)


def look_around(message: Message, *, now: datetime) -> None:
    """After news about a mail: look at its mailbox, its sequence and its workspace. Practice mail proves nothing."""
    if message.is_sample:
        return
    if message.mailbox_id is not None:
        brakes.look_at(message.mailbox_id, now=now)
    sequence = Sequence.objects.get(versions__enrollments=message.enrollment_id)
    look_at_sequence(sequence, now=now)
    look_at_workspace(message.workspace, now=now)


def look_at_sequence(sequence: Sequence, *, now: datetime) -> bool:
    """Pause a sequence whose own mails of seven days bounce or annoy too much; return whether this call did."""
    reason = brakes.rule(_figures_of_sequence(sequence, now)).pause
    if not reason:
        return False
    return pause_sequence(sequence, reason=f"Of this sequence {reason}", now=now, by_brake=True)


def look_at_workspace(workspace: Workspace, *, now: datetime) -> bool:
    """Pause a workspace by the mails of its real mailboxes of seven days; return whether this call did."""
    reason = brakes.rule(_figures_of_workspace(workspace, now)).pause
    if not reason or not pause_sending(
        workspace, reason=f"Of all mailboxes {reason}", now=now, by_brake=True
    ):
        return False
    logger.error("A brake stopped a workspace", extra={"workspace": workspace.pk})
    text = f"Sending was stopped for this workspace. Of all mailboxes {reason}"
    Notification.objects.create(workspace=workspace, kind="workspace_braked", text=text[:300])
    return True


def look_at_platform(*, now: datetime) -> bool:
    """Turn sending off for everybody when the whole platform's mails of a day say so; return whether this call did.

    Days are UTC days: today's and yesterday's count, so that a midnight forgets nothing.
    """
    switch = PlatformSwitch.objects.filter(key=switches.SENDING).first()
    if switch is not None and (switch.is_off or switch.changed_at > now - PLATFORM_PATIENCE):
        return False
    first = (now - PLATFORM_WINDOW).date()
    figures = _sum(MailboxDay.objects.filter(mailbox__is_sandbox=False, day__gte=first))
    reason = platform_reason(figures)
    if not reason or not switches.turn_off(switches.SENDING, by=None, reason=reason, now=now):
        return False
    logger.critical("A brake stopped all sending", extra={"reason": reason})
    return True


def platform_reason(figures: Figures) -> str:
    """Return why the whole platform must stop, or ""."""
    mails = max(figures.sent, figures.bounced)
    if mails < PLATFORM_SAMPLE:
        return ""
    annoyed = figures.complained >= PLATFORM_COMPLAINTS
    if annoyed and figures.complaint_rate >= COMPLAINTS_TO_PAUSE:
        return (
            f"Of all mails of the last day, {figures.complained} of {figures.sent} were reported as spam; "
            f"sending stops at {COMPLAINTS_TO_PAUSE:.1%}."
        )
    if figures.bounce_rate >= BOUNCES_TO_PAUSE:
        return (
            f"Of all mails of the last day, {figures.bounced} of {mails} bounced; "
            f"sending stops at {BOUNCES_TO_PAUSE:.0%}."
        )
    return ""


def pause_sequence(
    sequence: Sequence, *, reason: str, now: datetime, by_brake: bool = False
) -> bool:
    """Let no mail of the sequence be taken; what is scheduled waits. False when it was paused already."""
    free = Sequence.objects.filter(pk=sequence.pk, paused_at=None)
    paused = free.update(paused_at=now, paused_reason=reason[:300], paused_by_brake=by_brake)
    sequence.refresh_from_db()
    if paused and by_brake:
        logger.error("A brake stopped a sequence", extra={"sequence": sequence.pk})
        text = f"“{sequence.name}” was paused. {reason}"
        Notification.objects.create(
            workspace_id=sequence.workspace_id, kind="sequence_braked", text=text[:300]
        )
    return bool(paused)


def resume_sequence(sequence: Sequence, *, now: datetime) -> bool:
    """Let the sequence's mail be taken again; False when it was not paused. After its brake figures begin anew at `now`."""
    paused = Sequence.objects.filter(pk=sequence.pk, paused_at__isnull=False)
    resumed = paused.update(
        resumed_at=Case(When(paused_by_brake=True, then=now), default=F("resumed_at")),
        paused_at=None,
        paused_reason="",
        paused_by_brake=False,
    )
    sequence.refresh_from_db()
    return bool(resumed)


def _figures_of_sequence(sequence: Sequence, now: datetime) -> Figures:
    since = now - timedelta(days=WEEK)
    if sequence.resumed_at is not None:
        since = max(since, sequence.resumed_at)
    return _figures(Message.objects.filter(enrollment__version__sequence=sequence), since)


def _figures_of_workspace(workspace: Workspace, now: datetime) -> Figures:
    """Return the figures of its days; for a week after a brake those of its mails since it was let go on."""
    resumed = workspace.sending_resumed_at
    if resumed is not None and resumed > now - timedelta(days=WEEK):
        return _figures(Message.objects.for_workspace(workspace), resumed)
    days = MailboxDay.objects.for_workspace(workspace)
    return _sum(days.filter(mailbox__is_sandbox=False, day__gte=first_of_week(now)))


def _figures(mails: QuerySet[Message], since: datetime) -> Figures:
    """Count real mails tried since a moment. One refused to our face failed and bounced; it is not among the sent."""
    refused = Q(status=Message.Status.FAILED, smtp_code__gte=500)
    tried = Q(sending_at__gte=since) | (refused & Q(first_attempt_at__gte=since))
    found = mails.filter(tried, is_sample=False).aggregate(
        sent=Count("pk", filter=Q(sent_at__isnull=False)),
        bounced=Count("pk", filter=Q(bounced_at__isnull=False) | refused),
        complained=Count("pk", filter=Q(complained_at__isnull=False)),
    )
    return Figures(**found)


def _sum(days: QuerySet[MailboxDay]) -> Figures:
    found = days.aggregate(
        sent=Sum("sent", default=0),
        bounced=Sum("bounced", default=0),
        complained=Sum("complained", default=0),
    )
    return Figures(**found)
