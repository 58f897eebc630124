"""What the navigation counts."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Workspace
from outreach.models import Package, Reply


def nav_counts(request: HttpRequest) -> dict[str, Any]:
    """Return {"nav_counts": {"today": n, "inbox": n}}; one query, and only when a template prints a count."""
    workspace = getattr(request, "workspace", None)
    if workspace is None:
        return {}
    return {"nav_counts": SimpleLazyObject(lambda: counts_of(workspace))}


def counts_of(workspace: Workspace) -> dict[str, int]:
    """Return how many packages wait for a yes together with the answers that wait, and the answers alone."""
    ready = Package.objects.filter(status=Package.Status.READY)
    answers = Reply.objects.filter(is_human=True, handled_at=None, undone_at=None)
    row = (
        Workspace.objects.filter(pk=workspace.pk)
        .annotate(ready=_count(ready), answers=_count(answers))
        .values("ready", "answers")
        .get()
    )
    return {"today": row["ready"] + row["answers"], "inbox": row["answers"]}


def _count(rows: Any) -> Coalesce:
    counted = rows.filter(workspace=OuterRef("pk")).order_by().values("workspace")
    counted = counted.annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
