"""One contact in one sequence for one application."""

from django.db import models
from django.db.models import Q

from accounts.lifecycle import LifecycleModel
from accounts.scoping import WorkspaceModel
from jobs.models import Application
from mailboxes.models import Mailbox
from outreach.models.contact import Contact
from outreach.models.package import Package
from outreach.models.sequence import SequenceVersion


class Enrollment(LifecycleModel, WorkspaceModel):
    """A person being written to; everything stops here when they answer."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Being prepared"
        ACTIVE = "active", "Active"
        HELD = "held", "On hold"
        STOPPED = "stopped", "Stopped"
        FINISHED = "finished", "Finished"

    class StopReason(models.TextChoices):
        REPLIED = "replied", "They answered"
        COLLEAGUE_REPLIED = "colleague_replied", "A colleague answered"
        BOUNCED = "bounced", "The address bounced"
        COMPLAINED = "complained", "They reported it as spam"
        UNSUBSCRIBED = "unsubscribed", "They asked to stop"
        SUPPRESSED = "suppressed", "The address is on the do-not-contact list"
        JOB_CLOSED = "job_closed", "The opening closed"
        BY_PERSON = "by_person", "Stopped by you"
        OUT_OF_OFFICE = "out_of_office", "Out of office"

    TRANSITIONS = {
        Status.DRAFT: {Status.ACTIVE, Status.STOPPED},
        Status.ACTIVE: {Status.HELD, Status.STOPPED, Status.FINISHED, Status.DRAFT},
        Status.HELD: {Status.ACTIVE, Status.STOPPED, Status.DRAFT},
        Status.STOPPED: {Status.ACTIVE, Status.HELD},
        # Back to active when a person restores a cancelled message.
        Status.FINISHED: {Status.STOPPED, Status.ACTIVE},
    }

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="enrollments")
    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="enrollments"
    )
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="enrollments")
    version = models.ForeignKey(
        SequenceVersion, on_delete=models.PROTECT, related_name="enrollments"
    )
    # A thread stays on the mailbox that began it.
    mailbox = models.ForeignKey(
        Mailbox, on_delete=models.PROTECT, null=True, blank=True, related_name="enrollments"
    )
    position = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    stop_reason = models.CharField(max_length=17, choices=StopReason, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "contact", "version"], name="outreach_enrollment_once"
            ),
            models.CheckConstraint(
                condition=~Q(status="stopped") | (~Q(stop_reason="") & Q(stopped_at__isnull=False)),
                name="outreach_enrollment_stop_says_why",
            ),
        ]
        indexes = [models.Index(fields=["contact", "status"], name="outreach_enrollment_contact")]

    def __str__(self) -> str:
        """Return who is written to for what."""
        return f"{self.contact} for {self.application}"
