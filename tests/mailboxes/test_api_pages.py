"""Connecting a mailbox at a sending service, as a person sees it; the services stand on loopback."""

import json

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from mailboxes.models import ConnectionCheck, Mailbox, WebhookEndpoint
from tests.factories.outreach import MailboxFactory
from tests.fakes.web import Reply, web_server
from tests.mailboxes.api_cases import CREDENTIALS, KINDS

pytestmark = pytest.mark.django_db

ADDRESS = "olga@real-company.com"
GOOD = {
    "postmark": Reply(200, {"ID": 1, "Name": "Mine", "DeliveryType": "Live"}),
    "mailgun": Reply(200, {"domain": {"name": "mg.real-company.com", "state": "active"}}),
    "sendgrid": Reply(200, {"scopes": ["mail.send", "alerts.read"]}),
    "ses": Reply(200, {"SendingEnabled": True, "ProductionAccessEnabled": True}),
}
ASKED = {
    "postmark": "/server",
    "mailgun": "/v3/domains/mg.real-company.com",
    "sendgrid": "/v3/scopes",
    "ses": "/v2/email/account",
}


def connect(client, settings, kind, reply, **changes):
    data = {"address": ADDRESS, "display_name": "Olga", **CREDENTIALS[kind], **changes}
    with web_server(lambda request: reply) as (url, requests):
        settings.MAIL_API_STAND_INS = {kind: url}
        answer = client.post(reverse(f"mailboxes:connect-{kind}"), data)
    return answer, requests


def secret_of(kind):
    return next(value for value in CREDENTIALS[kind].values() if "secret" in value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_key_is_kept_sealed(kind, owner_client, settings, workspace):
    answer, requests = connect(owner_client, settings, kind, GOOD[kind])
    mailbox = Mailbox.objects.get()
    check = ConnectionCheck.objects.get()
    assert answer["Location"] == reverse("mailboxes:check-detail", args=[check.public_id])
    assert [(request.method, request.path) for request in requests] == [("GET", ASKED[kind])]
    assert (mailbox.provider, mailbox.address, mailbox.status, mailbox.workspace) == (
        kind,
        ADDRESS,
        "warmup",
        workspace,
    )
    assert json.loads(mailbox.api_credentials) == CREDENTIALS[kind]
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_credentials FROM mailboxes_mailbox")
        assert secret_of(kind) not in cursor.fetchone()[0]
    endpoint = WebhookEndpoint.objects.get()
    reports = reverse("mailboxes:mailbox-reports", args=[mailbox.public_id])
    page = owner_client.get(reports).content.decode()
    assert str(endpoint.public_id) in page
    assert "own reports are not read yet" in page
    assert endpoint.secret not in page
    assert secret_of(kind) not in page


BAD = [
    ("postmark", Reply(401, {"ErrorCode": 10}), "Postmark refused the key"),
    ("mailgun", Reply(401, "Forbidden"), "Mailgun refused the key"),
    ("mailgun", Reply(404, {"message": "Not found"}), "does not know mg.real-company.com"),
    ("mailgun", Reply(200, {"domain": {"state": "unverified"}}), "Finish its DNS records"),
    ("sendgrid", Reply(200, {"scopes": ["alerts.read"]}), "may not send"),
    ("sendgrid", Reply(403, {"errors": []}), "SendGrid refused the key"),
    (
        "ses",
        Reply(403, {"message": "no"}, {"x-amzn-ErrorType": "InvalidClientTokenId"}),
        "InvalidClientTokenId",
    ),
    ("ses", Reply(200, {"SendingEnabled": False}), "stopped this account"),
    ("ses", Reply(200, {"SendingEnabled": True}), "in its sandbox"),
    ("ses", Reply(500, {"message": "no"}), "could not be asked"),
    ("postmark", Reply(500, "oops"), "could not be asked"),
    ("postmark", Reply(200, "oops"), "could not be read"),
    ("postmark", Reply(200, "x" * 300_000), "could not be read"),
    ("postmark", Reply(hang_up=True), "did not answer"),
    ("postmark", Reply(302, "", {"Location": "http://127.0.0.1:1/"}), "could not be asked"),
]


@pytest.mark.parametrize(("kind", "reply", "words"), BAD)
def test_a_key_that_does_not_work(kind, reply, words, owner_client, settings):
    answer, _ = connect(owner_client, settings, kind, reply)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert ADDRESS in page
    assert secret_of(kind) not in page
    assert not Mailbox.objects.exists()
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("mailgun", {"region": "asia"}, "region “eu” or “us”"),
        ("mailgun", {"domain": "mg.real.com/../v3"}, "domain name"),
        ("ses", {"region": "eu-central-1.evil.com"}, "eu-central-1"),
        ("postmark", {"server_token": "two words"}, "Copy it again"),
        ("postmark", {"address": "olga@mail.example"}, "domain for examples"),
        ("postmark", {"address": "olga"}, "olga"),
        ("postmark", {"display_name": "Olga\r\nBcc: x@y.com"}, "on one line"),
    ],
)
def test_what_cannot_be_is_refused(kind, changes, words, owner_client, settings):
    answer, _ = connect(owner_client, settings, kind, GOOD[kind], **changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Mailbox.objects.exists()


def test_a_new_key_replaces_the_old_one(owner_client, settings, workspace):
    for token in ("first", "second"):
        connect(owner_client, settings, "postmark", GOOD["postmark"], server_token=token)
    assert json.loads(Mailbox.objects.get().api_credentials)["server_token"] == "second"
    assert WebhookEndpoint.objects.count() == 1


def disconnected(client, mailbox):
    url = reverse("mailboxes:mailbox-disconnect", args=[mailbox.public_id])
    assert "Disconnect" in client.get(url).content.decode()
    client.post(url)
    mailbox.refresh_from_db()


def test_disconnecting_stops_and_connecting_again_goes_on(owner_client, settings):
    connect(owner_client, settings, "postmark", GOOD["postmark"])
    mailbox = Mailbox.objects.get()
    disconnected(owner_client, mailbox)
    assert mailbox.disconnected_at is not None
    assert mailbox.status not in Mailbox.SENDING
    connect(owner_client, settings, "postmark", GOOD["postmark"])
    mailbox.refresh_from_db()
    assert (mailbox.status, mailbox.disconnected_at, mailbox.status_reason) == ("warmup", None, "")


@pytest.mark.parametrize("stop", ["brake", "staff"])
def test_a_new_key_ends_no_pause(stop, owner_client, settings):
    connect(owner_client, settings, "postmark", GOOD["postmark"])
    mailbox = Mailbox.objects.get()
    mailbox.move_to(
        "paused",
        status_reason="Complaints rise",
        paused_by_staff=stop == "staff",
        braked_at=timezone.now() if stop == "brake" else None,
    )
    disconnected(owner_client, mailbox)
    connect(owner_client, settings, "postmark", GOOD["postmark"])
    mailbox.refresh_from_db()
    assert (mailbox.status, mailbox.status_reason) == ("paused", "Complaints rise")


def test_practice_and_strange_mailboxes_are_not_disconnected(
    owner_client, stranger_client, workspace
):
    practice = MailboxFactory(workspace=workspace)
    url = reverse("mailboxes:mailbox-disconnect", args=[practice.public_id])
    assert owner_client.post(url).status_code == 404
    own = MailboxFactory(
        workspace=workspace, address=ADDRESS, provider="postmark", is_sandbox=False
    )
    for name in ("mailbox-disconnect", "mailbox-reports"):
        path = reverse(f"mailboxes:{name}", args=[own.public_id])
        assert stranger_client.get(path).status_code == 404
    own.refresh_from_db()
    assert own.status == "active"


def test_a_full_plan_is_said_before_the_key_is_tried(owner_client, settings, workspace):
    for address in ("a@quay.com", "b@quay.com"):
        MailboxFactory(workspace=workspace, address=address, provider="smtp", is_sandbox=False)
    answer, requests = connect(owner_client, settings, "postmark", GOOD["postmark"])
    assert answer.status_code == 422
    assert "they are all connected" in answer.content.decode()
    assert requests == []
    answer, _ = connect(owner_client, settings, "postmark", GOOD["postmark"], address="A@quay.com")
    assert answer.status_code == 302


def test_viewers_connect_nothing(viewer_client, settings):
    answer, requests = connect(viewer_client, settings, "postmark", GOOD["postmark"])
    assert answer.status_code == 403
    assert requests == []


def test_the_choices_name_what_is_configured(owner_client, settings):
    page = owner_client.get(reverse("mailboxes:mailbox-connect")).content.decode()
    assert "Not configured here" in page
    assert reverse("mailboxes:connect-google") not in page
    settings.GOOGLE_OAUTH_CLIENT_ID = settings.GOOGLE_OAUTH_CLIENT_SECRET = "set"
    page = owner_client.get(reverse("mailboxes:mailbox-connect")).content.decode()
    assert reverse("mailboxes:connect-google") in page
    for kind in KINDS:
        assert reverse(f"mailboxes:connect-{kind}") in page
