"""Contacts from a CSV file: upload, look at what it would do, run it."""

from datetime import timedelta
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import progress
from accounts.decorators import editor_required
from accounts.http import MemberRequest
from accounts.models import Workspace
from outreach import contact_files, tasks
from outreach.contact_files import ContactFile, FileUnreadableError, Row
from outreach.forms import ContactFileForm, MappingForm

FIRST_ROWS = 5
SHOWN_PROBLEMS = 20
KEPT_FOR = timedelta(days=1)


def _path(workspace: Workspace, pk: UUID) -> str:
    return f"imports/{workspace.public_id}/{pk}.csv"


def _forget_old(workspace: Workspace) -> None:
    """Delete uploads that were looked at and left: they hold people's addresses."""
    folder = f"imports/{workspace.public_id}"
    if not default_storage.exists(folder):
        return
    for name in default_storage.listdir(folder)[1]:
        path = f"{folder}/{name}"
        if timezone.now() - default_storage.get_modified_time(path) > KEPT_FOR:
            default_storage.delete(path)


def _file(request: MemberRequest, pk: UUID) -> ContactFile:
    path = _path(request.workspace, pk)
    if not default_storage.exists(path):
        raise Http404
    with default_storage.open(path) as saved:
        return contact_files.read_file(saved.read())


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def import_upload(request: MemberRequest) -> HttpResponse:
    """Take a file, check that it can be read, and go to its preview; nothing is stored as a contact yet."""
    form = ContactFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        raw = form.cleaned_data["file"].read()
        try:
            file = contact_files.read_file(raw)
        except FileUnreadableError as error:
            form.add_error("file", str(error))
        else:
            _forget_old(request.workspace)
            pk = uuid4()
            default_storage.save(_path(request.workspace, pk), ContentFile(raw))
            query = {name: form.cleaned_data[name] for name in ("source", "lawful_basis")}
            for name, place in contact_files.guess_mapping(file.header).items():
                query[name if name != "source" else "source_column"] = str(place)
            url = reverse("outreach:contact-import-preview", args=[pk])
            return redirect(f"{url}?{urlencode(query)}")
    context = {"form": form}
    status = 422 if form.errors else 200
    return render(request, "outreach/contact_import.html", context, status=status)


def _judged(file: ContactFile, form: MappingForm) -> list[Row]:
    if not form.is_valid():
        return []
    cleaned = form.cleaned_data
    return contact_files.judge_rows(
        file, form.mapping(), source=cleaned["source"], lawful_basis=cleaned["lawful_basis"]
    )


@require_safe
@editor_required
def import_preview(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show the first rows as they would be stored, and every row that cannot be used with its reason."""
    file = _file(request, pk)
    form = MappingForm(file, request.GET)
    rows = _judged(file, form)
    refused = [row for row in rows if row.problem]
    context = {
        "form": form,
        "pk": pk,
        "first_rows": [row for row in rows if row.data is not None][:FIRST_ROWS],
        "usable": len(rows) - len(refused),
        "refused": refused[:SHOWN_PROBLEMS],
        "refused_count": len(refused),
        "query": request.GET.urlencode(),
    }
    return render(request, "outreach/contact_import_preview.html", context)


@require_POST
@editor_required
def import_run(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Import the usable rows in the background."""
    file = _file(request, pk)
    form = MappingForm(file, request.POST)
    if not form.is_valid():
        query = request.POST.copy()
        query.pop("csrfmiddlewaretoken", None)
        url = reverse("outreach:contact-import-preview", args=[pk])
        return redirect(f"{url}?{query.urlencode()}")
    cleaned, mapping = form.cleaned_data, form.mapping()
    task = progress.begin(
        request.workspace,
        kind="import_contacts",
        title="Importing contacts",
        steps=tasks.IMPORT_STEPS,
        user=request.user,
        enqueue=lambda task_id: tasks.import_contacts.delay(
            task_id,
            _path(request.workspace, pk),
            mapping,
            cleaned["source"],
            cleaned["lawful_basis"],
        ),
    )
    return redirect("accounts:task-detail", task.public_id)


@require_safe
@editor_required
def import_errors(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Hand out the rows that cannot be used, with the reason in a last column."""
    file = _file(request, pk)
    rows = _judged(file, MappingForm(file, request.GET))
    text = contact_files.errors_csv(file, rows)
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="rows-to-mend.csv"'
    return response
