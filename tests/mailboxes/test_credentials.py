"""Access tokens: renewed in time, once for all workers, once more when refused, and withdrawn for good."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from mailboxes.credentials import AccessWithdrawnError, fresh_token, login_of
from mailboxes.models import Mailbox
from mailboxes.pools import token_source
from mailboxes.receipts import Accepted, PermanentTransportError, TransientTransportError
from mailboxes.smtp_session import Authentication
from tests.factories.outreach import MailboxFactory
from tests.fakes.oauth_server import oauth_server
from tests.fakes.smtp_sink import SmtpSink
from tests.fakes.web import Reply
from tests.mailboxes.smtp_dialogue import deliver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def google(settings):
    with oauth_server(settings, "google") as server:
        server.refresh_tokens.add("refresh-1")
        yield server


def connected(*, minutes, token="kept", **fields):
    fields = {"address": "olga@real-company.com", "oauth_refresh_token": "refresh-1", **fields}
    return MailboxFactory(
        provider="google",
        is_sandbox=False,
        oauth_access_token=token,
        oauth_expires_at=timezone.now() + timedelta(minutes=minutes),
        **fields,
    )


def in_threads(*calls):
    """Run the calls at the same time, each with a database connection of its own; return results or errors."""
    found = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def run(place, call):
        gate.wait()
        try:
            found[place] = call()
        except Exception as error:  # noqa: BLE001 - handed to the test
            found[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_token_with_life_in_it_is_used(google):
    mailbox = connected(minutes=30)
    login = login_of(mailbox)
    assert login == ("olga@real-company.com", "kept", Authentication.XOAUTH2)
    assert "kept" not in repr(login)
    assert google.requests == []


def test_a_token_near_its_end_is_renewed_and_kept(google):
    mailbox = connected(minutes=4)
    token = login_of(mailbox).secret
    mailbox.refresh_from_db()
    assert token in google.access_tokens
    assert mailbox.oauth_access_token == token
    assert mailbox.oauth_refresh_token == "refresh-1"
    assert mailbox.oauth_expires_at > timezone.now() + timedelta(minutes=55)
    assert login_of(mailbox).secret == token
    assert google.tokens_asked("refresh_token") == 1


def test_workers_renew_once(google):
    mailbox = connected(minutes=-5)
    google.refresh_wait = 0.3
    tokens = in_threads(*[lambda: fresh_token(mailbox.pk)] * 4)
    assert len(set(tokens)) == 1
    assert tokens[0] in google.access_tokens
    assert google.tokens_asked("refresh_token") == 1


def test_a_refused_token_is_renewed_once_for_all_that_met_it(google):
    mailbox = connected(minutes=30)
    tokens = in_threads(*[lambda: fresh_token(mailbox.pk, refused="kept")] * 3)
    assert len(set(tokens)) == 1
    assert tokens[0] != "kept"
    assert google.tokens_asked("refresh_token") == 1


def test_renewing_does_not_hold_the_row_that_the_sender_writes(google):
    mailbox = connected(minutes=-5)
    google.refresh_wait = 1.0
    took = []

    def write():
        while not google.requests:
            pass
        began = timezone.now()
        Mailbox.objects.filter(pk=mailbox.pk).update(last_sent_at=began)
        took.append(timezone.now() - began)

    in_threads(lambda: fresh_token(mailbox.pk), write)
    assert took[0] < timedelta(seconds=0.5)


def test_a_connection_made_meanwhile_is_the_later_word(google, monkeypatch):
    mailbox = connected(minutes=-5)
    anew = timezone.now() + timedelta(minutes=50)

    def answer(request):
        Mailbox.objects.filter(pk=mailbox.pk).update(
            oauth_access_token="anew", oauth_expires_at=anew
        )
        connections.close_all()
        return original(request)

    original = google._token
    monkeypatch.setattr(google, "_token", answer)
    assert fresh_token(mailbox.pk) == "anew"
    mailbox.refresh_from_db()
    assert (mailbox.oauth_access_token, mailbox.oauth_expires_at) == ("anew", anew)


def test_withdrawn_access_says_so(google):
    mailbox = connected(minutes=-5, oauth_refresh_token="withdrawn")
    with pytest.raises(AccessWithdrawnError) as error:
        login_of(mailbox)
    assert str(error.value) == "Google says access was withdrawn; connect again."
    assert isinstance(error.value, PermanentTransportError)


def test_a_disconnected_mailbox_asks_nobody(google):
    mailbox = connected(minutes=-5, oauth_refresh_token="")
    with pytest.raises(AccessWithdrawnError):
        login_of(mailbox)
    assert google.requests == []


@pytest.mark.parametrize("reply", [Reply(500), Reply(429), Reply(401, {"error": "invalid_client"})])
def test_a_provider_in_trouble_breaks_nothing(reply, google):
    mailbox = connected(minutes=-5)
    google.reply = reply
    with pytest.raises(TransientTransportError, match="Google could not be asked"):
        login_of(mailbox)
    mailbox.refresh_from_db()
    assert (mailbox.status, mailbox.oauth_refresh_token) == ("active", "refresh-1")


def test_missing_keys_are_trouble_of_ours(google, settings):
    settings.GOOGLE_OAUTH_CLIENT_SECRET = ""
    with pytest.raises(TransientTransportError, match="not configured here"):
        login_of(connected(minutes=-5))


def test_passwords_for_sending_and_reading():
    fields = {"provider": "smtp", "is_sandbox": False, "smtp_username": "olga"}
    one = MailboxFactory(**fields, smtp_password="pw")
    assert login_of(one) == login_of(one, reading=True) == ("olga", "pw", Authentication.PASSWORD)
    two = MailboxFactory(**fields, smtp_password="pw", imap_username="o", imap_password="read")
    assert login_of(two, reading=True) == ("o", "read", Authentication.PASSWORD)
    assert login_of(two) == ("olga", "pw", Authentication.PASSWORD)


def smtp(sink, mailbox):
    return deliver(
        sink,
        username="olga@real-company.com",
        authentication=Authentication.XOAUTH2,
        renew=token_source(mailbox.pk),
    )


def test_smtp_logs_in_with_a_fresh_token(google):
    mailbox = connected(minutes=-5)
    with SmtpSink(mechanisms=["XOAUTH2"]) as sink:
        assert isinstance(smtp(sink, mailbox), Accepted)
    mailbox.refresh_from_db()
    assert google.tokens_asked("refresh_token") == 1
    assert mailbox.oauth_access_token in google.access_tokens


def test_smtp_renews_a_refused_token_once(google):
    mailbox = connected(minutes=30)

    with SmtpSink(logins={"olga@real-company.com": "x"}, mechanisms=["XOAUTH2"]) as sink:
        sink.rules.may_log_in = lambda peer: _is_known(google, peer)
        assert isinstance(smtp(sink, mailbox), Accepted)
        assert google.tokens_asked("refresh_token") == 1
        sink.rules.may_log_in = _nobody
        with pytest.raises(PermanentTransportError, match="refused the user name or password"):
            smtp(sink, mailbox)
    assert google.tokens_asked("refresh_token") == 2
    assert len(sink.accepted) == 1


async def _is_known(google, peer):
    return peer.secret in google.access_tokens


async def _nobody(peer):
    return False


def test_smtp_with_withdrawn_access_is_for_good(google):
    mailbox = connected(minutes=-5, oauth_refresh_token="withdrawn")
    with (
        SmtpSink(mechanisms=["XOAUTH2"]) as sink,
        pytest.raises(PermanentTransportError, match="access was withdrawn"),
    ):
        smtp(sink, mailbox)
    assert "AUTH" not in sink.verbs
