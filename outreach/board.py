"""The board: every application in the column of its stage, and the same as a list or a file."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber
from django.utils import timezone

from accounts.models import Workspace
from jobs.applications import CLOSED
from jobs.models import Application
from outreach.models import Message
from outreach.paging import Slice, page_of

Status = Application.Status

CARDS_A_COLUMN = 25
ROWS_A_PAGE = 50
# A file larger than this belongs into the workspace's export, which runs in the background.
MOST_CSV_ROWS = 10_000
# A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
CLOSED_COLUMN = "closed"
CLOSED_ORDER = (Status.ACCEPTED, Status.REJECTED, Status.WITHDRAWN, Status.GHOSTED)
CLOSED_TONES = {Status.ACCEPTED: "ok", Status.REJECTED: "danger", Status.GHOSTED: "warn"}


@dataclass
class Column:
    """One stage. `value` is what its Move button sends; `total` counts all, `cards` holds the newest."""

    value: str
    label: str
    hint: str
    statuses: tuple[str, ...]
    cards: list[Application] = field(default_factory=list)
    total: int = 0


def empty_columns() -> list[Column]:
    """Return the eight stages in order, with what lands in each."""
    return [
        Column("saved", "Saved", "Roles you save land here.", (Status.DISCOVERED, Status.SAVED)),
        Column("drafting", "Preparing", "Roles being ferried.", (Status.DRAFTING,)),
        Column("ready", "Waiting for you", "Packages to approve.", (Status.READY,)),
        Column("applied", "Applied", "Moves here with the first mail.", (Status.APPLIED,)),
        Column("replied", "Replied", "Moves here when a person answers.", (Status.REPLIED,)),
        Column("interviewing", "Interview", "Conversations you have.", (Status.INTERVIEWING,)),
        Column("offer", "Offer", "Offers land here.", (Status.OFFER,)),
        Column(CLOSED_COLUMN, "Closed", "Whatever came to an end.", CLOSED_ORDER),
    ]


def applications_of(workspace: Workspace, *, stage: str = "", text: str = "") -> QuerySet[Any]:
    """Return the workspace's applications with their opening and the time of their next mail.

    `stage` is a column's value, `text` part of a title or of a company's name; empty means all.
    """
    next_mail = (
        Message.objects.filter(
            enrollment__application=OuterRef("pk"),
            status=Message.Status.SCHEDULED,
            enrollment__status="active",
        )
        .order_by("due_at")
        .values("due_at")[:1]
    )
    rows = (
        Application.objects.for_workspace(workspace)
        .select_related("job")
        .defer("job__description_html", "job__description_text", "job__embedding", "job__search")
        .annotate(next_mail_at=Subquery(next_mail, output_field=DateTimeField()))
    )
    column = next((one for one in empty_columns() if one.value == stage), None)
    if column is not None:
        rows = rows.filter(status__in=column.statuses)
    if text:
        rows = rows.filter(Q(job__title__icontains=text) | Q(job__company_name__icontains=text))
    return rows


def columns_of(workspace: Workspace) -> list[Column]:
    """Return the columns with their newest cards and their counts, in one query."""
    stage = Case(
        When(status__in=CLOSED, then=Value(CLOSED_COLUMN)),
        When(status=Status.DISCOVERED, then=Value("saved")),
        default=F("status"),
        output_field=CharField(),
    )
    rows = (
        applications_of(workspace)
        .annotate(stage=stage)
        .annotate(
            rank=Window(
                RowNumber(),
                partition_by=[F("stage")],
                order_by=[F("last_action_at").desc(), F("pk").desc()],
            ),
            in_stage=Window(Count("pk"), partition_by=[F("stage")]),
        )
        .filter(rank__lte=CARDS_A_COLUMN)
        .order_by("rank")
    )
    columns = empty_columns()
    by_value = {column.value: column for column in columns}
    for application in rows:
        column = by_value[application.stage]
        column.cards.append(application)
        column.total = application.in_stage
    return columns


def rows_of(workspace: Workspace, *, stage: str, text: str, cursor: str) -> Slice:
    """Return a page of the list, the latest action first."""
    rows = applications_of(workspace, stage=stage, text=text)
    return page_of(rows, by="last_action_at", size=ROWS_A_PAGE, cursor=cursor, newest_first=True)


class TextFile(Protocol):
    """What a CSV is written to."""

    def write(self, text: str, /) -> object: ...


CSV_HEAD = [
    "Role",
    "Company",
    "Stage",
    "Match",
    "Applied",
    "Last action",
    "Next action",
    "Next action on",
    "Reply",
    "Address",
]


def write_csv(rows: Iterable[Application], out: TextFile) -> None:
    """Write applications as CSV (RFC 4180), times in the active zone; no cell can be taken for a formula."""
    writer = csv.writer(out)
    writer.writerow(CSV_HEAD)
    writer.writerows([plain_cell(cell) for cell in cells] for cells in _cells(rows))


def _cells(rows: Iterable[Application]) -> Iterator[list[object]]:
    for row in rows:
        yield [
            row.job.title,
            row.job.company_name,
            row.get_status_display(),
            row.match_score,
            _minute(row.applied_at),
            _minute(row.last_action_at),
            row.next_action,
            row.next_action_date,
            row.get_reply_status_display(),
            row.job.url,
        ]


def _minute(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""


def plain_cell(value: object) -> str:
    """Return a value as text that no spreadsheet runs: a leading formula sign gets an apostrophe before it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text
