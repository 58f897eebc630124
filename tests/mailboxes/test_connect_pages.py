"""The four steps of connecting, a mailbox's own page, and disconnecting, as a person sees them."""

from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import BackgroundTask
from mailboxes import checking, connecting, live_check
from mailboxes.models import ConnectionCheck, Mailbox, SendingDomain, WebhookEndpoint
from mailboxes.tasks import forget_secrets
from mailboxes.webhooks.generic import sign
from tests.factories.outreach import MailboxFactory
from tests.fakes.dns_server import DnsServer
from tests.fakes.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db

SECRET = "app-password-7"
TYPED = {
    "address": "olga@real-company.com",
    "display_name": "Olga Owner",
    "username": "olga",
    "password": SECRET,
    "host": "127.0.0.1",
    "security": "none",
    "send_only": "on",
}
SMTP = reverse("mailboxes:connect-smtp")


@pytest.fixture(autouse=True)
def a_world_without_dns(monkeypatch, settings):
    """Every domain receives mail, and a name server of the test's knows nothing else."""
    monkeypatch.setattr(
        live_check, "Tools", partial(live_check.Tools, receives_mail=lambda domain: True)
    )
    with DnsServer() as server:
        settings.DNS_RESOLVERS = [server.address]
        yield


@pytest.fixture
def connect(owner_client, django_capture_on_commit_callbacks):
    """Return a function that posts to a page and lets the background work run; it returns the answer."""

    def post(url, data=None):
        with django_capture_on_commit_callbacks(execute=True):
            return owner_client.post(url, data or {})

    return post


@contextmanager
def server(**logins):
    with SmtpSink(logins=logins or {"olga": SECRET}) as sink:
        yield sink


@pytest.fixture
def own_mailbox(workspace):
    return MailboxFactory(
        workspace=workspace,
        address="olga@real-company.com",
        provider="smtp",
        is_sandbox=False,
        smtp_password=SECRET,
        warmup_started_on=timezone.now().date(),
        status="warmup",
    )


def test_the_way_from_choosing_to_a_kept_mailbox(owner_client, connect, workspace):
    page = owner_client.get(reverse("mailboxes:mailbox-connect")).content.decode()
    assert "With a password" in page
    assert "Postmark" in page
    with server() as sink:
        answer = connect(SMTP, {**TYPED, "port": sink.port})
        sent = sink.accepted
    check = ConnectionCheck.objects.get()
    assert answer.url == reverse("mailboxes:check-detail", args=[check.public_id])
    assert [mail.recipients for mail in sent] == [("olga@real-company.com",)]
    page = owner_client.get(answer.url).content.decode()
    assert page.count('class="badge ok">Works') == 5
    assert "olga@real-company.com works and is connected" in page
    assert 'hx-trigger="every' not in page.partition('id="check-rows"')[2]
    mailbox = Mailbox.objects.get()
    caps = reverse("mailboxes:mailbox-caps", args=[mailbox.public_id]) + "?new"
    assert caps in page
    assert "at most 5 a day" in owner_client.get(caps).content.decode()
    assert owner_client.post(caps, {"daily_cap": 51}).status_code == 422
    answer = owner_client.post(caps, {"daily_cap": 30})
    mailbox.refresh_from_db()
    assert (mailbox.daily_cap, mailbox.status) == (30, "warmup")
    assert answer.url == reverse("mailboxes:mailbox-detail", args=[mailbox.public_id])
    assert BackgroundTask.objects.get().status == "done"
    checks = SendingDomain.objects.get(domain="real-company.com").checks
    assert checks.count() == 4  # DNS was asked at once, so its page has something to show


def test_a_failure_says_cause_and_fix_and_keeps_what_was_typed_but_the_password(
    owner_client, connect, workspace
):
    with server(olga="another") as sink:
        answer = connect(SMTP, {**TYPED, "port": sink.port})
        assert sink.accepted == []
    page = owner_client.get(answer.url).content.decode()
    assert "did not take the user name or the password" in page
    assert "app password instead of your normal one" in page
    assert "<pre" in page
    assert "535" in page
    assert SECRET not in page
    assert not Mailbox.objects.exists()
    check = ConnectionCheck.objects.get()
    form = owner_client.get(f"{SMTP}?check={check.public_id}").content.decode()
    assert 'value="olga@real-company.com"' in form
    assert f'value="{sink.port}"' in form
    assert SECRET not in form


def test_testing_again_needs_no_password_within_the_hour(owner_client, connect):
    with server() as sink:
        port = sink.port
    answer = connect(SMTP, {**TYPED, "port": port})
    check = ConnectionCheck.objects.get()
    assert check.verdict == "failed"
    again = reverse("mailboxes:check-repeat", args=[check.public_id])
    with SmtpSink(logins={"olga": SECRET}, port=port):
        answer = connect(again)
    assert ConnectionCheck.objects.latest("pk").verdict == "passed"
    assert Mailbox.objects.count() == 1
    ConnectionCheck.objects.update(created_at=timezone.now() - timedelta(hours=1))
    forget_secrets()
    answer = connect(again)
    assert urlsplit(answer.url).query == f"check={check.public_id}"
    assert ConnectionCheck.objects.count() == 2
    assert not ConnectionCheck.objects.exclude(secrets="").exists()


def test_the_page_polls_while_it_runs_and_only_its_fragment(owner_client, workspace):
    check = checking.open_check(
        workspace,
        now=timezone.now(),
        details=connecting.SmtpDetails("a@real-company.com", "", "h", 25, "none", "a", "b"),
    )
    url = reverse("mailboxes:check-detail", args=[check.public_id])
    whole, part = owner_client.get(url), owner_client.get(url, HTTP_HX_REQUEST="true")
    assert '<meta http-equiv="refresh"' in whole.content.decode()
    assert part.content.decode().strip().startswith('<div id="check-rows"')
    assert 'hx-trigger="every ' in part.content.decode()
    assert part["Cache-Control"] == "no-store"
    BackgroundTask.objects.create(
        workspace=workspace,
        kind="mailbox_check",
        title="Test",
        subject_id=check.public_id,
        status="failed",
        error="The server stopped while this was running.",
        finished_at=timezone.now(),
    )
    page = owner_client.get(url, HTTP_HX_REQUEST="true").content.decode()
    assert "The server stopped" in page
    assert 'hx-trigger="every ' not in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"address": "olga@northwind.test"}, "domain for examples"),
        ({"host": ""}, "We do not know this provider"),
        ({"host": "https://mail.x.com/"}, "server&#x27;s name only"),
        ({"imap_host": "a b"}, "server&#x27;s name only"),
        ({"display_name": "Olga\nBcc: x"}, "on one line"),
        ({"password": "two\r\nlines"}, "control character"),
        ({"username": "a\x01b"}, "Null characters|control character"),
    ],
)
def test_a_form_that_cannot_be_right_is_not_tried(owner_client, changes, sentence):
    response = owner_client.post(SMTP, {**TYPED, **changes})
    page = response.content.decode()
    assert response.status_code == 422
    assert any(part in page for part in sentence.split("|"))
    assert SECRET not in page
    assert not ConnectionCheck.objects.exists()


def test_a_known_provider_needs_no_server(owner_client, workspace):
    typed = {"address": "olga@gmail.com", "password": SECRET}
    assert owner_client.post(SMTP, typed).status_code == 302
    shown = ConnectionCheck.objects.get().details
    assert (shown["host"], shown["port"], shown["security"]) == ("smtp.gmail.com", 587, "starttls")
    assert (shown["imap_host"], shown["imap_port"]) == ("imap.gmail.com", 993)
    assert shown["username"] == "olga@gmail.com"
    page = owner_client.get(f"{SMTP}?address=olga@gmail.com").content.decode()
    assert "two-step verification" in page


def test_without_private_servers_no_encryption_cannot_be_chosen(owner_client, settings):
    settings.SMTP_ALLOW_PRIVATE = False
    response = owner_client.post(SMTP, TYPED)
    assert response.status_code == 422
    assert "this computer only" not in response.content.decode()


def test_a_full_plan_is_said_before_anything_is_tried(owner_client, own_mailbox, workspace):
    MailboxFactory(workspace=workspace, address="b@quay.com", provider="smtp", is_sandbox=False)
    response = owner_client.post(SMTP, {**TYPED, "address": "another@quay.com"})
    assert response.status_code == 422
    assert "Disconnect one first, or change the plan." in response.content.decode()
    assert not ConnectionCheck.objects.exists()
    assert owner_client.post(SMTP, TYPED).status_code == 302  # renews the one that is there


def test_too_many_tests_are_refused_in_words(owner_client, workspace):
    for _ in range(checking.CHECKS_AN_HOUR):
        assert owner_client.post(SMTP, TYPED).status_code == 302
    response = owner_client.post(SMTP, TYPED)
    assert response.status_code == 422
    assert "Wait a while" in response.content.decode()


def test_the_mailbox_page_shows_state_and_ways(
    owner_client, own_mailbox, django_assert_num_queries
):
    url = reverse("mailboxes:mailbox-detail", args=[own_mailbox.public_id])
    own_mailbox.move_to("broken", status_reason="The server refused the password.")
    page = owner_client.get(url).content.decode()
    for words in (
        "The server refused the password.",
        "Test again",
        "Disconnect",
        "Delivery reports",
    ):
        assert words in page
    for name in ("mailbox-dns", "mailbox-warmup", "mailbox-health"):
        assert reverse(f"mailboxes:{name}", args=[own_mailbox.public_id]) in page
    assert SECRET not in page


def test_changing_a_kept_mailbox_begins_with_what_is_kept(
    owner_client, stranger_client, own_mailbox
):
    Mailbox.objects.update(smtp_host="mail.real-company.com", imap_host="imap.real-company.com")
    url = f"{SMTP}?mailbox={own_mailbox.public_id}"
    page = owner_client.get(url).content.decode()
    assert 'value="mail.real-company.com"' in page
    assert 'value="imap.real-company.com"' in page
    assert SECRET not in page
    assert "real-company.com" not in stranger_client.get(url).content.decode()
    assert owner_client.get(f"{SMTP}?mailbox=nonsense&check=7").status_code == 200


def test_viewers_look_but_neither_test_nor_rotate(viewer_client, own_mailbox):
    page = viewer_client.get(reverse("mailboxes:mailbox-detail", args=[own_mailbox.public_id]))
    assert page.status_code == 200
    assert "Test again" not in page.content.decode()
    for name in ("mailbox-test", "reports-rotate", "mailbox-reconnect", "mailbox-caps"):
        url = reverse(f"mailboxes:{name}", args=[own_mailbox.public_id])
        assert viewer_client.post(url).status_code == 403
    assert not ConnectionCheck.objects.exists()
    assert not WebhookEndpoint.objects.exists()


def test_a_reports_address_shows_its_secret_once_and_rotates(owner_client, client, own_mailbox):
    rotate = reverse("mailboxes:reports-rotate", args=[own_mailbox.public_id])
    detail = reverse("mailboxes:mailbox-detail", args=[own_mailbox.public_id])
    first = owner_client.post(rotate)
    endpoint = WebhookEndpoint.objects.get()
    old = endpoint.secret
    assert first["Cache-Control"] == "no-store"
    assert old in first.content.decode()
    assert old not in owner_client.get(detail).content.decode()
    assert (endpoint.provider, endpoint.mailbox, len(old) >= 43) == ("generic", own_mailbox, True)
    owner_client.post(rotate)
    endpoint.refresh_from_db()
    assert endpoint.secret != old
    assert WebhookEndpoint.objects.count() == 1
    path = reverse("mailboxes:webhook-receive", args=["generic", endpoint.public_id])
    moment, body = int(timezone.now().timestamp()), b'{"events": []}'
    answers = [
        client.post(
            path,
            body,
            content_type="application/json",
            headers={
                "X-RoleFerry-Timestamp": str(moment),
                "X-RoleFerry-Signature": sign(secret, moment, body),
            },
        ).status_code
        for secret in (old, endpoint.secret)
    ]
    assert answers[0] == 401
    assert answers[1] in {204, 400}


def test_disconnecting_can_be_taken_back_for_a_day_and_then_forgets(owner_client, own_mailbox):
    Mailbox.objects.update(imap_host="imap.real-company.com", imap_password="another")
    away = reverse("mailboxes:mailbox-disconnect", args=[own_mailbox.public_id])
    back = reverse("mailboxes:mailbox-reconnect", args=[own_mailbox.public_id])
    page = owner_client.post(away, follow=True).content.decode()
    assert back in page
    own_mailbox.refresh_from_db()
    assert (own_mailbox.status, own_mailbox.smtp_password) == ("paused", SECRET)
    assert not connecting.resume(own_mailbox)
    assert not connecting.resume(own_mailbox, by_staff=True)
    forget_secrets()
    owner_client.post(back)
    own_mailbox.refresh_from_db()
    assert (own_mailbox.status, own_mailbox.disconnected_at) == ("warmup", None)
    assert own_mailbox.smtp_password == SECRET
    owner_client.post(away)
    Mailbox.objects.update(disconnected_at=timezone.now() - timedelta(days=1))
    forget_secrets()
    owner_client.post(back)
    own_mailbox.refresh_from_db()
    assert (own_mailbox.status, own_mailbox.smtp_password, own_mailbox.imap_password) == (
        "paused",
        "",
        "",
    )
    test = reverse("mailboxes:mailbox-test", args=[own_mailbox.public_id])
    assert owner_client.post(test).status_code == 404


def test_a_mailbox_that_was_paused_before_stays_paused_when_taken_back(own_mailbox):
    now = timezone.now()
    connecting.pause(own_mailbox, reason="Paused by Olga")
    assert connecting.disconnect(own_mailbox, by="Olga", now=now)
    assert not connecting.disconnect(own_mailbox, by="Olga", now=now)
    assert connecting.reconnect(own_mailbox, now=now)
    assert (own_mailbox.status, own_mailbox.status_reason) == ("paused", "Paused by Olga")


def test_a_disconnected_mailbox_is_connected_again_by_the_wizard(workspace, own_mailbox):
    now = timezone.now()
    connecting.disconnect(own_mailbox, by="Olga", now=now)
    details = connecting.SmtpDetails(
        "olga@real-company.com", "Olga", "mail.real-company.com", 587, "starttls", "olga", "new"
    )
    again = connecting.connect_smtp(workspace, details, now=now)
    again.refresh_from_db()
    assert (again.pk, again.status, again.disconnected_at) == (own_mailbox.pk, "warmup", None)
    assert again.smtp_password == "new"
