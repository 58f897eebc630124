"""The mails of a package: rendered from the sequence for each person, kept as drafts, changed by hand."""

import copy
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

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
def write_mails(package: Package, enrollment: Enrollment, sender: Mapping[str, str]) -> None:
    """Render every step for one person into drafts. Safe to repeat.

    A mail that a person edited keeps its text; one that is no longer a draft is not touched.
    """
    edits = edits_of(package)
    mails = {mail.step_id: mail for mail in enrollment.mails.all()}
    values = values_for(enrollment.contact, sender)
    for step in enrollment.version.steps.filter(kind=Step.Kind.EMAIL):
        mail = mails.get(step.pk)
        if mail is not None and mail.status != Status.DRAFT:
            continue
        subject, body = rendered(step, values)
        edit = edits.get(edit_key(enrollment.contact, step.number))
        if edit is not None:
            subject, body = render(edit["subject"], values), render(edit["body"], values)
        _keep(enrollment, step, mail, subject, body)


def _keep(
    enrollment: Enrollment, step: Step, mail: Message | None, subject: Rendered, body: Rendered
) -> None:
    contact = enrollment.contact
    domain = contact.email.rpartition("@")[2].lower()
    if mail is None:
        mail = Message(
            workspace_id=enrollment.workspace_id,
            enrollment=enrollment,
            step=step,
            step_number=step.number,
            message_id=make_message_id(_id_domain(enrollment)),
        )
    mail.recipient = contact.email
    mail.recipient_hash = contact.email_hash
    mail.recipient_domain = domain
    mail.is_sample = is_reserved_domain(domain)
    mail.subject = subject.text[:300]
    mail.body = body.text
    mail.unresolved = list(dict.fromkeys([*subject.unresolved, *body.unresolved]))
    mail.save()


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
