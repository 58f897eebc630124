"""DNS, warm-up and health of a mailbox as pages: what they say, who may change what, and what they cost."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from mailboxes import dns_checks, own_domains
from mailboxes.models import DeliveryEvent, Mailbox, MailboxDay, ProviderDelivery, SendingDomain
from tests.factories.outreach import MailboxFactory, WebhookEndpointFactory
from tests.fakes.dns_server import DnsServer

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def mailbox(workspace, profile):
    return MailboxFactory(
        workspace=workspace,
        address="olga@acme.eu",
        provider="google",
        is_sandbox=False,
        status="warmup",
        warmup_started_on=TODAY - timedelta(days=9),
        ramp_days=8,
    )


@pytest.fixture
def dns(settings):
    with DnsServer() as server:
        settings.DNS_RESOLVERS = [server.address]
        server.add("acme.eu", "TXT", "v=spf1 mx ~all").add("acme.eu", "MX", "1 smtp.google.com.")
        server.rcodes["_dmarc.acme.eu"] = "SERVFAIL"
        yield server


def sent(mailbox, days_ago, count, *, bounced=0, complained=0, cap=20):
    return MailboxDay.objects.create(
        workspace=mailbox.workspace,
        mailbox=mailbox,
        day=TODAY - timedelta(days=days_ago),
        cap=cap,
        reserved=count,
        sent=count,
        bounced=bounced,
        complained=complained,
    )


def url(name, mailbox):
    return reverse(f"mailboxes:mailbox-{name}", args=[mailbox.public_id])


def page(client, name, mailbox):
    response = client.get(url(name, mailbox))
    assert response.status_code == 200
    return response.content.decode()


def test_looking_at_dns_asks_nobody_and_stores_nothing(owner_client, mailbox, dns):
    assert "Not asked yet" in page(owner_client, "dns", mailbox)
    assert dns.asked.total() == 0
    assert not SendingDomain.objects.exists()


@pytest.fixture
def ask(owner_client, django_capture_on_commit_callbacks):
    """Press the button and let the worker do its task."""

    def press(mailbox):
        with django_capture_on_commit_callbacks(execute=True):
            return owner_client.post(url("dns-check", mailbox))

    return press


def test_asking_shows_found_expected_and_verdict(owner_client, mailbox, dns, ask):
    task = owner_client.get(ask(mailbox).url).content.decode()
    assert "Asking DNS about acme.eu: done." in task
    assert url("dns", mailbox) in task

    text = page(owner_client, "dns", mailbox)
    assert "v=spf1 mx ~all" in text
    assert "v=spf1 mx include:_spf.google.com ~all" in text
    assert 'data-copy="#expected-spf"' in text
    assert '<span class="badge danger">Wrong</span>' in text
    assert "1 smtp.google.com" in text
    assert '<span class="badge">Could not be asked</span>' in text
    assert "This says nothing about your record" in text
    assert "From: olga@acme.eu" in text


def test_asking_again_at_once_is_answered_without_asking(owner_client, mailbox, dns, ask):
    ask(mailbox)
    asked = dns.asked.total()
    response = ask(mailbox)

    assert "asked a moment ago" in owner_client.get(response.url).content.decode()
    assert dns.asked.total() == asked


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"address": "olga@gmail.com"}, "gmail.com is looked after by its provider"),
        ({"provider": "sandbox", "is_sandbox": True}, "Practice mail needs no DNS"),
    ],
)
def test_where_dns_cannot_be_edited_the_page_says_so(owner_client, mailbox, dns, fields, words):
    Mailbox.objects.filter(pk=mailbox.pk).update(**fields)

    assert words in page(owner_client, "dns", mailbox)
    owner_client.post(url("dns-check", mailbox))
    owner_client.post(url("dns-key", mailbox))
    assert not SendingDomain.objects.exists()
    assert dns.asked.total() == 0


def test_the_owner_makes_a_key_and_never_sees_its_secret_half(owner_client, mailbox):
    owner_client.post(url("dns-key", mailbox))

    domain = SendingDomain.objects.get()
    text = page(owner_client, "dns", mailbox)
    assert f"p={domain.dkim_public_key}" in text.replace("&#x3D;", "=").replace("&#x2B;", "+")
    assert "PRIVATE KEY" not in text
    assert "Waits for DNS" in text
    owner_client.post(url("dns-key", mailbox), {"drop": "1"})
    domain.refresh_from_db()
    assert domain.dkim_public_key == ""


def test_others_make_no_key(viewer_client, stranger_client, mailbox):
    assert viewer_client.post(url("dns-key", mailbox)).status_code == 403
    assert viewer_client.post(url("dns-check", mailbox)).status_code == 403
    assert stranger_client.post(url("dns-key", mailbox)).status_code == 404
    assert "Sign with our own key" not in page(viewer_client, "dns", mailbox)
    assert not SendingDomain.objects.exists()


def test_warmup_draws_plan_and_bars_and_says_why_a_day_did_not_count(owner_client, mailbox):
    sent(mailbox, 3, 10)
    sent(mailbox, 2, 20, bounced=1)
    sent(mailbox, 1, 4, complained=1)

    text = page(owner_client, "warmup", mailbox)
    assert "Day 9 of 30: up to 20 mails today" in text
    assert "34 mails in 10 days, at most 20 on one day (18 November)" in text
    assert "no: 1 of 20 mails bounced (5\N{NO-BREAK SPACE}%)." in text
    assert "no: Somebody reported a mail as spam." in text
    assert "no: No mail left." in text
    assert text.count('class="c1"') == 1
    assert text.count('class="c2"') == 2


def test_warmup_says_what_holds_the_ramp(owner_client, mailbox):
    Mailbox.objects.filter(pk=mailbox.pk).update(
        warned_at=NOW, ramp_frozen_until=TODAY + timedelta(days=3)
    )
    text = page(owner_client, "warmup", mailbox)
    assert "A warning stands, and no day counts until it is over." in text
    assert "You froze it until 23 November 2026." in text


def test_a_practice_mailbox_needs_no_warmup(owner_client, workspace, profile):
    box = MailboxFactory(workspace=workspace)

    assert "Practice mail needs no warm-up" in page(owner_client, "warmup", box)


def test_the_ramp_can_be_frozen_and_let_go(owner_client, mailbox):
    response = owner_client.post(url("ramp", mailbox), {"until": "2026-12-01"}, follow=True)
    mailbox.refresh_from_db()
    assert mailbox.ramp_frozen_until == date(2026, 12, 1)
    assert url("thaw", mailbox) in response.content.decode()

    owner_client.post(url("thaw", mailbox))
    mailbox.refresh_from_db()
    assert mailbox.ramp_frozen_until is None


@pytest.mark.parametrize("until", ["", "soon", "2026-11-19", "2027-03-01"])
def test_a_wrong_date_is_explained_and_kept(owner_client, mailbox, until):
    response = owner_client.post(url("ramp", mailbox), {"until": until})

    assert response.status_code == 422
    assert "There is a problem" in response.content.decode()
    mailbox.refresh_from_db()
    assert mailbox.ramp_frozen_until is None


@pytest.mark.parametrize(
    ("cap", "status"), [("30", 302), ("50", 302), ("51", 422), ("0", 422), ("", 422)]
)
def test_the_cap_stays_within_the_plan(owner_client, mailbox, cap, status):
    assert url("caps", mailbox) in page(owner_client, "warmup", mailbox)
    response = owner_client.post(url("caps", mailbox), {"daily_cap": cap})

    assert response.status_code == status
    mailbox.refresh_from_db()
    assert mailbox.daily_cap == (int(cap) if status == 302 else 50)


def test_a_viewer_changes_no_ramp(viewer_client, mailbox):
    assert viewer_client.post(url("ramp", mailbox), {"until": "2026-12-01"}).status_code == 403
    assert viewer_client.post(url("thaw", mailbox)).status_code == 403
    text = page(viewer_client, "warmup", mailbox)
    assert "Freeze" not in text
    mailbox.refresh_from_db()
    assert mailbox.ramp_frozen_until is None


def test_health_shows_the_score_with_its_parts_and_the_limits(owner_client, mailbox):
    Mailbox.objects.filter(pk=mailbox.pk).update(
        health=75,
        health_reasons=[
            {"key": "young", "points": 5, "sentence": "It is younger than 14 days."},
            {"key": "complaints", "points": 20, "sentence": "One mail was reported as spam."},
        ],
    )
    sent(mailbox, 2, 60, bounced=3, complained=2, cap=60)
    sent(mailbox, 20, 60, cap=60)

    text = page(owner_client, "health", mailbox)
    assert text.index("One mail was reported as spam.") < text.index("It is younger than 14 days.")
    assert "−20" in text
    assert (
        "3 of 60 in 7 days (5\N{NO-BREAK SPACE}%); 3 of 120 in 30 (2.5\N{NO-BREAK SPACE}%)" in text
    )
    assert "warns at 2\N{NO-BREAK SPACE}%, stops at 5\N{NO-BREAK SPACE}%" in text
    assert "warns at 0.1\N{NO-BREAK SPACE}%, stops at 0.3\N{NO-BREAK SPACE}%" in text
    assert text.count('<span class="badge danger">Too many</span>') == 2


def test_a_bounce_among_few_mails_is_not_judged(owner_client, mailbox):
    sent(mailbox, 2, 20, bounced=2)

    text = page(owner_client, "health", mailbox)
    assert "2 of 20 in 7 days (10\N{NO-BREAK SPACE}%)" in text
    assert '<span class="badge">Too few mails to judge</span>' in text
    assert "Too many" not in text


def test_health_tells_what_happened_and_no_deliveries(owner_client, mailbox):
    endpoint = WebhookEndpointFactory(mailbox=mailbox, workspace=mailbox.workspace)
    delivery = ProviderDelivery.objects.create(
        workspace=mailbox.workspace,
        endpoint=endpoint,
        provider="generic",
        body=b"{}",
        body_sha256="0" * 64,
        signature_verdict="ok",
        received_at=NOW,
    )
    for number, (kind, days) in enumerate([("bounced", 1), ("delivered", 1), ("complained", 40)]):
        DeliveryEvent.objects.create(
            workspace=mailbox.workspace,
            delivery=delivery,
            endpoint=endpoint,
            event_id=str(number),
            type=kind,
            occurred_at=NOW - timedelta(days=days),
            recipient=f"{kind}@northwind.test",
            status_code="5.1.1",
            diagnostic="<b>no such user</b>",
        )
    text = page(owner_client, "health", mailbox)
    assert "bounced@northwind.test bounced." in text
    assert "5.1.1 &lt;b&gt;no such user&lt;/b&gt;" in text
    assert "delivered@northwind.test" not in text
    assert "complained@northwind.test" not in text


def test_the_overview_says_health_room_and_two_weeks(owner_client, mailbox):
    for day in range(10):
        sent(mailbox, day, 4)
    Mailbox.objects.filter(pk=mailbox.pk).update(health=60)

    text = owner_client.get(reverse("mailboxes:mailbox-list")).content.decode()
    assert "Poor, does not send" in text
    assert "Today: 4 of 20 mails" in text
    assert "day 9 of 30" in text
    assert "40 mails in 14 days; more in the last 7 than before" in text
    assert "0\N{NO-BREAK SPACE}% in 7 days" in text


@pytest.mark.parametrize(("name", "queries"), [("dns", 15), ("warmup", 12), ("health", 14)])
def test_pages_cost_the_same_however_much_happened(
    owner_client, mailbox, django_assert_num_queries, name, queries
):
    domain = own_domains.ensure_domain(mailbox)
    dns_checks.make_signing_key(domain, now=NOW)
    page(owner_client, name, mailbox)
    for day in range(20):
        sent(mailbox, day, 4)
    with django_assert_num_queries(queries):
        page(owner_client, name, mailbox)


def test_the_overview_costs_the_same_for_many(owner_client, mailbox, django_assert_num_queries):
    for number in range(5):
        sent(MailboxFactory(workspace=mailbox.workspace, address=f"p{number}@sandbox.test"), 1, 3)
    owner_client.get(reverse("mailboxes:mailbox-list"))
    with django_assert_num_queries(13):
        owner_client.get(reverse("mailboxes:mailbox-list"))


@pytest.mark.parametrize("name", ["dns", "warmup", "health"])
def test_a_stranger_sees_none_of_it(stranger_client, mailbox, name):
    assert stranger_client.get(url(name, mailbox)).status_code == 404
