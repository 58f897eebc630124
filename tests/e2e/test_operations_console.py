"""The operations console in the browser: accessible, quiet under the content security policy, usable without scripts."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.auditing import record
from accounts.models import AuditEntry, BackgroundTask, User
from accounts.switches import turn_off
from mailboxes.models import Mailbox, Suppression
from outreach import pulse
from tests.e2e.checks import OVERFLOW, SETTLED, THEMES, axe_findings, check_page
from tests.factories.operations import mailbox_for, unknown_message
from tests.factories.outreach import MailboxFactory, MessageFactory, WebhookEndpointFactory


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
    for number in range(60):
        record(
            "mailbox.pause",
            mailbox,
            actor=operator,
            reason=f"Bounces, look {number}.",
            workspace=mailbox.workspace,
        )
    now = timezone.now()
    pulse.take_pulse(now - timedelta(minutes=6))
    pulse.take_pulse(now - timedelta(minutes=4))
    turn_off("sending", by=operator, reason="A provider blocks us.", now=now)
    Suppression.objects.create(scope="platform", address_hash="0" * 64, reason="complaint")
    BackgroundTask.objects.create(
        workspace=mailbox.workspace,
        kind="ferry",
        title="T",
        status="failed",
        error="No model answered.",
        started_at=now,
        finished_at=now,
    )
    WebhookEndpointFactory(mailbox=mailbox).deliveries.create(
        workspace=mailbox.workspace,
        provider="generic",
        body=b"{}",
        body_sha256="0" * 64,
        signature_verdict="hmac-sha256",
        received_at=now,
    )
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
    "suppressions": lambda mailbox: reverse("admin:mailboxes_suppression_changelist"),
    "webhooks": lambda mailbox: reverse("admin:mailboxes_providerdelivery_changelist"),
    "tasks": lambda mailbox: reverse("admin:accounts_backgroundtask_changelist"),
    "switches": lambda mailbox: reverse("admin:accounts_platformswitch_changelist"),
    "stopping everything": lambda mailbox: reverse(
        "admin:accounts_platformswitch_do", args=["stop-sending"]
    ),
    "quarantining": lambda mailbox: reverse(
        "admin:mailboxes_domainquarantine_do", args=["quarantine"]
    ),
    "a cap": lambda mailbox: (
        f"{reverse('admin:mailboxes_mailbox_do', args=['set-cap'])}?ids={mailbox.pk}"
    ),
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
    assert AuditEntry.objects.filter(verb="mailbox.pause").count() == 61


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


def test_the_board_renews_itself_and_keeps_the_focus(page, live_server, log_in, operator, mailbox):
    log_in(page, operator)
    page.goto(live_server.url + reverse("admin:index"))
    page.locator("#tile-unknown").focus()
    unknown_message()

    page.evaluate(
        "htmx.ajax('GET', location.pathname, {target: '#content-main', swap: 'outerHTML'})"
    )
    page.wait_for_function("document.querySelector('#tile-unknown .value').textContent === '2'")

    assert page.evaluate("document.activeElement.id") == "tile-unknown"
    assert page.locator("#content-main").count() == 1
    assert page.locator("h1").count() == 1


def test_all_sending_is_stopped_in_two_steps_without_scripts(
    plain_page, live_server, log_in, operator
):
    log_in(plain_page, operator)
    plain_page.goto(live_server.url + reverse("admin:accounts_platformswitch_changelist"))

    plain_page.get_by_role("link", name="Stop all sending").click()
    plain_page.get_by_label("Reason").fill("A provider blocks us.")
    plain_page.get_by_label("Confirmation").fill("STOP")
    plain_page.get_by_role("button", name="Count first").click()
    assert "0 messages wait in 0 workspaces" in plain_page.inner_text("main")
    assert not AuditEntry.objects.exists()
    plain_page.get_by_role("button", name="Stop all sending").click()

    assert "Stop all sending: done." in plain_page.inner_text("main")
    assert AuditEntry.objects.get().verb == "switch.turn_off"


def test_lists_are_reached_by_keyboard_and_without_scripts(
    plain_page, live_server, log_in, operator, mailbox
):
    log_in(plain_page, operator)
    plain_page.goto(live_server.url + reverse("admin:index"))
    lists = plain_page.get_by_role("navigation", name="Lists")
    link = lists.get_by_role("link", name="Provider deliveries")

    lists.locator("summary", has_text="Sending").press("Enter")
    lists.locator("summary", has_text="Hearing").press("Enter")
    opened = lists.locator("details[open]").count()
    link.press("Enter")

    assert opened == 1
    plain_page.wait_for_url("**" + reverse("admin:mailboxes_providerdelivery_changelist"))
    assert lists.locator("summary.here").inner_text().startswith("Hearing")
    assert not link.is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_open_parts_of_the_console_pass_too(page, live_server, log_in, operator, mailbox, width):
    log_in(page, operator)
    page.set_viewport_size({"width": width, "height": 1400})
    page.goto(live_server.url + reverse("admin:outreach_message_changelist"))

    page.locator("#filters > details > summary").click()
    page.locator("#lists summary").first.click()

    for theme in THEMES:
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        page.evaluate(SETTLED)
        assert axe_findings(page) == [], theme
    assert page.evaluate(OVERFLOW) <= 0
    assert page.locator(".results").get_attribute("tabindex") == "0"
