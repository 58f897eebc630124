"""Connecting a mailbox in the browser: the test turns green row by row, failures explain themselves, both themes, both widths."""

import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from django.urls import reverse

from mailboxes import live_check
from mailboxes.models import ConnectionCheck, Mailbox
from tests.e2e.checks import check_page
from tests.e2e.running import worker
from tests.fakes.dns_server import DnsServer
from tests.fakes.dovecot import PASSWORD, Dovecot, needs_dovecot
from tests.fakes.smtp_sink import SmtpSink

pytestmark = needs_dovecot

ADDRESS = "olga@real-company.com"
PICTURES = os.environ.get("PAGE_PICTURES")


@pytest.fixture
def provider(monkeypatch, settings):
    """A provider on loopback that files what it sends, and a name server that knows nothing; yields its two ports."""
    monkeypatch.setattr(
        live_check, "Tools", partial(live_check.Tools, receives_mail=lambda domain: True)
    )
    with ExitStack() as stack:
        settings.DNS_RESOLVERS = [stack.enter_context(DnsServer()).address]
        dovecot = stack.enter_context(Dovecot())
        sink = stack.enter_context(SmtpSink(logins={ADDRESS: PASSWORD}, delay_seconds=1.5))
        record = sink.rules._record

        def record_and_file(peer, raw):
            for folder in ("INBOX", "Sent"):
                dovecot.deliver(ADDRESS, folder, raw)
            return record(peer, raw)

        sink.rules._record = record_and_file
        yield sink.port, dovecot.port


def picture(page, name):
    if not PICTURES:
        return
    for width, height, theme in ((1280, 900, "light"), (390, 844, "dark")):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{theme}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def fill_in(page, ports, password):
    smtp, imap = ports
    page.get_by_label("Your e-mail address").fill(ADDRESS)
    page.get_by_label("Password", exact=True).fill(password)
    page.locator("#id_host").fill("127.0.0.1")
    page.locator("#id_port").fill(str(smtp))
    page.locator("#id_security").select_option("none")
    page.locator("#id_imap_host").fill("127.0.0.1")
    page.locator("#id_imap_port").fill(str(imap))
    page.locator("#id_imap_security").select_option("none")
    page.get_by_role("button", name="Test it").click()


def test_a_mailbox_is_connected_before_ones_eyes(
    page, live_server, log_in, owner, profile, provider
):
    log_in(page, owner.user)
    page.goto(live_server.url + reverse("mailboxes:mailbox-connect"))
    picture(page, "1-choose")
    page.get_by_label("Your e-mail address").fill(ADDRESS)
    page.get_by_role("button", name="Go on").click()
    picture(page, "2-details")
    with worker():
        fill_in(page, provider, "not-the-password")
        page.get_by_text("does not work yet").wait_for()
        assert page.locator("#check-rows .badge.danger").count() == 1
        page.get_by_text("The server's own answer").click()
        picture(page, "3-failed")
        failed = page.url
        page.get_by_role("link", name="Change the settings").click()
        assert page.get_by_label("Your e-mail address").input_value() == ADDRESS
        assert page.get_by_label("Password", exact=True).input_value() == ""
        fill_in(page, provider, PASSWORD)
        page.locator("#check-rows .badge.info").wait_for()
        picture(page, "3-running")
        page.get_by_text("works and is connected").wait_for()
    assert page.locator("#check-rows .badge.ok").count() == 7
    assert page.locator("#check-rows[hx-get]").count() == 0
    picture(page, "3-passed")
    passed = page.url
    page.get_by_role("link", name="Choose the daily number").click()
    picture(page, "4-daily-number")
    page.get_by_label("At most a day").fill("25")
    page.get_by_role("button", name="Use this number").click()
    page.get_by_role("heading", name=ADDRESS).wait_for()
    picture(page, "5-mailbox")
    mailbox = Mailbox.objects.get()
    assert (mailbox.daily_cap, mailbox.sent_folder, mailbox.files_sent_copies) == (25, "Sent", True)
    detail = page.url
    page.get_by_role("button", name="Make an address").click()
    page.get_by_text("Copy the secret now").wait_for()
    picture(page, "6-secret")
    for address in (failed, passed, detail, f"{detail}caps/"):
        page.goto(address)
        check_page(page)
    page.get_by_role("link", name=ADDRESS).click()
    page.get_by_role("link", name="Disconnect").click()
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_role("button", name="Undo").click()
    mailbox.refresh_from_db()
    assert (mailbox.disconnected_at, mailbox.status) == (None, "warmup")


def test_without_javascript_the_page_reloads_itself(
    plain_page, live_server, log_in, owner, profile, provider
):
    log_in(plain_page, owner.user)
    plain_page.goto(live_server.url + reverse("mailboxes:connect-smtp"))
    with worker():
        fill_in(plain_page, provider, PASSWORD)
        plain_page.get_by_text("works and is connected").wait_for(timeout=30_000)
    assert ConnectionCheck.objects.get().verdict == "passed"
