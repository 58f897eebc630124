"""Whether anybody receives mail for a domain, so that answers to an address in it can arrive."""

from mailboxes.dns_lookup import Ask, ask


def receives_mail(domain: str, *, look_up: Ask = ask) -> bool | None:
    """Return whether the domain names a mail server; None when DNS cannot say just now.

    RFC 5321 section 5.1: without MX the domain's own address counts; RFC 7505: a single "." means that it takes none.
    """
    exchangers = look_up(domain, "MX")
    if exchangers.records:
        return any(record.split()[-1] != "." for record in exchangers.records)
    known = exchangers.is_known
    for kind in ("A", "AAAA"):
        found = look_up(domain, kind)
        if found.records:
            return True
        known = known and found.is_known
    return False if known else None
