"""The operations console: Django admin under our name and path."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.console.listing import OperationsAdmin
from config.operations_board import board


@dataclass(frozen=True)
class Link:
    """One list; `current` is the value of aria-current: "page" on the list itself, "true" on a page below it, else ""."""

    url: str
    name: str
    current: str


@dataclass(frozen=True)
class Group:
    """Lists about one thing, the one looked at most first."""

    name: str
    links: list[Link]

    @property
    def current(self) -> str:
        """The name of the list that is open, or ""."""
        return next((link.name for link in self.links if link.current), "")


class OperationsAdminSite(admin.AdminSite):
    """Where staff see mailboxes, messages, suppressions and webhooks, and act with a reason."""

    site_header = "RoleFerry operations"
    site_title = "RoleFerry operations"
    index_title = "Board"
    index_template = "ops/board.html"
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take our own pages only: those of other packages know nothing of masks, reasons and audit."""
        if admin_class is not None and issubclass(admin_class, OperationsAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add the lists that this operator may open, by what they are about."""
        return {**super().each_context(request), "groups": self._groups(request)}

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the board."""
        context = {
            **self.each_context(request),
            "title": self.index_title,
            "is_board": True,
            **board(request),
            **(extra_context or {}),
        }
        # The page asks for its board again every 15 seconds; the rest of it stays.
        is_poll = request.headers.get("HX-Request") == "true"
        template = f"{self.index_template}#board" if is_poll else self.index_template
        return TemplateResponse(request, template, context)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send visitors to the one log-in page, which has the rate limits; for members this place does not exist."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise Http404
        wanted = request.GET.get("next", "")
        return redirect_to_login(wanted if wanted.startswith("/") else reverse("admin:index"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Send to the one log-out page."""
        return redirect("account_logout")

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Send to the one page that changes passwords."""
        return redirect("account_change_password")

    def _groups(self, request: HttpRequest) -> list[Group]:
        registered: list[Any] = list(self._registry.values())
        pages = sorted(registered, key=lambda page: (page.place, page.opts.model_name))
        groups: dict[str, list[Link]] = {}
        for page in pages:
            if page.has_view_permission(request):
                groups.setdefault(page.group, []).append(_link(page, request.path))
        return [Group(name, links) for name, links in groups.items()]


def _link(page: Any, path: str) -> Link:
    url = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
    current = "page" if path == url else "true" if path.startswith(url) else ""
    return Link(url, str(page.opts.verbose_name_plural).capitalize(), current)
