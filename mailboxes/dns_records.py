"""Judging a domain's mail records. Each judge asks through `ask` and stores nothing; a silent resolver is UNKNOWN."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailboxes import dkim, spf
from mailboxes.addresses import registrable_domain
from mailboxes.dns_lookup import Ask, Found
from mailboxes.models import DomainCheck
from mailboxes.sending_services import Service

Kind = DomainCheck.Kind
Verdict = DomainCheck.Verdict

# RFC 7489 section 6.3: what a domain may ask receivers to do.
POLICIES = ("none", "quarantine", "reject")


@dataclass(frozen=True, kw_only=True)
class Judgment:
    """What was asked, what came, and what is to do. `expected` is a record to publish, "" when none is to be changed."""

    kind: str
    verdict: str
    name: str
    sentence: str
    found: tuple[str, ...] = ()
    expected: str = ""


def judge_spf(domain: str, services: Sequence[Service], ask: Ask) -> Judgment:
    """Judge the SPF record: exactly one, readable, within the limits, not open to all, and naming who carries the mail."""
    answer = ask(domain, "TXT")
    if not answer.is_known:
        return _unknown(Kind.SPF, domain, answer)
    records = tuple(text for text in answer.records if spf.is_spf(text))
    wanted = [service.spf_include for service in services if not service.bounces_elsewhere]
    verdict, sentence, expected = _spf_verdict(domain, records, services, ask)
    if verdict in {Verdict.FAILED, Verdict.MISSING} and not expected:
        expected = spf.with_includes("", wanted)
    return Judgment(
        kind=Kind.SPF,
        verdict=verdict,
        name=domain,
        found=records,
        sentence=sentence,
        expected=expected,
    )


def _spf_verdict(
    domain: str, records: tuple[str, ...], services: Sequence[Service], ask: Ask
) -> tuple[str, str, str]:
    """Return verdict, sentence and the record to publish ("" for none)."""
    if len(records) != 1:
        return _spf_count(domain, len(records))
    try:
        terms = spf.parse(records[0])
    except spf.SpfSyntaxError as error:
        return Verdict.FAILED, f"Receivers cannot read the record: {error}", ""
    if spf.catch_all(terms) == "+":
        return (
            Verdict.FAILED,
            "It ends in “+all”, which lets everybody on the internet send as you. End it in “~all”.",
            spf.with_includes(records[0], []),
        )
    walked = spf.walk(terms, ask)
    if walked.problem:
        return Verdict.FAILED, walked.problem, ""
    if walked.unknown:
        return Verdict.UNKNOWN, f"The record is there, but {_lower(walked.unknown)}", ""
    return _spf_cover(records[0], terms, walked, services)


def _spf_count(domain: str, count: int) -> tuple[str, str, str]:
    if count:
        sentence = (
            f"{domain} has {count} SPF records; receivers accept exactly one and then reject all. "
            "Join them into one."
        )
        return Verdict.FAILED, sentence, ""
    sentence = f"{domain} has no SPF record, so receivers cannot tell your servers from anybody's."
    return Verdict.MISSING, sentence, ""


def _spf_cover(
    text: str, terms: list[spf.Term], walked: spf.Walk, services: Sequence[Service]
) -> tuple[str, str, str]:
    """Return the verdict on a record that can be read: does it name the carriers, and how does it end."""
    absent = [
        service
        for service in services
        if not service.bounces_elsewhere and service.spf_include not in walked.includes
    ]
    if absent:
        names = " and ".join(service.name for service in absent)
        wanted = [service.spf_include for service in absent]
        return (
            Verdict.FAILED,
            f"It does not name {names}, whose servers carry your mail, so that mail fails SPF.",
            spf.with_includes(text, wanted),
        )
    if any(term.name == "ptr" for term in terms):
        return (
            Verdict.WARNING,
            "It uses “ptr”, which many receivers ignore (RFC 7208 section 5.5). Name the servers instead.",
            "",
        )
    if not spf.redirect_of(terms) and spf.catch_all(terms) in {"", "?"}:
        return (
            Verdict.WARNING,
            "It does not say what to do with other servers. End it in “~all”.",
            spf.with_includes(text, []),
        )
    if not services:
        sentence = (
            "The record is sound. Which servers your provider sends from cannot be seen from here: "
            "its help page says what to include."
        )
        return Verdict.OK, sentence, ""
    count = f"{walked.lookups} of {spf.MOST_LOOKUPS} look-ups used"
    return Verdict.OK, f"One record that names who carries your mail; {count}.", ""


def judge_dkim(
    domain: str, *, selector: str, public_key: str, services: Sequence[Service], ask: Ask
) -> Judgment:
    """Judge DKIM (RFC 6376): our own key when the domain has one, else the places where its carriers publish theirs.

    `public_key` is the base64 text of the record's `p`. A carrier's selector can be any word, so a key that is not
    found there is UNKNOWN and never MISSING.
    """
    if not public_key:
        return _judge_carriers_key(domain, services, ask)
    name = dkim.record_name(selector, domain)
    answer = ask(name, "TXT")
    if not answer.is_known:
        return _unknown(Kind.DKIM, name, answer)
    expected = dkim.record_value(public_key)
    verdict, sentence = _key_verdict(answer.records, public_key)
    return Judgment(
        kind=Kind.DKIM,
        verdict=verdict,
        name=name,
        found=answer.records,
        sentence=sentence,
        expected="" if verdict in {Verdict.OK, Verdict.WARNING} else expected,
    )


def _key_verdict(records: tuple[str, ...], public_key: str) -> tuple[str, str]:
    if not records:
        return Verdict.MISSING, "Your key is not in DNS yet, so we do not sign with it. Publish it."
    if len(records) > 1:
        return Verdict.FAILED, "There are several records at this name; receivers may take any."
    tags = tags_of(records[0])
    key = "".join(tags.get("p", "").split())
    if not key:
        return Verdict.FAILED, "The record is there without a key, which means that it was revoked."
    if key != "".join(public_key.split()):
        return (
            Verdict.FAILED,
            "Another key stands here, so our signature would not fit. Replace it.",
        )
    if "y" in tags.get("t", "").split(":"):
        return Verdict.WARNING, "The key is right but marked as a test (t=y). Remove that mark."
    return Verdict.OK, "DNS shows your key, and every mail from here is signed with it."


def _judge_carriers_key(domain: str, services: Sequence[Service], ask: Ask) -> Judgment:
    asked = [(service, word) for service in services for word in service.selectors]
    for service, selector in asked:
        name = dkim.record_name(selector, domain)
        answer = ask(name, "TXT")
        if not answer.is_known:
            return _unknown(Kind.DKIM, name, answer)
        if any(tags_of(text).get("p") for text in answer.records):
            return Judgment(
                kind=Kind.DKIM,
                verdict=Verdict.OK,
                name=name,
                found=answer.records,
                sentence=f"{service.name} signs for {domain} with the key at this name.",
            )
    who = services[0].name if services else "your provider"
    return Judgment(
        kind=Kind.DKIM,
        verdict=Verdict.UNKNOWN,
        name=f"*._domainkey.{domain}",
        sentence=(
            f"Under which name {who} keeps its key cannot be seen from outside. Send yourself a mail and look "
            "for “dkim=pass” in its full header, or sign with our own key."
        ),
    )


def judge_dmarc(domain: str, ask: Ask) -> Judgment:
    """Judge DMARC (RFC 7489): the domain's own record, else that of the organisation's domain above it (6.6.3)."""
    name = f"_dmarc.{domain}"
    organisation = registrable_domain(domain) or domain
    answer = ask(name, "TXT")
    if not answer.is_known:
        return _unknown(Kind.DMARC, name, answer)
    records = tuple(text for text in answer.records if _is_dmarc(text))
    inherited = not records and organisation != domain
    if inherited:
        name = f"_dmarc.{organisation}"
        answer = ask(name, "TXT")
        if not answer.is_known:
            return _unknown(Kind.DMARC, name, answer)
        records = tuple(text for text in answer.records if _is_dmarc(text))
    verdict, sentence, expected = _dmarc_verdict(domain, records, inherited=inherited)
    return Judgment(
        kind=Kind.DMARC,
        verdict=verdict,
        name=name,
        found=records,
        sentence=sentence,
        expected=expected,
    )


def _is_dmarc(text: str) -> bool:
    return re.match(r"v\s*=\s*DMARC1\s*(;|\Z)", text) is not None


def _dmarc_verdict(
    domain: str, records: tuple[str, ...], *, inherited: bool
) -> tuple[str, str, str]:
    fresh = f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}"
    if not records:
        return (
            Verdict.MISSING,
            f"{domain} has no DMARC record. Google and Yahoo want one from everybody who sends to many people.",
            fresh,
        )
    if len(records) > 1:
        return (
            Verdict.FAILED,
            f"There are {len(records)} DMARC records, and receivers then apply none. Keep one.",
            records[0],
        )
    tags = tags_of(records[0])
    policy = tags.get("sp", tags.get("p", "")) if inherited else tags.get("p", "")
    if policy.lower() not in POLICIES:
        said = f"“p={policy[:40]}” is no policy" if policy else "It names no policy (p)"
        return Verdict.FAILED, f"{said}. Use none, quarantine or reject.", fresh
    where = " It comes from the domain above yours." if inherited else ""
    if policy.lower() == "none":
        silent = "" if tags.get("rua") else " and nobody gets the reports"
        return (
            Verdict.WARNING,
            f"It only watches (p=none){silent}. When SPF and DKIM are good, ask for quarantine.{where}",
            "",
        )
    if tags.get("pct", "100") != "100":
        return Verdict.WARNING, f"It covers only {tags['pct'][:5]} % of the mails.{where}", ""
    return Verdict.OK, f"Receivers are asked to {_asked(policy)} forged mail.{where}", ""


def _asked(policy: str) -> str:
    return "reject" if policy.lower() == "reject" else "set aside"


def judge_mx(domain: str, ask: Ask) -> Judgment:
    """Judge where answers go: MX, a null MX (RFC 7505), or none with an address in its place (RFC 5321 section 5.1)."""
    answer = ask(domain, "MX")
    if not answer.is_known:
        return _unknown(Kind.MX, domain, answer)
    verdict, sentence = Verdict.OK, "Answers reach you through these servers."
    if any(text.endswith(" .") for text in answer.records):
        verdict = Verdict.FAILED
        sentence = f"{domain} says that it takes no mail at all (null MX), so nobody can answer you. Remove that record."
    elif not answer.records:
        address = ask(domain, "A")
        if not address.is_known:
            return _unknown(Kind.MX, domain, address)
        verdict = Verdict.WARNING if address.records else Verdict.MISSING
        sentence = (
            "No mail server is named; answers go to your web server, which may not take mail. Add an MX record."
            if address.records
            else f"{domain} names no mail server, so answers cannot reach you. Add your provider's MX records."
        )
    return Judgment(
        kind=Kind.MX, verdict=verdict, name=domain, found=answer.records, sentence=sentence
    )


def tags_of(text: str) -> dict[str, str]:
    """Return the `name=value` pairs of a DKIM or DMARC record (RFC 6376 section 3.2); the first of a name counts."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, sign, value = part.partition("=")
        if sign:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def alignment_of(domain: str, record: str) -> dict[str, str]:
    """Return how strictly DMARC compares ("r" or "s") for SPF and DKIM (RFC 7489 section 3.1); relaxed by default."""
    tags = tags_of(record)
    return {
        "spf": "s" if tags.get("aspf", "").lower() == "s" else "r",
        "dkim": "s" if tags.get("adkim", "").lower() == "s" else "r",
        "organisation": registrable_domain(domain) or domain,
    }


def _unknown(kind: str, name: str, answer: Found) -> Judgment:
    sentence = f"{answer.problem} This says nothing about your record; we ask again later."
    return Judgment(kind=kind, verdict=Verdict.UNKNOWN, name=name, sentence=sentence)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
