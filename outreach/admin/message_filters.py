"""The questions that operators ask of the send ledger."""

from datetime import timedelta
from typing import ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Q
from django.utils import timezone

from accounts.console.filters import RangeFilter, TextFilter
from outreach.models import Message
from outreach.resolving import STUCK_AFTER

Status = Message.Status


# Of more mails than these the list shows those that are due the longest.
LOOKED_AT = 5_000


def _longest_due(condition: Q) -> Q:
    """Return the condition as a bounded look into the index of due mail.

    Nearly every mail was due once and few are scheduled, which PostgreSQL takes for independent: without the bound it
    reads a million rows by number in search of fifty. An array of numbers is looked up by number and never joined; the
    same look as a subquery of IN was merged with the whole table (1,460 ms against 2 at a million).
    """
    rows = Message.objects.filter(condition).order_by("due_at", "pk")
    numbers = ArraySubquery(rows.values("pk")[:LOOKED_AT])
    return Q(
        Func(
            F("pk"),
            numbers,
            template="%(expressions)s)",
            arg_joiner=" = ANY(",
            output_field=BooleanField(),
        )
    )


class DueFilter(RangeFilter):
    """When a scheduled message is due."""

    title = "due"
    parameter_name = "due"
    ranges: ClassVar = {
        "overdue": "Due now",
        "hour": "Within an hour",
        "day": "Within 24 hours",
        "later": "Later than now",
        "late": "More than 24 hours late",
    }

    def condition(self, value: str) -> Q:
        """Return the condition of a range, of messages that still mean to go."""
        now = timezone.now()
        day = timedelta(hours=24)
        due = {
            "overdue": Q(due_at__lte=now),
            "hour": Q(due_at__gt=now, due_at__lte=now + timedelta(hours=1)),
            "day": Q(due_at__gt=now, due_at__lte=now + day),
            "later": Q(due_at__gt=now),
            "late": Q(due_at__lt=now - day),
        }[value]
        states = [Status.SCHEDULED, Status.HELD] if value == "late" else [Status.SCHEDULED]
        found = due & Q(status__in=states)
        return found if value == "later" else _longest_due(found)


class LeftFilter(RangeFilter):
    """When a message left."""

    title = "left"
    parameter_name = "left"
    ranges: ClassVar = {
        "minutes": "In the last 5 minutes",
        "hour": "In the last hour",
        "day": "In the last 24 hours",
    }

    def condition(self, value: str) -> Q:
        """Return the condition of a range."""
        spans = {"minutes": timedelta(minutes=5), "hour": timedelta(hours=1)}
        return Q(sent_at__gte=timezone.now() - spans.get(value, timedelta(hours=24)))


class FailedFilter(RangeFilter):
    """Messages that failed lately."""

    title = "failed"
    parameter_name = "failed"
    ranges: ClassVar = {"hour": "In the last hour", "day": "In the last 24 hours"}

    def condition(self, value: str) -> Q:
        """Return the condition of a range."""
        hours = 1 if value == "hour" else 24
        return Q(status=Status.FAILED, updated_at__gte=timezone.now() - timedelta(hours=hours))


class StuckFilter(RangeFilter):
    """Messages that no sender looks at, and messages that senders did not survive."""

    title = "stuck"
    parameter_name = "stuck"
    ranges: ClassVar = {
        "yes": "Due over 15 minutes, never tried",
        "killers": "Held: senders were lost with it",
    }

    def condition(self, value: str) -> Q:
        """Return the condition."""
        if value == "killers":
            return Q(status=Status.HELD, lost_claims__gt=0)
        due = timezone.now() - STUCK_AFTER
        return _longest_due(Q(status=Status.SCHEDULED, due_at__lt=due, first_attempt_at=None))


class CodeFilter(RangeFilter):
    """What the server answered last."""

    title = "server's answer"
    parameter_name = "code"
    ranges: ClassVar = {"4": "4xx, try later", "5": "5xx, refused"}

    def condition(self, value: str) -> Q:
        """Return the condition of a class of codes."""
        first = int(value) * 100
        return Q(smtp_code__gte=first, smtp_code__lt=first + 100)


class MailboxFilter(TextFilter):
    """Messages of one mailbox, by its number."""

    title = "mailbox number"
    parameter_name = "mailbox_number"

    def condition(self, value: str) -> Q:
        """Return the mailbox's messages."""
        return Q(mailbox_id=int(value)) if value.isdecimal() and len(value) < 19 else Q(pk__in=[])


class RecipientDomainFilter(TextFilter):
    """Messages to one domain."""

    title = "recipient's domain"
    parameter_name = "to_domain"

    def condition(self, value: str) -> Q:
        """Return the domain's messages."""
        return Q(recipient_domain=value.lower())
