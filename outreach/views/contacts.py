"""The people one may write to."""

from urllib.parse import quote
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from jobs.companies import companies_by_name
from mailboxes.suppression import ReleaseRefusedError
from outreach import contact_files, contacts, stopping, tasks
from outreach.forms import ContactForm
from outreach.models import Contact, Enrollment
from outreach.paging import page_of

CONTACTS_A_PAGE = 25
# More belongs into the workspace's export, which runs in the background.
MOST_CSV_ROWS = 10_000
STOPPED_KEY = "stopped_with_contact"


def _contacts(request: MemberRequest) -> QuerySet[Contact]:
    rows: QuerySet[Contact] = Contact.objects.for_workspace(request.workspace).select_related(
        "company"
    )
    return rows.filter(deleted_at=None)


def _found(request: MemberRequest) -> QuerySet[Contact]:
    rows = _contacts(request)
    for word in request.GET.get("q", "").replace("\x00", "").split()[:8]:
        rows = rows.filter(
            Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(email__icontains=word)
            | Q(title__icontains=word)
            | Q(company__name__icontains=word)
        )
    return rows


@require_safe
@member_required
def contact_list(request: MemberRequest) -> HttpResponse:
    """List contacts, the newest first; the search replaces only the results."""
    after, text = request.GET.get("after", ""), request.GET.get("q", "").strip()[:200]
    rows = _found(request)
    found = page_of(
        rows.annotate(last_touch=Max("enrollments__mails__sent_at")),
        by="created_at",
        size=CONTACTS_A_PAGE,
        cursor=after,
        newest_first=True,
    )
    closed = contacts.suppressions_of(request.workspace, found.rows, now=timezone.now())
    context: dict[str, object] = {
        "found": found,
        "people": [(contact, closed.get(contact.pk)) for contact in found.rows],
        "text": text,
        "encoded_text": quote(text),
    }
    if request.htmx and not request.htmx.boosted and after:
        return render(request, "outreach/contact_list.html#more", context)
    context["count"] = rows.count()
    is_fragment = request.htmx and not request.htmx.boosted
    template = "outreach/contact_list.html"
    return render(request, f"{template}#results" if is_fragment else template, context)


@require_safe
@member_required
def contact_export(request: MemberRequest) -> HttpResponse:
    """Hand out the contacts that the search finds as CSV; the import reads it back."""
    rows = _found(request).order_by("created_at", "pk")[:MOST_CSV_ROWS]
    response = HttpResponse(
        contact_files.contacts_csv(rows), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="contacts.csv"'
    return response


def _find(request: MemberRequest, pk: UUID) -> Contact:
    return get_object_or_404(_contacts(request), public_id=pk)


@require_safe
@member_required
def contact_detail(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show who somebody is, where the address is from, and everything written to them."""
    contact = _find(request, pk)
    rows = Enrollment.objects.for_workspace(request.workspace).filter(contact=contact)
    closed = contacts.suppressions_of(request.workspace, [contact], now=timezone.now())
    context = {
        "contact": contact,
        "why": contacts.why_this_person(contact),
        "suppressions": closed.get(contact.pk, []),
        "enrollments": rows.select_related("application__job", "package")
        .prefetch_related("mails")
        .annotate(sent=Count("mails", filter=Q(mails__sent_at__isnull=False)))
        .order_by("-created_at"),
    }
    return render(request, "outreach/contact_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def contact_add(request: MemberRequest) -> HttpResponse:
    """Add somebody by hand; somebody already known is shown instead of doubled."""
    form = ContactForm(request.POST or None, initial={"company_name": request.GET.get("company")})
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["company_name"]
        company = companies_by_name(request.workspace, [name])[name]
        contact, is_new = contacts.keep_contact(
            request.workspace, company, form.data_of(), now=timezone.now()
        )
        _verify_later(contact)
        if is_new:
            undo = reverse("outreach:contact-delete", args=[contact.public_id])
            toast(request, f"Added: {contact}", undo_url=undo)
        else:
            toast(request, f"{contact} was in your contacts already")
        return redirect("outreach:contact-detail", contact.public_id)
    status = 422 if form.errors else 200
    return render(request, "outreach/contact_edit.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def contact_edit(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Edit a contact."""
    contact = _find(request, pk)
    form = ContactForm(request.POST or None, instance=_find(request, pk))
    if request.method == "POST" and form.is_valid():
        before = contact.email
        try:
            contact = contacts.edit_contact(contact, form.data_of())
        except contacts.ContactExistsError as error:
            form.add_error("email", str(error))
        else:
            if contact.email != before:
                _verify_later(contact)
            toast(request, "Saved")
            return redirect("outreach:contact-detail", contact.public_id)
    context = {"form": form, "contact": contact}
    status = 422 if form.errors else 200
    return render(request, "outreach/contact_edit.html", context, status=status)


def _verify_later(contact: Contact) -> None:
    transaction.on_commit(lambda: tasks.verify_contacts.delay([contact.pk]), robust=True)


@require_POST
@editor_required
def contact_verify(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Verify the address again, in the background."""
    contact = _find(request, pk)
    _verify_later(contact)
    toast(request, "Being verified; reload in a few seconds to see the result")
    return redirect("outreach:contact-detail", contact.public_id)


@require_POST
@editor_required
def contact_close(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Stop writing to this address, at once; the toast takes it back together with what it stopped."""
    contact = _find(request, pk)
    if not contact.email:
        toast(request, "There is no address to close.")
        return redirect("outreach:contact-detail", contact.public_id)
    stopped = contacts.do_not_contact(contact, now=timezone.now())
    request.session[f"{STOPPED_KEY}:{contact.public_id}"] = [r.as_effect() for r in stopped]
    mails = sum(len(result.mails) for result in stopped)
    undo = reverse("outreach:contact-open", args=[contact.public_id])
    toast(request, f"Nobody writes to {contact} any more. {mails} mails cancelled.", undo_url=undo)
    return redirect("outreach:contact-detail", contact.public_id)


@require_POST
@editor_required
def contact_open(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Open the address again and bring back what closing it had stopped."""
    contact, now = _find(request, pk), timezone.now()
    try:
        contacts.may_contact_again(contact, actor=request.user, now=now)
    except ReleaseRefusedError as error:
        toast(request, str(error))
        return redirect("outreach:contact-detail", contact.public_id)
    for effect in request.session.pop(f"{STOPPED_KEY}:{contact.public_id}", []):
        stopping.restore(effect, workspace=request.workspace, now=now)
    toast(request, f"You may write to {contact} again")
    return redirect("outreach:contact-detail", contact.public_id)


@require_POST
@editor_required
def contact_delete(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Delete a contact; the toast brings it back."""
    contact = _find(request, pk)
    try:
        contacts.delete_contact(contact, now=timezone.now())
    except contacts.ContactBusyError as error:
        toast(request, str(error))
        return redirect("outreach:contact-detail", contact.public_id)
    undo = reverse("outreach:contact-restore", args=[contact.public_id])
    toast(request, f"Deleted: {contact}", undo_url=undo)
    return redirect("outreach:contact-list")


@require_POST
@editor_required
def contact_restore(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Bring a deleted contact back."""
    rows = Contact.objects.for_workspace(request.workspace).exclude(deleted_at=None)
    contact = get_object_or_404(rows.select_related("company"), public_id=pk)
    try:
        contacts.restore_contact(contact)
    except contacts.ContactExistsError as error:
        toast(request, str(error))
        return redirect("outreach:contact-list")
    toast(request, f"Back again: {contact}")
    return redirect("outreach:contact-detail", contact.public_id)
