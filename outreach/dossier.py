"""What an application's page shows beside its history: the people with their mails, and the papers as they were sent."""

from dataclasses import dataclass, field

from jobs.models import Application, Document
from outreach.models import Approval, Enrollment, Message
from outreach.timeline import still_to_come

PERSON_TONES = {
    Enrollment.Status.ACTIVE: "ok",
    Enrollment.Status.HELD: "warn",
    Enrollment.Status.STOPPED: "danger",
    Enrollment.Status.FINISHED: "info",
}


@dataclass(frozen=True)
class Person:
    """One person who is written to, with the mails in their order."""

    enrollment: Enrollment
    mails: list[Message] = field(default_factory=list)

    @property
    def tone(self) -> str:
        """The tone of the state's badge."""
        return PERSON_TONES.get(Enrollment.Status(self.enrollment.status), "")

    @property
    def next_mail(self) -> Message | None:
        """The mail that goes next, if writing goes on."""
        waiting = still_to_come(self.mails)
        is_running = self.enrollment.status == Enrollment.Status.ACTIVE
        return waiting[0] if waiting and is_running else None

    @property
    def is_stopped_by_person(self) -> bool:
        """Whether a person stopped it, so that the stop can be undone here."""
        return (
            self.enrollment.status == Enrollment.Status.STOPPED
            and self.enrollment.stop_reason == Enrollment.StopReason.BY_PERSON
        )

    @property
    def can_stop(self) -> bool:
        """Whether there is anything to stop."""
        return self.enrollment.status in {Enrollment.Status.ACTIVE, Enrollment.Status.HELD}


@dataclass(frozen=True)
class Paper:
    """One version of a document; `was_sent` when an approval names exactly this version."""

    document: Document
    was_sent: bool


def people_of(application: Application) -> list[Person]:
    """Return the people of an application, best first; two queries."""
    rows = (
        Enrollment.objects.filter(application=application)
        .select_related("contact", "mailbox")
        .defer("mailbox__smtp_password")
        .order_by("contact__persona_rank", "pk")
    )
    people = {row.pk: Person(row) for row in rows}
    mails = Message.objects.filter(enrollment__in=people).defer("body").order_by("step_number")
    for mail in mails:
        people[mail.enrollment_id].mails.append(mail)
    return list(people.values())


def documents_of(application: Application) -> list[Paper]:
    """Return the versions that were approved for sending and the ones in force, newest first; two queries."""
    approvals = Approval.objects.filter(package__application=application)
    approved = {
        (item["kind"], item["version"])
        for items in approvals.values_list("items", flat=True)
        for item in items
        if "kind" in item and "version" in item
    }
    rows = Document.objects.filter(application=application).defer(
        "content", "original_content", "findings", "text"
    )
    papers = [
        Paper(row, (row.kind, row.version) in approved) for row in rows.order_by("kind", "-version")
    ]
    return [paper for paper in papers if paper.was_sent or paper.document.is_current]
