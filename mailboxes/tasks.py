"""Celery's way into mailboxes."""

from celery import shared_task
from django.urls import reverse
from django.utils import timezone

from accounts import progress
from mailboxes import checking, connecting, dns_checks, events, ramp, throttle
from mailboxes.models import ConnectionCheck, SendingDomain
from mailboxes.own_domains import domain_row


@shared_task
def apply_delivery(delivery_id: int) -> None:
    """Read and apply one stored provider post."""
    events.apply_delivery(delivery_id, now=timezone.now())


@shared_task
def apply_deliveries() -> None:
    """Sweep: apply the posts whose own task was lost."""
    for delivery_id in events.waiting_deliveries():
        events.apply_delivery(delivery_id, now=timezone.now())


@shared_task
def check_domain(domain_id: int) -> None:
    """Ask DNS about one sending domain; one that is gone is left alone."""
    domain = SendingDomain.objects.filter(pk=domain_id).first()
    if domain is not None:
        dns_checks.check_domain(domain, now=timezone.now())


@shared_task
def check_domains() -> None:
    """Take up the domains of new mailboxes, and enqueue a check of each that was not asked for a day."""
    dns_checks.adopt_domains()
    for domain_id in dns_checks.due_domains(now=timezone.now()):
        check_domain.delay(domain_id)


@shared_task
def recheck_domain(task_id: int, domain_id: int, result_url: str) -> None:
    """Ask DNS about one sending domain while a person waits."""
    with progress.working(task_id) as task:
        if task is None:
            return
        domain = SendingDomain.objects.for_workspace(task.workspace).get(pk=domain_id)
        dns_checks.check_domain(
            domain, now=timezone.now(), report=lambda step: progress.report(task, step)
        )
        progress.finish(task, result_url=result_url)


@shared_task
def count_ramp_days() -> None:
    """Count yesterday for every ramp, and forget hours of recipient domains that are long over."""
    ramp.count_days(now=timezone.now())
    throttle.forget_old_windows(now=timezone.now())


@shared_task
def check_mailbox(task_id: int, check_id: int) -> None:
    """Try a mailbox row by row while a person watches."""
    with progress.working(task_id) as task:
        if task is None:
            return
        check = ConnectionCheck.objects.select_related("mailbox", "workspace").get(
            pk=check_id, workspace=task.workspace
        )
        checking.run_check(
            check, now=timezone.now(), report=lambda step: progress.report(task, step)
        )
        progress.finish(task, result_url=reverse("mailboxes:check-detail", args=[check.public_id]))
        domain = domain_row(check.mailbox) if check.mailbox else None
        if domain is not None and domain.checked_at is None:
            check_domain.delay(domain.pk)


@shared_task
def forget_secrets() -> None:
    """Empty what was typed for tests an hour ago, and what opened mailboxes that were disconnected a day ago."""
    checking.forget_secrets(now=timezone.now())
    connecting.forget_disconnected(now=timezone.now())
