"""How sure we may be that an address can be written to, from its form and from DNS; no mail server is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import dns.exception
import dns.resolver

from mailboxes.addresses import (
    AddressError,
    RoleKind,
    is_disposable_domain,
    is_reserved_domain,
    is_sandbox_domain,
    parse_address,
    role_kind,
)
from outreach.models import Contact

Verdict = Contact.Verdict

# One slow name server must not hold up a list; what it does not answer in time stays unknown.
DNS_SECONDS = 3.0
# A domain that takes mail says nothing yet about the one mailbox; a delivered mail would.
CONFIDENCE_DOMAIN_TAKES_MAIL = 0.8
# Acceptance ENR-7: what counts as valid and as risky.
CONFIDENCE_VALID = 0.95
CONFIDENCE_RISKY = 0.75
CONFIDENCE_UNKNOWN = 0.3


class MailHosts(StrEnum):
    """What DNS says about mail for a domain."""

    FOUND = "found"
    IMPLICIT = "implicit"
    REFUSED = "refused"
    NONE = "none"
    UNKNOWN = "unknown"


Lookup = Callable[[str], MailHosts]


@dataclass(frozen=True)
class Verification:
    """A verdict of Contact.Verdict, 0 to 1 how sure it is, and the sentences it rests on."""

    verdict: str
    confidence: float
    reasons: tuple[str, ...]


def look_up_mail_hosts(domain: str) -> MailHosts:
    """Ask DNS who takes mail for a domain, within DNS_SECONDS; a time-out is UNKNOWN, never NONE.

    A null MX refuses mail (RFC 7505); without MX an address record stands in for it (RFC 5321 section 5.1).
    """
    resolver = dns.resolver.Resolver()
    resolver.lifetime = DNS_SECONDS
    try:
        answer = resolver.resolve(domain, "MX")
    except dns.resolver.NXDOMAIN:
        return MailHosts.NONE
    except dns.resolver.NoAnswer:
        return _address_record(resolver, domain)
    except (dns.exception.DNSException, OSError):
        return MailHosts.UNKNOWN
    if all(str(record.exchange) == "." for record in answer):
        return MailHosts.REFUSED
    return MailHosts.FOUND


def _address_record(resolver: dns.resolver.Resolver, domain: str) -> MailHosts:
    for kind in ("A", "AAAA"):
        try:
            resolver.resolve(domain, kind)
        except dns.resolver.NoAnswer:
            continue
        except (dns.exception.DNSException, OSError):
            return MailHosts.UNKNOWN
        return MailHosts.IMPLICIT
    return MailHosts.NONE


def look_up_nothing(domain: str) -> MailHosts:
    """Stand in for DNS where nobody may wait: every domain is unknown until a task has asked."""
    return MailHosts.UNKNOWN


def verify_address(email: str, lookup: Lookup = look_up_mail_hosts) -> Verification:
    """Judge one address: syntax, role, throw-away domain, then mail hosts by `lookup`.

    Reserved domains are answered without DNS: the sandbox's own are valid, the others can never exist.
    """
    try:
        address = parse_address(email)
    except AddressError as error:
        return Verification(Verdict.INVALID, 1.0, (str(error),))
    domain = address.domain
    if is_reserved_domain(domain):
        if is_sandbox_domain(domain):
            reason = "A practice address: only the built-in practice server carries its mail."
            return Verification(Verdict.VALID, CONFIDENCE_VALID, (reason,))
        return Verification(Verdict.INVALID, 1.0, (f"{domain} is reserved and never gets mail.",))
    if refused := _refusal(email, domain):
        return Verification(Verdict.INVALID, CONFIDENCE_VALID, (refused,))
    found = _by_dns(domain, lookup(domain))
    if role_kind(email) == RoleKind.WARNED and found.verdict == Verdict.VALID:
        reason = "This is a shared desk and not a person; a named person answers more often."
        return Verification(Verdict.RISKY, CONFIDENCE_RISKY, (reason, *found.reasons))
    return found


def _refusal(email: str, domain: str) -> str:
    if is_disposable_domain(domain):
        return f"{domain} hands out throw-away addresses, so nobody reads this one for long."
    if role_kind(email) == RoleKind.REFUSED:
        return (
            "This address belongs to a machine or to an operator, not to a person one may write to."
        )
    return ""


def _by_dns(domain: str, hosts: MailHosts) -> Verification:
    if hosts == MailHosts.FOUND:
        reason = f"{domain} takes mail. Whether this mailbox exists shows with the first delivery."
        return Verification(Verdict.VALID, CONFIDENCE_DOMAIN_TAKES_MAIL, (reason,))
    if hosts == MailHosts.IMPLICIT:
        reason = f"{domain} names no mail server; its web server may take mail, or may not."
        return Verification(Verdict.RISKY, CONFIDENCE_RISKY, (reason,))
    if hosts == MailHosts.REFUSED:
        reason = f"{domain} says in DNS that it takes no mail at all (null MX)."
        return Verification(Verdict.INVALID, CONFIDENCE_VALID, (reason,))
    if hosts == MailHosts.NONE:
        reason = f"{domain} does not exist or has no mail server. Check the spelling."
        return Verification(Verdict.INVALID, CONFIDENCE_VALID, (reason,))
    reason = f"DNS has not answered for {domain} yet, so nothing is known about this address."
    return Verification(Verdict.UNKNOWN, CONFIDENCE_UNKNOWN, (reason,))


def verify_contact(
    contact: Contact, *, now: datetime, lookup: Lookup = look_up_mail_hosts
) -> Verification | None:
    """Verify a contact's address and store the verdict; None when there is no address or it changed meanwhile."""
    if not contact.email:
        return None
    found = verify_address(contact.email, lookup)
    moved = Contact.objects.filter(pk=contact.pk, email=contact.email).update(
        verdict=found.verdict,
        verdict_confidence=found.confidence,
        verdict_reasons=list(found.reasons),
        verified_at=now,
    )
    if not moved:
        return None
    contact.refresh_from_db()
    return found
