"""The base of every page in the console: read only, quick on big tables, masked, with audited actions.

A model's admin states its columns, filters, personal fields and actions; nothing here is ever changed by a plain form.
"""

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.auditing import record
from accounts.console.actions import StaffAction
from accounts.console.asking import ask
from accounts.console.columns import (
    Column,
    link_to,
    linked,
    masked,
    moment,
    name_of,
    readable_json,
    sentence,
)
from accounts.console.keyset import KeysetChangeList
from accounts.console.requests import caller_address, operator_of
from accounts.encryption import EncryptedTextField

REVEAL_PERMISSION = "accounts.reveal_personal_data"
REVEAL_VERB = "personal_data.reveal"


class OperationsAdmin(admin.ModelAdmin):
    """A list and an object page that show and never edit; what may be done is in `staff_actions`."""

    # Where the navigation offers the list, and its order there; what is looked at most comes first.
    group: ClassVar[str] = "Platform"
    place: ClassVar[int] = 50
    staff_actions: ClassVar[tuple[StaffAction, ...]] = ()
    # Fields with personal data and the mask each wears until they are revealed.
    personal: ClassVar[dict[str, Callable[[str], str]]] = {}
    # Machine-written sentences in which an address may stand.
    sentences: ClassVar[tuple[str, ...]] = ()
    # Large or useless on a page; secrets and raw bytes are left out without being named.
    hidden: ClassVar[tuple[str, ...]] = ()
    # Searched for literally and by their beginning; for small tables only.
    searched: ClassVar[tuple[str, ...]] = ()

    # Long texts of related rows that no column shows.
    unread: ClassVar[tuple[str, ...]] = ()

    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    ordering = ("-pk",)
    search_fields = ("pk",)
    search_help_text = "Exact: the number or the id of a row."
    list_select_related: ClassVar[tuple[str, ...]] = ()
    list_display_links = None
    change_list_template = "ops/list.html"
    change_form_template = "ops/object.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is typed in here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is edited here; see staff_actions."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted here."""
        return False

    def allows(self, request: HttpRequest, action: StaffAction) -> bool:
        """Whether this operator may take the action."""
        user = operator_of(request)
        if action.for_superusers:
            return user.is_active and user.is_superuser
        return user.has_perm(action.permission(self.model))

    def title_of(self, row: Any) -> str:
        """Return how pages call the row; holds no personal data."""
        return name_of(row)

    def detail_of(self, row: Any) -> str:
        """Return what an operator should know before acting on the row; must not hold personal data."""
        return ""

    # Lists -------------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Leave secrets, raw bytes and what no page shows in the database."""
        related = [
            unseen for name in self.list_select_related for unseen in _sealed_on(self.model, name)
        ]
        rows = super().get_queryset(request).select_related(*self.list_select_related)
        return rows.defer(*self._unseen, *self.hidden, *self.unread, *related)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """Cut pages by number instead of counting."""
        return KeysetChangeList

    def prepare(self, rows: list[Any]) -> None:
        """Bring what the columns of one page need beyond the rows, in few queries for all of them."""

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Put the row's own link first and its buttons last."""
        name = Column("page", str(self.opts.verbose_name), self._page_link)
        columns: list[Any] = [name, *(self._clocked(column) for column in self.list_display)]
        if allowed := self._allowed(request):
            columns.append(Column("buttons", "Do", partial(self._buttons, allowed)))
        return columns

    def action_checkbox(self, obj: Any) -> SafeString:
        """Return the row's box, named without personal data."""
        box = '<input type="checkbox" name="_selected_action" value="{}" class="action-select" aria-label="Select {}">'
        return format_html(box, obj.pk, self.title_of(obj))

    action_checkbox.short_description = "Select"  # type: ignore[attr-defined]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer what this operator may do to several rows at once; each leads to the page that asks for the reason."""
        return {
            action.name: (_leads_to(action), action.name, action.label)
            for action in self.staff_actions
            if action.takes_rows and self.allows(request, action)
        }

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Find rows by exact number, id or hash; never by reading through the table."""
        term = search_term.strip()
        return (queryset.filter(self.search_for(term)) if term else queryset), False

    def search_for(self, term: str) -> Q:
        """Return the condition for a search term; a term that fits nothing finds nothing."""
        found = Q(pk__in=[])
        if term.isascii() and term.isdigit() and len(term) < 19:
            found |= Q(pk=int(term))
        if self._has_public_id and (public_id := _uuid(term)):
            found |= Q(public_id=public_id)
        for name in self.searched:
            found |= Q(**{f"{name}__istartswith": term})
        return found

    # Object pages ------------------------------------------------------------------------------------------------

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return every line of the page; all of them only show."""
        reveals = getattr(request, "reveals_personal_data", False)
        return [
            self._line(field, reveals=reveals)
            for field in self.opts.fields
            if field.name not in self._unseen and field.name not in self.hidden
        ]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return the same lines."""
        return self.get_readonly_fields(request, obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Name the row without personal data, and bring its buttons."""
        row = kwargs.get("obj")
        if row is not None:
            context["title"] = self.title_of(row)
            context["subtitle"] = None
            context["row_title"] = self.title_of(row)
            context["buttons"] = self.buttons_for(request, row)
            context["audit_url"] = self._audit_url(row)
            if self.personal and not getattr(request, "reveals_personal_data", False):
                context["may_reveal"] = operator_of(request).has_perm(REVEAL_PERMISSION)
                context["reveal_url"] = self._url("reveal", row.pk)
        return super().render_change_form(request, context, *args, **kwargs)

    def buttons_for(self, request: HttpRequest, row: Any) -> list[tuple[str, StaffAction]]:
        """Return address and action of what this operator may do to the row as it is now."""
        return _fitting(self._allowed(request), row)

    # Addresses ---------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Add the pages that ask for reasons, and the one that reveals."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path("do/<slug:name>/", self._guarded(self.do_view), name=f"{name}_do"),
            path(
                "<path:object_id>/reveal/", self._guarded(self.reveal_view), name=f"{name}_reveal"
            ),
        ]
        return own + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list with the actions that need no row."""
        tools = [
            (self._url("do", action.name), action)
            for action in self.staff_actions
            if not action.takes_rows and self.allows(request, action)
        ]
        context = {
            "title": str(self.opts.verbose_name_plural).capitalize(),
            "tools": tools,
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the audit entries about the row, which is the only history there is."""
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return redirect(self._audit_url(row))

    def do_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Ask for the reason, then act."""
        action = next((one for one in self.staff_actions if one.name == name), None)
        if action is None:
            raise Http404
        if not self.has_view_permission(request) or not self.allows(request, action):
            raise PermissionDenied("Your role may look here but not do this.")
        return ask(self, request, action)

    def reveal_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the object page once with its personal data, and keep that it was looked at."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        user = operator_of(request)
        if not self.has_view_permission(request, row) or not user.has_perm(REVEAL_PERMISSION):
            raise PermissionDenied("Your role may not see personal data.")
        record(
            REVEAL_VERB,
            row,
            actor=user,
            actor_ip=caller_address(request),
            reason="Looked at the personal data on its page.",
            workspace=getattr(row, "workspace", None),
            after={"fields": sorted(self.personal)},
        )
        request.reveals_personal_data = True  # type: ignore[attr-defined]
        # The page below is the one that GET shows; only the look itself needed a POST.
        request.method = "GET"
        return self.changeform_view(request, object_id)

    # Parts -------------------------------------------------------------------------------------------------------

    @cached_property
    def _unseen(self) -> tuple[str, ...]:
        return _sealed(self.model)

    @cached_property
    def _has_public_id(self) -> bool:
        return any(field.name == "public_id" for field in self.opts.fields)

    def _line(self, field: Any, *, reveals: bool) -> Any:
        label = str(field.verbose_name)
        if field.name in self.personal and not reveals:
            return masked(field.name, label, self.personal[field.name])
        if isinstance(field, models.ForeignKey):
            return linked(field.name, label)
        if field.name in self.sentences and not reveals:
            return sentence(field.name, label, limit=600)
        if isinstance(field, models.DateTimeField):
            return moment(field.name, label)
        if isinstance(field, models.JSONField):
            return readable_json(field.name, label)
        return field.name

    def _clocked(self, column: Any) -> Any:
        """Return the column, with a clock of 24 hours when it is a point in time."""
        is_field = isinstance(column, str) and column in {f.name for f in self.opts.fields}
        if is_field and isinstance(self.opts.get_field(column), models.DateTimeField):
            return moment(column)
        return column

    def _page_link(self, row: Any) -> str:
        return link_to(row)

    def _allowed(self, request: HttpRequest) -> list[tuple[str, StaffAction]]:
        """Return address and action of what this operator may do to rows; the same for every row of a list."""
        return [
            (self._url("do", action.name), action)
            for action in self.staff_actions
            if action.takes_rows and self.allows(request, action)
        ]

    def _buttons(self, allowed: list[tuple[str, StaffAction]], row: Any) -> str:
        return format_html_join(
            " ",
            '<a class="btn small" href="{}">{}<span class="sr"> {}</span></a>',
            ((url, action.label, self.title_of(row)) for url, action in _fitting(allowed, row)),
        )

    def _url(self, page: str, *args: object) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    def _audit_url(self, row: Any) -> str:
        target = getattr(row, "public_id", row.pk)
        return f"{reverse('admin:accounts_auditentry_changelist')}?target_id={target}"

    def _guarded(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        return update_wrapper(self.admin_site.admin_view(view), view)


def _fitting(allowed: list[tuple[str, StaffAction]], row: Any) -> list[tuple[str, StaffAction]]:
    return [(f"{url}?ids={row.pk}", action) for url, action in allowed if action.applies(row)]


def _leads_to(action: StaffAction) -> Callable[..., HttpResponse | None]:
    def lead(
        modeladmin: OperationsAdmin, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> HttpResponse | None:
        if request.POST.get("select_across") == "1":
            messages.error(request, "Choose the rows one by one: nothing is done to a whole table.")
            return None
        ids = ",".join(str(pk) for pk in queryset.values_list("pk", flat=True))
        return redirect(f"{modeladmin._url('do', action.name)}?ids={ids}")

    lead.short_description = action.label  # type: ignore[attr-defined]
    return lead


def _sealed(model: Any) -> tuple[str, ...]:
    """Return the names of fields that no page may show: secrets and raw bytes."""
    kinds = (EncryptedTextField, models.BinaryField)
    return tuple(field.name for field in model._meta.fields if isinstance(field, kinds))


def _sealed_on(model: Any, path: str) -> list[str]:
    """Return the sealed fields of every model on a path of foreign keys, named by their paths."""
    found, walked = [], ""
    for name in path.split("__"):
        model = model._meta.get_field(name).related_model
        walked = f"{walked}__{name}" if walked else name
        found += [f"{walked}__{unseen}" for unseen in _sealed(model)]
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
