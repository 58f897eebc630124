"""May this message begin? The causes that forbid it, where each puts the message, and how a batch shares the room left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from outreach.claiming import DueMessage, wait_for_company, wait_for_tomorrow


@dataclass(frozen=True)
class Ticket:
    """A message in a sender's hands."""

    id: int
    epoch: int


@dataclass(frozen=True)
class Outcome:
    """What became of one message. `reason` is the sentence people read; `error` what the server said.

    `due_at`, or `delay` in seconds from now: when to try again (neither: the due time stays). `is_try`: the server was
    asked, so it counts as an attempt.
    """

    ticket: Ticket
    reason: str = ""
    error: str = ""
    due_at: datetime | None = None
    delay: float | None = None
    code: int | None = None
    provider_id: str = ""
    is_try: bool = False


@dataclass(frozen=True)
class Ask:
    """A claimed message whose sender wants to begin."""

    ticket: Ticket
    mailbox_id: int
    due: DueMessage


# cause: (move, sentence). None keeps the message scheduled; the sentence says what it waits for.
REFUSALS: Mapping[str, tuple[str, str]] = {
    "approval_void": (
        "hold",
        "The approval was withdrawn before the mail left. Approve the package again.",
    ),
    "text_changed": (
        "hold",
        "The text is no longer the one that was approved. Approve the package again.",
    ),
    "person_held": ("put back", "Writing to this person is on hold."),
    "sequence_stopped": ("cancel", "Writing to this person was stopped before the mail left."),
    "suppressed": (
        "cancel",
        "The address is on the do-not-contact list, so the mail was not sent.",
    ),
    "job_closed": ("cancel", "The opening closed before the mail left."),
    "application_closed": (
        "cancel",
        "The application was rejected or withdrawn before the mail left.",
    ),
    "sending_paused": ("put back", "Sending is paused for this workspace."),
    "mailbox_stopped": ("put back", "The mailbox may not send now."),
    "approval_hold": ("put back", "It waits until the time to change your mind is over."),
    "mailbox_gap": ("put back", "The mailbox leaves at least 90 seconds between two mails."),
}


class Judge:
    """Sorts one batch of asks into those that may begin and those that may not, counting slots as it goes."""

    def __init__(
        self,
        days: Mapping[int, Any],
        written: Mapping[tuple[int, int], datetime],
        verdicts: Mapping[int, Any],
    ) -> None:
        self.days, self.verdicts, self.written = days, verdicts, dict(written)
        self.rooms = {mailbox: row["room"] for mailbox, row in days.items()}
        self.used: set[int] = set()
        self.granted: list[Ask] = []
        self.refused: dict[str, list[Outcome]] = {"hold": [], "cancel": [], "put back": []}
        self.to_stop: list[int] = []

    def judge(self, ask: Ask) -> None:
        """Grant or refuse one ask; a ticket that is no longer valid is neither."""
        verdict = self.verdicts.get(ask.ticket.id)
        if verdict is None:
            return
        refusal = self._refusal(ask, verdict)
        if refusal is None:
            self.rooms[ask.mailbox_id] -= 1
            self.used.add(ask.mailbox_id)
            self.written[(ask.due.workspace_id, ask.due.company_id)] = verdict["now"]
            self.granted.append(ask)
        else:
            move, outcome = refusal
            self.refused[move].append(outcome)

    def _refusal(self, ask: Ask, verdict: Mapping[str, Any]) -> tuple[str, Outcome] | None:
        cause, ticket, now = verdict["cause"], ask.ticket, verdict["now"]
        if not cause and not ask.due.is_sample and ask.mailbox_id in self.used:
            cause = "mailbox_gap"
        if cause:
            move, sentence = REFUSALS[cause]
            if cause == "suppressed":
                self.to_stop.append(verdict["enrollment_id"])
            due_at = {"approval_hold": verdict["hold_until"], "mailbox_gap": verdict["free_at"]}
            return move, Outcome(ticket, sentence, due_at=due_at.get(cause))
        last = self.written.get((ask.due.workspace_id, ask.due.company_id))
        wait = wait_for_company(ask.due, last, now)
        if wait is None and ask.mailbox_id in self.rooms and self.rooms[ask.mailbox_id] <= 0:
            wait = wait_for_tomorrow(ask.due.zone, ask.due.timing, verdict["address"], now)
        if wait is not None:
            return "put back", Outcome(ticket, wait[1], due_at=wait[0])
        if ask.mailbox_id not in self.rooms:  # midnight has passed since the claim opened the day
            return "put back", Outcome(ticket)
        return None
