"""The sender with a provider's web interface, with an access token, and with a lent mailbox: what the ledger keeps of it."""

import json
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.utils import timezone

from mailboxes.models import Mailbox, PoolLoan
from outreach.models import Message
from outreach.provider_oracles import look_up
from outreach.recovery import Stray, Verdict
from tests.fakes.oauth_server import oauth_server
from tests.fakes.smtp_sink import SmtpSink
from tests.fakes.web import Reply, web_server
from tests.faults.ledger_world import World, dispatch
from tests.mailboxes.api_cases import CREDENTIALS, IDS, TAKEN

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sink():
    with SmtpSink(mechanisms=["PLAIN", "XOAUTH2"]) as server:
        yield server


@pytest.fixture
def world(sink):
    world = World()
    world.box = world.real_mailbox(sink)
    (world.message_row,) = world.real_messages(1)
    # A second try waits for no window, so that the test may run on a Sunday.
    Message.objects.update(attempts=1)
    return world


def become(world, **fields):
    Mailbox.objects.filter(pk=world.box.pk).update(**fields)


def stands(world):
    world.box.refresh_from_db()
    world.message_row.refresh_from_db()
    return world.message_row.status, world.box.status


def by(world, kind, **fields):
    mailbox = Mailbox.objects.get(pk=world.box.pk)
    mailbox.provider, mailbox.api_credentials = kind, json.dumps(CREDENTIALS[kind])
    for name, value in fields.items():
        setattr(mailbox, name, value)
    mailbox.save()


def send_to(settings, kind, reply):
    """Dispatch while the provider answers `reply`; return its requests."""
    with web_server(lambda request: reply) as (url, requests):
        settings.MAIL_API_STAND_INS = {kind: url}
        dispatch()
    return requests


@pytest.mark.parametrize("kind", ["postmark", "mailgun", "sendgrid", "ses"])
def test_a_mail_leaves_by_its_provider(kind, world, sink, settings):
    by(world, kind)
    requests = send_to(settings, kind, TAKEN[kind])
    assert stands(world) == ("sent", "active")
    assert world.message_row.provider_id == IDS[kind]
    assert len(requests) == 1
    assert sink.accepted == []


def test_a_lost_answer_is_unknown_and_never_sent_again(world, settings):
    by(world, "postmark")
    requests = send_to(settings, "postmark", Reply(hang_up=True))
    assert stands(world) == ("unknown", "active")
    assert len(requests) == 1
    assert send_to(settings, "postmark", TAKEN["postmark"]) == []


def test_a_refused_key_stops_the_mailbox_and_its_mail_waits(world, settings):
    by(world, "postmark")
    refusal = Reply(401, {"ErrorCode": 10, "Message": "Bad or missing Server API token."})
    send_to(settings, "postmark", refusal)
    assert stands(world) == ("scheduled", "broken")
    assert "Bad or missing Server API token" in world.box.status_reason
    assert world.message_row.sent_at is None


def test_a_missing_key_stops_the_mailbox_and_its_mail_waits(world):
    become(world, provider="postmark")
    dispatch()
    assert stands(world) == ("scheduled", "broken")
    assert "no key any more" in world.box.status_reason


def test_a_mail_leaves_with_a_fresh_token(world, sink, settings):
    with oauth_server(settings, "google") as server:
        server.refresh_tokens.add("refresh-1")
        by_token(world, "refresh-1")
        dispatch()
        assert stands(world) == ("sent", "active")
        assert server.tokens_asked("refresh_token") == 1
    assert len(sink.accepted) == 1


def test_withdrawn_access_stops_the_mailbox_and_its_mail_waits(world, sink, settings):
    with oauth_server(settings, "google"):
        by_token(world, "withdrawn")
        dispatch()
    assert stands(world) == ("scheduled", "broken")
    assert world.box.status_reason == "Google says access was withdrawn; connect again."
    assert sink.accepted == []


def test_a_provider_in_trouble_only_delays(world, sink, settings):
    with oauth_server(settings, "google") as server:
        server.reply = Reply(503)
        by_token(world, "refresh-1")
        dispatch()
    assert stands(world) == ("scheduled", "active")
    assert world.message_row.due_at > timezone.now()
    assert sink.accepted == []


def by_token(world, refresh_token):
    mailbox = Mailbox.objects.get(pk=world.box.pk)
    mailbox.provider, mailbox.oauth_refresh_token = "google", refresh_token
    mailbox.smtp_username = mailbox.address
    mailbox.save()


def test_answers_to_a_lent_mailbox_go_to_its_borrower(world, sink):
    become(world, is_pool=True, pool_agreed_at=timezone.now())
    PoolLoan.objects.create(
        workspace=world.workspace,
        source=world.box,
        lent=world.box,
        address=world.box.address,
        offered_at=timezone.now(),
        agreed_at=timezone.now(),
        reply_to="olga@real-company.com",
    )
    dispatch()
    assert stands(world) == ("sent", "active")
    mail = message_from_bytes(sink.accepted[0].raw, policy=policy.SMTP)
    assert str(mail["Reply-To"]) == "olga@real-company.com"
    assert world.box.address in str(mail["From"])


def stray(world):
    return Stray(
        **{
            **dict.fromkeys(Stray.__dataclass_fields__),
            "id": world.message_row.pk,
            "message_id": world.message_row.message_id,
            "sending_at": timezone.now() - timedelta(minutes=20),
        }
    )


@pytest.mark.parametrize(
    ("kind", "found", "path"),
    [
        ("postmark", {"TotalCount": 1, "Messages": [{"MessageID": "x"}]}, "/messages/outbound"),
        ("mailgun", {"items": [{"event": "accepted"}]}, "/v3/mg.real-company.com/events"),
    ],
)
def test_a_providers_records_prove_that_it_took_a_mail(kind, found, path, world, settings):
    by(world, kind)
    mailbox = Mailbox.objects.get(pk=world.box.pk)
    with web_server(lambda request: Reply(200, found)) as (url, requests):
        settings.MAIL_API_STAND_INS = {kind: url}
        answers = look_up(mailbox, [stray(world)])
    (request,) = requests
    assert answers[world.message_row.pk].verdict == Verdict.ACCEPTED
    assert request.path == path
    assert world.message_row.message_id.strip("<>") in request.query.values()


@pytest.mark.parametrize(("kind", "none"), [("postmark", "Messages"), ("mailgun", "items")])
def test_silence_of_a_providers_records_proves_nothing(kind, none, world, settings):
    by(world, kind)
    mailbox = Mailbox.objects.get(pk=world.box.pk)
    with web_server(lambda request: Reply(200, {none: []})) as (url, _):
        settings.MAIL_API_STAND_INS = {kind: url}
        answers = look_up(mailbox, [stray(world)])
    assert answers == {}
    assert Message.objects.get().status == "scheduled"
