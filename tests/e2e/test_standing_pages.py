"""The pages that tell how a mailbox stands, and whom not to write to: accessible and steady, full and empty."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from mailboxes import dns_checks, own_domains
from mailboxes.dns_records import Judgment
from mailboxes.models import (
    DeliveryEvent,
    DomainCheck,
    Mailbox,
    MailboxDay,
    ProviderDelivery,
    Suppression,
)
from mailboxes.suppression import suppress
from tests.e2e.checks import check_page
from tests.e2e.test_work_pages import picture
from tests.factories.outreach import MailboxFactory, WebhookEndpointFactory
from tests.factories.scenes import being_written_to, package_for

SENT = (3, 5, 4, 5, 9, 10, 8, 0, 0, 10, 12, 18, 20, 7)
VERDICTS = (
    Judgment(
        kind="spf",
        verdict="failed",
        name="keller.dev",
        found=("v=spf1 mx include:_spf.mail.keller.dev ip4:192.0.2.0/24 -all",),
        expected="v=spf1 mx include:_spf.mail.keller.dev ip4:192.0.2.0/24 include:_spf.google.com -all",
        sentence="It does not name Google, whose servers carry your mail, so that mail fails SPF.",
    ),
    Judgment(
        kind="dmarc",
        verdict="warning",
        name="_dmarc.keller.dev",
        found=("v=DMARC1; p=none",),
        sentence="It only watches (p=none) and nobody gets the reports.",
    ),
    Judgment(
        kind="mx",
        verdict="unknown",
        name="keller.dev",
        sentence="The name servers of keller.dev did not answer in time. This says nothing about your record.",
    ),
)


@pytest.fixture
def harbour(profile, workspace):
    """One mailbox with everything to tell, one practice mailbox with a queue, and a list of closed doors."""
    now = timezone.now()
    today = now.date()
    box = MailboxFactory(
        workspace=workspace,
        address="anna.keller@keller.dev",
        provider="google",
        is_sandbox=False,
        status="warmup",
        warmup_started_on=today - timedelta(days=13),
        ramp_days=10,
        health=79,
        health_reasons=[
            {
                "key": "spf",
                "points": 15,
                "sentence": "The SPF record of the mailbox's domain is wrong or missing.",
            },
            {
                "key": "bounces",
                "points": 6,
                "sentence": "2 of 75 mails of seven days bounced; up to 2% is normal.",
            },
        ],
        health_checked_at=now,
        warned_at=now - timedelta(hours=5),
        ramp_frozen_until=today + timedelta(days=2),
        last_sent_at=now,
        last_ok_at=now,
    )
    for place, count in enumerate(SENT):
        MailboxDay.objects.create(
            workspace=workspace,
            mailbox=box,
            day=today - timedelta(days=len(SENT) - 1 - place),
            cap=20,
            reserved=count,
            sent=count,
            bounced=2 if count == 18 else 0,
        )
    domain = own_domains.ensure_domain(box)
    dns_checks.make_signing_key(domain, now=now - timedelta(days=2))
    dns_checks.store(domain, VERDICTS, now=now)
    _happenings(box, now)
    practice = MailboxFactory(workspace=workspace, address="practice@sandbox.test")
    package = package_for(profile)
    being_written_to(package, practice, email="begun@northwind.test")
    being_written_to(package, practice, sent=0, email="tied@northwind.test")
    being_written_to(package, None, sent=0, email="free@northwind.test")
    MailboxFactory(workspace=workspace, address="second@sandbox.test")
    doors = {"workspace": workspace, "scope": "workspace", "now": now}
    suppress(**doors, reason="manual", domain="present-employer.com", source="my present employer")
    suppress(**doors, reason="unsubscribed", email="rudolph.longname.van-der-berg@northwind.test")
    return {"box": box, "practice": practice}


def _happenings(box, now):
    endpoint = WebhookEndpointFactory(mailbox=box, workspace=box.workspace)
    delivery = ProviderDelivery.objects.create(
        workspace=box.workspace,
        endpoint=endpoint,
        provider="generic",
        body=b"{}",
        body_sha256="0" * 64,
        signature_verdict="ok",
        received_at=now,
    )
    for number, kind in enumerate(["bounced", "unsubscribed", "complained"]):
        DeliveryEvent.objects.create(
            workspace=box.workspace,
            delivery=delivery,
            endpoint=endpoint,
            event_id=str(number),
            type=kind,
            occurred_at=now - timedelta(days=number + 1),
            recipient="rudolph@northwind.test",
            status_code="5.1.1",
            diagnostic="The email account that you tried to reach does not exist",
        )


def paths(harbour):
    box, practice = harbour["box"].public_id, harbour["practice"].public_id
    removable = Suppression.objects.get(reason="manual").public_id
    return {
        "overview": reverse("mailboxes:mailbox-list"),
        "dns": reverse("mailboxes:mailbox-dns", args=[box]),
        "warmup": reverse("mailboxes:mailbox-warmup", args=[box]),
        "health": reverse("mailboxes:mailbox-health", args=[box]),
        "practice-dns": reverse("mailboxes:mailbox-dns", args=[practice]),
        "practice-warmup": reverse("mailboxes:mailbox-warmup", args=[practice]),
        "practice-health": reverse("mailboxes:mailbox-health", args=[practice]),
        "move": reverse("outreach:mailbox-move", args=[practice]),
        "move-nothing": reverse("outreach:mailbox-move", args=[box]),
        "suppressions": reverse("outreach:suppression-list"),
        "suppressions-found": reverse("outreach:suppression-list") + "?q=lee@present-employer.com",
        "suppressions-wrong": reverse("outreach:suppression-list") + "?q=lee",
        "suppression-remove": reverse("outreach:suppression-remove", args=[removable]),
    }


NAMES = [
    "overview",
    "dns",
    "warmup",
    "health",
    "practice-dns",
    "practice-warmup",
    "practice-health",
    "move",
    "move-nothing",
    "suppressions",
    "suppressions-found",
    "suppressions-wrong",
    "suppression-remove",
]


@pytest.mark.parametrize("name", NAMES)
def test_page_passes(name, page, live_server, log_in, owner, harbour):
    log_in(page, owner.user)

    answer = page.goto(live_server.url + paths(harbour)[name])

    assert answer.status == 200
    assert page.locator("h1").count() == 1
    picture(page, name)
    check_page(page)


def test_a_domain_that_was_never_asked_passes(page, live_server, log_in, owner, harbour):
    DomainCheck.objects.all().delete()
    log_in(page, owner.user)
    page.goto(live_server.url + paths(harbour)["dns"])

    page.get_by_text("Not asked yet").first.wait_for()
    check_page(page)


def test_wrong_entries_are_explained_in_place(page, live_server, log_in, owner, harbour):
    log_in(page, owner.user)
    page.goto(live_server.url + paths(harbour)["suppressions"])
    page.fill("#id_target", "nobody")
    page.get_by_role("button", name="Do not contact").click()

    page.wait_for_selector(".error-summary:focus")
    assert page.title().startswith("Error: ")
    assert page.input_value("#id_target") == "nobody"


def test_the_record_is_copied(page, live_server, log_in, owner, harbour):
    log_in(page, owner.user)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(live_server.url + paths(harbour)["dns"])
    page.get_by_role("button", name="Copy the SPF record").click()

    page.locator("#announce", has_text="Copied").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == VERDICTS[0].expected


def test_mail_moves_and_comes_back_without_javascript(
    plain_page, live_server, log_in, owner, harbour
):
    log_in(plain_page, owner.user)
    plain_page.goto(live_server.url + paths(harbour)["move"])
    plain_page.get_by_label("second@sandbox.test").check()
    plain_page.get_by_role("button", name="Move", exact=True).click()

    plain_page.get_by_text("3 mails to 1 person will go from second@sandbox.test").wait_for()
    plain_page.get_by_role("button", name="Undo").click()
    plain_page.get_by_text("Moved back: mail to 1 person").wait_for()
    second = Mailbox.objects.get(address="second@sandbox.test")
    assert not second.enrollments.exists()
