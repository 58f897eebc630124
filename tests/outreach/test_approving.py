"""A yes to exactly these texts: what it schedules, what voids it, what undoes it."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from jobs.models import Application
from mailboxes.models import Mailbox
from mailboxes.suppression import suppress
from outreach import approving, packages
from outreach.approving import (
    ApprovalBlockedError,
    ApprovalError,
    PackageChangedError,
    approve,
    content_hash,
    undo_approval,
    void_approval,
)
from outreach.models import Approval, Enrollment, Message, Package
from outreach.planning import chosen_enrollments, plan_package
from outreach.scheduling import NORMAL, is_sending_moment, plan_dates, zone_for
from tests.outreach.package_cases import NOW, make_package

pytestmark = pytest.mark.django_db


def test_approval_schedules_the_first_mail_after_the_hold(profile, owner):
    package = make_package(profile)

    approved = approve(package, owner.user, now=NOW)

    approval = Approval.objects.get()
    assert approved == approving.Approved(approval, is_new=True)
    assert approval.hold_until == NOW + timedelta(minutes=10)
    first, second, third = Message.objects.order_by("step_number")
    assert (first.status, second.status, third.status) == ("scheduled", "approved", "approved")
    assert first.due_at == NOW + timedelta(minutes=10)
    assert second.due_at == first.due_at + timedelta(days=3)
    assert third.due_at == first.due_at + timedelta(days=7)  # two working days over a weekend
    assert all(mail.approved_hash == mail.text_hash for mail in (first, second, third))
    assert {mail.approval_id for mail in (first, second, third)} == {approval.pk}
    assert Enrollment.objects.get().status == "active"
    package.refresh_from_db()
    assert package.status == Package.Status.APPROVED
    package.application.refresh_from_db()
    assert package.application.status == Application.Status.READY
    assert [item["step"] for item in approval.items if "step" in item] == [1, 2, 3]
    assert approval.content_hash == content_hash(package)


def test_two_clicks_make_one_approval(profile, owner):
    package = make_package(profile)

    first = approve(package, owner.user, now=NOW)
    again = approve(package, owner.user, now=NOW + timedelta(seconds=1))

    assert (again.is_new, again.approval.pk) == (False, first.approval.pk)
    assert Approval.objects.count() == 1


def test_the_database_keeps_one_approval_in_force(profile, owner):
    package = make_package(profile)
    approval = approve(package, owner.user, now=NOW).approval

    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(
            workspace=package.workspace,
            package=package,
            approved_at=NOW,
            content_hash=approval.content_hash,
            hold_until=NOW,
        )


def test_what_was_not_shown_is_not_approved(profile, owner):
    package = make_package(profile)
    seen = content_hash(package)
    Message.objects.filter(step_number=2).update(body="Something else")

    with pytest.raises(PackageChangedError):
        approve(package, owner.user, now=NOW, seen_hash=seen)

    assert not Approval.objects.exists()
    assert set(Message.objects.values_list("status", flat=True)) == {"draft"}


def test_every_approval_asks_the_checks_again(profile, owner):
    package = make_package(profile)
    email = Message.objects.first().recipient
    suppress(reason="unsubscribed", scope="platform", email=email, now=NOW)

    with pytest.raises(ApprovalBlockedError, match="do-not-contact list: unsubscribed") as caught:
        approve(package, owner.user, now=NOW)

    assert [check.key for check in caught.value.checks] == ["suppressed"]
    assert not Approval.objects.exists()


def test_an_edit_voids_the_approval(profile, owner):
    package = make_package(profile)
    approve(package, owner.user, now=NOW)
    mail = Message.objects.get(step_number=2)
    text = {"subject": mail.subject, "body": "Would a short call be useful?"}

    packages.edit_mail(package, mail, text=text, user=owner.user, now=NOW)

    approval = Approval.objects.get()
    assert approval.void_reason == "A mail was edited."
    for message in Message.objects.all():
        assert (message.status, message.approved_hash, message.approval_id) == ("draft", "", None)
        assert message.due_at is None
    assert Enrollment.objects.get().status == "draft"
    package.refresh_from_db()
    assert package.status == Package.Status.READY

    second = approve(package, owner.user, now=NOW + timedelta(minutes=1))
    assert second.is_new is True
    assert Approval.objects.filter(voided_at=None).count() == 1


def test_what_was_sent_stays_when_the_rest_is_voided(profile, owner):
    package = make_package(profile)
    approval = approve(package, owner.user, now=NOW).approval
    sent_at = NOW + timedelta(minutes=11)
    Message.objects.filter(step_number=1).update(
        status="sent", sent_at=sent_at, sending_at=sent_at, reserved_day=NOW.date()
    )

    assert void_approval(package, "An edit.", now=sent_at) == 2
    later = sent_at + timedelta(hours=1)
    approve(package, owner.user, now=later)

    first, second, third = Message.objects.order_by("step_number")
    assert (first.status, first.approval_id) == ("sent", approval.pk)
    assert (second.status, third.status) == ("approved", "approved")
    assert second.due_at == sent_at + timedelta(days=3)  # counted from the actual send


def test_undo_within_the_hold_leaves_no_send(profile, owner):
    package = make_package(profile)
    approve(package, owner.user, now=NOW)

    assert undo_approval(package, owner.user, now=NOW + timedelta(minutes=5)) == 3

    assert set(Message.objects.values_list("status", flat=True)) == {"draft"}
    assert Approval.objects.get().voided_at == NOW + timedelta(minutes=5)
    package.refresh_from_db()
    assert package.status == Package.Status.READY
    with pytest.raises(ApprovalError, match="no approval to undo"):
        undo_approval(package, owner.user, now=NOW)


def test_a_claimed_mail_is_taken_back_but_a_leaving_one_is_not(profile, owner):
    package = make_package(profile)
    approve(package, owner.user, now=NOW)
    first = Message.objects.get(step_number=1)
    lease = {"mailbox": Mailbox.objects.get(), "lease_until": NOW, "lease_epoch": 7}
    Message.objects.filter(pk=first.pk).update(status="sending", reserved_day=NOW.date(), **lease)

    with pytest.raises(ApprovalError, match="already left"):
        undo_approval(package, owner.user, now=NOW)
    assert Approval.objects.get().voided_at is None
    assert Message.objects.filter(status="approved").count() == 2

    Message.objects.filter(pk=first.pk).update(status="claimed", reserved_day=None)
    assert undo_approval(package, owner.user, now=NOW) == 3
    first.refresh_from_db()
    assert (first.status, first.lease_epoch) == ("draft", None)


def test_a_draft_cannot_be_scheduled_without_an_approval(profile):
    make_package(profile)

    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.update(status="scheduled", due_at=NOW)


def test_a_changed_text_cannot_stay_approved(profile, owner):
    package = make_package(profile)
    approve(package, owner.user, now=NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(step_number=1).update(body="Another text")


def test_preview_dates_are_the_dates_of_the_approval(profile, owner):
    package = make_package(profile, people=3)
    enrollments = chosen_enrollments(package)
    planned = {p.message.pk: p.at for p in plan_package(enrollments, NOW)}

    approve(package, owner.user, now=NOW)

    assert {m.pk: m.due_at for m in Message.objects.all()} == planned


def test_first_mails_to_one_company_keep_their_distance(profile, owner):
    package = make_package(profile, people=3)

    approve(package, owner.user, now=NOW)

    firsts = Message.objects.filter(step_number=1).order_by("due_at")
    dates = [mail.due_at for mail in firsts]
    assert dates[0] == NOW + timedelta(minutes=10)
    assert dates[1] == dates[0] + timedelta(hours=4)
    # 13:10 + 4 working hours of a window that closes at 17:30
    assert dates[2] == dates[1] + timedelta(hours=4)


def test_practice_keeps_the_company_waiting_no_longer_than_the_hold(profile, owner):
    profile.workspace.pace = "practice"
    profile.workspace.save()
    package = make_package(profile, people=2)

    approved = approve(package, owner.user, now=NOW)

    assert approved.approval.hold_until == NOW + timedelta(seconds=5)
    firsts = Message.objects.filter(step_number=1)
    assert {mail.due_at for mail in firsts} == {NOW + timedelta(seconds=5)}


def test_planned_dates_lie_in_the_window_in_random_cases():
    chance = random.Random(7)

    class Step:
        def __init__(self, delay_days):
            self.delay_days = delay_days

    zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC"]
    for _ in range(1000):
        zone = zone_for(chance.choice(zones), "")
        start = NOW + timedelta(minutes=chance.randrange(60 * 24 * 400))
        steps = [Step(chance.randrange(6)) for _ in range(3)]
        dates = plan_dates(steps, start, NORMAL, zone)
        assert dates == sorted(dates)
        assert dates[0] >= start + timedelta(minutes=10)
        assert all(is_sending_moment(moment, zone) for moment in dates)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_approve_at_once_make_one_approval(profile, owner):
    package = make_package(profile)
    gate = Barrier(2)

    def press(_):
        try:
            gate.wait(timeout=20)
            return approve(Package.objects.get(pk=package.pk), owner.user, now=NOW).is_new
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(press, range(2)))

    assert sorted(made) == [False, True]
    assert Approval.objects.count() == 1
    assert Message.objects.filter(status="scheduled").count() == 1
