"""What the approve dialog promises is what the forecast says once the package is approved."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.braking import pause_sending
from mailboxes.models import Mailbox
from outreach import approving, planning
from outreach.first_leaving import NO_MAILBOX, first_if_approved, first_of, next_leaving
from outreach.models import Message
from tests.outreach.package_cases import make_package

pytestmark = pytest.mark.django_db


def promised(package, now):
    people = planning.chosen_enrollments(package)
    hold_until = now + approving.hold_of(people)
    return first_if_approved(package, people, hold_until=hold_until, now=now)


@pytest.fixture
def package(profile):
    return make_package(profile)


def test_the_promise_is_kept_by_the_approval(package, owner):
    box = Mailbox.objects.get()
    now = timezone.now()
    before = promised(package, now)
    assert before.mailbox == box.address
    assert before.at >= now + approving.hold_of(planning.chosen_enrollments(package))
    assert set(Message.objects.values_list("status", flat=True)) == {"draft"}  # nothing was written
    approving.approve(package, owner.user, now=now)
    after = first_of(package, now=now)
    assert abs(after.at - before.at) < timedelta(seconds=2)
    assert (after.mailbox, after.reason) == (before.mailbox, before.reason)
    assert next_leaving(package.workspace, now=now) == after.at


def test_without_a_mailbox_it_says_so(profile):
    package = make_package(profile, mailbox=False)
    assert promised(package, timezone.now()).reason == NO_MAILBOX


def test_what_stops_drafts_too_is_said_before_the_approval(package, owner, owner_client):
    now = timezone.now()
    pause_sending(package.workspace, reason="Holiday", now=now)
    package.workspace.refresh_from_db()
    first = promised(package, now)
    assert first.at is None
    assert "paused" in first.reason
    page = owner_client.get(reverse("outreach:package-approve", args=[package.public_id]))
    assert first.reason in page.content.decode()
    assert next_leaving(package.workspace, now=now) is None


def test_a_mailbox_that_may_not_send_is_the_reason(package):
    Mailbox.objects.update(status="broken", status_reason="Password refused.")
    first = promised(package, timezone.now())
    assert (first.at, first.reason.startswith("No mailbox may send now")) == (None, True)
