"""Connecting by OAuth against a real authorisation server on loopback: every way it can go, and what is not kept."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from mailboxes import checking, oauth
from mailboxes.models import ConnectionCheck, Mailbox
from mailboxes.oauth_providers import GOOGLE, MICROSOFT, OAUTH_PROVIDERS
from mailboxes.oauth_tokens import GrantEndedError, OAuthError, OAuthRefusedError
from tests.conftest import logged_in
from tests.factories.accounts import MembershipFactory
from tests.factories.outreach import MailboxFactory
from tests.fakes.oauth_server import oauth_server
from tests.fakes.web import Reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def google(settings):
    with oauth_server(settings, "google") as server:
        yield server


@pytest.fixture
def microsoft(settings):
    with oauth_server(settings, "microsoft") as server:
        yield server


def begun(client, kind="google"):
    answer = client.post(reverse(f"mailboxes:connect-{kind}"))
    assert answer.status_code == 302
    return answer["Location"]


def back(client, query, kind="google"):
    return client.get(reverse(f"mailboxes:oauth-back-{kind}"), query)


@pytest.mark.parametrize("kind", ["google", "microsoft"])
def test_the_whole_way(kind, settings, owner_client, workspace, caplog):
    caplog.set_level(logging.DEBUG)
    with oauth_server(settings, kind) as server:
        url = begun(owner_client, kind)
        assert url.startswith(server.url)
        answer = back(owner_client, server.consent(url), kind)
    mailbox = Mailbox.objects.get()
    check = ConnectionCheck.objects.get()
    assert answer["Location"] == reverse("mailboxes:check-detail", args=[check.public_id])
    assert (check.mailbox, check.verdict, check.secrets) == (mailbox, "running", "")
    assert (mailbox.imap_host, mailbox.files_sent_copies) == (
        OAUTH_PROVIDERS[kind].imap_host,
        None,
    )
    assert (mailbox.workspace, mailbox.provider, mailbox.address, mailbox.status) == (
        workspace,
        kind,
        "olga@real-company.com",
        "warmup",
    )
    assert mailbox.smtp_username == mailbox.address
    assert mailbox.smtp_password == ""
    assert mailbox.oauth_refresh_token in server.refresh_tokens
    assert mailbox.oauth_access_token in server.access_tokens
    assert mailbox.oauth_expires_at > timezone.now() + timedelta(minutes=55)
    with connection.cursor() as cursor:
        cursor.execute("SELECT oauth_refresh_token, oauth_access_token FROM mailboxes_mailbox")
        assert not any("refresh-" in v or "access-" in v for v in cursor.fetchone())
    secrets = (mailbox.oauth_refresh_token, mailbox.oauth_access_token, server.client_secret)
    assert not any(secret in caplog.text for secret in secrets)


def test_the_servers_are_the_providers_own(google, microsoft, owner_client):
    assert (GOOGLE.smtp_host, GOOGLE.imap_host) == ("smtp.gmail.com", "imap.gmail.com")
    assert (MICROSOFT.smtp_host, MICROSOFT.imap_host) == (
        "smtp.office365.com",
        "outlook.office365.com",
    )
    assert GOOGLE.scopes == ("openid", "email", "https://mail.google.com/")
    assert set(MICROSOFT.scopes) - {"openid", "email", "profile", "offline_access"} == {
        "https://outlook.office.com/SMTP.Send",
        "https://outlook.office.com/IMAP.AccessAsUser.All",
    }


def test_the_redirect_address_is_exact(google, owner_client, settings):
    settings.SITE_URL = "https://roleferry.example/"
    query = google.consent(begun(owner_client))
    assert google.codes[query["code"]]["redirect_uri"] == (
        "https://roleferry.example/mailboxes/oauth/google/"
    )


def refused(answer, words):
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert not Mailbox.objects.exists()


def test_an_answer_that_nobody_asked_for(google, owner_client):
    query = google.consent(begun(owner_client))
    refused(back(owner_client, {**query, "state": "forged"}), "does not belong to a connection")
    # A journey is used up by its first answer, even a forged one.
    refused(back(owner_client, query), "does not belong to a connection")
    refused(back(owner_client, {"code": "x", "state": "ä" * 40}), "does not belong")
    assert google.tokens_asked("authorization_code") == 0


def test_an_answer_in_another_session(google, owner_client, stranger_client):
    query = google.consent(begun(owner_client))
    refused(back(stranger_client, query), "does not belong to a connection")


def test_an_answer_in_another_workspace(google, owner, owner_client):
    other = MembershipFactory(user=owner.user, role="owner")
    query = google.consent(begun(owner_client))
    with pytest.raises(OAuthRefusedError, match="changed the workspace"):
        oauth.finish(GOOGLE, other.workspace, owner_client.session, query, now=timezone.now())
    assert google.tokens_asked("authorization_code") == 0


def test_an_answer_after_ten_minutes(google, workspace):
    session, now = {}, timezone.now()
    query = google.consent(oauth.begin(GOOGLE, workspace, session, now=now))
    with pytest.raises(OAuthRefusedError, match="ten minutes"):
        oauth.finish(GOOGLE, workspace, session, query, now=now + timedelta(minutes=11))


def test_a_verifier_that_does_not_fit(google, owner_client):
    query = google.consent(begun(owner_client), code_challenge="another")
    refused(back(owner_client, query), "too old or was used before")


def test_a_code_that_was_used(google, owner_client):
    query = google.consent(begun(owner_client))
    google.codes.clear()
    refused(back(owner_client, query), "too old or was used before")


def test_consent_denied(google, owner_client):
    state = google.consent(begun(owner_client))["state"]
    refused(
        back(owner_client, {"error": "access_denied", "state": state}), "did not let RoleFerry in"
    )
    state = google.consent(begun(owner_client))["state"]
    refused(back(owner_client, {"error": "<b>odd</b>", "state": state}), "ended the connection")


def test_mail_left_unticked(google, owner_client):
    google.scope = "openid email"
    refused(back(owner_client, google.consent(begun(owner_client))), "left unticked")


def test_no_refresh_token(google, owner_client):
    google.gives_refresh_token = False
    refused(back(owner_client, google.consent(begun(owner_client))), "for an hour only")


def test_an_unverified_address(google, owner_client):
    google.claims = {"email_verified": False}
    refused(back(owner_client, google.consent(begun(owner_client))), "has not verified")


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"nonce": "another"}, "made for somebody else"),
        ({"aud": "another"}, "made for somebody else"),
        ({"exp": 1}, "made for somebody else"),
        ({"preferred_username": "not an address"}, "named no e-mail address"),
    ],
)
def test_an_id_token_that_is_not_ours(claims, words, microsoft, owner_client):
    microsoft.claims = claims
    query = microsoft.consent(begun(owner_client, "microsoft"))
    refused(back(owner_client, query, "microsoft"), words)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(500, "oops"), "could not be asked"),
        (Reply(503, {"error": "temporarily_unavailable"}), "temporarily_unavailable"),
        (Reply(401, {"error": "invalid_client"}), "invalid_client"),
        (Reply(200, "not json"), "could not be read"),
        (Reply(200, ["odd"]), "could not be read"),
        (Reply(200, "x" * 100_000), "could not be read"),
        (Reply(302, "", {"Location": "http://127.0.0.1:1/"}), "could not be asked"),
        (Reply(hang_up=True), "did not answer"),
    ],
)
def test_a_provider_in_trouble(reply, words, google, owner_client):
    query = google.consent(begun(owner_client))
    google.reply = reply
    refused(back(owner_client, query), words)


def test_a_slow_provider(google, owner_client, monkeypatch):
    monkeypatch.setattr("mailboxes.oauth_tokens.SECONDS", 0.2)
    query = google.consent(begun(owner_client))
    google.reply = Reply(200, {}, wait=1.0)
    refused(back(owner_client, query), "did not answer")


def test_connecting_again_renews_and_keeps_the_ramp(google, workspace):
    now = timezone.now()
    first = MailboxFactory(
        workspace=workspace,
        address="Olga@real-company.com",
        provider="smtp",
        is_sandbox=False,
        smtp_password="old",
        status="broken",
        status_reason="The password was refused.",
        warmup_started_on=now.date() - timedelta(days=9),
    )
    consent = oauth.Consent("olga@real-company.com", "refresh", "access", now)
    again = oauth.connect(workspace, GOOGLE, consent, now=now)
    assert (again.pk, again.provider, again.smtp_password) == (first.pk, "google", "")
    assert (again.status, again.status_reason) == ("warmup", "")
    assert again.warmup_started_on == first.warmup_started_on
    assert "refresh" not in repr(consent)
    assert "access" not in repr(consent)


def test_a_lent_mailbox_is_not_connected_as_ones_own(google, owner_client, workspace):
    MailboxFactory(
        workspace=workspace,
        address="olga@real-company.com",
        provider="smtp",
        is_sandbox=False,
        is_pool=True,
        pool_agreed_at=timezone.now(),
    )
    answer = back(owner_client, google.consent(begun(owner_client)))
    assert answer.status_code == 422
    assert "lent to you by operations" in answer.content.decode()
    assert Mailbox.objects.get().oauth_refresh_token == ""


def test_a_full_plan_is_said_before_anybody_is_sent_away(google, owner_client, workspace):
    for address in ("a@quay.com", "b@quay.com"):
        MailboxFactory(
            workspace=workspace,
            address=address,
            provider="microsoft",
            oauth_refresh_token="r",
            is_sandbox=False,
        )
    answer = owner_client.post(reverse("mailboxes:connect-google"))
    assert answer.status_code == 422
    assert "holds 2 mailboxes and they are all connected" in answer.content.decode()
    page = owner_client.get(reverse("mailboxes:mailbox-connect")).content.decode()
    assert "No room for another mailbox" in page
    # One of the same provider may be meant: the address shows when its owner comes back.
    Mailbox.objects.filter(address="a@quay.com").update(provider="google")
    answer = back(owner_client, google.consent(begun(owner_client)))
    assert answer.status_code == 422
    assert "they are all connected" in answer.content.decode()
    Mailbox.objects.filter(address="a@quay.com").update(oauth_refresh_token="")
    assert back(owner_client, google.consent(begun(owner_client))).status_code == 302
    assert Mailbox.objects.filter(address="olga@real-company.com").exists()


def test_too_many_tests_keep_the_mailbox_and_say_so(google, owner_client, monkeypatch):
    monkeypatch.setattr(checking, "CHECKS_AN_HOUR", 0)
    answer = back(owner_client, google.consent(begun(owner_client)))
    mailbox = Mailbox.objects.get()
    assert answer["Location"] == reverse("mailboxes:mailbox-detail", args=[mailbox.public_id])
    page = owner_client.get(answer["Location"]).content.decode()
    assert "is connected but not tested yet. Mailboxes were tested" in page


def test_disconnecting_at_google_revokes(google, owner_client):
    back(owner_client, google.consent(begun(owner_client)))
    mailbox = Mailbox.objects.get()
    token = mailbox.oauth_refresh_token
    url = reverse("mailboxes:mailbox-disconnect", args=[mailbox.public_id])
    assert "told to end our access" in owner_client.get(url).content.decode()
    page = owner_client.post(url, follow=True).content.decode()
    mailbox.refresh_from_db()
    assert google.revoked == [token]
    assert (mailbox.oauth_refresh_token, mailbox.oauth_access_token) == ("", "")
    assert mailbox.status == "broken"
    assert "Disconnected by" in mailbox.status_reason
    assert "Google has ended our access" in page


def test_consenting_again_ends_no_pause(google, owner_client):
    back(owner_client, google.consent(begun(owner_client)))
    mailbox = Mailbox.objects.get()
    mailbox.move_to("paused", status_reason="Complaints rise", braked_at=timezone.now())
    owner_client.post(reverse("mailboxes:mailbox-disconnect", args=[mailbox.public_id]))
    back(owner_client, google.consent(begun(owner_client)))
    mailbox.refresh_from_db()
    assert (mailbox.status, mailbox.status_reason) == ("paused", "Complaints rise")
    assert mailbox.oauth_refresh_token != ""


def test_disconnecting_at_microsoft_says_where_to_withdraw(microsoft, owner_client):
    back(owner_client, microsoft.consent(begun(owner_client, "microsoft")), "microsoft")
    mailbox = Mailbox.objects.get()
    url = reverse("mailboxes:mailbox-disconnect", args=[mailbox.public_id])
    page = owner_client.post(url, follow=True).content.decode()
    mailbox.refresh_from_db()
    assert mailbox.oauth_refresh_token == ""
    assert "https://myapps.microsoft.com/" in page
    assert microsoft.revoked == []


def test_disconnecting_goes_on_when_google_is_away(google, owner_client):
    back(owner_client, google.consent(begun(owner_client)))
    mailbox = Mailbox.objects.get()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(oauth, "address_at", lambda provider, url: "http://127.0.0.1:1/revoke")
        page = owner_client.post(
            reverse("mailboxes:mailbox-disconnect", args=[mailbox.public_id]), follow=True
        ).content.decode()
    mailbox.refresh_from_db()
    assert mailbox.oauth_refresh_token == ""
    assert "myaccount.google.com" in page


def test_not_configured_is_said(owner_client):
    page = owner_client.get(reverse("mailboxes:connect-google")).content.decode()
    assert "Connecting by Google is not configured here" in page
    answer = owner_client.post(reverse("mailboxes:connect-google"))
    assert answer.status_code == 422
    assert "GOOGLE_OAUTH_CLIENT_ID" in answer.content.decode()


def test_the_page_lets_its_form_lead_to_the_provider_only(google, owner_client):
    answer = owner_client.get(reverse("mailboxes:connect-google"))
    policy = answer["Content-Security-Policy"]
    assert (
        "form-action 'self' https://accounts.google.com https://login.microsoftonline.com" in policy
    )
    assert "Go to Google" in answer.content.decode()
    elsewhere = owner_client.get(reverse("mailboxes:mailbox-list"))["Content-Security-Policy"]
    assert "accounts.google.com" not in elsewhere


def test_viewers_connect_nothing(google, viewer, viewer_client, workspace):
    assert viewer_client.post(reverse("mailboxes:connect-google")).status_code == 403
    session = {}
    query = google.consent(oauth.begin(GOOGLE, workspace, session, now=timezone.now()))
    client = logged_in(viewer)
    kept = client.session
    kept[oauth.SESSION_KEY] = session[oauth.SESSION_KEY]
    kept.save()
    assert back(client, query).status_code == 403
    assert not Mailbox.objects.exists()


def test_errors_are_one_family():
    assert issubclass(GrantEndedError, OAuthRefusedError)
    assert issubclass(OAuthRefusedError, OAuthError)
