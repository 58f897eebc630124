"""What must never be in a log line, followed through requests, tasks and failures (quality S14)."""

import json
import logging

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Resume
from config.logs import JsonFormatter
from mailboxes.models import Mailbox, ProviderDelivery
from mailboxes.tasks import apply_delivery
from outreach.models import Message, Reply
from outreach.tasks import apply_mail_news
from tests.factories.outreach import MailboxFactory, MessageFactory, WebhookEndpointFactory
from tests.factories.scenes import being_written_to, first_mail, package_for
from tests.fakes.webhooks import hear, inbound, mail, post

pytestmark = pytest.mark.django_db

PASSWORD = "planted-password-5e1f"
ENDPOINT_SECRET = "planted-secret-77ab"
RESUME = "planted-resume-line-c0de"
BODY = "planted-mail-body-91d2"
ANSWER = "planted-answer-44f0"
LOG_IN = "planted-log-in-password-a1b2"
PLANTED = (PASSWORD, ENDPOINT_SECRET, RESUME, BODY, ANSWER, LOG_IN)


@pytest.fixture
def lines(caplog):
    """Return every line so far as production would write it, from every logger at every level."""
    caplog.set_level(logging.DEBUG)
    for name in ("django.request", "celery", "django.server", "allauth"):
        caplog.set_level(logging.DEBUG, logger=name)
    caplog.set_level(logging.INFO, logger="django.db.backends")  # its DEBUG is off outside of DEBUG
    formatter = JsonFormatter()
    return lambda: [formatter.format(record) for record in caplog.records]


def leaks(lines):
    return [(word, line) for line in lines for word in PLANTED if word in line]


def test_a_journey_leaves_no_secret_behind(
    owner_client, profile, lines, django_capture_on_commit_callbacks
):
    Client().post(reverse("account_login"), {"login": "olga@roleferry.example", "password": LOG_IN})
    with django_capture_on_commit_callbacks(execute=True):
        owner_client.post(
            reverse("mailboxes:connect-smtp"),
            {
                "address": "olga@real-company.com",
                "username": "olga",
                "password": PASSWORD,
                "host": "127.0.0.1",
                "security": "starttls",
            },
        )
        owner_client.post(reverse("jobs:resume-list"), {"text": f"Olga Owner\n\n{RESUME}\n"})
    assert RESUME in Resume.objects.get().raw_text
    mailbox = MailboxFactory(workspace=profile.workspace, smtp_password=PASSWORD)
    endpoint = WebhookEndpointFactory(mailbox=mailbox, secret=ENDPOINT_SECRET)
    maria = being_written_to(package_for(profile), mailbox, email="maria@northwind.test")
    about = first_mail(maria).message_id
    hear(endpoint, [inbound(mail(ANSWER, in_reply_to=about))])
    apply_mail_news()
    assert ANSWER in Reply.objects.get().inbound.visible_text
    refused = post(endpoint, b"{}", **{"X-RoleFerry-Signature": f"v1={ENDPOINT_SECRET}"})
    assert refused.status_code == 401
    assert post(endpoint, f'{{"events": "{ANSWER}"}}'.encode()).status_code == 400
    owner_client.get(reverse("outreach:outbox-message", args=[first_mail(maria).public_id]))
    assert owner_client.get(f"/nowhere/?password={PASSWORD}").status_code == 404

    written = lines()
    assert any("Refused a webhook" in line for line in written)
    assert leaks(written) == []


def test_a_task_that_fails_does_not_print_what_it_worked_on(lines):
    endpoint = WebhookEndpointFactory(secret=ENDPOINT_SECRET)
    assert post(endpoint, [inbound(mail(ANSWER))]).status_code == 204
    delivery = ProviderDelivery.objects.get()
    ProviderDelivery.objects.update(body=f'{{"events": {ANSWER}'.encode())
    assert apply_delivery(delivery.pk) is None
    delivery.refresh_from_db()
    assert delivery.status != "applied"
    assert leaks(lines()) == []


def test_a_row_that_the_database_refuses_is_not_quoted(lines):
    message = MessageFactory(scheduled=True, body=BODY)
    for log in (
        lambda error: logging.getLogger("outreach").error("It failed", exc_info=error),
        lambda error: logging.getLogger("outreach").error("It failed: %s", error),
        lambda error: logging.getLogger("celery").error("It failed: %(exc)s", {"exc": error}),
        lambda error: logging.getLogger("celery").error("raised: %r", error, exc_info=error),
    ):
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            Message.objects.filter(pk=message.pk).update(subject=BODY)
        assert BODY in str(caught.value)
        try:
            raise caught.value
        except IntegrityError as error:
            log(error)
    written = lines()
    assert len(written) == 4
    assert leaks(written) == []
    assert all("(withheld)" in line for line in written)
    assert "outreach_message_approved_as_is" in json.loads(written[0])["error"]


def test_a_secret_is_sealed_in_the_table():
    mailbox = MailboxFactory(smtp_password=PASSWORD)
    raw = Mailbox.objects.extra(select={"sealed": "smtp_password"}).values("sealed")
    sealed = raw.get(pk=mailbox.pk)["sealed"]
    assert PASSWORD not in str(sealed)
    assert Mailbox.objects.get(pk=mailbox.pk).smtp_password == PASSWORD
