"""Enrolling many people in one go: choose them, write their mails, plan and schedule the first; and a row at a time.

Ours are the functions that every package goes through (outreach.packages.enroll and write_all_mails,
outreach.planning.lock_chosen and plan_package, outreach.approving.schedule) with the standard sequence of three steps; the peer makes the
same rows with the ORM's create() and save(), as many Django programs do. Growing numbers show whether it stays linear.
After that every first mail counts as sent, and outreach.advancing schedules everybody's follow-up; a row at a time beside it.
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
from outreach import advancing, approving, mail_drafts, packages
from outreach.models import Approval, Contact, Enrollment, Message, Package
from outreach.planning import chosen_enrollments, lock_chosen, plan_package
from outreach.scheduling import next_due, pace_for, zone_for
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
    enrollments = lock_chosen([package])[package.pk]
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


def let_firsts_leave(world: EnrollWorld) -> None:
    """Let every first mail count as sent, so that the follow-ups may be scheduled."""
    Message.objects.filter(step_number=1).update(
        status="sent", sent_at=world.now, reserved_day=world.now.date()
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE outreach_message")


def follow_up_ours(people: int) -> None:
    """Look as often as there is something to schedule, as the product does every minute."""
    scheduled = 0
    while more := advancing.schedule_follow_ups()[0]:
        scheduled += more
    if scheduled != people:
        raise SystemExit(f"{scheduled} of {people} follow-ups were scheduled.")


def follow_up_row_by_row(world: EnrollWorld) -> None:
    """Schedule the same follow-ups one at a time."""
    waiting = Message.objects.filter(status="approved", step_number=2)
    for mail in waiting.select_related("enrollment__contact", "workspace", "step"):
        before = mail.enrollment.mails.get(step_number=1)
        zone = zone_for(mail.enrollment.contact.time_zone, mail.workspace.time_zone)
        pace = pace_for(mail.workspace, mail.is_sample)
        mail.due_at = next_due(before.sent_at, mail.step.delay_days, pace, zone)
        mail.status = "scheduled"
        mail.save()


def measure(people: int) -> tuple[float, float]:
    """Return people a second for so many: enrolled, and followed up."""
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
    let_firsts_leave(world)
    began = time.perf_counter()
    follow_up_ours(people)
    later = time.perf_counter() - began
    say(
        system="ours",
        measure="follow-ups",
        people=people,
        seconds=round(later, 2),
        people_per_second=round(people / later, 1),
    )
    return people / seconds, people / later


def measure_peer() -> tuple[float, float]:
    """Return people a second of the peer: enrolled, and followed up."""
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
    let_firsts_leave(world)
    began = time.perf_counter()
    follow_up_row_by_row(world)
    later = PEERS_PEOPLE / (time.perf_counter() - began)
    say(
        system="row by row",
        measure="follow-ups",
        people=PEERS_PEOPLE,
        people_per_second=round(later, 1),
    )
    return rate, later


def main() -> None:
    peer, peer_later = measure_peer()
    rates, later = zip(*map(measure, PEOPLE), strict=True)
    # 1 is linear: as many people a second among the most as among the fewest.
    finish(
        "enroll",
        vs_row_by_row=round(rates[-1] / peer, 2),
        linearity=round(rates[-1] / rates[0], 2),
        follow_ups_vs_row_by_row=round(later[-1] / peer_later, 2),
        follow_ups_linearity=round(later[-1] / later[0], 2),
    )


if __name__ == "__main__":
    main()
