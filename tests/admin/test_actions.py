"""Every action of the console: without a reason nothing happens, with one exactly one entry is kept."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.auditing import broken_links
from accounts.models import AuditEntry, Notification
from jobs.tasks import import_source
from mailboxes.connecting import resume
from mailboxes.models import Suppression
from outreach.models import Message
from tests.factories.accounts import UserFactory, WorkspaceFactory
from tests.factories.jobs import SourceFactory
from tests.factories.operations import (
    REASON,
    client_of,
    do_url,
    mailbox_for,
    unknown_message,
)
from tests.factories.outreach import MailboxFactory, MessageFactory

pytestmark = pytest.mark.django_db


def paused_mailbox():
    return MailboxFactory(status="paused", status_reason="Bounces.", paused_by_staff=True)


def paused_workspace():
    return WorkspaceFactory(sending_paused_at=timezone.now(), sending_paused_reason="Spam reports.")


def follow_up():
    message = MessageFactory(scheduled=True)
    Message.objects.filter(pk=message.pk).update(status="held")
    message.refresh_from_db()
    return message


def closed(reason: str, *, asked: bool = False) -> Suppression:
    asking = {
        "release_asked_by": UserFactory(is_staff=True),
        "release_asked_at": timezone.now(),
        "release_evidence": "A test mail arrived.",
    }
    return Suppression.objects.create(
        scope="platform", address_hash="0" * 64, reason=reason, **(asking if asked else {})
    )


# (row, action, what else the form says, verb, field that shows the effect, before, after)
ACTIONS = {
    "pause a mailbox": (MailboxFactory, "pause", {}, "mailbox.pause", "status", "active", "paused"),
    "resume a mailbox": (
        paused_mailbox,
        "resume",
        {},
        "mailbox.resume",
        "paused_by_staff",
        True,
        False,
    ),
    "pause a workspace": (
        WorkspaceFactory,
        "pause-sending",
        {"typed": "STOP"},
        "workspace.pause_sending",
        "sending_paused_reason",
        "",
        REASON,
    ),
    "resume a workspace": (
        paused_workspace,
        "resume-sending",
        {"typed": "START"},
        "workspace.resume_sending",
        "sending_paused_reason",
        "Spam reports.",
        "",
    ),
    "set a cap": (MailboxFactory, "set-cap", {"cap": "20"}, "mailbox.set_cap", "daily_cap", 50, 20),
    "restart a ramp": (
        lambda: MailboxFactory(
            address="olga@firm.test", provider="smtp", is_sandbox=False, ramp_days=12
        ),
        "restart-ramp",
        {},
        "mailbox.restart_ramp",
        "ramp_days",
        12,
        0,
    ),
    "send a held message": (
        follow_up,
        "requeue",
        {},
        "message.requeue",
        "status",
        "held",
        "scheduled",
    ),
    "ask for a release": (
        lambda: closed("hard_bounce"),
        "ask-release",
        {"evidence": "The postmaster says it works."},
        "suppression.ask_release",
        "release_evidence",
        "",
        "The postmaster says it works.",
    ),
    "release by a second person": (
        lambda: closed("complaint", asked=True),
        "release",
        {},
        "suppression.release",
        "released_reason",
        "",
        REASON,
    ),
    "settle as sent": (
        unknown_message,
        "resolve-sent",
        {"evidence": "Found in the Sent folder."},
        "message.resolve_sent",
        "status",
        "unknown",
        "sent",
    ),
    "settle as not sent": (
        unknown_message,
        "resolve-not-sent",
        {"evidence": "The provider's log has no such Message-ID."},
        "message.resolve_not_sent",
        "status",
        "unknown",
        "scheduled",
    ),
    "cancel a scheduled message": (
        lambda: MessageFactory(scheduled=True),
        "cancel",
        {},
        "message.cancel",
        "status",
        "scheduled",
        "cancelled",
    ),
    "cancel a held message": (
        follow_up,
        "cancel",
        {},
        "message.cancel",
        "status",
        "held",
        "cancelled",
    ),
}


# What the owner of a mailbox reads, with its reason.
TOLD = {"mailbox.pause", "mailbox.resume", "mailbox.restart_ramp"}


@pytest.mark.parametrize("case", ACTIONS.values(), ids=ACTIONS.keys())
def test_without_a_reason_nothing_happens(case, operator_client):
    make, name, data, _, field, before, _ = case
    row = make()

    answers = [
        operator_client.post(do_url(row, name), {**data, "reason": reason}) for reason in ("", "  ")
    ]
    answers.append(operator_client.post(do_url(row, name), data))

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert "Say why: every action here is kept with its reason." in answers[0].content.decode()
    row.refresh_from_db()
    assert getattr(row, field) == before
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("case", ACTIONS.values(), ids=ACTIONS.keys())
def test_with_a_reason_it_happens_once_and_leaves_one_entry(case, operator, operator_client):
    make, name, data, verb, field, before, after = case
    row = make()

    asked = operator_client.get(do_url(row, name))
    row.refresh_from_db()
    assert asked.status_code == 200
    assert "1 of 1 row can be acted on" in asked.content.decode()
    assert getattr(row, field) == before

    done = operator_client.post(do_url(row, name), {**data, "reason": REASON})
    again = operator_client.post(do_url(row, name), {**data, "reason": REASON})

    row.refresh_from_db()
    assert done.status_code == 302
    assert again.status_code == 409
    assert "Nothing was done." in again.content.decode()
    assert getattr(row, field) == after
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor, entry.reason) == (verb, operator, REASON)
    assert (entry.target_id, entry.actor_ip) == (str(row.public_id), "127.0.0.1")
    assert entry.workspace == getattr(row, "workspace", row)
    assert Notification.objects.filter(text__contains=REASON).count() == (verb in TOLD)
    assert entry.before != entry.after
    assert broken_links() == []


def test_an_action_by_get_changes_nothing(operator_client):
    mailbox = MailboxFactory()

    operator_client.get(f"{do_url(mailbox, 'pause')}&reason={REASON}&confirmed=1")

    mailbox.refresh_from_db()
    assert mailbox.status == "active"


def test_actions_need_the_csrf_token(operator):
    mailbox = MailboxFactory()
    client = client_of(operator)
    client.handler.enforce_csrf_checks = True

    assert client.post(do_url(mailbox, "pause"), {"reason": REASON}).status_code == 403
    mailbox.refresh_from_db()
    assert mailbox.status == "active"


def test_each_action_has_a_permission_of_its_own(operator):
    mailbox = MailboxFactory()
    group = operator.groups.get()
    group.permissions.remove(group.permissions.get(codename="pause_mailbox"))
    client = client_of(operator)

    assert client.post(do_url(mailbox, "pause"), {"reason": REASON}).status_code == 403
    mailbox.refresh_from_db()
    assert mailbox.status == "active"
    assert not AuditEntry.objects.exists()


def test_unknown_actions_and_rows_are_not_found(operator_client):
    mailbox = MailboxFactory()

    assert operator_client.post(do_url(mailbox, "delete"), {"reason": REASON}).status_code == 404
    mailbox.pk = 0
    assert operator_client.post(do_url(mailbox, "pause"), {"reason": REASON}).status_code == 404


def test_several_rows_are_counted_before_and_each_has_its_entry(operator_client):
    first, second, paused = MailboxFactory(), MailboxFactory(), paused_mailbox()
    chosen = [first.pk, second.pk, paused.pk]

    to_reason = operator_client.post(
        reverse("admin:mailboxes_mailbox_changelist"),
        {"action": "pause", "_selected_action": chosen, "index": 0},
    )
    page = operator_client.get(to_reason["Location"])
    done = operator_client.post(to_reason["Location"], {"reason": REASON}, follow=True)

    assert "2 of 3 rows can be acted on" in page.content.decode()
    assert done.status_code == 200
    assert "It is not sending, so there is nothing to pause." in done.content.decode()
    targets = AuditEntry.objects.filter(verb="mailbox.pause").values_list("target_id", flat=True)
    assert set(targets) == {str(first.public_id), str(second.public_id)}


def test_a_whole_table_is_never_acted_on(operator_client):
    mailbox = MailboxFactory()

    operator_client.post(
        reverse("admin:mailboxes_mailbox_changelist"),
        {"action": "pause", "_selected_action": [mailbox.pk], "select_across": "1", "index": 0},
    )

    mailbox.refresh_from_db()
    assert mailbox.status == "active"


def test_pausing_a_mailbox_says_first_how_much_will_wait(operator_client):
    message = MessageFactory(scheduled=True)
    mailbox = mailbox_for(message)
    Message.objects.filter(pk=message.pk).update(mailbox=mailbox)

    page = operator_client.get(do_url(mailbox, "pause")).content.decode()
    workspace_page = operator_client.get(do_url(message.workspace, "pause-sending"))

    assert "1 message of theirs will wait." in page
    assert "1 message of theirs waits." in workspace_page.content.decode()


def test_a_staff_pause_is_read_by_the_owner_and_not_lifted_by_them(operator_client):
    mailbox = MailboxFactory()
    operator_client.post(do_url(mailbox, "pause"), {"reason": REASON})
    mailbox.refresh_from_db()

    assert mailbox.status_reason == REASON
    assert resume(mailbox) is False
    mailbox.refresh_from_db()
    assert mailbox.status == "paused"


def test_a_source_is_read_again(operator_client, monkeypatch, django_capture_on_commit_callbacks):
    asked = []
    monkeypatch.setattr(import_source, "delay", asked.append)
    source = SourceFactory(health="dead")
    pasted = SourceFactory(kind="pasted", board_token="")

    with django_capture_on_commit_callbacks(execute=True):
        assert operator_client.post(do_url(source, "read-again")).status_code == 400
        operator_client.post(do_url(source, "read-again"), {"reason": REASON})
        refused = operator_client.post(do_url(pasted, "read-again"), {"reason": REASON})

    assert asked == [source.pk]
    assert refused.status_code == 409
    assert AuditEntry.objects.get().verb == "source.read_again"
