"""Connecting, pausing and practising, as a person sees it; SMTP log-ins against a real server on loopback."""

from dataclasses import replace
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from mailboxes import connecting
from mailboxes.models import Mailbox, WebhookEndpoint
from mailboxes.receipts import TransientTransportError
from mailboxes.smtp_session import Security, SmtpEndpoint
from tests.fakes.smtp_sink import SmtpSink
from tests.mailboxes.smtp_dialogue import try_log_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_in_production(settings):
    settings.SMTP_ALLOW_PRIVATE = False


def test_the_practice_mailbox_is_made_once_with_its_endpoint(owner_client, workspace):
    for _ in range(2):
        owner_client.post(reverse("mailboxes:mailbox-connect-sandbox"), {"pace": "practice"})
    mailbox = Mailbox.objects.get()
    endpoint = WebhookEndpoint.objects.get()
    workspace.refresh_from_db()
    assert (mailbox.is_sandbox, mailbox.provider, mailbox.status, workspace.pace) == (
        True,
        "sandbox",
        "active",
        "practice",
    )
    assert (mailbox.smtp_username, mailbox.smtp_password) == (
        str(endpoint.public_id),
        endpoint.secret,
    )
    assert endpoint.mailbox == mailbox
    page = owner_client.get(reverse("mailboxes:mailbox-list")).content.decode()
    assert "Today: 0 of 50 mails" in page
    assert endpoint.secret not in page


@pytest.mark.parametrize(
    "answer",
    ["127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "169.254.169.254"],
)
def test_a_name_that_leads_inside_is_refused(answer):
    with pytest.raises(connecting.ConnectionRefusedBySenseError, match="private"):
        connecting.vetted_address("mx", resolver=lambda host: ["93.184.215.14", answer])


def test_public_addresses_pass():
    assert (
        connecting.vetted_address("mx", resolver=lambda host: ["93.184.215.14"]) == "93.184.215.14"
    )
    with pytest.raises(connecting.ConnectionRefusedBySenseError, match="private"):
        connecting.vetted_address("rebinding", resolver=lambda host: ["93.184.215.14", "10.0.0.1"])


def test_a_password_is_kept_sealed(workspace):
    details = connecting.SmtpDetails(
        "olga@real-company.com", "Olga", "mail.x.com", 587, "starttls", "olga", "right-secret"
    )
    mailbox = connecting.connect_smtp(workspace, details, now=timezone.now())
    assert (mailbox.status, mailbox.is_sandbox, mailbox.smtp_password) == (
        "warmup",
        False,
        "right-secret",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT smtp_password FROM mailboxes_mailbox")
        assert "right-secret" not in cursor.fetchone()[0]


def test_connecting_again_renews_the_password_and_keeps_the_ramp(workspace):
    now = timezone.now()
    details = connecting.SmtpDetails(
        "olga@real-company.com", "Olga", "mail.real-company.com", 587, "starttls", "olga", "old"
    )
    first = connecting.connect_smtp(workspace, details, now=now - timedelta(days=9))
    first.move_to("broken", status_reason="The server refused the password.")
    again = connecting.connect_smtp(workspace, replace(details, password="new"), now=now)
    assert (again.pk, again.smtp_password, again.status) == (first.pk, "new", "warmup")
    assert again.warmup_started_on == (now - timedelta(days=9)).date()


def test_pausing_says_why_and_undo_resumes(owner_client, workspace):
    mailbox = connecting.connect_sandbox(workspace, now=None)
    owner_client.post(reverse("mailboxes:mailbox-pause", args=[mailbox.public_id]))
    mailbox.refresh_from_db()
    assert (mailbox.status, mailbox.status_reason) == ("paused", "Paused by olga@roleferry.example")
    owner_client.post(reverse("mailboxes:mailbox-resume", args=[mailbox.public_id]))
    mailbox.refresh_from_db()
    assert mailbox.status == "active"


def test_a_person_cannot_lift_a_pause_by_operations(owner_client, workspace):
    mailbox = connecting.connect_sandbox(workspace, now=None)
    connecting.pause(mailbox, reason="Complaints rise", by_staff=True)
    page = owner_client.post(
        reverse("mailboxes:mailbox-resume", args=[mailbox.public_id]), follow=True
    ).content.decode()
    mailbox.refresh_from_db()
    assert mailbox.status == "paused"
    assert "paused by operations" in page


def test_strangers_and_viewers(stranger_client, viewer_client, workspace):
    mailbox = connecting.connect_sandbox(workspace, now=None)
    url = reverse("mailboxes:mailbox-pause", args=[mailbox.public_id])
    assert stranger_client.post(url).status_code == 404
    assert viewer_client.post(url).status_code == 403
    assert (
        mailbox.address
        not in stranger_client.get(reverse("mailboxes:mailbox-list")).content.decode()
    )
    mailbox.refresh_from_db()
    assert mailbox.status == "active"


def test_a_name_that_came_to_lead_inside_is_not_dialled():
    with SmtpSink() as sink:
        endpoint = SmtpEndpoint(
            host="localhost",
            port=sink.port,
            security=Security.NONE,
            judge=connecting.judged_at_dial,
        )
        with pytest.raises(TransientTransportError, match="private network"):
            async_to_sync(try_log_in)(endpoint)
        assert sink.verbs == []


def test_practice_mailboxes_follow_the_practice_server(workspace):
    mailbox = connecting.connect_sandbox(workspace, now=None)
    assert connecting.point_sandbox_mailboxes("127.0.0.1", 4025) == 1
    assert connecting.point_sandbox_mailboxes("127.0.0.1", 4025) == 0
    mailbox.refresh_from_db()
    assert mailbox.smtp_port == 4025
