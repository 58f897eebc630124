"""When the next mail leaves and from where, in the words of the forecast, so that no page promises another time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Workspace
from outreach.forecast import TOO_MANY, Outlook, forecast
from outreach.models import Enrollment, Message, Package
from outreach.planning import plan_package

Status = Message.Status
NO_MAILBOX = "It waits until a mailbox is connected."


@dataclass(frozen=True)
class FirstLeaving:
    """When and from which address the first of some mails leaves; with `at` None the `reason` says why none does."""

    at: datetime | None = None
    mailbox: str = ""
    reason: str = ""


def next_leaving(workspace: Workspace, *, now: datetime) -> datetime | None:
    """Return when the workspace's next mail leaves, or None when none does as things stand."""
    mails = forecast(workspace, now=now).mails.values()
    return min((mail.at for mail in mails if mail.at is not None), default=None)


def first_of(package: Package, *, now: datetime) -> FirstLeaving:
    """Return the first that leaves of an approved package's waiting mails."""
    waiting = Message.objects.filter(enrollment__package=package, status__in=Message.PENDING)
    ids = list(waiting.order_by("step_number", "pk").values_list("pk", flat=True))
    return _first(forecast(package.workspace, now=now), ids)


def first_if_approved(
    package: Package, enrollments: Iterable[Enrollment], *, hold_until: datetime, now: datetime
) -> FirstLeaving:
    """Return the first that would leave if the package were approved at `now`. Nothing is written."""
    plan = [row for row in plan_package(enrollments, now) if row.message.status == Status.DRAFT]
    drafts = {
        row.message.pk: {
            "status": Status.SCHEDULED if row.is_first else Status.APPROVED,
            "due_at": row.at or now,
            "hold_until": hold_until,
        }
        for row in plan
    }
    outlook = forecast(package.workspace, now=now, drafts=drafts)
    return _first(
        outlook, [row.message.pk for row in sorted(plan, key=lambda row: not row.is_first)]
    )


def _first(outlook: Outlook, ids: list[int]) -> FirstLeaving:
    """`ids`: those that may go first come first, because their reason is the one to tell."""
    if not outlook.addresses:
        return FirstLeaving(reason=NO_MAILBOX)
    found = [outlook.mails[number] for number in ids if number in outlook.mails]
    leaving = [mail for mail in found if mail.at is not None]
    if leaving:
        mail = min(leaving, key=lambda mail: (mail.at, mail.message_id))
        return FirstLeaving(mail.at, outlook.addresses.get(mail.mailbox_id or 0, ""), mail.reason)
    return FirstLeaving(reason=found[0].reason if found else TOO_MANY)
