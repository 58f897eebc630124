"""Checks of a sending domain as stored: changes are history, silence replaces nothing, our key follows DNS."""

from datetime import UTC, datetime, timedelta

import pytest

from mailboxes import dns_checks, own_domains, tasks
from mailboxes.dns_lookup import Found
from mailboxes.models import DomainCheck, SendingDomain
from tests.factories.outreach import MailboxFactory
from tests.fakes.dns_server import DnsServer

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
GOOD = {
    ("acme.eu", "TXT"): ("v=spf1 include:_spf.google.com ~all",),
    ("_spf.google.com", "TXT"): ("v=spf1 ip4:192.0.2.0/24 ~all",),
    ("google._domainkey.acme.eu", "TXT"): ("v=DKIM1; p=QUJD",),
    ("_dmarc.acme.eu", "TXT"): ("v=DMARC1; p=reject",),
    ("acme.eu", "MX"): ("1 smtp.google.com",),
}


def own_mailbox(workspace, address="olga@acme.eu", **fields):
    return MailboxFactory(
        workspace=workspace, address=address, provider="google", is_sandbox=False, **fields
    )


def dns(records=GOOD):
    return lambda name, kind: Found(tuple(records.get((name, kind), ())))


def silence(name, kind):
    return Found(is_known=False, problem="Nobody answered.")


@pytest.fixture
def domain(workspace) -> SendingDomain:
    return own_domains.ensure_domain(own_mailbox(workspace))


def verdicts(domain):
    found = dns_checks.verdicts_in_force(domain.workspace, domain.domain.upper())
    return {kind: check.verdict for kind, check in found.items()}


def test_an_own_domain_gets_one_row_however_many_mailboxes(workspace, domain):
    again = own_domains.ensure_domain(own_mailbox(workspace, "sales@acme.eu"))

    assert again.pk == domain.pk
    assert SendingDomain.objects.count() == 1
    assert [box.address for box in own_domains.mailboxes_of(domain)] == [
        "olga@acme.eu",
        "sales@acme.eu",
    ]


@pytest.mark.parametrize("address", ["olga@gmail.com", "olga@web.de"])
def test_a_domain_of_everybody_gets_no_row(workspace, address):
    assert own_domains.ensure_domain(own_mailbox(workspace, address)) is None
    assert dns_checks.adopt_domains() == 0
    assert not SendingDomain.objects.exists()


def test_a_practice_mailbox_gets_no_row(workspace):
    assert own_domains.ensure_domain(MailboxFactory(workspace=workspace)) is None


def test_a_check_stores_all_four_kinds_and_reports_its_steps(domain):
    steps = []
    checks = dns_checks.check_domain(domain, now=NOW, ask=dns(), report=steps.append)

    assert [check.kind for check in checks] == ["spf", "dkim", "dmarc", "mx"]
    assert verdicts(domain) == dict.fromkeys(["spf", "dkim", "dmarc", "mx"], "ok")
    assert steps == [0, 1, 2, 3]
    assert domain.checked_at == NOW


def test_history_lists_changes_only(domain):
    for day in range(3):
        dns_checks.check_domain(domain, now=NOW + timedelta(days=day), ask=dns())
    worse = {**GOOD, ("_dmarc.acme.eu", "TXT"): ()}
    dns_checks.check_domain(domain, now=NOW + timedelta(days=3), ask=dns(worse))

    dmarc = DomainCheck.objects.filter(kind="dmarc").order_by("pk")
    assert [(check.verdict, check.checked_at) for check in dmarc] == [
        ("ok", NOW + timedelta(days=2)),
        ("missing", NOW + timedelta(days=3)),
    ]
    assert DomainCheck.objects.count() == 5


def test_silence_is_kept_but_replaces_no_answer(domain):
    dns_checks.check_domain(domain, now=NOW, ask=dns())
    dns_checks.check_domain(domain, now=NOW + timedelta(days=1), ask=silence)

    assert {check.verdict for check in dns_checks.latest_checks(domain).values()} == {"unknown"}
    assert verdicts(domain) == dict.fromkeys(["spf", "dkim", "dmarc", "mx"], "ok")


def test_what_was_never_answered_has_no_verdict(domain):
    dns_checks.check_domain(domain, now=NOW, ask=silence)

    assert verdicts(domain) == {}


def test_another_workspace_has_its_own_verdicts(domain, stranger):
    dns_checks.check_domain(domain, now=NOW, ask=dns())

    assert dns_checks.verdicts_in_force(stranger.workspace, "acme.eu") == {}


def test_we_sign_from_the_moment_that_dns_shows_our_key(domain):
    assert dns_checks.make_signing_key(domain, now=NOW) is True
    assert dns_checks.make_signing_key(domain, now=NOW) is False
    assert domain.dkim_active is False
    assert verdicts(domain) == {"dkim": "missing"}
    waiting = dns_checks.latest_checks(domain)["dkim"]

    shown = {**GOOD, (waiting.name, "TXT"): (waiting.expected,)}
    dns_checks.check_domain(domain, now=NOW + timedelta(hours=1), ask=dns(shown))
    assert domain.dkim_active is True

    dns_checks.check_domain(domain, now=NOW + timedelta(hours=2), ask=silence)
    assert domain.dkim_active is True

    dns_checks.check_domain(domain, now=NOW + timedelta(hours=3), ask=dns())
    assert domain.dkim_active is False
    assert verdicts(domain)["dkim"] == "missing"


def test_a_key_can_be_dropped_and_then_the_provider_signs_alone(domain):
    dns_checks.make_signing_key(domain, now=NOW)

    assert dns_checks.drop_signing_key(domain) is True
    assert dns_checks.drop_signing_key(domain) is False
    assert (domain.dkim_selector, domain.dkim_public_key, domain.dkim_private_key) == ("", "", "")
    assert verdicts(domain) == {}


def test_domains_are_due_once_a_day_and_new_ones_first(workspace, domain):
    other = own_domains.ensure_domain(own_mailbox(workspace, "olga@other.eu"))
    SendingDomain.objects.filter(pk=domain.pk).update(checked_at=NOW - timedelta(hours=24))
    assert dns_checks.due_domains(now=NOW) == [other.pk, domain.pk]

    SendingDomain.objects.update(checked_at=NOW - timedelta(hours=23))
    assert dns_checks.due_domains(now=NOW) == []


def test_the_sweep_adopts_and_asks(workspace, settings):
    own_mailbox(workspace)
    own_mailbox(workspace, "olga@gmail.com")
    with DnsServer() as server:
        for (name, kind), texts in GOOD.items():
            server.add(name, kind, *texts)
        settings.DNS_RESOLVERS = [server.address]
        tasks.check_domains()
        tasks.check_domains()

    domain = SendingDomain.objects.get()
    assert domain.domain == "acme.eu"
    assert set(verdicts(domain).values()) == {"ok"}
    assert server.asked["udp", "_dmarc.acme.eu", "TXT"] == 1


def test_a_domain_that_is_gone_is_left_alone(workspace):
    tasks.check_domain(4711)

    assert not DomainCheck.objects.exists()
