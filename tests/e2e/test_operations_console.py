"""The operations console in the browser: accessible, quiet under the content security policy, usable without scripts."""

import pytest
from django.urls import reverse

from accounts.auditing import record
from accounts.models import AuditEntry, User
from mailboxes.models import Mailbox
from tests.e2e.checks import check_page
from tests.factories.operations import mailbox_for, unknown_message
from tests.factories.outreach import MailboxFactory, MessageFactory


@pytest.fixture
def operator(transactional_db) -> User:
    return User.objects.create_superuser("staff@roleferry.example", "unused-password")


@pytest.fixture
def mailbox(operator) -> Mailbox:
    """A mailbox among enough other rows that every part of the pages has something to show."""
    MailboxFactory(
        status="paused", status_reason="A receiving server refused mail by policy (5.7.1)."
    )
    unknown_message()
    mailbox = mailbox_for(MessageFactory(scheduled=True))
    record("mailbox.pause", mailbox, actor=operator, reason="Bounces.", workspace=mailbox.workspace)
    return mailbox


PAGES = {
    "board": lambda mailbox: reverse("admin:index"),
    "mailboxes": lambda mailbox: reverse("admin:mailboxes_mailbox_changelist"),
    "messages": lambda mailbox: reverse("admin:outreach_message_changelist") + "?due=overdue",
    "one mailbox": lambda mailbox: reverse("admin:mailboxes_mailbox_change", args=[mailbox.pk]),
    "the question": lambda mailbox: (
        f"{reverse('admin:mailboxes_mailbox_do', args=['pause'])}?ids={mailbox.pk}"
    ),
    "suppressing": lambda mailbox: reverse("admin:mailboxes_suppression_do", args=["add"]),
    "audit trail": lambda mailbox: reverse("admin:accounts_auditentry_changelist"),
}


@pytest.mark.parametrize("url_of", PAGES.values(), ids=PAGES.keys())
def test_page_passes(url_of, page, live_server, log_in, operator, mailbox):
    log_in(page, operator)

    answer = page.goto(live_server.url + url_of(mailbox))

    assert answer.status == 200
    assert page.locator("h1").count() == 1
    check_page(page)


def test_a_mailbox_is_paused_without_scripts(plain_page, live_server, log_in, operator, mailbox):
    log_in(plain_page, operator)
    plain_page.goto(live_server.url + reverse("admin:mailboxes_mailbox_changelist"))

    plain_page.get_by_role("link", name=f"Pause Mailbox {mailbox.pk}").click()
    plain_page.get_by_label("Reason").fill("Complaints rose today.")
    plain_page.get_by_role("button", name="Pause").click()

    assert f"Pause: done for Mailbox {mailbox.pk}." in plain_page.inner_text("main")
    mailbox.refresh_from_db()
    assert (mailbox.status, mailbox.paused_by_staff) == ("paused", True)
    assert AuditEntry.objects.filter(verb="mailbox.pause").count() == 2


def test_closing_a_domain_shows_its_reach_before_it_is_confirmed(
    plain_page, live_server, log_in, operator, mailbox
):
    log_in(plain_page, operator)
    plain_page.goto(live_server.url + reverse("admin:mailboxes_suppression_do", args=["add"]))

    plain_page.get_by_label("Or a domain").fill("northwind.test")
    plain_page.get_by_label("Reason").fill("Their lawyer wrote to us.")
    plain_page.get_by_role("button", name="Count first").click()
    before = AuditEntry.objects.filter(verb="suppression.add").count()
    assert "1 waiting message in 1 workspace will be cancelled." in plain_page.inner_text("main")
    plain_page.get_by_role("button", name="Suppress").click()

    assert before == 0
    assert AuditEntry.objects.filter(verb="suppression.add").count() == 1
