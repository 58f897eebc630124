"""What an answer changed, in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jobs.applications import is_forward
from jobs.models import Application
from outreach.models import Enrollment, Reply
from outreach.replies import PROPOSALS, kind_of

Status = Application.Status


@dataclass(frozen=True)
class Effect:
    """One line of what an answer changed; `can_undo` says whether an undo puts it back."""

    text: str
    tone: str = "ok"
    can_undo: bool = True


@dataclass(frozen=True)
class Proposal:
    """A move that the answer suggests and only a person makes."""

    status: str
    label: str


def described_effects(reply: Reply) -> list[Effect]:
    """Return the lines of an answer's effects, in the order in which they happened; suggestions are not effects."""
    ids = {row["enrollment"] for row in reply.effects if "enrollment" in row}
    people = (
        Enrollment.objects.for_workspace(reply.workspace)
        .filter(pk__in=ids)
        .select_related("contact")
    )
    names = {row.pk: str(row.contact) for row in people}
    lines = (_line(row, names) for row in reply.effects)
    return [line for line in lines if line is not None]


def _line(row: dict[str, Any], names: dict[int, str]) -> Effect | None:
    describe = _KINDS.get(str(row.get("kind")))
    return describe(row, names) if describe else None


def _stopped(row: dict[str, Any], names: dict[int, str]) -> Effect:
    name, mails = names.get(row["enrollment"], "this person"), len(row.get("mails", []))
    return Effect(f"Stopped writing to {name}{_mails(mails, 'cancelled')}")


def _held(row: dict[str, Any], names: dict[int, str]) -> Effect:
    name, mails = names.get(row["enrollment"], "a colleague"), len(row.get("mails", []))
    return Effect(f"Put writing to {name} on hold{_mails(mails, 'waiting')}", "warn")


def _mails(count: int, state: str) -> str:
    return f"; {count} mail{'' if count == 1 else 's'} {state}" if count else ""


def _suppressed(row: dict[str, Any], names: dict[int, str]) -> Effect:
    return Effect("Put the address on the do-not-contact list", "danger")


def _moved(row: dict[str, Any], names: dict[int, str]) -> Effect:
    before, after = Status(row["from"]).label, Status(row["to"]).label
    return Effect(f"Moved the application from {before} to {after}")


def _answered(row: dict[str, Any], names: dict[int, str]) -> Effect:
    return Effect("Counted the mail as answered")


_KINDS: dict[str, Callable[[dict[str, Any], dict[int, str]], Effect]] = {
    "stopped": _stopped,
    "held": _held,
    "suppressed": _suppressed,
    "moved": _moved,
    "answered": _answered,
}


def proposal_of(reply: Reply) -> Proposal | None:
    """Return the move that the class in force suggests, if it leads forward from where the application stands."""
    if reply.undone_at is not None:
        return None
    current = reply.enrollment.application.status
    for status in (PROPOSALS.get(Reply.Kind(kind_of(reply))), _unclear(reply)):
        if status is not None and status != current and is_forward(current, status):
            return Proposal(status, Status(status).label)
    return None


def _unclear(reply: Reply) -> str | None:
    """A match that was not certain moved nothing and only suggests it."""
    wanted = (row["to"] for row in reply.effects if row.get("kind") == "proposal")
    return next(iter(wanted), None)
