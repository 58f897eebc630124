"""Where openings come from and whether that still works; the openings themselves, lightly."""

from functools import partial

from django.contrib import admin
from django.db import transaction
from django.db.models import Q

from accounts.console.actions import ActionRefusedError, Deed, StaffAction
from accounts.console.columns import linked, sentence
from accounts.console.filters import WorkspaceFilter
from accounts.console.listing import OperationsAdmin
from jobs.models import Job, Source
from jobs.tasks import import_source


def _can_be_read(source: Source) -> bool:
    return bool(source.board_token) and source.allowed and source.paused_at is None


def _read_again(deed: Deed, source: Source) -> None:
    if not _can_be_read(source):
        raise ActionRefusedError(
            "This source cannot be fetched: it is paused, not allowed, or was pasted in."
        )
    deed.record(
        "source.read_again", source, workspace=source.workspace, before={"health": source.health}
    )
    transaction.on_commit(partial(import_source.delay, source.pk))


@admin.register(Source)
class SourceAdmin(OperationsAdmin):
    """Boards and their health."""

    group, place = "Openings", 32
    list_display = (
        "kind",
        "board_token",
        linked("workspace"),
        "health",
        sentence("last_error"),
        "last_ok_at",
        "next_due_at",
        "paused_at",
    )
    list_filter = ("health", "kind", "allowed", WorkspaceFilter)
    list_select_related = ("workspace",)
    search_help_text = "Number, id, or the beginning of a board's name."
    searched = ("board_token",)
    sentences = ("last_error",)
    staff_actions = (
        StaffAction(
            name="read-again",
            label="Read again",
            verb="source.read_again",
            effect="The board is read now instead of at its next turn.",
            run=_read_again,
            applies=_can_be_read,
        ),
    )


@admin.register(Job)
class JobAdmin(OperationsAdmin):
    """Openings as their sources state them."""

    group, place = "Openings", 31
    list_display = (
        "title",
        "company_name",
        linked("source"),
        linked("workspace"),
        "liveness",
        "listed_at",
        "last_seen_at",
    )
    list_filter = ("liveness", "is_sample", WorkspaceFilter)
    list_select_related = ("source", "workspace")
    search_help_text = "Number, id, or a source's own number of the opening."
    hidden = ("description_html", "description_text", "hidden_text", "search", "embedding")

    def search_for(self, term: str) -> Q:
        """Find openings also by the source's own number."""
        return super().search_for(term) | Q(external_id=term)
