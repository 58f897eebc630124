"""Changing one part of a package: a line of the resume, the letter, the people, a mail. Each withdraws an approval."""

from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from jobs import documents
from jobs.matching import fact_views
from jobs.models import Document
from mailboxes.models import Mailbox
from outreach import contacts, mail_drafts, packages, tasks
from outreach.approving import ApprovalError
from outreach.forms import LetterForm, MailForm, PersonForm, PieceForm
from outreach.models import Message, Package
from outreach.package_page import resume_view
from outreach.packages import PackageClosedError
from outreach.parcels import UNSUBSCRIBE_SENTENCE, reply_to_of, signs_for
from outreach.planning import chosen_enrollments
from outreach.scheduling import PEOPLE_PER_APPLICATION
from outreach.views.packages import back_to, find_package, render_page


def _changed(request: MemberRequest, package: Package, anchor: str) -> HttpResponse:
    """Return to the changed place: the whole page again, since checks and dates may have changed too."""
    packages.refresh_checks(package, now=timezone.now())
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return back_to(package, anchor)


def _refused(request: MemberRequest, package: Package, error: Exception) -> HttpResponse:
    toast(request, str(error))
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return back_to(package)


def _document(package: Package, kind: str) -> Document:
    document = documents.current_document(package.application, kind)
    if document is None:
        raise Http404
    return document


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def resume_piece(request: MemberRequest, pk: UUID, number: int) -> HttpResponse:
    """Edit one line of the resume, or (action) leave it out, put it back, revert it."""
    package = find_package(request, pk)
    document = _document(package, Document.Kind.RESUME)
    pieces = list(documents.pieces_of(document.content))
    if number >= len(pieces):
        raise Http404
    action = request.POST.get("action", "")
    form = PieceForm(request.POST or None, initial={"text": pieces[number]["text"]})
    if request.method == "POST" and (action or form.is_valid()):
        try:
            with transaction.atomic():
                now = timezone.now()
                packages.begin_change(package, "The resume was edited.", user=request.user, now=now)
                if action in {"leave_out", "put_back"}:
                    is_shown = action == "put_back"
                    documents.show_piece(document, number, is_shown=is_shown, today=now.date())
                else:
                    text = None if action == "revert" else form.cleaned_data["text"]
                    documents.edit_piece(document, number, text=text, today=now.date())
        except PackageClosedError as error:
            return _refused(request, package, error)
        return _changed(request, package, f"piece-{number}")
    facts = {fact.id: fact for fact in fact_views(package.application.profile)}
    context = {
        "form": form,
        "package": package,
        "number": number,
        "evidence": [facts[i].text for i in pieces[number]["fact_ids"] if i in facts],
        "resume": resume_view(document, facts),
    }
    template = "outreach/package_piece.html"
    status = 422 if form.errors else 200
    return render(request, f"{template}#form" if request.htmx else template, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def letter_edit(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Edit the letter as text; every sentence finds its facts again."""
    package = find_package(request, pk)
    document = _document(package, Document.Kind.LETTER)
    content = document.content
    initial = {name: content[name] for name in ("greeting", "farewell", "signature")}
    body = "\n\n".join(" ".join(s["text"] for s in group) for group in content["paragraphs"])
    form = LetterForm(request.POST or None, initial={**initial, "body": body})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                now = timezone.now()
                packages.begin_change(package, "The letter was edited.", user=request.user, now=now)
                documents.edit_letter(document, **form.cleaned_data, today=now.date())
        except PackageClosedError as error:
            return _refused(request, package, error)
        toast(request, "Saved, and every claim checked again")
        return _changed(request, package, "letter")
    context = {"form": form, "package": package, "document": document}
    status = 422 if form.errors else 200
    return render(request, "outreach/package_letter.html", context, status=status)


@require_POST
@editor_required
def document_revert(request: MemberRequest, pk: UUID, kind: str) -> HttpResponse:
    """Bring back the resume or the letter as it was written first."""
    package = find_package(request, pk)
    if kind not in Document.Kind.values:
        raise Http404
    document = _document(package, kind)
    try:
        with transaction.atomic():
            now = timezone.now()
            label = document.get_kind_display().lower()
            packages.begin_change(package, f"The {label} was reverted.", user=request.user, now=now)
            documents.bring_back(document, today=now.date())
    except PackageClosedError as error:
        return _refused(request, package, error)
    toast(request, "As it was written first")
    return _changed(request, package, kind)


@require_POST
@editor_required
def contacts_choose(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Write to exactly the people whose boxes are ticked."""
    package = find_package(request, pk)
    wanted = set(request.POST.getlist("contact"))
    people = [c for c in packages.known_contacts(package.application) if str(c.public_id) in wanted]
    try:
        packages.choose_contacts(package, people, user=request.user, now=timezone.now())
    except (PackageClosedError, ApprovalError) as error:
        return _refused(request, package, error)
    names = ", ".join(str(contact) for contact in people) or "nobody"
    toast(request, f"Writing to {names}"[:200])
    return _changed(request, package, "contacts")


@require_POST
@editor_required
def contact_add_inline(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Add somebody at the company and choose them while there is room."""
    package = find_package(request, pk)
    form = PersonForm(request.POST)
    if not form.is_valid():
        return render_page(request, package, person_form=form, status=422)
    now, company = timezone.now(), package.application.job.company
    try:
        with transaction.atomic():
            contact, is_new = contacts.keep_contact(
                request.workspace, company, form.data_of(), now=now
            )
            chosen = [e.contact for e in chosen_enrollments(package)]
            if contact not in chosen and len(chosen) < PEOPLE_PER_APPLICATION:
                packages.choose_contacts(package, [*chosen, contact], user=request.user, now=now)
    except PackageClosedError as error:
        return _refused(request, package, error)
    transaction.on_commit(lambda: tasks.verify_contacts.delay([contact.pk]), robust=True)
    toast(request, f"Added: {contact}" if is_new else f"{contact} was in your contacts already")
    return _changed(request, package, f"contact-{contact.public_id}")


def _mail(package: Package, pk: UUID) -> Message:
    rows = Message.objects.filter(enrollment__package=package, workspace=package.workspace_id)
    mail: Message = get_object_or_404(
        rows.select_related("enrollment__contact", "enrollment__version", "step", "attachment"),
        public_id=pk,
    )
    return mail


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def mail_edit(request: MemberRequest, pk: UUID, mail_pk: UUID) -> HttpResponse:
    """Edit one mail to one person, or (action revert) take the sequence's text again."""
    package = find_package(request, pk)
    mail = _mail(package, mail_pk)
    kept = mail_drafts.edits_of(package).get(
        mail_drafts.edit_key(mail.enrollment.contact, mail.step_number)
    )
    initial = kept or {"subject": mail.subject, "body": mail.body}
    form = MailForm(request.POST or None, initial=initial)
    is_revert = request.POST.get("action") == "revert"
    if request.method == "POST" and (is_revert or form.is_valid()):
        text = None if is_revert else dict(form.cleaned_data)
        try:
            packages.edit_mail(package, mail, text=text, user=request.user, now=timezone.now())
        except (PackageClosedError, ApprovalError) as error:
            return _refused(request, package, error)
        toast(request, "The sequence's text again" if is_revert else "Saved")
        return _changed(request, package, f"mail-{mail.public_id}")
    context = {"form": form, "package": package, "mail": mail, "is_edited": kept is not None}
    template = "outreach/package_mail.html"
    status = 422 if form.errors else 200
    return render(request, f"{template}#form" if request.htmx else template, context, status=status)


@require_safe
@member_required
def mail_preview(request: MemberRequest, pk: UUID, mail_pk: UUID) -> HttpResponse:
    """Show a mail as its reader gets it, with footer and the headers that matter."""
    package = find_package(request, pk)
    mail = _mail(package, mail_pk)
    boxes = Mailbox.objects.for_workspace(request.workspace).filter(is_sandbox=mail.is_sample)
    first = mail.enrollment.mails.exclude(subject="").order_by("step_number").first()
    mailbox = mail.mailbox or mail.enrollment.mailbox or boxes.order_by("pk").first()
    earlier = mail.enrollment.mails.filter(step_number__lt=mail.step_number)
    context = {
        "package": package,
        "mail": mail,
        "subject": mail.subject or (f"Re: {first.subject}" if first else ""),
        "mailbox": mailbox,
        "reply_to": reply_to_of(mailbox.address, mail.public_id) if mailbox else "",
        "is_signed": mailbox is not None and signs_for(mailbox),
        "references": list(earlier.order_by("step_number").values_list("message_id", flat=True)),
        "unsubscribe_sentence": UNSUBSCRIBE_SENTENCE,
    }
    template = "outreach/package_preview.html"
    return render(request, f"{template}#dialog" if request.htmx else template, context)
