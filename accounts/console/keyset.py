"""Pages of a list by the number of the last row seen: the hundredth page costs what the first does, and nothing is counted."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest

AFTER = "after"
BEFORE = "before"
# PostgreSQL's bigint; a larger number is no row's.
LARGEST = 2**63 - 1


class KeysetChangeList(ChangeList):
    """A list ordered by falling number, with links to the first, the next and the previous page.

    A page is a range of numbers and not an offset, so rows that come meanwhile neither repeat nor hide others.
    `?after=N` shows what is older than row N, `?before=N` what is newer; a cursor that is no number is no cursor.
    """

    first_url = next_url = previous_url = ""

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        """Return the filtered rows; the cursor is no filter and no other link carries it."""
        for name in (AFTER, BEFORE):
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        rows: QuerySet[Any] = super().get_queryset(request, *args, **kwargs)
        return rows

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str | Combinable]:
        """Return the one order that pages are cut by, whatever the address says."""
        return ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        """Read one page and one row more, which tells whether another page follows."""
        after, before = _number(request, AFTER), _number(request, BEFORE)
        size = self.list_per_page
        if before is not None:
            found = list(self.queryset.filter(pk__gt=before).order_by("pk")[: size + 1])
            has_newer, has_older = len(found) > size, True
            rows = found[:size][::-1]
        else:
            pages = self.queryset if after is None else self.queryset.filter(pk__lt=after)
            found = list(pages[: size + 1])
            has_newer, has_older = after is not None, len(found) > size
            rows = found[:size]
        if has_newer:
            self.first_url = self.get_query_string()
        if rows and has_newer:
            self.previous_url = self.get_query_string({BEFORE: rows[0].pk})
        if rows and has_older:
            self.next_url = self.get_query_string({AFTER: rows[-1].pk})
        page: Any = self.model_admin  # an OperationsAdmin, which imports this module
        page.prepare(rows)
        self._keep(page, rows)

    def _keep(self, page: Any, rows: list[Any]) -> None:
        """Set what Django's templates read; there is no count to tell."""
        self.result_list = rows
        self.result_count = len(rows)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = page.get_paginator(None, rows, self.list_per_page)


def _number(request: HttpRequest, name: str) -> int | None:
    """Return the cursor in the address, or None when there is none that could be a row's number."""
    text = request.GET.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    return number if (number := int(text)) <= LARGEST else None
