"""May this message begin? The causes that forbid it, where each puts the message, and how a batch shares the room left."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from outreach.claiming import (
    DueMessage,
    wait_for_company,
    wait_for_next_hour,
    wait_for_tomorrow,
)
from outreach.scheduling import PEOPLE_PER_APPLICATION


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


# The move that ends a message's way here, and what is written to it.
Refusal = tuple[str, Outcome]

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
    "platform_off": ("put back", "RoleFerry has stopped all sending for now."),
    "sending_paused": ("put back", "Sending is paused for this workspace."),
    "campaign_paused": ("put back", "The sequence this mail belongs to is paused."),
    "mailbox_stopped": ("put back", "The mailbox may not send now."),
    "domain_quarantined": ("put back", "RoleFerry has closed the mailbox's domain for now."),
    "approval_hold": ("put back", "It waits until the time to change your mind is over."),
    "mailbox_gap": ("put back", "The mailbox leaves at least 90 seconds between two mails."),
}


ENOUGH_PEOPLE = f"This application has already written to {PEOPLE_PER_APPLICATION} people, which is the most. Cancel this mail."


def is_crowd(due: DueMessage, known: Set[int]) -> bool:
    """Whether the mail would go to one person too many; `known`: contacts its application has written to."""
    limit = due.timing.people_limit
    return limit > 0 and due.contact_id not in known and len(known) >= limit


class Judge:
    """Sorts one batch of asks into those that may begin and those that may not, counting slots as it goes.

    `days`: mailbox id to its open day; `windows`: recipient domain to its open hour; `written`: (workspace, company) to
    the last mail that left; `people`: application id to the contacts it has written to.
    """

    def __init__(
        self,
        days: Mapping[int, Any],
        windows: Mapping[str, Any],
        written: Mapping[tuple[int, int], datetime],
        people: Mapping[int, Iterable[int]],
        verdicts: Mapping[int, Any],
    ) -> None:
        self.days, self.windows, self.verdicts = days, windows, verdicts
        self.written = dict(written)
        self.people = {application: set(known) for application, known in people.items()}
        self.rooms = {mailbox: row["room"] for mailbox, row in days.items()}
        self.hours = {domain: row["room"] for domain, row in windows.items()}
        self.used: set[int] = set()
        self.granted: list[Ask] = []
        self.refused: dict[str, list[Outcome]] = {"hold": [], "cancel": [], "put back": []}
        self.to_stop: list[int] = []

    def judge(self, ask: Ask) -> None:
        """Grant or refuse one ask; a ticket that is no longer valid is neither."""
        verdict = self.verdicts.get(ask.ticket.id)
        if verdict is None:
            return
        refusal = (
            self._cause(ask, verdict)
            or self._crowd(ask)
            or self._wait(ask, verdict, verdict["now"])
        )
        if refusal is None:
            self._grant(ask, verdict["now"])
        else:
            move, outcome = refusal
            self.refused[move].append(outcome)

    def _grant(self, ask: Ask, now: datetime) -> None:
        due = ask.due
        self.rooms[ask.mailbox_id] -= 1
        self.hours[due.domain] -= 1
        self.used.add(ask.mailbox_id)
        self.written[(due.workspace_id, due.company_id)] = now
        self.people.setdefault(due.application_id, set()).add(due.contact_id)
        self.granted.append(ask)

    def _cause(self, ask: Ask, verdict: Mapping[str, Any]) -> Refusal | None:
        cause = verdict["cause"]
        if not cause and not ask.due.is_sample and ask.mailbox_id in self.used:
            cause = "mailbox_gap"
        if not cause:
            return None
        move, sentence = REFUSALS[cause]
        if cause == "suppressed":
            self.to_stop.append(verdict["enrollment_id"])
        due_at = {"approval_hold": verdict["hold_until"], "mailbox_gap": verdict["free_at"]}
        return move, Outcome(ask.ticket, sentence, due_at=due_at.get(cause))

    def _crowd(self, ask: Ask) -> Refusal | None:
        if not is_crowd(ask.due, self.people.get(ask.due.application_id, set())):
            return None
        return "hold", Outcome(ask.ticket, ENOUGH_PEOPLE)

    def _wait(self, ask: Ask, verdict: Mapping[str, Any], now: datetime) -> Refusal | None:
        due = ask.due
        if ask.mailbox_id not in self.rooms or due.domain not in self.hours:
            # Midnight has passed since the claim opened the day.
            return "put back", Outcome(ask.ticket)
        wait = wait_for_company(due, self.written.get((due.workspace_id, due.company_id)), now)
        if wait is None and self.rooms[ask.mailbox_id] <= 0:
            wait = wait_for_tomorrow(due.zone, due.timing, verdict["address"], now)
        if wait is None and self.hours[due.domain] <= 0:
            wait = wait_for_next_hour(due, now)
        return None if wait is None else ("put back", Outcome(ask.ticket, wait[1], due_at=wait[0]))
