"""Asking DNS: one thin door to a resolver that tells "there is none" from "nobody could say"."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dns.exception
import dns.nameserver
import dns.resolver
from django.conf import settings

# A person waits for the page, and a name server that needs longer is as good as silent for receivers too.
LOOKUP_SECONDS = 4.0
TRY_SECONDS = 1.5
# What one name may answer at most is kept; a record beyond it is no mail record of anybody's.
MOST_RECORDS = 20
LONGEST_RECORD = 4096


@dataclass(frozen=True)
class Found:
    """The answer for one name and type. Without `is_known` nobody could say, and `problem` tells why.

    `records` are texts: TXT with its strings joined (RFC 7208 section 3.3), MX as "10 mx.example.com".
    """

    records: tuple[str, ...] = ()
    is_known: bool = True
    problem: str = ""


Ask = Callable[[str, str], Found]


def name_servers(addresses: Sequence[str]) -> list[dns.nameserver.Do53Nameserver]:
    """Return name servers for addresses like "9.9.9.9", "127.0.0.1:5353" or "[::1]:5353"."""
    found = []
    for address in addresses:
        host, colon, port = address.rpartition(":")
        if not colon or (":" in host and not host.startswith("[")):
            host, port = address, "53"
        found.append(dns.nameserver.Do53Nameserver(host.strip("[]"), int(port)))
    return found


def resolver() -> dns.resolver.Resolver:
    """Return a resolver for the servers of DNS_RESOLVERS, or for those of this machine when the setting is empty."""
    chosen: list[str] = settings.DNS_RESOLVERS
    made = dns.resolver.Resolver(configure=not chosen)
    if chosen:
        made.nameservers = name_servers(chosen)
    made.timeout, made.lifetime = TRY_SECONDS, LOOKUP_SECONDS
    return made


def ask(name: str, kind: str) -> Found:
    """Return the records of `kind` ("TXT", "MX", "A", "AAAA", "CNAME") at `name`; aliases are followed.

    No such name and no such record are known to be none. A time-out, SERVFAIL, REFUSED or a machine without DNS is
    not known. Never raises.
    """
    try:
        answer = resolver().resolve(name, kind, raise_on_no_answer=False, search=False)
    except dns.resolver.NXDOMAIN:
        return Found()
    except (dns.exception.Timeout, dns.resolver.LifetimeTimeout):
        return Found(is_known=False, problem=f"The name servers of {name} did not answer in time.")
    except dns.resolver.NoNameservers:
        return Found(is_known=False, problem=f"The name servers of {name} answered with an error.")
    except (dns.exception.DNSException, OSError, UnicodeError):
        return Found(is_known=False, problem=f"{name} could not be asked in DNS.")
    records = [_text(record, kind) for record in list(answer.rrset or [])[:MOST_RECORDS]]
    return Found(tuple(sorted(records)))


def _text(record: object, kind: str) -> str:
    if kind == "TXT":
        strings: tuple[bytes, ...] = getattr(record, "strings", ())
        text = b"".join(strings).decode("utf-8", errors="replace")
        return text.replace("\x00", "�")[:LONGEST_RECORD]
    if kind == "MX":
        host = str(getattr(record, "exchange", "")).rstrip(".")
        return f"{getattr(record, 'preference', 0)} {host or '.'}"
    return str(record).rstrip(".")[:LONGEST_RECORD]
