"""What stands in a mail's way beyond its own facts, each as one sentence, or "" when it does not."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db.models import Sum
from django.db.models.functions import Lower

from accounts import switches
from accounts.plans import limits_of
from mailboxes.addresses import domain_of
from mailboxes.capacity import cap_for
from mailboxes.models import DomainQuarantine, Mailbox, MailboxDay, RecipientWindow
from mailboxes.throttle import cap_for_domain, hour_of, why_full
from outreach.judging import ENOUGH_PEOPLE
from outreach.models import Message
from outreach.scheduling import pace_for


def platform(message: Message) -> str:
    """Sending is off for everybody."""
    switch = switches.switch_of(switches.SENDING)
    return f"RoleFerry has stopped all sending for now. {switch.reason}" if switch else ""


def campaign(message: Message) -> str:
    """The sequence is paused, by a person or by its brake."""
    sequence = message.enrollment.version.sequence
    if sequence.paused_at is None:
        return ""
    return f"The sequence “{sequence.name}” is paused. {sequence.paused_reason}"


def quarantined(boxes: Iterable[Mailbox]) -> list[Mailbox]:
    """Return the mailboxes whose domain operations closed."""
    boxes = list(boxes)
    domains = {domain_of(box.address).lower() for box in boxes}
    closed = set(
        DomainQuarantine.objects.filter(released_at=None)
        .annotate(lowered=Lower("domain"))
        .filter(lowered__in=domains)
        .values_list("lowered", flat=True)
    )
    return [box for box in boxes if domain_of(box.address).lower() in closed]


def room(box: Mailbox, now: datetime) -> str:
    """Return that a mailbox has used today's room, and what makes it so small: its ramp, or only the day."""
    cap = cap_for(box, now.astimezone(UTC).date())
    is_ramped = box.status == Mailbox.Status.WARMUP and cap < box.daily_cap
    why = f", which are {cap} mails while it warms up" if is_ramped else ""
    return f"{box.address} has used its room for today (UTC){why}."


def plan(message: Message, now: datetime) -> str:
    """The workspace has used what its plan allows in a UTC day; practice mail is free."""
    if message.is_sample:
        return ""
    limits = limits_of(message.workspace.plan)
    used = MailboxDay.objects.filter(
        workspace=message.workspace_id, mailbox__is_sandbox=False, day=now.astimezone(UTC).date()
    ).aggregate(used=Sum("reserved", default=0))["used"]
    if used < limits.mails_a_day:
        return ""
    label = message.workspace.get_plan_display()
    return f"The plan “{label}” allows {limits.mails_a_day} mails a day (UTC), and they are used."


def crowd(message: Message) -> str:
    """The application has written to as many people as it may."""
    limit = pace_for(message.workspace, message.is_sample).people_limit
    if not limit:
        return ""
    left = (Message.Status.SENDING, *Message.LEFT)
    mails = Message.objects.filter(
        enrollment__application=message.enrollment.application_id, status__in=left
    )
    people = set(mails.values_list("enrollment__contact", flat=True).distinct())
    if message.enrollment.contact_id in people or len(people) < limit:
        return ""
    return ENOUGH_PEOPLE


def recipient_domain(message: Message, now: datetime) -> str:
    """The recipient's domain has had this hour's mails, counted over all workspaces."""
    domain = message.recipient_domain.lower()
    window = RecipientWindow.objects.filter(domain=domain, hour=hour_of(now)).first()
    if window is None or window.reserved < cap_for_domain(domain):
        return ""
    return why_full(domain)
