"""Everything that must hold before a package may go, asked anew each time; what cannot be shown to hold blocks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.template.defaultfilters import filesizeformat

from jobs.documents import check_text, current_documents_of, split_sentences
from jobs.models import Application, Document, Job
from mailboxes.models import Mailbox, Suppression
from outreach.attachments import is_wanted, problem_of
from outreach.contacts import suppressions_of
from outreach.mail_drafts import edit_key, edits_of, rendered, sender_values, values_for
from outreach.mail_lint import lint_mail
from outreach.models import Contact, Enrollment, Message, Package
from outreach.planning import chosen_enrollments, first_mail_of, mails_of
from outreach.scheduling import COMPANY_SPACING_HOURS, PEOPLE_PER_APPLICATION, pace_for

OK, WARN, BLOCK = "ok", "warn", "block"
Verdict = Contact.Verdict
STEP_LABELS = {
    "resume": "Resume",
    "letter": "Letter",
    "contacts": "Contacts",
    "sequence": "Sequence",
}


@dataclass(frozen=True)
class Check:
    """One line of the table. `state`: ok, warn or block. `place`: an anchor of the package page or a URL name ("": none)."""

    key: str
    state: str
    sentence: str
    place: str = ""
    action: str = ""


@dataclass(frozen=True)
class Situation:
    """What the checks look at, loaded once."""

    package: Package
    application: Application
    enrollments: list[Enrollment]
    mails: list[tuple[Enrollment, Message]]
    documents: dict[str, Document | None]
    suppressed: dict[int, list[Suppression]]
    mailboxes: list[Mailbox]
    # Who of the same people is being written to for another package.
    running: list[Enrollment]
    today: date


def run_checks(
    package: Package, *, now: datetime, enrollments: list[Enrollment] | None = None
) -> list[Check]:
    """Return every check in the order of the page: what is wrong first named, then what holds.

    `enrollments` may be handed in when they are loaded already (planning.chosen_enrollments).
    """
    return ask_all(look_at(package, now=now, enrollments=enrollments))


def ask_all(situation: Situation) -> list[Check]:
    """Return what every check says of a loaded situation."""
    return [check for ask in ASKED for check in ask(situation)]


def look_at(
    package: Package, *, now: datetime, enrollments: list[Enrollment] | None = None
) -> Situation:
    """Load what the checks need."""
    chosen = chosen_enrollments(package) if enrollments is None else enrollments
    return look_at_all([package], {package.pk: chosen}, now=now)[0]


def look_at_all(
    packages: Sequence[Package], chosen: Mapping[int, list[Enrollment]], *, now: datetime
) -> list[Situation]:
    """Load the same for several packages of one workspace, in as many queries as for one.

    `chosen`: planning.chosen_enrollments of each package by its pk.
    """
    workspace = packages[0].workspace
    documents = current_documents_of(package.application for package in packages)
    mailboxes = list(Mailbox.objects.for_workspace(workspace).order_by("pk"))
    people = [enrollment.contact for package in packages for enrollment in chosen[package.pk]]
    suppressed = suppressions_of(workspace, people, now=now)
    running: dict[str, list[Enrollment]] = {}
    for row in (
        Enrollment.objects.for_workspace(workspace)
        .filter(
            status__in=[Enrollment.Status.ACTIVE, Enrollment.Status.HELD],
            contact__email_hash__in={contact.email_hash for contact in people},
        )
        .select_related("contact", "application__job")
        .order_by("pk")
    ):
        running.setdefault(row.contact.email_hash, []).append(row)
    return [
        Situation(
            package=package,
            application=package.application,
            enrollments=chosen[package.pk],
            mails=[
                (enrollment, mail)
                for enrollment in chosen[package.pk]
                for mail in mails_of(enrollment)
                if mail.status == "draft"
            ],
            documents=documents[package.application_id],
            suppressed=suppressed,
            mailboxes=mailboxes,
            running=[
                row
                for email_hash in {e.contact.email_hash: None for e in chosen[package.pk]}
                for row in running.get(email_hash, ())
                if row.package_id != package.pk
            ],
            today=now.date(),
        )
        for package in packages
    ]


def blockers(checks: Iterable[Check]) -> list[Check]:
    """Return the checks that forbid approval."""
    return [check for check in checks if check.state == BLOCK]


def as_json(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """Return the checks as they are stored on the package."""
    return [dict(vars(check)) for check in checks]


def _steps(situation: Situation) -> list[Check]:
    found = []
    for key, label in STEP_LABELS.items():
        step = situation.package.steps.get(key, {})
        if step.get("state") == "failed":
            sentence = f"The step “{label}” did not finish: {step.get('error', '')}"
            found.append(Check(f"step_{key}", BLOCK, sentence, "#stepper", "Try it again"))
        elif step.get("state") in {"waiting", "running"}:
            sentence = f"The step “{label}” is still at work."
            found.append(Check(f"step_{key}", BLOCK, sentence, "#stepper"))
    return found


def _opening(situation: Situation) -> list[Check]:
    application, job = situation.application, situation.application.job
    if job.liveness == Job.Liveness.CLOSED:
        sentence = "The opening has closed at its source, so nothing may be sent for it."
        return [Check("opening", BLOCK, sentence)]
    if application.status in {Application.Status.REJECTED, Application.Status.WITHDRAWN}:
        label = application.get_status_display().lower()
        sentence = f"The application is {label}. Move it back on the board first."
        return [Check("opening", BLOCK, sentence, "outreach:pipeline", "Open the board")]
    return [Check("opening", OK, "The opening is live as far as its source says.")]


def _claims(situation: Situation) -> list[Check]:
    found = []
    for kind, document in situation.documents.items():
        label = Document.Kind(kind).label
        if document is None:
            sentence = f"There is no {label.lower()} yet."
            found.append(Check(f"claims_{kind}", BLOCK, sentence, "#stepper", "Write it"))
        for finding in document.findings if document else []:
            sentence = f"{label}: {finding['sentence']}"
            found.append(Check(f"claims_{kind}", BLOCK, sentence, f"#{kind}", "Mend it"))
    sender: dict[str, str] | None = None
    edits = edits_of(situation.package)
    for enrollment, mail in situation.mails:
        if edit_key(enrollment.contact, mail.step_number) in edits:
            sender = sender or sender_values(situation.application)
            found += _mail_claims(situation, enrollment, mail, sender)
    if not found:
        found = [Check("claims", OK, "Every claim rests on a fact of your profile: 0 invented.")]
    return found


def _mail_claims(
    situation: Situation, enrollment: Enrollment, mail: Message, sender: dict[str, str]
) -> list[Check]:
    """Judge what a person added to a mail; sentences of the sequence itself were written by its author."""
    subject, body = rendered(mail.step, values_for(enrollment.contact, sender))
    known = {
        sentence
        for line in [subject.text, *body.text.split("\n")]
        for sentence in split_sentences(line)
    }
    text = f"{mail.subject}\n{mail.body}"
    findings = check_text(situation.application, text, known=known, today=situation.today)
    who = f"Mail {mail.step_number} to {enrollment.contact}"
    place = f"#mail-{mail.public_id}"
    return [
        Check("claims_mail", BLOCK, f"{who}: {finding.sentence}", place, "Mend it")
        for finding in findings
    ]


def _people(situation: Situation) -> list[Check]:
    count = len(situation.enrollments)
    if count == 0:
        sentence = "Nobody is chosen to be written to. Choose up to three people, or apply on the company's site."
        return [Check("people", BLOCK, sentence, "#contacts", "Choose people")]
    if count > PEOPLE_PER_APPLICATION:
        sentence = f"{count} people are chosen; at most {PEOPLE_PER_APPLICATION} are written to for one application."
        return [Check("people", BLOCK, sentence, "#contacts", "Choose fewer")]
    names = ", ".join(str(enrollment.contact) for enrollment in situation.enrollments)
    found = [Check("people", OK, f"{count} of at most {PEOPLE_PER_APPLICATION} people: {names}.")]
    spaced = [e for e in situation.enrollments if pace_for(e.workspace, e.is_sample).spacing_hours]
    if len(spaced) > 1:
        sentence = f"First mails to one company lie at least {COMPANY_SPACING_HOURS} working hours apart; the dates show it."
        found.append(Check("spacing", OK, sentence))
    return found


def _addresses(situation: Situation) -> list[Check]:
    found = []
    for enrollment in situation.enrollments:
        contact, place = enrollment.contact, f"#contact-{enrollment.contact.public_id}"
        if rows := situation.suppressed.get(contact.pk):
            sentence = (
                f"{contact} is on the do-not-contact list: {rows[0].get_reason_display().lower()}."
            )
            found.append(Check("suppressed", BLOCK, sentence, place, "Choose someone else"))
        if contact.deleted_at is not None:
            sentence = f"{contact} was deleted from your contacts."
            found.append(Check("deleted", BLOCK, sentence, place, "Choose someone else"))
        found += _address(contact, place)
    if situation.enrollments and not found:
        found = [Check("addresses", OK, "Every address can be written to, and nobody objected.")]
    return found


def _address(contact: Contact, place: str) -> list[Check]:
    why = contact.verdict_reasons[0] if contact.verdict_reasons else ""
    if not contact.email or contact.verdict == Verdict.INVALID:
        sentence = f"The address of {contact} cannot be used. {why}".strip()
        return [Check("invalid", BLOCK, sentence, place, "Correct it")]
    if contact.verdict != Verdict.VALID:
        sentence = (
            f"The address of {contact}: {contact.get_verdict_display().lower()}. {why}".strip()
        )
        return [Check("unverified", WARN, sentence, place, "Look at it")]
    return []


def _other_sequences(situation: Situation) -> list[Check]:
    return [
        Check(
            "other_sequence",
            BLOCK,
            f"{row.contact} is being written to already, about {row.application.job.title}.",
            f"#contact-{row.contact.public_id}",
            "Choose someone else",
        )
        for row in situation.running
    ]


def _mails(situation: Situation) -> list[Check]:
    found = []
    for enrollment, mail in situation.mails:
        who, place = f"Mail {mail.step_number} to {enrollment.contact}", f"#mail-{mail.public_id}"
        if mail.unresolved:
            names = ", ".join(mail.unresolved)
            sentence = f"{who}: nothing is known for {names}. Fill it in or give it a fallback."
            found.append(Check("variables", BLOCK, sentence, place, "Edit the mail"))
        if not mail.body.strip() or (mail.step_number == 1 and not mail.subject.strip()):
            part = "subject" if mail.body.strip() else "text"
            found.append(Check("empty", BLOCK, f"{who} has no {part}.", place, "Edit the mail"))
        if mail.recipient != enrollment.contact.email:
            sentence = f"{who} still carries the old address {mail.recipient}."
            found.append(Check("recipient", BLOCK, sentence, "#stepper", "Write the mails again"))
        found += [
            Check("wording", WARN, f"{who}: {advice.sentence}", place, "Edit the mail")
            for advice in lint_mail(mail.subject, mail.body)
        ]
    missing = [e for e in situation.enrollments if not mails_of(e)]
    found += [
        Check(
            "no_mails", BLOCK, f"There are no mails for {e.contact} yet.", "#stepper", "Write them"
        )
        for e in missing
    ]
    if situation.mails and not any(check.state == BLOCK for check in found):
        found.append(Check("variables", OK, "Every variable is filled in, in every mail."))
    return found


def _files(situation: Situation) -> list[Check]:
    resume = situation.documents[Document.Kind.RESUME]
    firsts = [mail for e, mail in situation.mails if mail == first_mail_of(e)]
    if not firsts or resume is None:
        return []
    if not is_wanted(situation.package):
        return [Check("attachment", OK, "No file goes with the mails, as you chose.")]
    files = {mail.attachment for mail in firsts}
    file = files.pop()
    if files or file is None or file.document_id != resume.pk:
        why = problem_of(situation.package) or "The PDF of the resume in force is not made yet."
        return [Check("attachment", BLOCK, why, "#attachment", "Look at it")]
    sentence = (
        f"The first mail to each person carries {file.filename} ({filesizeformat(file.size)})."
    )
    return [Check("attachment", OK, sentence)]


def _identity(situation: Situation) -> list[Check]:
    workspace, place = situation.package.workspace, "accounts:workspace-edit"
    found = []
    if not workspace.sender_name.strip():
        sentence = "The workspace has no sender name, and every mail must say who writes."
        found.append(Check("sender_name", BLOCK, sentence, place, "Add it"))
    if not workspace.postal_address.strip():
        sentence = "The workspace has no postal address, which laws on business mail ask for."
        found.append(Check("postal_address", BLOCK, sentence, place, "Add it"))
    if workspace.sending_paused_at is not None:
        sentence = (
            f"Sending is paused for this workspace. {workspace.sending_paused_reason}".strip()
        )
        found.append(Check("paused", WARN, sentence))
    return found or [Check("identity", OK, "Every mail names its sender with a postal address.")]


def _mailboxes(situation: Situation) -> list[Check]:
    place, action = "mailboxes:mailbox-list", "Connect a mailbox"
    found = []
    for is_sample in sorted({enrollment.is_sample for enrollment in situation.enrollments}):
        fitting = [box for box in situation.mailboxes if box.is_sandbox == is_sample]
        able = [box for box in fitting if box.status in Mailbox.SENDING]
        if able:
            kind = "practice mailbox" if is_sample else "mailbox"
            found.append(Check("mailbox", OK, f"It leaves from your {kind} {able[0].address}."))
        elif fitting:
            sentence = f"{fitting[0].address} cannot send now: {fitting[0].status_reason} Approved mails wait for it."
            found.append(Check("mailbox", WARN, sentence, place, "Look at the mailbox"))
        elif is_sample and situation.mailboxes:
            sentence = "A practice address (.test or .example) can only be reached from the practice mailbox, and this workspace has none."
            found.append(Check("mailbox", BLOCK, sentence, "#contacts", "Choose someone else"))
        else:
            sentence = (
                "No mailbox is connected yet. You can approve now; the mails wait for a mailbox."
            )
            found.append(Check("mailbox", WARN, sentence, place, action))
    return found


def _promises(situation: Situation) -> list[Check]:
    return [
        Check(
            "unsubscribe", OK, "Every mail can be stopped with one click (List-Unsubscribe is on)."
        ),
        Check("stop", OK, "The sequence stops as soon as somebody answers, bounces or objects."),
    ]


ASKED: tuple[Callable[[Situation], list[Check]], ...] = (
    _steps,
    _opening,
    _claims,
    _people,
    _addresses,
    _other_sequences,
    _mails,
    _files,
    _identity,
    _mailboxes,
    _promises,
)
