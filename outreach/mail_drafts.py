"""The mails of a package: rendered from the sequence for each person, kept as drafts, changed by hand."""

import copy
import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Profile
from jobs.documents import job_for_writing
from jobs.matching import fact_views
from jobs.models import Application
from jobs.writing.relevance import relevance
from mailboxes.addresses import is_reserved_domain
from mailboxes.composing import make_message_id
from mailboxes.models import Mailbox
from outreach.models import Contact, Enrollment, Message, Package, Step
from outreach.templating import Rendered, render

Status = Message.Status

# A metric longer than this is a paragraph and not "the short version".
MAX_METRIC_CHARACTERS = 220
# RFC 2606: an id needs a domain, and this one is nobody's; used where neither mailbox nor site has a real one.
FALLBACK_ID_DOMAIN = "mail.roleferry.example"
# How many people's mails are written in one go: enough to share the cost of a statement, few enough to hold in memory.
ENROLLMENTS_AT_ONCE = 1000
_RENDERED = (
    "recipient",
    "recipient_hash",
    "recipient_domain",
    "is_sample",
    "subject",
    "body",
    "unresolved",
    "updated_at",
)
# The columns of a new draft that differ from mail to mail, with their types.
_WRITTEN = {
    "workspace_id": "bigint",
    "enrollment_id": "bigint",
    "step_id": "bigint",
    "step_number": "int",
    "message_id": "text",
    "recipient": "text",
    "recipient_hash": "text",
    "recipient_domain": "text",
    "is_sample": "bool",
    "subject": "text",
    "body": "text",
    "unresolved": "jsonb",
}
Row = tuple[Any, ...]


def sender_values(application: Application) -> dict[str, str]:
    """Return the variables that are the same for every recipient; an unknown one is empty."""
    profile, job = application.profile, application.job
    user_email = profile.user.email if profile.user else ""
    return {
        "company": job.company_name,
        "role": job.title,
        "my_name": profile.full_name or application.workspace.sender_name,
        "my_email": profile.email or user_email,
        "my_metric": best_metric(application),
        "my_phone": profile.phone,
        "my_link": _first_link(profile),
        "job_url": job.url or job.apply_url,
    }


def values_for(contact: Contact, sender: Mapping[str, str]) -> dict[str, str]:
    """Return every variable of a mail to this contact."""
    return {**sender, "first_name": contact.first_name, "last_name": contact.last_name}


def best_metric(application: Application) -> str:
    """Return the candidate's measured result nearest to the posting, word for word, or nothing."""
    job = job_for_writing(application.job)
    metrics = [
        fact
        for fact in fact_views(application.profile)
        if fact.kind == "metric" and len(fact.text) <= MAX_METRIC_CHARACTERS
    ]
    best = max(metrics, key=lambda fact: relevance(fact.text, job).points, default=None)
    return best.text.strip().rstrip(".") if best else ""


def _first_link(profile: Profile) -> str:
    links = [str(link) for link in profile.links]
    return next((link for link in links if link.startswith("https://")), links[0] if links else "")


def rendered(step: Step, values: Mapping[str, str]) -> tuple[Rendered, Rendered]:
    """Return subject and body of a step for one person."""
    return render(step.subject, values), render(step.body, values)


@transaction.atomic
def write_mails(
    package: Package, enrollments: Iterable[Enrollment], sender: Mapping[str, str]
) -> None:
    """Render every step for each of these people into drafts. Safe to repeat.

    A mail that a person edited keeps its text; one that is no longer a draft is not touched. The enrollments come with
    contact and version; any number of them takes a few statements a thousand.
    """
    edits = edits_of(package)
    steps: dict[int, list[Step]] = {}
    domains: dict[bool, str] = {}
    rows = iter(enrollments)
    while some := list(islice(rows, ENROLLMENTS_AT_ONCE)):
        for enrollment in some:
            if enrollment.version_id not in steps:
                found = enrollment.version.steps.filter(kind=Step.Kind.EMAIL)
                steps[enrollment.version_id] = list(found)
            if enrollment.is_sample not in domains:
                domains[enrollment.is_sample] = _id_domain(enrollment)
        _write_some(some, steps, domains, edits, sender)


def _write_some(
    enrollments: list[Enrollment],
    steps: Mapping[int, list[Step]],
    domains: Mapping[bool, str],
    edits: Mapping[str, Mapping[str, str]],
    sender: Mapping[str, str],
) -> None:
    known = {
        (mail.enrollment_id, mail.step_id): mail
        for mail in Message.objects.filter(enrollment__in=enrollments)
    }
    new: list[Row] = []
    changed: list[Message] = []
    for enrollment in enrollments:
        contact = enrollment.contact
        values = values_for(contact, sender)
        for step in steps[enrollment.version_id]:
            mail = known.get((enrollment.pk, step.pk))
            if mail is not None and mail.status != Status.DRAFT:
                continue
            edit = edits.get(edit_key(contact, step.number))
            row = _row(contact, edit or {"subject": step.subject, "body": step.body}, values)
            if mail is None:
                message_id = make_message_id(domains[enrollment.is_sample])
                place = (enrollment.workspace_id, enrollment.pk, step.pk, step.number, message_id)
                new.append((*place, *row))
            else:
                for name, value in zip(_RENDERED, (*row, timezone.now()), strict=True):
                    setattr(mail, name, value)
                changed.append(mail)
    _insert(new)
    Message.objects.bulk_update(changed, _RENDERED, batch_size=ENROLLMENTS_AT_ONCE)


def _row(contact: Contact, text: Mapping[str, str], values: Mapping[str, str]) -> Row:
    """Return what _RENDERED names, without the time."""
    subject, body = render(text["subject"], values), render(text["body"], values)
    domain = contact.email.rpartition("@")[2].lower()
    unresolved = list(dict.fromkeys([*subject.unresolved, *body.unresolved]))
    address = (contact.email, contact.email_hash, domain, is_reserved_domain(domain))
    return (*address, subject.text[:300], body.text, unresolved)


def _insert(rows: list[Row]) -> None:
    """Add drafts by one statement: an object of some fifty fields for each would take longer than writing its text."""
    if not rows:
        return
    columns = dict(zip(_WRITTEN, map(list, zip(*rows, strict=True)), strict=True))
    columns["unresolved"] = [json.dumps(names) for names in columns["unresolved"]]
    given = {*_WRITTEN, "id", "public_id", "created_at", "updated_at"}
    others: dict[str, Any] = {
        str(field.column): field.get_db_prep_save(field.get_default(), connection)
        for field in Message._meta.concrete_fields
        if field.column not in given and not field.generated and not field.has_db_default()
    }
    names = ", ".join(["public_id", "created_at", "updated_at", *_WRITTEN, *others])
    picked = ", ".join(f"v.{name}::{kind}" for name, kind in _WRITTEN.items())
    arrays = ", ".join(
        f"%({name})s::{'text' if kind == 'jsonb' else kind}[]" for name, kind in _WRITTEN.items()
    )
    constants = "".join(f", %({name})s" for name in others)
    statement = f"""
        INSERT INTO outreach_message ({names})
        SELECT gen_random_uuid(), now(), now(), {picked}{constants}
        FROM unnest({arrays}) AS v ({", ".join(_WRITTEN)})"""  # noqa: S608 - only names of our own columns are written in
    with connection.cursor() as cursor:
        cursor.execute(statement, {**columns, **others})


def _id_domain(enrollment: Enrollment) -> str:
    mailbox = Mailbox.objects.filter(
        workspace_id=enrollment.workspace_id, is_sandbox=enrollment.is_sample
    ).first()
    if mailbox is not None:
        return mailbox.address.rpartition("@")[2]
    host = urlsplit(settings.SITE_URL).hostname or ""
    is_name = "." in host and not host.rpartition(".")[2].isdigit()
    return host if is_name else FALLBACK_ID_DOMAIN


def edit_key(contact: Contact, step_number: int) -> str:
    """Return the name under which a person's own words for one mail are kept."""
    return f"{contact.public_id}:{step_number}"


def edits_of(package: Package) -> dict[str, dict[str, str]]:
    """Return the texts that a person wrote, by `edit_key`; they outlive the drafts they were made for."""
    step: dict[str, Any] = package.steps.get("sequence", {})
    edits: dict[str, dict[str, str]] = step.get("edits", {})
    return edits


@transaction.atomic
def keep_edit(
    package: Package, contact: Contact, step_number: int, text: dict[str, str] | None
) -> None:
    """Keep a person's subject and body for one mail, or (None) forget them."""
    locked = Package.objects.select_for_update(no_key=True).get(pk=package.pk)
    steps = copy.deepcopy(locked.steps)
    edits = steps.setdefault("sequence", {}).setdefault("edits", {})
    key = edit_key(contact, step_number)
    if text is None:
        edits.pop(key, None)
    else:
        edits[key] = text
    Package.objects.filter(pk=package.pk).update(steps=steps)
    package.refresh_from_db()
