"""The live check of a mailbox at a sending service: key, mail to oneself, what is skipped, and failures in words."""

import json
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from mailboxes import api_check, checking
from mailboxes.live_check import TEST_SUBJECT, Tools
from mailboxes.models import ConnectionCheck, Mailbox, MailboxDay
from mailboxes.suppression import suppress
from tests.factories.outreach import MailboxFactory
from tests.fakes.web import Reply, web_server
from tests.mailboxes.api_cases import CREDENTIALS, KINDS, TAKEN

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "olga@real-company.com"
GOOD = {
    "postmark": Reply(200, {"ID": 1}),
    "mailgun": Reply(200, {"domain": {"name": "mg.real-company.com", "state": "active"}}),
    "sendgrid": Reply(200, {"scopes": ["mail.send"]}),
    "ses": Reply(200, {"SendingEnabled": True, "ProductionAccessEnabled": True}),
}


def kept(workspace, kind, **changes):
    return MailboxFactory(
        workspace=workspace,
        address=ADDRESS,
        provider=kind,
        is_sandbox=False,
        status="warmup",
        warmup_started_on=timezone.now().date(),
        api_credentials=json.dumps(CREDENTIALS[kind]),
        **changes,
    )


def run(settings, mailbox, *, proof=None, taken=None, receives=True, is_new=True):
    """Check the mailbox against a service that answers so; return the check and the mails it was handed."""
    kind = mailbox.provider
    answers = {"GET": proof or GOOD[kind], "POST": taken or TAKEN[kind]}
    check = checking.open_check(
        mailbox.workspace, now=timezone.now(), mailbox=mailbox, is_new=is_new
    )
    with web_server(lambda request: answers[request.method]) as (url, requests):
        settings.MAIL_API_STAND_INS = {kind: url}
        checking.run_check(
            check, now=timezone.now(), tools=Tools(receives_mail=lambda domain: receives)
        )
    mailbox.refresh_from_db()
    return check, [request for request in requests if request.method == "POST"]


def states(check):
    return [row["status"] for row in check.rows]


@pytest.mark.parametrize("kind", KINDS)
def test_the_key_and_a_mail_to_oneself_are_tried_and_reading_is_skipped(kind, settings, workspace):
    mailbox = kept(workspace, kind)
    check, mails = run(settings, mailbox)
    assert states(check) == ["ok"] * 5 + ["skipped"] * 2
    assert check.verdict == "passed"
    assert "only sends" in check.rows[5]["note"]
    assert len(mails) == 1
    assert mails[0].body.count(ADDRESS.encode()) >= 2 or kind == "ses"
    assert kind == "ses" or TEST_SUBJECT.split(":")[0].encode() in mails[0].body
    assert (mailbox.status, mailbox.last_error, mailbox.files_sent_copies) == ("warmup", "", None)
    assert not MailboxDay.objects.exists()


FAILURES = [
    ({"proof": Reply(401, {"ErrorCode": 10})}, "login", "Postmark refused the key."),
    ({"proof": Reply(500, "oops")}, "connect", "Postmark could not be asked (it answered 500)."),
    (
        {"taken": Reply(422, {"ErrorCode": 400, "Message": "No Sender Signature."})},
        "send",
        "Postmark does not let this mailbox send: No Sender Signature.",
    ),
    (
        {"taken": Reply(422, {"ErrorCode": 300, "Message": "Odd mail."})},
        "send",
        "Postmark did not take the test mail.",
    ),
    ({"taken": Reply(429, {"ErrorCode": 429})}, "send", "Postmark takes no mail just now."),
    (
        {"taken": Reply(503, "busy")},
        "send",
        "Postmark may have taken the mail: it answered 503.",
    ),
    ({"receives": False}, "dns", "No server receives mail for the domain of your address"),
]


@pytest.mark.parametrize(("world", "key", "cause"), FAILURES)
def test_a_failure_says_cause_and_fix_and_a_new_mailbox_rests(
    world, key, cause, settings, workspace
):
    mailbox = kept(workspace, "postmark")
    check, mails = run(settings, mailbox, **world)
    failed = [row for row in check.rows if row["status"] == "failed"]
    assert [row["key"] for row in failed] == [key]
    assert cause in failed[0]["cause"]
    assert failed[0]["fix"].endswith((".", "!"))
    assert "pm-secret" not in json.dumps(check.rows)
    assert (check.verdict, mailbox.status) == ("failed", "broken")
    assert cause in mailbox.status_reason
    assert len(mails) == (key == "send")
    run(settings, mailbox)
    assert (mailbox.status, mailbox.status_reason) == ("warmup", "")


def test_an_older_mailbox_keeps_its_state(settings, workspace):
    mailbox = kept(workspace, "postmark")
    check, _ = run(settings, mailbox, proof=Reply(401, {}), is_new=False)
    assert (check.verdict, mailbox.status) == ("failed", "warmup")
    assert mailbox.last_error == "Postmark refused the key."


def test_an_address_that_asked_for_silence_gets_no_test_mail(settings, workspace):
    suppress(
        workspace=workspace,
        email=ADDRESS,
        reason="unsubscribe",
        scope="workspace",
        now=timezone.now(),
    )
    check, mails = run(settings, kept(workspace, "postmark"))
    assert mails == []
    assert check.rows[4]["key_of_cause"] == "suppressed"


def test_the_way_from_the_key_to_the_daily_number(settings, owner_client, workspace, monkeypatch):
    monkeypatch.setattr(api_check, "Tools", partial(Tools, receives_mail=lambda domain: True))
    answers = {"GET": GOOD["postmark"], "POST": TAKEN["postmark"]}
    with web_server(lambda request: answers[request.method]) as (url, _):
        settings.MAIL_API_STAND_INS = {"postmark": url}
        answer = owner_client.post(
            reverse("mailboxes:connect-postmark"), {"address": ADDRESS, **CREDENTIALS["postmark"]}
        )
        check = ConnectionCheck.objects.get()
        assert answer["Location"] == reverse("mailboxes:check-detail", args=[check.public_id])
        mailbox = Mailbox.objects.get()
        again = owner_client.post(reverse("mailboxes:mailbox-test", args=[mailbox.public_id]))
        assert again["Location"] != answer["Location"]
    page = owner_client.get(answer["Location"]).content.decode()
    assert f"{ADDRESS} sends and is connected" in page
    assert reverse("mailboxes:mailbox-caps", args=[mailbox.public_id]) + "?new" in page
    assert "is on its way to its inbox" in page
    page = owner_client.get(reverse("mailboxes:mailbox-detail", args=[mailbox.public_id]))
    assert "Test again" in page.content.decode()
