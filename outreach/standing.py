"""How a workspace stands right now, asked in one query: what troubles exist, what comes next, what is still to set up."""

from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta

from django.db.models import (
    BooleanField,
    Count,
    DateTimeField,
    Exists,
    F,
    Func,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from accounts.models import PlatformSwitch, Preferences, Resume, Workspace
from jobs.models import Application, JobMatch, Source
from mailboxes.models import Mailbox
from outreach.models import Approval, Enrollment, Message, Package, Reply, Sequence
from outreach.scheduling import zone_for

# Architecture section 7, matching bands: from Fair on an opening is worth a look.
WORTH_A_LOOK = 55
# Nobody can end the waiting of a failed mail; it is news for three days, then history.
FAILED_IS_NEWS = timedelta(days=3)
DEAD_SOURCES = (Source.Health.DEAD, Source.Health.UNAVAILABLE, Source.Health.REFUSED)
STOPPED_MAILBOX = (Mailbox.Status.PAUSED, Mailbox.Status.BROKEN)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Facts about one workspace at one moment; the fields of Workspace's annotations of the same names."""

    is_platform_off: bool
    has_paused_sequences: bool
    has_mailbox_trouble: bool
    has_packages_without_mailbox: bool
    has_mail_trouble: bool
    has_held_people: bool
    has_failed_packages: bool
    has_dead_sources: bool
    has_failed_resumes: bool
    has_resume: bool
    has_read_resume: bool
    has_own_wishes: bool
    has_found_wishes: bool
    has_mailbox: bool
    has_application: bool
    has_approval: bool
    next_send_at: datetime | None
    new_matches: int
    approved_today: int
    handled_today: int
    sent_today: int


def standing_of(workspace: Workspace, *, now: datetime) -> Standing:
    """Return how the workspace stands; "today" begins at midnight of its time zone."""
    names = [field.name for field in fields(Standing)]
    row = (
        Workspace.objects.filter(pk=workspace.pk)
        .annotate(**_troubles(now), **_set_up(), **_today(_midnight(workspace, now)))
        .values(*names)
        .get()
    )
    return Standing(**row)


def _midnight(workspace: Workspace, now: datetime) -> datetime:
    zone = zone_for("", workspace.time_zone)
    return datetime.combine(now.astimezone(zone).date(), time(), tzinfo=zone)


def mail_trouble(now: datetime) -> Q:
    """Return the condition of mails that need a person: held, outcome unknown, or failed just now and not dismissed."""
    status = Message.Status
    failed = Q(status=status.FAILED, updated_at__gte=now - FAILED_IS_NEWS, dismissed_at=None)
    return Q(status__in=(status.HELD, status.UNKNOWN)) | failed


def mailbox_trouble() -> Q:
    """Return the condition of mailboxes that need a person: stopped by whatever, or warned; not those disconnected."""
    return Q(disconnected_at=None) & (Q(status__in=STOPPED_MAILBOX) | Q(warned_at__isnull=False))


def paused_sequences() -> QuerySet[Sequence]:
    """Return the paused sequences in which mail waits for somebody."""
    running = Enrollment.objects.filter(
        version__sequence=OuterRef("pk"), status=Enrollment.Status.ACTIVE
    )
    rows: QuerySet[Sequence] = Sequence.objects.filter(
        Exists(running) | Q(paused_by_brake=True), paused_at__isnull=False, archived_at=None
    )
    return rows


def without_mailbox() -> QuerySet[Package]:
    """Return the approved packages for whose kind of mail (practice or real) no mailbox is connected."""
    fitting = Mailbox.objects.filter(
        workspace=OuterRef("workspace"), is_sandbox=OuterRef("is_sample")
    )
    rows: QuerySet[Package] = Package.objects.filter(
        ~Exists(fitting), status=Package.Status.APPROVED
    )
    return rows


def with_failed_step() -> QuerySet[Package]:
    """Return the packages being drafted of which a step broke off."""
    failed = Func(
        F("steps"),
        function="jsonb_path_exists",
        template="""%(function)s(%(expressions)s, '$.*.state ? (@ == "failed")')""",
        output_field=BooleanField(),
    )
    rows: QuerySet[Package] = Package.objects.filter(status=Package.Status.DRAFTING)
    return rows.annotate(is_failed=failed).filter(is_failed=True)


def _exists(rows: "QuerySet[Model]") -> Exists:
    return Exists(rows.filter(workspace=OuterRef("pk")))


def _count(rows: "QuerySet[Model]", of: str = "pk") -> Coalesce:
    counted = (
        rows.filter(workspace=OuterRef("pk"))
        .order_by()
        .values("workspace")
        .annotate(number=Count(of, distinct=True))
        .values("number")
    )
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _troubles(now: datetime) -> dict[str, Exists]:
    held = Enrollment.objects.filter(status=Enrollment.Status.HELD, held_until=None)
    dead = Source.objects.filter(health__in=DEAD_SOURCES, paused_at=None)
    unread = Resume.objects.filter(status=Resume.Status.FAILED, deleted_at=None)
    return {
        "is_platform_off": Exists(
            PlatformSwitch.objects.filter(key=PlatformSwitch.Key.SENDING, is_off=True)
        ),
        "has_paused_sequences": _exists(paused_sequences()),
        "has_mailbox_trouble": _exists(Mailbox.objects.filter(mailbox_trouble())),
        "has_packages_without_mailbox": _exists(without_mailbox()),
        "has_mail_trouble": _exists(Message.objects.filter(mail_trouble(now))),
        "has_held_people": _exists(held),
        "has_failed_packages": _exists(with_failed_step()),
        "has_dead_sources": _exists(dead),
        "has_failed_resumes": _exists(unread),
    }


def _set_up() -> dict[str, Exists]:
    resumes = Resume.objects.filter(deleted_at=None)
    wishes = Preferences.objects.all()
    return {
        "has_resume": _exists(resumes),
        "has_read_resume": _exists(resumes.filter(status=Resume.Status.READ)),
        "has_own_wishes": _exists(wishes.filter(is_prefilled=False)),
        "has_found_wishes": _exists(wishes.exclude(titles=[])),
        "has_mailbox": _exists(Mailbox.objects.all()),
        "has_application": _exists(Application.objects.all()),
        "has_approval": _exists(Approval.objects.all()),
    }


def _today(midnight: datetime) -> dict[str, Coalesce | Subquery]:
    next_mail = (
        Message.objects.filter(
            workspace=OuterRef("pk"),
            status=Message.Status.SCHEDULED,
            enrollment__status=Enrollment.Status.ACTIVE,
        )
        .order_by("due_at")
        .values("due_at")[:1]
    )
    matches = JobMatch.objects.filter(
        created_at__gte=midnight, score__gte=WORTH_A_LOOK, hidden_at=None, job__closed_at=None
    )
    approvals = Approval.objects.filter(approved_at__gte=midnight, voided_at=None)
    return {
        "next_send_at": Subquery(next_mail, output_field=DateTimeField()),
        "new_matches": _count(matches, "job"),
        "approved_today": _count(approvals),
        "handled_today": _count(Reply.objects.filter(handled_at__gte=midnight)),
        "sent_today": _count(Message.objects.filter(sent_at__gte=midnight)),
    }
