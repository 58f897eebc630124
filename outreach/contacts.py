"""The people one may write to: kept once each, ranked, and closed or opened again at a word."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import User, Workspace
from jobs.models import Company
from mailboxes.addresses import is_reserved_domain, normalise_address, parse_address
from mailboxes.models import Suppression
from mailboxes.suppression import domains_above, live_at, recipient_hash, release, suppress
from outreach.models import Contact, Enrollment
from outreach.stopping import StopResult, stop_for_suppression
from outreach.verification import look_up_nothing, verify_address

# Acceptance ENR-8: who decides about a hire, best first.
_TITLES = (
    ("vp", r"\bvp\b|vice president|chief|\bc[etfop]o\b|founder|president|owner|geschäftsführ\w*"),
    ("head", r"\bhead\b|leiter\w*"),
    ("director", r"\bdirector\b|direktor\w*"),
    (
        "hr",
        r"\bhr\b|human resources|recruit\w*|talent|people (?:partner|operations|team)|personal\w*",
    ),
    ("manager", r"\bmanager\b|\blead\b|supervisor"),
)
_PATTERNS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _TITLES)


class ContactExistsError(Exception):
    """Another contact of this company already has the address; the text is a sentence for the person."""

    def __init__(self, contact: Contact) -> None:
        """Keep who has it."""
        self.contact = contact
        super().__init__(
            f"{contact} at {contact.company} already has this address. Edit that contact instead."
        )


@dataclass(frozen=True, kw_only=True)
class ContactData:
    """What is known of a person, checked: `email` is empty or an address, `source` and `lawful_basis` are never empty."""

    first_name: str
    last_name: str
    title: str
    email: str
    source: str
    lawful_basis: str
    linkedin_url: str = ""
    time_zone: str = ""
    notes: str = ""


def persona_rank(title: str) -> int:
    """Return the rank of a job title in the search for someone to write to: 1 is best, 99 is anybody."""
    for name, pattern in _PATTERNS:
        if pattern.search(title):
            return Contact.PERSONA_RANKS[name]
    return Contact.PERSONA_RANKS["other"]


def why_this_person(contact: Contact) -> str:
    """Return in a sentence why somebody is near the top of the list."""
    sentences = {
        1: "Leads the company or one of its parts, so hiring is theirs to decide.",
        2: "Heads the department that hires.",
        3: "Directs the area that hires.",
        4: "Leads the team that hires.",
        5: "Works in recruiting, so the application crosses their desk.",
    }
    return sentences.get(
        contact.persona_rank, "Works at the company; the title names no role in hiring."
    )


def split_name(full_name: str) -> tuple[str, str]:
    """Return first and last name; of a single word only the first, of nothing two empty texts."""
    words = full_name.split()
    return (words[0], " ".join(words[1:])) if words else ("", "")


@transaction.atomic
def keep_contact(
    workspace: Workspace, company: Company, data: ContactData, *, now: datetime
) -> tuple[Contact, bool]:
    """Store a person once per company and address (else LinkedIn address); return (contact, whether it is new).

    Of a person already known only empty fields are filled in: a list never overwrites what someone typed.
    """
    data = _one_line(data)
    found = _known(workspace, company, data)
    if found is None:
        try:
            with transaction.atomic():
                return _create(workspace, company, data, now=now), True
        except IntegrityError:  # another request was first
            found = _known(workspace, company, data)
            if found is None:
                raise
    _fill_in(found, data)
    return found, False


@transaction.atomic
def edit_contact(contact: Contact, data: ContactData) -> Contact:
    """Store what a person typed about a contact; a new address is not verified yet.

    Raises ContactExistsError when another contact of the company has the address.
    """
    data = _one_line(data)
    other = _known(contact.workspace, contact.company, data)
    if other is not None and other.pk != contact.pk and data.email:
        raise ContactExistsError(other)
    is_new_address = data.email.lower() != contact.email.lower()
    for name, value in vars(data).items():
        setattr(contact, name, value)
    contact.persona_rank = persona_rank(data.title)
    if is_new_address:
        _set_address(contact, data.email)
    contact.save()
    return contact


def delete_contact(contact: Contact, *, now: datetime) -> bool:
    """Take a contact off the lists; `restore_contact` brings it back. Raises ContactBusyError while someone writes to it."""
    running = Enrollment.objects.filter(
        contact=contact, status__in=[Enrollment.Status.ACTIVE, Enrollment.Status.HELD]
    )
    if running.exists():
        raise ContactBusyError(
            f"A sequence to {contact} is running. Stop it first, then delete the contact."
        )
    return bool(Contact.objects.filter(pk=contact.pk, deleted_at=None).update(deleted_at=now))


class ContactBusyError(Exception):
    """The contact is being written to; the text is a sentence for the person."""


def restore_contact(contact: Contact) -> None:
    """Bring a deleted contact back. Raises ContactExistsError when its address was stored again meanwhile."""
    other = (
        Contact.objects.for_workspace(contact.workspace)
        .filter(company=contact.company, email__iexact=contact.email, deleted_at=None)
        .exclude(email="")
        .exclude(pk=contact.pk)
        .first()
    )
    if other is not None:
        raise ContactExistsError(other)
    Contact.objects.filter(pk=contact.pk).update(deleted_at=None)


def do_not_contact(contact: Contact, *, now: datetime) -> list[StopResult]:
    """Close the door to a contact's address for this workspace; return what that stopped, at once."""
    with transaction.atomic():
        row = suppress(
            reason=Suppression.Reason.MANUAL,
            scope=Suppression.Scope.WORKSPACE,
            email=contact.email,
            workspace=contact.workspace,
            source="contacts page",
            now=now,
        )
        return stop_for_suppression(row, now=now)


def may_contact_again(contact: Contact, *, actor: User, now: datetime) -> None:
    """Open the door again. Raises ReleaseRefusedError for an entry that is not this workspace's own to remove."""
    for row in suppressions_of(contact.workspace, [contact], now=now).get(contact.pk, []):
        release(row, actor=actor, reason="Switched off on the contact's page", now=now)


def suppressions_of(
    workspace: Workspace, contacts: Sequence[Contact], *, now: datetime
) -> dict[int, list[Suppression]]:
    """Return the live suppressions of each contact by its pk, in one query; those without any are missing."""
    above = {
        contact.pk: domains_above(parse_address(contact.email).domain)
        for contact in contacts
        if contact.email
    }
    if not above:
        return {}
    hashes = {contact.email_hash for contact in contacts if contact.pk in above}
    domains = {domain for names in above.values() for domain in names}
    rows = (
        Suppression.objects.filter(live_at(now))
        .filter(Q(address_hash__in=hashes) | Q(domain__in=domains))
        .filter(Q(workspace=workspace) | Q(workspace=None))
        .order_by("scope", "pk")
    )
    closing: dict[str, list[tuple[int, Suppression]]] = {}
    for place, row in enumerate(rows):
        closing.setdefault(row.domain or row.address_hash, []).append((place, row))
    found: dict[int, list[Suppression]] = {}
    for contact in contacts if closing else ():
        keys = [contact.email_hash, *above[contact.pk]] if contact.pk in above else []
        placed = sorted((pair for key in keys for pair in closing.get(key, ())), key=itemgetter(0))
        if placed:
            found[contact.pk] = [row for _place, row in placed]
    return found


def _one_line(data: ContactData) -> ContactData:
    """Return the data with names on one line and without control characters: they go into mail headers."""
    fields = {
        name: " ".join(
            "".join(
                " " if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} else character
                for character in getattr(data, name)
            ).split()
        )
        for name in ("first_name", "last_name", "title", "source")
    }
    return replace(data, **fields)


def _known(workspace: Workspace, company: Company, data: ContactData) -> Contact | None:
    rows = Contact.objects.for_workspace(workspace).filter(company=company, deleted_at=None)
    found: Contact | None = None
    if data.email:
        found = rows.filter(email__iexact=data.email).first()
    if found is None and data.linkedin_url:
        same = rows.filter(linkedin_url=data.linkedin_url)
        found = (same.filter(email="") if data.email else same).first()
    return found


def _create(workspace: Workspace, company: Company, data: ContactData, *, now: datetime) -> Contact:
    contact = Contact(
        workspace=workspace,
        company=company,
        obtained_at=now,
        persona_rank=persona_rank(data.title),
        **vars(data),
    )
    _set_address(contact, data.email)
    contact.save(force_insert=True)
    return contact


def _fill_in(contact: Contact, data: ContactData) -> None:
    changed = [name for name, value in vars(data).items() if value and not getattr(contact, name)]
    for name in changed:
        setattr(contact, name, getattr(data, name))
    if "title" in changed:
        contact.persona_rank = persona_rank(contact.title)
    if "email" in changed:
        _set_address(contact, data.email)
    if changed:
        contact.save()


def _set_address(contact: Contact, email: str) -> None:
    """Take an address with what can be said of it without asking the network."""
    contact.email = normalise_address(email) if email else ""
    contact.email_hash = recipient_hash(email) if email else ""
    contact.is_sample = bool(email) and is_reserved_domain(contact.email.rpartition("@")[2])
    contact.verified_at = None
    found = verify_address(email, look_up_nothing) if email else None
    contact.verdict = found.verdict if found else Contact.Verdict.UNKNOWN
    contact.verdict_confidence = found.confidence if found else 0.0
    contact.verdict_reasons = list(found.reasons) if found else []
