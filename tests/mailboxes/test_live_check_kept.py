"""Kept and consented mailboxes in the live check, against real servers on loopback."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mailboxes import checking
from mailboxes.models import ConnectionCheck, Mailbox
from tests.factories.outreach import MailboxFactory
from tests.fakes.dovecot import PASSWORD, Dovecot, free_port, needs_dovecot
from tests.mailboxes.live_checking import (
    ADDRESS,
    HOST,
    Delivering,
    details,
    row,
    run,
    states,
    tools,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    needs_dovecot,
]


@pytest.fixture(scope="module")
def dovecot():
    with Dovecot() as server:
        yield server


def test_a_kept_mailbox_is_tested_again_and_goes_on_when_it_works(workspace, dovecot):
    with Delivering(dovecot) as sink:
        mailbox = run(workspace, details(sink, dovecot)).mailbox
        mailbox.move_to("broken", status_reason="The server refused the password.")
        Mailbox.objects.update(last_error="old", sent_folder="", files_sent_copies=None)
        check = checking.open_check(workspace, now=timezone.now(), mailbox=mailbox)
        checking.run_check(check, now=timezone.now(), tools=tools())
        checking.run_check(check, now=timezone.now(), tools=tools())
        assert len(sink.accepted) == 2
    mailbox.refresh_from_db()
    assert (mailbox.status, mailbox.last_error) == ("warmup", "")
    assert (mailbox.sent_folder, mailbox.files_sent_copies) == ("Sent", True)


def test_a_kept_mailbox_that_fails_says_so_and_keeps_its_state(workspace, dovecot):
    with Delivering(dovecot) as sink:
        mailbox = run(workspace, details(sink, dovecot)).mailbox
    check = checking.open_check(workspace, now=timezone.now(), mailbox=mailbox)
    checking.run_check(check, now=timezone.now(), tools=tools())
    mailbox.refresh_from_db()
    assert check.verdict == "failed"
    assert mailbox.last_error == f"{HOST} is there, but takes no connections on port {sink.port}."
    assert (mailbox.status, mailbox.files_sent_copies) == ("warmup", True)


def consented(workspace, sink, dovecot, **changes):
    """Return a mailbox whose access token opens both servers."""
    fields = {
        "provider": "google",
        "is_sandbox": False,
        "smtp_host": HOST,
        "smtp_port": sink.port,
        "smtp_security": "none",
        "smtp_username": ADDRESS,
        "imap_host": "imap.real-company.com",
        "imap_port": dovecot.port,
        "imap_security": "none",
        "oauth_refresh_token": "refresh",
        "oauth_access_token": PASSWORD,
        "oauth_expires_at": timezone.now() + timedelta(hours=1),
        "status": "warmup",
        "warmup_started_on": timezone.now().date(),
    }
    return MailboxFactory(workspace=workspace, address=ADDRESS, **{**fields, **changes})


def try_new(workspace, mailbox):
    check = checking.open_check(workspace, now=timezone.now(), mailbox=mailbox, is_new=True)
    checking.run_check(check, now=timezone.now(), tools=tools())
    mailbox.refresh_from_db()
    return check


def test_a_consented_mailbox_sends_and_reads_by_token_and_learns(workspace, dovecot):
    by_token = {"logins": {ADDRESS: PASSWORD}, "mechanisms": ["XOAUTH2"]}
    with Delivering(dovecot, **by_token) as sink:
        mailbox = consented(workspace, sink, dovecot)
        check = try_new(workspace, mailbox)
        assert states(check) == ["ok"] * 7
        assert [mail.recipients for mail in sink.accepted] == [(ADDRESS,)]
    assert (mailbox.status, mailbox.sent_folder, mailbox.files_sent_copies) == (
        "warmup",
        "Sent",
        True,
    )


def test_a_consented_mailbox_that_cannot_send_rests_until_a_test_passes(workspace, dovecot):
    by_token = {"logins": {ADDRESS: PASSWORD}, "mechanisms": ["XOAUTH2"]}
    with Delivering(dovecot, **by_token) as sink:
        mailbox = consented(workspace, sink, dovecot, smtp_port=free_port())
        check = try_new(workspace, mailbox)
        assert (check.verdict, mailbox.status) == ("failed", "broken")
        assert mailbox.status_reason == row(check, "connect")["cause"]
        Mailbox.objects.update(smtp_port=sink.port)
        again = checking.reopen_check(check, now=timezone.now())
        as_the_task_does = ConnectionCheck.objects.select_related("mailbox", "workspace")
        again = as_the_task_does.get(pk=again.pk)
        checking.run_check(again, now=timezone.now(), tools=tools())
        mailbox.refresh_from_db()
    assert (again.verdict, again.details["is_new"]) == ("passed", True)
    assert (mailbox.status, mailbox.status_reason) == ("warmup", "")


def test_a_withdrawn_consent_is_a_row_with_what_to_do(workspace, dovecot):
    with Delivering(dovecot) as sink:
        mailbox = consented(workspace, sink, dovecot, oauth_refresh_token="", oauth_access_token="")
        check = try_new(workspace, mailbox)
        assert sink.verbs == []
    assert check.verdict == "failed"
    assert row(check, "login")["cause"] == "Google says access was withdrawn."
    assert row(check, "login")["fix"] == "Connect again."


def test_a_mailbox_that_works_but_may_not_be_kept_says_why(workspace, dovecot):
    MailboxFactory(
        workspace=workspace,
        address=ADDRESS,
        provider="smtp",
        is_sandbox=False,
        is_pool=True,
        pool_agreed_at=timezone.now(),
    )
    with Delivering(dovecot) as sink:
        check = run(workspace, details(sink))
    assert check.verdict == "failed"
    assert "lent to you by operations" in row(check, "find")["cause"]
    assert Mailbox.objects.get().smtp_password == ""


def test_checks_are_limited_by_the_hour(workspace, dovecot):
    now = timezone.now()
    with Delivering(dovecot) as sink:
        typed = details(sink)
    for _ in range(checking.CHECKS_AN_HOUR):
        checking.open_check(workspace, now=now, details=typed)
    with pytest.raises(checking.TooManyChecksError, match="Wait a while"):
        checking.open_check(workspace, now=now, details=typed)
    ConnectionCheck.objects.update(created_at=now - timedelta(hours=2))
    assert checking.open_check(workspace, now=now, details=typed)
