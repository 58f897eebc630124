"""Brakes of a sequence, a workspace and the platform; bounces counted once on the day of their mail (B-5 D10)."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from accounts import switches
from accounts.braking import pause_sending, resume_sending
from accounts.models import AuditEntry, Notification, PlatformSwitch
from mailboxes.health import Figures
from mailboxes.models import DeliveryEvent, MailboxDay, ProviderDelivery, Suppression
from mailboxes.receipts import Rejected, Stage
from outreach import campaign_brake
from outreach.models import Message, Sequence
from outreach.outcomes import apply_event
from outreach.refusals import note_refusal
from tests.factories.outreach import (
    MailboxFactory,
    MessageFactory,
    SequenceVersionFactory,
    WebhookEndpointFactory,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def box(workspace):
    return MailboxFactory(
        workspace=workspace, provider="smtp", is_sandbox=False, address="olga@quay.com"
    )


def day_of(box, *, at=NOW, **counts):
    sent = counts.get("sent", 0)
    MailboxDay.objects.update_or_create(
        mailbox=box,
        day=at.date(),
        defaults={"workspace": box.workspace, "cap": 500, "reserved": sent, **counts},
    )


def sent_mail(box, name="maria", *, version=None, **fields):
    """One real mail that left at NOW."""
    extra = {"enrollment__version": version} if version else {}
    message = MessageFactory(
        enrollment__package__application__profile__workspace=box.workspace,
        enrollment__contact__email=f"{name}@northwind.com",
        enrollment__is_sample=False,
        is_sample=False,
        scheduled=True,
        **extra,
    )
    Message.objects.filter(pk=message.pk).update(
        status="sent",
        mailbox=box,
        sending_at=NOW,
        sent_at=NOW,
        reserved_day=NOW.date(),
        **fields,
    )
    message.refresh_from_db()
    return message


def event(message, kind, number=1, **fields):
    endpoint = WebhookEndpointFactory(mailbox=message.mailbox)
    delivery = ProviderDelivery.objects.create(
        workspace=message.workspace,
        endpoint=endpoint,
        body=b"{}",
        body_sha256=f"{kind}-{number}",
        received_at=NOW,
    )
    return DeliveryEvent.objects.create(
        workspace=message.workspace,
        endpoint=endpoint,
        delivery=delivery,
        event_id=f"{kind}-{number}-{message.pk}",
        type=kind,
        occurred_at=NOW + timedelta(days=1),
        message_id=message.message_id,
        recipient=message.recipient,
        **fields,
    )


def hear(*args, **fields):
    assert apply_event(event(*args, **fields).pk, now=NOW + timedelta(days=1))


def test_a_bounce_and_a_complaint_count_once_on_the_day_of_the_mail(box):
    message = sent_mail(box)
    day_of(box, sent=20)
    day_of(box, at=NOW + timedelta(days=1), sent=20)
    hear(message, "bounced", 1, bounce_kind="hard")
    hear(message, "bounced", 2, bounce_kind="hard")
    hear(message, "complained", 3)
    hear(message, "complained", 4)
    rows = MailboxDay.objects.order_by("day").values_list("bounced", "complained")
    assert list(rows) == [(1, 1), (0, 0)]
    box.refresh_from_db()
    assert box.health_checked_at == NOW + timedelta(days=1)
    assert {reason["key"] for reason in box.health_reasons} >= {"complaints"}


def test_a_delivery_counts_nothing_and_wakes_no_brake(box):
    message = sent_mail(box)
    day_of(box, sent=1)
    hear(message, "delivered")
    assert list(MailboxDay.objects.values_list("bounced", "complained")) == [(0, 0)]
    box.refresh_from_db()
    assert box.health_checked_at is None


def test_a_refusal_to_our_face_counts_as_a_bounce_and_practice_mail_does_not(box):
    message = sent_mail(box)
    day_of(box, sent=1)
    refused = Rejected(Stage.RCPT, 550, "5.1.1", "no such user")
    assert note_refusal(message.pk, refused, now=NOW) == "hard"
    assert MailboxDay.objects.get().bounced == 1
    assert Suppression.objects.get().reason == "hard_bounce"
    practice = MessageFactory(
        enrollment__package__application__profile__workspace=box.workspace, mailbox=MailboxFactory()
    )
    day_of(practice.mailbox)
    note_refusal(practice.pk, refused, now=NOW)
    assert MailboxDay.objects.get(mailbox=practice.mailbox).bounced == 0


def test_a_policy_block_stops_the_mailbox_and_leaves_the_recipient_alone(box):
    message = sent_mail(box)
    day_of(box, sent=1)
    refused = Rejected(Stage.DOT, 554, "5.7.1", "message blocked by policy")
    assert note_refusal(message.pk, refused, now=NOW) == "block"
    box.refresh_from_db()
    assert (box.status, box.braked_at) == ("paused", None)
    assert "5.7.1" in box.status_reason
    assert not Suppression.objects.exists()


def test_three_soft_bounces_told_by_received_reports_close_an_address_for_thirty_days(box):
    day_of(box, sent=3)
    moment = NOW + timedelta(days=1)
    for number in range(3):
        assert not Suppression.objects.exists()
        hear(sent_mail(box), "bounced", number, bounce_kind="soft")
    row = Suppression.objects.get()
    assert (row.reason, row.scope, row.expires_at) == (
        "soft_bounce",
        "workspace",
        moment + timedelta(days=30),
    )


def test_a_sequence_is_paused_by_its_own_mails_and_by_no_others(box):
    version = SequenceVersionFactory(workspace=box.workspace)
    other = SequenceVersionFactory(
        workspace=box.workspace,
        sequence=Sequence.objects.create(workspace=box.workspace, name="Other"),
    )
    for number in range(47):
        sent_mail(box, f"m{number}", version=version)
    bad = [sent_mail(box, f"bad{n}", version=version, bounced_at=NOW) for n in range(2)]
    sequence = version.sequence
    assert not campaign_brake.look_at_sequence(sequence, now=NOW)  # 49 mails are too few
    sent_mail(box, "fiftieth", version=version, bounced_at=NOW)
    sent_mail(box, "elsewhere", version=other, bounced_at=NOW)
    assert campaign_brake.look_at_sequence(sequence, now=NOW)
    assert not campaign_brake.look_at_sequence(sequence, now=NOW)
    assert (sequence.paused_at, sequence.paused_by_brake) == (NOW, True)
    assert sequence.paused_reason == (
        "Of this sequence 3 of 50 mails bounced; sending stops at 5%."
    )
    assert not campaign_brake.look_at_sequence(other.sequence, now=NOW)
    assert Notification.objects.filter(kind="sequence_braked").count() == 1
    assert campaign_brake.resume_sequence(sequence, now=NOW)
    assert not campaign_brake.resume_sequence(sequence, now=NOW)
    assert (sequence.paused_at, sequence.paused_reason, sequence.paused_by_brake) == (
        None,
        "",
        False,
    )
    assert bad[0].workspace.sending_paused_at is None


def test_a_sequence_let_go_on_after_its_brake_is_judged_by_what_left_since(box):
    version = SequenceVersionFactory(workspace=box.workspace)
    sequence, later = version.sequence, NOW + timedelta(hours=2)
    for number in range(50):
        sent_mail(box, f"m{number}", version=version, bounced_at=NOW if number < 9 else None)
    assert campaign_brake.look_at_sequence(sequence, now=NOW)
    assert campaign_brake.resume_sequence(sequence, now=NOW + timedelta(hours=1))
    assert sequence.resumed_at == NOW + timedelta(hours=1)
    assert not campaign_brake.look_at_sequence(sequence, now=later)
    Message.objects.filter(bounced_at=None).update(sending_at=later)
    assert not campaign_brake.look_at_sequence(sequence, now=later)  # 41 mails since, none bounced
    Message.objects.update(sending_at=later)
    assert campaign_brake.look_at_sequence(sequence, now=later)
    assert "9 of 50 mails bounced" in sequence.paused_reason


def test_a_pause_by_a_person_forgives_nothing(box):
    version = SequenceVersionFactory(workspace=box.workspace)
    for number in range(50):
        sent_mail(box, f"m{number}", version=version, bounced_at=NOW)
    sequence = version.sequence
    assert campaign_brake.pause_sequence(sequence, reason="You paused it.", now=NOW)
    assert campaign_brake.resume_sequence(sequence, now=NOW)
    assert sequence.resumed_at is None
    assert campaign_brake.look_at_sequence(sequence, now=NOW)


def test_mails_refused_to_our_face_count_against_their_sequence(box):
    version = SequenceVersionFactory(workspace=box.workspace)
    for number in range(50):
        sent_mail(box, f"m{number}", version=version)
    refused = Message.objects.order_by("pk").values_list("pk", flat=True)[:3]
    Message.objects.filter(pk__in=list(refused)).update(
        status="failed", smtp_code=550, first_attempt_at=NOW, sending_at=None, sent_at=None
    )
    for name in ("one", "two", "three"):
        sent_mail(box, name, version=version)
    assert campaign_brake.look_at_sequence(version.sequence, now=NOW)
    assert "3 of 50 mails bounced" in version.sequence.paused_reason


def test_a_workspace_let_go_on_after_its_brake_is_judged_by_what_left_since(box):
    workspace, later = box.workspace, NOW + timedelta(hours=2)
    day_of(box, sent=60, bounced=30)
    assert campaign_brake.look_at_workspace(workspace, now=NOW)
    assert workspace.sending_paused_by_brake
    assert resume_sending(workspace, now=NOW + timedelta(hours=1))
    assert not campaign_brake.look_at_workspace(workspace, now=later)
    for number in range(50):
        sent_mail(box, f"m{number}", bounced_at=later if number < 3 else None)
    assert not campaign_brake.look_at_workspace(workspace, now=later)  # they left before
    Message.objects.update(sending_at=later)
    assert campaign_brake.look_at_workspace(workspace, now=later)
    assert "3 of 50 mails bounced" in workspace.sending_paused_reason


def test_a_week_after_a_brake_all_days_count_again(box):
    workspace, later = box.workspace, NOW + timedelta(days=8)
    pause_sending(workspace, reason="Bounces.", now=NOW, by_brake=True)
    resume_sending(workspace, now=NOW)
    day_of(box, at=later, sent=60, bounced=30)
    assert campaign_brake.look_at_workspace(workspace, now=later)


def test_old_mails_of_a_sequence_are_forgotten(box):
    version = SequenceVersionFactory(workspace=box.workspace)
    for number in range(60):
        sent_mail(box, f"m{number}", version=version, bounced_at=NOW)
    later = NOW + timedelta(days=7, seconds=1)
    assert not campaign_brake.look_at_sequence(version.sequence, now=later)


def test_a_workspace_is_paused_by_all_its_real_mailboxes_together(box):
    second = MailboxFactory(workspace=box.workspace, provider="smtp", is_sandbox=False)
    practice = MailboxFactory(workspace=box.workspace)
    day_of(practice, sent=400, bounced=399)
    day_of(box, sent=30, bounced=1)
    workspace = box.workspace
    assert not campaign_brake.look_at_workspace(workspace, now=NOW)
    day_of(second, sent=30, bounced=2)
    assert campaign_brake.look_at_workspace(workspace, now=NOW)
    assert not campaign_brake.look_at_workspace(workspace, now=NOW)
    assert (workspace.sending_paused_at, workspace.sending_paused_by_staff) == (NOW, False)
    assert workspace.sending_paused_reason == (
        "Of all mailboxes 3 of 60 mails bounced; sending stops at 5%."
    )
    assert Notification.objects.filter(kind="workspace_braked").count() == 1


@pytest.mark.parametrize(
    ("sent", "bounced", "complained", "stops"),
    [
        (199, 100, 9, False),  # too few mails to stop everybody
        (200, 9, 0, False),
        (200, 10, 0, True),
        (200, 0, 1, False),  # one person is not a platform's trouble
        (200, 0, 2, True),
        (1000, 49, 2, False),
        (1000, 50, 0, True),
        (1000, 0, 3, True),
    ],
)
def test_what_stops_the_platform(sent, bounced, complained, stops):
    assert bool(campaign_brake.platform_reason(Figures(sent, bounced, complained))) is stops


def test_the_platform_stops_once_with_its_reason_and_operations_are_not_overruled(box):
    day_of(box, at=NOW - timedelta(days=2), sent=500, bounced=500)
    day_of(box, sent=100, bounced=5)
    assert not campaign_brake.look_at_platform(now=NOW)
    day_of(box, at=NOW - timedelta(days=1), sent=100, bounced=5)
    assert campaign_brake.look_at_platform(now=NOW)
    assert not campaign_brake.look_at_platform(now=NOW)
    switch = PlatformSwitch.objects.get()
    assert (switch.is_off, switch.changed_by) == (True, None)
    assert switch.reason == "Of all mails of the last day, 10 of 200 bounced; sending stops at 5%."
    assert AuditEntry.objects.get().actor_label == "RoleFerry"
    switches.turn_on("sending", by=None, reason="One bad list, removed.", now=NOW)
    assert not campaign_brake.look_at_platform(now=NOW + timedelta(hours=23))
    assert not switches.is_off("sending")


@pytest.mark.django_db(transaction=True)
def test_of_four_workers_one_turns_the_platform_off(box):
    day_of(box, sent=300, bounced=30)
    gate, found = threading.Barrier(4), []

    def work():
        gate.wait()
        found.append(campaign_brake.look_at_platform(now=NOW))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, False, False, True]
    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_bounce_told_by_four_workers_counts_once(box):
    message = sent_mail(box)
    day_of(box, sent=20)
    known = event(message, "bounced", bounce_kind="soft")
    gate, done = threading.Barrier(4), []

    def work():
        gate.wait()
        done.append(apply_event(known.pk, now=NOW))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, False, True]
    assert MailboxDay.objects.get().bounced == 1
