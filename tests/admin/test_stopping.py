"""What stops many at once: the switch of the platform, a workspace, a domain, an address. Reach first, a word, one effect."""

import threading

import pytest
from django.db import connection
from django.urls import reverse

from accounts.auditing import broken_links
from accounts.models import AuditEntry, PlatformSwitch
from mailboxes.models import DomainQuarantine, Mailbox, Suppression
from outreach.models import Message
from tests.factories.accounts import WorkspaceFactory
from tests.factories.operations import REASON, client_of, do_url, mailbox_for, staff_member
from tests.factories.outreach import MailboxFactory, MessageFactory

pytestmark = pytest.mark.django_db

STOP = reverse("admin:accounts_platformswitch_do", args=["stop-sending"])
START = reverse("admin:accounts_platformswitch_do", args=["start-sending"])
QUARANTINE = reverse("admin:mailboxes_domainquarantine_do", args=["quarantine"])
SUPPRESS = reverse("admin:mailboxes_suppression_do", args=["add"])
CONFIRMED = {"confirmed": "1", "reason": REASON}


def test_the_switch_takes_a_reason_a_word_and_a_second_step(operator, operator_client):
    MessageFactory(scheduled=True)

    refused = [
        operator_client.post(STOP, data)
        for data in (
            {"typed": "STOP"},
            {"reason": REASON},
            {"reason": REASON, "typed": "stop"},
            {"typed": "STOP", "confirmed": "1"},
        )
    ]
    first = operator_client.post(STOP, {"reason": REASON, "typed": "STOP"})

    assert [answer.status_code for answer in refused] == [400, 400, 400, 400]
    assert "1 message waits in 1 workspace, 1 of them due now." in first.content.decode()
    assert not PlatformSwitch.objects.exists()
    assert not AuditEntry.objects.exists()

    done = operator_client.post(STOP, {**CONFIRMED, "typed": "STOP"})
    again = operator_client.post(STOP, {**CONFIRMED, "typed": "STOP"})

    assert (done.status_code, again.status_code) == (302, 409)
    switch = PlatformSwitch.objects.get()
    assert (switch.is_off, switch.reason, switch.changed_by) == (True, REASON, operator)
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor, entry.actor_ip) == ("switch.turn_off", operator, "127.0.0.1")

    operator_client.post(START, {**CONFIRMED, "typed": "START"})
    switch.refresh_from_db()
    assert switch.is_off is False
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["switch.turn_off", "switch.turn_on"]
    assert broken_links() == []


def test_a_workspace_is_stopped_by_the_word_alone(operator_client):
    workspace = WorkspaceFactory()

    answer = operator_client.post(
        do_url(workspace, "pause-sending"), {"reason": REASON, "typed": "yes"}
    )

    workspace.refresh_from_db()
    assert answer.status_code == 400
    assert workspace.sending_paused_at is None
    assert not AuditEntry.objects.exists()


def test_a_domain_shows_its_reach_before_it_is_closed(operator, operator_client):
    message = MessageFactory(scheduled=True)
    box = mailbox_for(message, address="olga@firm.test")
    Message.objects.filter(pk=message.pk).update(mailbox=box)
    message.enrollment.mailbox = box
    message.enrollment.save()
    MailboxFactory(address="otto@firm.test")
    MailboxFactory(address="otto@mail.firm.test")
    named = {"domain": "FIRM.test", "reason": REASON}

    assert operator_client.post(QUARANTINE, {"domain": "firm.test"}).status_code == 400
    assert operator_client.post(QUARANTINE, {**named, "domain": "no domain"}).status_code == 400
    first = operator_client.post(QUARANTINE, named).content.decode()
    assert "firm.test: 2 mailboxes in 2 workspaces, 1 queued." in first
    assert not DomainQuarantine.objects.exists()

    done = operator_client.post(QUARANTINE, {**named, "confirmed": "1"})
    again = operator_client.post(QUARANTINE, {**named, "confirmed": "1"})

    row = DomainQuarantine.objects.get()
    assert (done.status_code, again.status_code) == (302, 409)
    assert (row.domain, row.reason, row.begun_by) == ("firm.test", REASON, operator)
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.affected_count) == ("domain.quarantine", 2)

    assert operator_client.post(do_url(row, "release")).status_code == 400
    released = operator_client.post(do_url(row, "release"), {"reason": REASON})
    twice = operator_client.post(do_url(row, "release"), {"reason": REASON})
    row.refresh_from_db()
    assert (released.status_code, twice.status_code) == (302, 409)
    assert (row.released_at is not None, row.released_reason) == (True, REASON)
    assert AuditEntry.objects.count() == 2


def test_an_address_is_closed_and_its_queue_cancelled_at_once(operator, operator_client):
    message = MessageFactory(scheduled=True)
    other = MessageFactory(scheduled=True)
    named = {"email": message.recipient.upper(), "reason": REASON}

    assert operator_client.post(SUPPRESS, {"email": message.recipient}).status_code == 400
    first = operator_client.post(SUPPRESS, named).content.decode()
    assert "1 waiting message in 1 workspace will be cancelled." in first
    assert not Suppression.objects.exists()
    page = operator_client.post(SUPPRESS, {**named, "confirmed": "1"}, follow=True)

    assert "1 waiting message cancelled." in page.content.decode()
    message.refresh_from_db()
    other.refresh_from_db()
    assert (message.status, other.status) == ("cancelled", "scheduled")
    row, entry = Suppression.objects.get(), AuditEntry.objects.get()
    assert (row.scope, row.source) == ("platform", f"operations (staff {operator.pk})")
    assert (entry.verb, entry.after["cancelled"], entry.affected_count) == ("suppression.add", 1, 2)


def test_nobody_releases_alone_and_nobody_what_was_asked_for(operator, operator_client):
    rows = {
        reason: Suppression.objects.create(
            scope="platform", address_hash=f"{number:064}", reason=reason
        )
        for number, reason in enumerate(("unsubscribed", "asked", "hard_bounce", "complaint"))
    }
    for row in rows.values():
        answer = operator_client.post(do_url(row, "release"), {"reason": REASON})
        assert answer.status_code == 409
    for reason in ("unsubscribed", "asked"):
        ask = {"reason": REASON, "evidence": "They called."}
        assert operator_client.post(do_url(rows[reason], "ask-release"), ask).status_code == 409
    assert not AuditEntry.objects.exists()

    row = rows["hard_bounce"]
    ask = {"reason": REASON, "evidence": "It answers."}
    assert operator_client.post(do_url(row, "ask-release"), {"reason": REASON}).status_code == 400
    assert operator_client.post(do_url(row, "ask-release"), ask).status_code == 302
    own = operator_client.post(do_url(row, "release"), {"reason": REASON})
    second = client_of(staff_member("operations", "second"))
    page = second.get(do_url(row, "release")).content.decode()
    done = second.post(do_url(row, "release"), {"reason": REASON})

    assert (own.status_code, done.status_code) == (409, 302)
    assert "You asked for this release" in own.content.decode()
    assert "operations@roleferry.example asked for its release: It answers." in page
    row.refresh_from_db()
    assert row.released_at is not None
    assert not Suppression.objects.exclude(pk=row.pk).filter(released_at__isnull=False).exists()


@pytest.mark.parametrize("cap", ["0", "101", "-5", "x", ""])
def test_no_operator_goes_above_the_policy(operator_client, cap):
    mailbox = MailboxFactory()

    answer = operator_client.post(do_url(mailbox, "set-cap"), {"reason": REASON, "cap": cap})

    mailbox.refresh_from_db()
    assert (answer.status_code, mailbox.daily_cap) == (400, 50)
    assert not AuditEntry.objects.exists()


def test_a_practice_mailbox_has_no_ramp(operator_client):
    mailbox = MailboxFactory()

    answer = operator_client.post(do_url(mailbox, "restart-ramp"), {"reason": REASON})

    assert answer.status_code == 409
    assert not AuditEntry.objects.exists()


def test_a_restarted_ramp_begins_at_day_one(operator_client):
    mailbox = MailboxFactory(
        address="olga@firm.test", provider="smtp", is_sandbox=False, ramp_days=40
    )

    operator_client.post(do_url(mailbox, "restart-ramp"), {"reason": REASON})

    mailbox.refresh_from_db()
    entry = AuditEntry.objects.get()
    assert (mailbox.status, mailbox.ramp_days) == ("warmup", 0)
    assert mailbox.warmup_started_on == mailbox.ramp_counted_on == entry.at.date()
    assert (entry.before["ramp_days"], entry.after["ramp_days"]) == (40, 0)


def test_a_queue_moves_within_its_workspace_only(operator_client):
    message = MessageFactory(scheduled=True)
    old, new = mailbox_for(message), mailbox_for(message)
    enrollment = message.enrollment
    enrollment.mailbox = old
    enrollment.save()
    stranger = MailboxFactory()

    page = operator_client.get(do_url(old, "move-queue")).content.decode()
    foreign = operator_client.post(
        do_url(old, "move-queue"), {"reason": REASON, "target": stranger.pk}
    )
    assert "1 waiting message can move; 0 stay with threads that began." in page
    assert foreign.status_code == 409
    assert not AuditEntry.objects.exists()

    done = operator_client.post(do_url(old, "move-queue"), {"reason": REASON, "target": new.pk})
    again = operator_client.post(do_url(old, "move-queue"), {"reason": REASON, "target": new.pk})

    enrollment.refresh_from_db()
    assert (done.status_code, again.status_code) == (302, 409)
    assert enrollment.mailbox == new
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.affected_count, entry.after) == (
        "mailbox.move_queue",
        1,
        {"mailbox": new.pk},
    )


def at_once(count: int, act) -> list[int]:
    """Run `act(client number)` in so many threads at the same moment; return the status codes, sorted."""
    gate, codes = threading.Barrier(count), []

    def run(number: int) -> None:
        try:
            gate.wait()
            codes.append(act(number).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(codes)


@pytest.mark.django_db(transaction=True)
def test_two_operators_at_once_have_one_effect():
    clients = [client_of(staff_member("operations", name)) for name in ("one", "two")]
    mailbox = MailboxFactory()

    stops = at_once(2, lambda n: clients[n].post(STOP, {**CONFIRMED, "typed": "STOP"}))
    pauses = at_once(2, lambda n: clients[n].post(do_url(mailbox, "pause"), {"reason": REASON}))
    closes = at_once(2, lambda n: clients[n].post(QUARANTINE, {**CONFIRMED, "domain": "firm.test"}))

    assert [stops, pauses, closes] == [[302, 409]] * 3
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["switch.turn_off", "mailbox.pause", "domain.quarantine"]
    assert Mailbox.objects.get().status == "paused"
    assert broken_links() == []


def test_support_sees_the_switch_and_cannot_touch_it(support_client):
    page = support_client.get(reverse("admin:accounts_platformswitch_changelist"))
    answers = [
        support_client.post(url, {**CONFIRMED, "typed": word})
        for url, word in ((STOP, "STOP"), (START, "START"))
    ]

    assert page.status_code == 200
    assert "Stop all sending" not in page.content.decode()
    assert [answer.status_code for answer in answers] == [403, 403]
    assert not PlatformSwitch.objects.exists()
