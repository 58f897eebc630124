"""Enrolling many people in one go: choose them, write their mails, plan and schedule the first; and a row at a time.

Ours are the functions that every package goes through (outreach.packages.enroll and write_all_mails,
outreach.planning.plan_package, outreach.approving.schedule) with the standard sequence of three steps; the peer makes the
same rows with the ORM's create() and save(), as many Django programs do. Growing numbers show whether it stays linear.
"""

import gc
import time

from django.db import connection, transaction
from django.utils import timezone

from bench import IS_TINY
from bench.measuring import finish, say
from bench.memory import peak_rss_mb
from jobs.models import Application, Company, Job
from mailboxes.addresses import is_reserved_domain
from outreach import approving, mail_drafts, packages
from outreach.models import Approval, Contact, Enrollment, Message, Package
from outreach.planning import chosen_enrollments, plan_package
from outreach.sequences import default_version
from tests.factories.accounts import ProfileFactory, WorkspaceFactory
from tests.factories.jobs import SourceFactory

PEOPLE = (30, 60) if IS_TINY else (10_000, 30_000, 100_000)
# For the peer, which is slow.
PEERS_PEOPLE = 10 if IS_TINY else 1_000
# The people of one package; the product itself lets a person choose three.
PEOPLE_A_PACKAGE = 10 if IS_TINY else 1_000


class EnrollWorld:
    """A workspace with `people` contacts, three a company, and a package for every PEOPLE_A_PACKAGE of them."""

    def __init__(self, people: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE accounts_workspace CASCADE")
        self.now = timezone.now()
        self.workspace = WorkspaceFactory(pace="practice")
        self.contacts = self._contacts(people)
        self.packages = self._packages(-(-people // PEOPLE_A_PACKAGE))
        default_version(self.workspace)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def of(self, number: int) -> list[Contact]:
        """Return the people of one package."""
        first = number * PEOPLE_A_PACKAGE
        return self.contacts[first : first + PEOPLE_A_PACKAGE]

    def _contacts(self, people: int) -> list[Contact]:
        self.companies = Company.objects.bulk_create(
            (
                Company(workspace=self.workspace, name=f"C {n}", normalized_name=f"c {n}")
                for n in range(-(-people // 3))
            ),
            batch_size=5000,
        )
        return Contact.objects.bulk_create(
            (
                Contact(
                    workspace=self.workspace,
                    company=self.companies[n // 3],
                    first_name=f"P{n}",
                    email=f"p{n}@c{n // 3}.test",
                    email_hash=f"p-{n}",
                    source="test",
                    lawful_basis="legitimate_interest",
                    obtained_at=self.now,
                    is_sample=True,
                )
                for n in range(people)
            ),
            batch_size=5000,
        )

    def _packages(self, count: int) -> list[Package]:
        profile = ProfileFactory(workspace=self.workspace)
        source = SourceFactory(workspace=self.workspace)
        jobs = Job.objects.bulk_create(
            Job(
                workspace=self.workspace,
                source=source,
                company=self.companies[n],
                company_name=self.companies[n].name,
                external_id=f"job-{n}",
                title="Backend Engineer",
                listed_at=self.now,
                last_seen_at=self.now,
                liveness="live",
            )
            for n in range(count)
        )
        applications = Application.objects.bulk_create(
            Application(
                workspace=self.workspace,
                profile=profile,
                job=job,
                last_action_at=self.now,
                status_changed_at=self.now,
            )
            for job in jobs
        )
        return Package.objects.bulk_create(
            Package(workspace=self.workspace, application=application, status="ready")
            for application in applications
        )


def approval_of(package: Package, world: EnrollWorld) -> Approval:
    return Approval.objects.create(
        workspace=world.workspace,
        package=package,
        approved_at=world.now,
        hold_until=world.now,
        content_hash="0" * 64,
    )


@transaction.atomic
def enroll_ours(world: EnrollWorld, number: int) -> None:
    """Take one package from its people to scheduled mail."""
    package = world.packages[number]
    packages.enroll(package, world.of(number))
    packages.write_all_mails(package)
    enrollments = chosen_enrollments(package)
    plan = plan_package(enrollments, world.now)
    approving.schedule(approval_of(package, world), enrollments, plan)


@transaction.atomic
def enroll_row_by_row(world: EnrollWorld, number: int) -> None:
    """Make the same rows one at a time."""
    package = world.packages[number]
    version = default_version(world.workspace)
    sender = mail_drafts.sender_values(package.application)
    approval = approval_of(package, world)
    for contact in world.of(number)[:PEERS_PEOPLE]:
        enrollment = Enrollment.objects.create(
            workspace=world.workspace,
            package=package,
            application=package.application,
            contact=contact,
            version=version,
            is_sample=True,
        )
        values = mail_drafts.values_for(contact, sender)
        for step in version.steps.filter(kind="email"):
            subject, body = mail_drafts.rendered(step, values)
            domain = contact.email.rpartition("@")[2]
            Message.objects.create(
                workspace=world.workspace,
                enrollment=enrollment,
                step=step,
                step_number=step.number,
                message_id=f"<{enrollment.pk}.{step.number}@mail.roleferry.example>",
                recipient=contact.email,
                recipient_hash=contact.email_hash,
                recipient_domain=domain,
                is_sample=is_reserved_domain(domain),
                subject=subject.text,
                body=body.text,
            )
    enrollments = chosen_enrollments(package)
    for planned in plan_package(enrollments, world.now):
        mail = planned.message
        mail.status = "scheduled" if planned.is_first else "approved"
        mail.approval, mail.approved_hash, mail.due_at = approval, mail.text_hash, planned.at
        mail.save()
    for enrollment in enrollments:
        enrollment.status = "active"
        enrollment.save()


def check(people: int, steps: int) -> None:
    """Make sure that what was measured was done."""
    scheduled = Message.objects.filter(status="scheduled", due_at__isnull=False).count()
    mails = Message.objects.exclude(approved_hash="").count()
    if (scheduled, mails) != (people, people * steps):
        raise SystemExit(f"{scheduled} of {people} people have a first mail, {mails} mails in all.")


def measure(people: int) -> float:
    """Return people a second for so many."""
    world = EnrollWorld(people)
    gc.collect()
    began, started = time.perf_counter(), time.process_time()
    for number in range(len(world.packages)):
        enroll_ours(world, number)
    seconds, cpu = time.perf_counter() - began, time.process_time() - started
    steps = default_version(world.workspace).steps.filter(kind="email").count()
    check(people, steps)
    say(
        system="ours",
        people=people,
        mails=people * steps,
        seconds=round(seconds, 2),
        people_per_second=round(people / seconds, 1),
        cpu_ms_per_person=round(cpu / people * 1000, 3),
        peak_rss_mb=round(peak_rss_mb()),
    )
    return people / seconds


def measure_peer() -> float:
    """Return people a second of the peer."""
    world = EnrollWorld(PEERS_PEOPLE)
    began = time.perf_counter()
    enroll_row_by_row(world, 0)
    seconds = time.perf_counter() - began
    check(PEERS_PEOPLE, default_version(world.workspace).steps.filter(kind="email").count())
    rate = PEERS_PEOPLE / seconds
    say(
        system="row by row",
        people=PEERS_PEOPLE,
        seconds=round(seconds, 2),
        people_per_second=round(rate, 1),
    )
    return rate


def main() -> None:
    peer = measure_peer()
    rates = [measure(people) for people in PEOPLE]
    # 1 is linear: as many people a second among the most as among the fewest.
    finish(
        "enroll",
        vs_row_by_row=round(rates[-1] / peer, 2),
        linearity=round(rates[-1] / rates[0], 2),
    )


if __name__ == "__main__":
    main()
