"""What an address is worth, with DNS played by a table."""

import dns.exception
import dns.resolver
import pytest

from outreach import verification
from outreach.verification import MailHosts, verify_address, verify_contact
from tests.factories.outreach import ContactFactory
from tests.outreach.package_cases import NOW


def answering(hosts):
    asked = []

    def lookup(domain):
        asked.append(domain)
        return hosts

    lookup.asked = asked
    return lookup


@pytest.mark.parametrize(
    ("email", "hosts", "verdict", "confidence"),
    [
        ("ada@harborpay.com", MailHosts.FOUND, "valid", 0.8),
        ("ada@harborpay.com", MailHosts.IMPLICIT, "risky", 0.75),
        ("ada@harborpay.com", MailHosts.REFUSED, "invalid", 0.95),
        ("ada@harborpay.com", MailHosts.NONE, "invalid", 0.95),
        ("ada@harborpay.com", MailHosts.UNKNOWN, "unknown", 0.3),
        ("jobs@harborpay.com", MailHosts.FOUND, "risky", 0.75),
        ("jobs+design@harborpay.com", MailHosts.FOUND, "risky", 0.75),
        ("jobs@harborpay.com", MailHosts.UNKNOWN, "unknown", 0.3),
    ],
)
def test_verdicts_by_dns(email, hosts, verdict, confidence):
    found = verify_address(email, answering(hosts))

    assert (found.verdict, found.confidence) == (verdict, confidence)
    assert all(reason.endswith(".") for reason in found.reasons)


@pytest.mark.parametrize(
    ("email", "verdict"),
    [
        ("ada", "invalid"),
        ("ada@harborpay", "invalid"),
        ("ada@harborpay.com\nBcc: x@y.com", "invalid"),
        ("noreply@harborpay.com", "invalid"),
        ("ada@mailinator.com", "invalid"),
        ("ada@harborpay.test", "valid"),
        ("ada@example.com", "valid"),
        ("ada@harborpay.example", "valid"),
        ("ada@harborpay.invalid", "invalid"),
        ("ada@harborpay.localhost", "invalid"),
    ],
)
def test_what_needs_no_dns_asks_none(email, verdict):
    lookup = answering(MailHosts.FOUND)

    assert verify_address(email, lookup).verdict == verdict
    assert lookup.asked == []


@pytest.mark.parametrize(
    ("error", "hosts"),
    [
        (dns.resolver.NXDOMAIN(), MailHosts.NONE),
        (dns.resolver.LifetimeTimeout(timeout=3, errors=[]), MailHosts.UNKNOWN),
        (dns.exception.Timeout(timeout=3), MailHosts.UNKNOWN),
        (dns.resolver.NoNameservers(), MailHosts.UNKNOWN),
        (OSError("no route"), MailHosts.UNKNOWN),
    ],
)
def test_a_silent_name_server_is_unknown_and_never_invalid(monkeypatch, error, hosts):
    def resolve(self, domain, kind):
        raise error

    monkeypatch.setattr(dns.resolver.Resolver, "resolve", resolve)

    assert verification.look_up_mail_hosts("harborpay.com") == hosts


@pytest.mark.django_db
def test_the_verdict_is_stored_with_its_reasons():
    contact = ContactFactory(email="ada@harborpay.com", verdict="unknown")

    found = verify_contact(contact, now=NOW, lookup=answering(MailHosts.NONE))

    assert found.verdict == "invalid"
    contact.refresh_from_db()
    assert (contact.verdict, contact.verdict_confidence) == ("invalid", 0.95)
    assert contact.verdict_reasons == [
        "harborpay.com does not exist or has no mail server. Check the spelling."
    ]
    assert contact.verified_at == NOW


@pytest.mark.django_db
def test_an_address_changed_meanwhile_keeps_its_own_verdict():
    contact = ContactFactory(email="ada@harborpay.com", verdict="unknown")
    type(contact).objects.update(email="ada@other.com")

    assert verify_contact(contact, now=NOW, lookup=answering(MailHosts.NONE)) is None

    contact.refresh_from_db()
    assert (contact.verdict, contact.verified_at) == ("unknown", None)
