"""E-mail addresses: reading, normalising, classifying and hashing them, without asking the network."""

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from disposable_email_domains import allowlist, blocklist
from email_validator import EmailNotValidError, validate_email
from publicsuffixlist import PublicSuffixList

# RFC 2606 section 2 and RFC 6761 section 6: these top level domains never exist in the public DNS.
RESERVED_TOP_LEVEL_DOMAINS = frozenset({"test", "example", "invalid", "localhost"})
# RFC 2606 section 3: these registered domains are kept for documentation.
RESERVED_DOMAINS = frozenset({"example.com", "example.net", "example.org"})
# What the built-in sandbox carries: reserved names that are meant to look like a mail domain.
SANDBOX_TOP_LEVEL_DOMAINS = frozenset({"test", "example"})

# An HMAC key shorter than this could be guessed by trying (NIST SP 800-107 section 5.3.2: 112 bits).
HASH_KEY_MINIMUM_BYTES = 16


# A local part that is the same before and after normalising; RFC 5321 section 4.5.3.1 gives the lengths used with it.
_PLAIN_LOCAL_PART = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*")


class AddressError(ValueError):
    """Text that cannot be used as an e-mail address; its message is a sentence for a person."""


class RoleKind(StrEnum):
    """What we do about an address that belongs to a function and not to one person."""

    REFUSED = "refused"
    WARNED = "warned"


# RFC 2142 mailboxes and machine senders: writing to them annoys operators, feeds spam traps or
# reaches nobody.
REFUSED_ROLES = frozenset(
    [
        "abuse",
        "bounce",
        "bounces",
        "devnull",
        "dnsadmin",
        "donotreply",
        "hostmaster",
        "list-request",
        "listserv",
        "mailer-daemon",
        "mailerdaemon",
        "majordomo",
        "no-reply",
        "nobody",
        "noc",
        "noreply",
        "notification",
        "notifications",
        "null",
        "postmaster",
        "privacy",
        "root",
        "security",
        "spam",
        "spamtrap",
        "ssladmin",
        "sysadmin",
        "unsubscribe",
        "usenet",
        "uucp",
        "webmaster",
        "do-not-reply",
        "dmarc",
        "complaints",
        "legal",
        "gdpr",
        "dpo",
    ]
)
# Shared desks that people do read. A careers desk may be the right reader, a named person is better.
WARNED_ROLES = frozenset(
    [
        "admin",
        "applications",
        "apply",
        "billing",
        "career",
        "careers",
        "contact",
        "enquiries",
        "feedback",
        "hello",
        "help",
        "hi",
        "hiring",
        "hr",
        "humanresources",
        "info",
        "inquiries",
        "job",
        "jobs",
        "mail",
        "marketing",
        "media",
        "office",
        "people",
        "press",
        "recruiting",
        "recruiter",
        "recruiters",
        "recruitment",
        "sales",
        "support",
        "talent",
        "team",
        "work",
    ]
)

GMAIL_DOMAINS = frozenset({"gmail.com", "googlemail.com"})
# Public providers that document "name+anything" as the same mailbox as "name".
PLUS_TAG_DOMAINS = GMAIL_DOMAINS | {
    "fastmail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "me.com",
    "outlook.com",
    "pm.me",
    "proton.me",
    "protonmail.com",
}


@dataclass(frozen=True)
class EmailAddress:
    """One address in the form we store: local part as given (NFC), domain lower case and in ASCII."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


@lru_cache(maxsize=4096)
def parse_address(text: str) -> EmailAddress:
    """Return the address in ``text``, normalised, or raise AddressError with a sentence.

    Only syntax is judged (RFC 5321, RFC 6531, IDNA 2008); no DNS. The local part keeps its case, since
    only the receiving host may say that case is meaningless (RFC 5321 section 2.4). Quoted local parts,
    address literals and display names are refused, and the domain needs a dot.
    """
    local, _, domain = text.partition("@")
    if len(text) <= 254 and len(local) <= 64 and _PLAIN_LOCAL_PART.fullmatch(local):
        plain = _plain_domain(domain)
        if plain:
            return EmailAddress(local=local, domain=plain)
    return _judged_address(text)


@lru_cache(maxsize=4096)
def _plain_domain(domain: str) -> str:
    """Return a domain in the form we store, or nothing when only the whole address can be judged.

    Many recipients share a domain, so the costly rules (labels, IDNA, reserved names) are asked once for it.
    """
    if not (domain.isascii() and domain.isprintable()) or " " in domain:
        return ""
    try:
        return _judged_address(f"a@{domain}").domain
    except AddressError:
        return ""


def _judged_address(text: str) -> EmailAddress:
    shown = _shown(text)
    if any(
        unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"} for character in text.strip()
    ):
        raise AddressError(
            f"“{shown}” holds a line break or another control character, so it cannot be an e-mail "
            "address. Type the address again on one line."
        )
    try:
        parsed = validate_email(
            text.strip(),
            check_deliverability=False,
            allow_smtputf8=True,
            test_environment=True,
            strict=True,
        )
    except EmailNotValidError as error:
        raise AddressError(
            f"“{shown}” is not an e-mail address: {_as_sentence(str(error))} Check its spelling."
        ) from error
    domain = (parsed.ascii_domain or "").lower()
    if "." not in domain:
        raise AddressError(
            f"“{shown}” has no complete domain after the @. Write it in full, as in name@company.com."
        )
    return EmailAddress(local=parsed.local_part, domain=domain)


def normalise_address(text: str) -> str:
    """Return the address in the form we store; raise AddressError as parse_address does."""
    return str(parse_address(text))


def domain_of(address: str) -> str:
    """Return the lower-case ASCII domain of an address; raise AddressError if it is not one."""
    return parse_address(address).domain


def is_reserved_domain(domain: str) -> bool:
    """Whether a domain can never receive real mail (RFC 2606, RFC 6761), in whole or as a subdomain."""
    labels = _labels(domain)
    return labels[-1] in RESERVED_TOP_LEVEL_DOMAINS or ".".join(labels[-2:]) in RESERVED_DOMAINS


def is_sandbox_domain(domain: str) -> bool:
    """Whether the sandbox carries mail for a domain: *.test, *.example, example.com/net/org and below."""
    labels = _labels(domain)
    if labels[-1] in SANDBOX_TOP_LEVEL_DOMAINS:
        return len(labels) > 1
    return ".".join(labels[-2:]) in RESERVED_DOMAINS


def role_kind(address: str) -> RoleKind | None:
    """Return what to do about a role address, or None for one that looks like a person's.

    A plus tag does not hide a role: ``jobs+design@`` is ``jobs@``.
    """
    local = parse_address(address).local.casefold().split("+", 1)[0]
    if local in REFUSED_ROLES:
        return RoleKind.REFUSED
    if local in WARNED_ROLES or local.replace("-", "").replace(".", "") in WARNED_ROLES:
        return RoleKind.WARNED
    return None


def is_disposable_domain(domain: str) -> bool:
    """Whether a domain, or one above it, hands out throw-away mailboxes (disposable-email-domains)."""
    labels = _labels(domain)
    candidates = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    if any(candidate in allowlist for candidate in candidates):
        return False
    return any(candidate in blocklist for candidate in candidates)


def registrable_domain(domain: str) -> str | None:
    """Return the part of a domain that somebody registered (``mail.acme.co.uk`` → ``acme.co.uk``).

    None for a public suffix itself. Source: the Public Suffix List, private section included, so two
    customers of one hosting company stay two.
    """
    return _public_suffixes().privatesuffix(".".join(_labels(domain)))


def suppression_form(address: str) -> str:
    """Return the form under which two spellings of one mailbox are the same for suppression.

    Case never matters here. Gmail ignores dots and plus tags and its two domains are one; the other
    providers of PLUS_TAG_DOMAINS ignore plus tags. Elsewhere a tag may be another mailbox, so it
    stays. The rule leans towards not writing: a false match costs one mail, a miss breaks a promise.
    """
    parsed = parse_address(address)
    local, domain = unicodedata.normalize("NFC", parsed.local.casefold()), parsed.domain
    if domain in PLUS_TAG_DOMAINS:
        local = local.split("+", 1)[0] or local
    if domain in GMAIL_DOMAINS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def address_hash(address: str, key: bytes) -> str:
    """Return 64 hex digits: HMAC-SHA256 of the suppression form under ``key`` (at least 16 bytes).

    It lets a suppression outlive the erasure of the address itself, and means nothing without the key.
    """
    if len(key) < HASH_KEY_MINIMUM_BYTES:
        raise ValueError(f"The suppression key needs at least {HASH_KEY_MINIMUM_BYTES} bytes.")
    return hmac.new(key, suppression_form(address).encode(), hashlib.sha256).hexdigest()


def _labels(domain: str) -> list[str]:
    return domain.strip().rstrip(".").casefold().split(".")


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _shown(text: str) -> str:
    printable = "".join(character if character.isprintable() else "�" for character in text.strip())
    return printable if len(printable) <= 80 else f"{printable[:79]}…"


def _as_sentence(text: str) -> str:
    text = text.strip()
    return f"{text[:1].lower()}{text[1:].rstrip('.')}."
