"""What happened in a stretch of time, counted from the rows themselves; opens are never counted, because they prove nothing."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate

from accounts.models import Workspace
from jobs.models import Application, ApplicationEvent, Job
from outreach.intervals import Share, wilson
from outreach.models import Approval, Message, Reply

Status = Application.Status


@dataclass(frozen=True)
class Period:
    """From `start` (included) to `end` (not included); both aware."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Step:
    """One step of the funnel. `count` is in roles, so that every step can be compared with every other."""

    label: str
    count: int
    meaning: str


def period_of(days: int, *, now: datetime, zone: ZoneInfo) -> Period:
    """Return the last `days` whole days of the zone, today included, up to now."""
    today = now.astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    return Period(datetime(first.year, first.month, first.day, tzinfo=zone), now)


def funnel(workspace: Workspace, period: Period) -> list[Step]:
    """Return the eight steps in order, each counting the roles to which it happened in the period.

    A role that was found before the period and answered in it counts as answered: this is what happened in these days, and
    not the fate of one group of roles.
    """
    return [Step(label, count(workspace, period), meaning) for label, meaning, count in _STEPS]


def answer_share(workspace: Workspace, period: Period) -> Share:
    """Return how many of the mails that were delivered in the period a person answered, at any time since."""
    counts = (
        Message.objects.for_workspace(workspace)
        .filter(delivered_at__gte=period.start, delivered_at__lt=period.end)
        .aggregate(delivered=Count("pk"), answered=Count("pk", filter=Q(replied_at__isnull=False)))
    )
    return wilson(counts["answered"], counts["delivered"])


def sends_by_day(workspace: Workspace, period: Period, zone: ZoneInfo) -> list[tuple[date, int]]:
    """Return every day of the period in the zone with how many mails left on it, zeros included."""
    rows = (
        _sent(workspace, period)
        .annotate(day=TruncDate("sent_at", tzinfo=zone))
        .values_list("day")
        .annotate(count=Count("pk"))
        .order_by("day")
    )
    counts = Counter(dict(rows))
    return [(day, counts[day]) for day in _days(period, zone)]


def _days(period: Period, zone: ZoneInfo) -> Iterator[date]:
    day, last = period.start.astimezone(zone).date(), period.end.astimezone(zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def _sent(workspace: Workspace, period: Period) -> QuerySet[Message]:
    rows: QuerySet[Message] = Message.objects.for_workspace(workspace).filter(
        sent_at__gte=period.start, sent_at__lt=period.end
    )
    return rows


def _discovered(workspace: Workspace, period: Period) -> int:
    rows = Job.objects.for_workspace(workspace).filter(duplicate_of=None)
    count: int = rows.filter(listed_at__gte=period.start, listed_at__lt=period.end).count()
    return count


def _moved_to(*statuses: str) -> Callable[[Workspace, Period], int]:
    def count(workspace: Workspace, period: Period) -> int:
        rows = ApplicationEvent.objects.for_workspace(workspace).filter(
            at__gte=period.start, at__lt=period.end, to_status__in=statuses
        )
        found: int = rows.aggregate(roles=Count("application", distinct=True))["roles"]
        return found

    return count


def _approved(workspace: Workspace, period: Period) -> int:
    rows = Approval.objects.for_workspace(workspace).filter(
        approved_at__gte=period.start, approved_at__lt=period.end
    )
    found: int = rows.aggregate(roles=Count("package", distinct=True))["roles"]
    return found


def _left(workspace: Workspace, period: Period) -> int:
    role = F("enrollment__application")
    found: int = _sent(workspace, period).aggregate(roles=Count(role, distinct=True))["roles"]
    return found


def _delivered(workspace: Workspace, period: Period) -> int:
    rows = Message.objects.for_workspace(workspace).filter(
        delivered_at__gte=period.start, delivered_at__lt=period.end
    )
    found: int = rows.aggregate(roles=Count("enrollment__application", distinct=True))["roles"]
    return found


def _answered(workspace: Workspace, period: Period) -> int:
    rows = Reply.objects.for_workspace(workspace).filter(
        is_human=True,
        undone_at=None,
        inbound__received_at__gte=period.start,
        inbound__received_at__lt=period.end,
    )
    found: int = rows.aggregate(roles=Count("enrollment__application", distinct=True))["roles"]
    return found


_STEPS: tuple[tuple[str, str, Callable[[Workspace, Period], int]], ...] = (
    ("Discovered", "openings that were published, each vacancy once", _discovered),
    ("Ferried", "roles whose package was begun", _moved_to(Status.DRAFTING)),
    ("Approved", "roles whose mails a person approved", _approved),
    ("Sent", "roles for which a mail left", _left),
    ("Delivered", "roles for which a mail is known to have arrived", _delivered),
    ("Answered", "roles to which a person answered; automatic answers do not count", _answered),
    ("Interview", "roles that came to an interview", _moved_to(Status.INTERVIEWING)),
    ("Offer", "roles that came to an offer", _moved_to(Status.OFFER)),
)
