"""The questions that operators ask of mailboxes."""

from datetime import timedelta
from typing import ClassVar

from django.db.models import Q
from django.utils import timezone

from accounts.console.filters import RangeFilter, TextFilter
from mailboxes.capacity import HEALTH_TO_SEND, RAMP
from mailboxes.models import Mailbox

HEALTH_BRAKE = 50  # architecture section 7: below this a mailbox is to be paused


class HealthFilter(RangeFilter):
    """What the health allows."""

    title = "health"
    parameter_name = "health_band"
    ranges: ClassVar = {
        "good": f"Good ({HEALTH_TO_SEND} and more)",
        "low": f"Low ({HEALTH_BRAKE} to {HEALTH_TO_SEND - 1}, not chosen)",
        "bad": f"Bad (under {HEALTH_BRAKE})",
    }

    def condition(self, value: str) -> Q:
        """Return the condition of a band."""
        return {
            "good": Q(health__gte=HEALTH_TO_SEND),
            "low": Q(health__gte=HEALTH_BRAKE, health__lt=HEALTH_TO_SEND),
            "bad": Q(health__lt=HEALTH_BRAKE),
        }[value]


class CauseFilter(TextFilter):
    """Mailboxes that stand for one cause, by the beginning of its sentence."""

    title = "cause"
    parameter_name = "cause"

    def condition(self, value: str) -> Q:
        """Return the mailboxes that stand for it."""
        return Q(status_reason__istartswith=value)


class DomainFilter(TextFilter):
    """Mailboxes of one sending domain."""

    title = "sending domain"
    parameter_name = "domain"

    def condition(self, value: str) -> Q:
        """Return the domain's mailboxes."""
        return Q(address__iendswith=f"@{value}")


class RampFilter(RangeFilter):
    """How far a mailbox has warmed up, in clean days."""

    title = "warm-up"
    parameter_name = "ramp"
    ranges: ClassVar = {
        **{
            str(last): f"Day {first} to {last}"
            for first, last in zip(
                (1, *(last + 1 for last, _ in RAMP)), (last for last, _ in RAMP), strict=False
            )
        },
        "done": "Over",
    }

    def condition(self, value: str) -> Q:
        """Return the condition of a stage; the sandbox has none."""
        warming = Q(is_sandbox=False, status=Mailbox.Status.WARMUP)
        if value == "done":
            return ~warming
        lasts = [last for last, _ in RAMP]
        last = int(value)
        first = ([0, *lasts])[lasts.index(last)]
        return warming & Q(ramp_days__gte=first, ramp_days__lt=last)


class PausedByFilter(RangeFilter):
    """Who stopped the mailbox."""

    title = "paused by"
    parameter_name = "paused_by"
    ranges: ClassVar = {
        "staff": "Operations",
        "brake": "A brake",
        "person": "Its owner, or a failure",
    }

    def condition(self, value: str) -> Q:
        """Return the mailboxes that stand by the hand of the chosen one."""
        stands = ~Q(status__in=Mailbox.SENDING)
        return {
            "staff": stands & Q(paused_by_staff=True),
            "brake": stands & Q(paused_by_staff=False, braked_at__isnull=False),
            "person": stands & Q(paused_by_staff=False, braked_at=None),
        }[value]


class LastOkFilter(RangeFilter):
    """For how long no server has taken anything from it."""

    title = "last good more than"
    parameter_name = "last_ok"
    ranges: ClassVar = {"1": "An hour ago", "24": "A day ago", "168": "A week ago"}

    def condition(self, value: str) -> Q:
        """Return the mailboxes without success for so long; those that never had any are among them."""
        since = timezone.now() - timedelta(hours=int(value))
        return Q(last_ok_at__lt=since) | Q(last_ok_at=None)
