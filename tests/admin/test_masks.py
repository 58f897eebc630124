"""What the console shows: no secret at all, personal data only by an audited look."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.auditing import record
from accounts.models import AuditEntry
from mailboxes.models import DeliveryEvent, InboundMessage, Mailbox, WebhookEndpoint
from outreach.models import Message
from tests.factories.operations import ADDRESS, BODY, SECRET, list_url, page_url, pages
from tests.factories.outreach import MessageFactory

pytestmark = pytest.mark.django_db


def test_no_page_shows_a_secret_or_personal_data(staff_client, world, message):
    read = 0
    for page in pages():
        urls = [list_url(page.model)]
        urls += [page_url(row) for row in page.model._default_manager.all()[:5]]
        for url in urls:
            answer = staff_client.get(url)
            html = answer.content.decode()
            assert answer.status_code == 200, url
            for hidden in (SECRET, ADDRESS, "maria.planted", BODY, "argon2", "pbkdf2"):
                assert hidden not in html, f"{hidden} on {url}"
            read += 1
    assert "maria.planted" not in staff_client.get("/ops/").content.decode()
    assert read > len(pages()) + 10


def test_secrets_are_not_even_read_from_the_database(staff_client, message):
    urls = [list_url(Mailbox), page_url(Mailbox.objects.get()), list_url(Message)]
    urls += [list_url(DeliveryEvent), list_url(WebhookEndpoint), list_url(InboundMessage)]

    with CaptureQueriesContext(connection) as captured:
        for url in urls:
            assert staff_client.get(url).status_code == 200

    assert len(captured) > 20
    for sealed in ("smtp_password", '"secret"', '"raw"', '"body"'):
        assert not [query["sql"] for query in captured if sealed in query["sql"]], sealed


def test_lists_leave_long_texts_in_the_database(
    operator_client, message, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20) as captured:
        page = operator_client.get(list_url(Message)).content.decode()

    assert "northwind.test" in page
    assert "maria.planted" not in page
    assert not [query for query in captured.captured_queries if '"body"' in query["sql"]]


def test_personal_data_is_revealed_by_one_audited_post(operator, operator_client, message):
    url = page_url(message).replace("/change/", "/reveal/")

    masked = operator_client.get(page_url(message)).content.decode()
    assert operator_client.get(url).status_code == 405
    assert not AuditEntry.objects.exists()
    shown = operator_client.post(url)

    assert url in masked
    assert shown.status_code == 200
    assert ADDRESS in shown.content.decode()
    assert BODY in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor, entry.workspace) == (
        "personal_data.reveal",
        operator,
        message.workspace,
    )
    assert entry.after == {"fields": ["body", "recipient", "subject"]}
    assert ADDRESS not in operator_client.get(page_url(message)).content.decode()


def test_a_revealed_page_still_shows_no_secret(staff_client, message):
    mailbox = Mailbox.objects.get()
    shown = staff_client.post(page_url(mailbox).replace("/change/", "/reveal/")).content.decode()

    assert "maria.planted@relay.test" in shown
    assert SECRET not in shown
    assert "smtp password" not in shown.lower()


def test_support_may_not_reveal(support_client, message):
    answer = support_client.post(page_url(message).replace("/change/", "/reveal/"))

    assert answer.status_code == 403
    assert ADDRESS not in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_history_is_the_audit_trail(operator_client, message):
    record("message.cancel", message, actor=None, reason="A try.")
    record("message.cancel", MessageFactory(), actor=None, reason="Another one.")

    answer = operator_client.get(page_url(message).replace("/change/", "/history/"), follow=True)
    page = answer.content.decode()

    assert answer.redirect_chain == [(f"{list_url(AuditEntry)}?target_id={message.public_id}", 302)]
    assert "A try." in page
    assert "Another one." not in page
