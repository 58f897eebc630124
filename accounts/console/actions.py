"""What operations staff may do to a row: asked for with a reason, permitted one by one, audited in the same transaction."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.db import models, transaction

from accounts.auditing import record
from accounts.models import AuditEntry, User, Workspace

# A mistake in a list of more rows than this could not be read before it is confirmed.
ROWS_LIMIT = 100


class ActionRefusedError(Exception):
    """The action does not fit the row as it is now; the message is a sentence for the operator and nothing changed."""


class ReasonForm(forms.Form):
    """The words that are kept with every action."""

    reason = forms.CharField(
        label="Reason",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept in the audit trail. Say what you saw, without personal data.",
        error_messages={"required": "Say why: every action here is kept with its reason."},
    )


class TypedWordForm(ReasonForm):
    """The second step before something that stops many people's mail: a word that nobody types by accident."""

    word = ""
    typed = forms.CharField(
        label="Confirmation",
        max_length=40,
        error_messages={"required": "Type the word below the box, so that this is no slip."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Name the word beside the box."""
        super().__init__(*args, **kwargs)
        self.fields["typed"].help_text = f"Type {self.word} in capitals."
        self.fields["typed"].widget.attrs["autocomplete"] = "off"

    def clean_typed(self) -> str:
        """Refuse any other word."""
        typed = str(self.cleaned_data["typed"]).strip()
        if typed != self.word:
            raise forms.ValidationError(f"Type {self.word} in capitals, so that this is no slip.")
        return typed


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One confirmed action: who does it, from where, when, why, and what else the form said.

    `notes` are sentences about what it brought about, shown to the operator when it is done.
    """

    actor: User
    actor_ip: str | None
    now: datetime
    reason: str
    data: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def record(
        self,
        verb: str,
        target: models.Model,
        *,
        workspace: Workspace | None = None,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        affected_count: int = 1,
    ) -> AuditEntry:
        """Write the one audit entry of this action on `target`."""
        return record(
            verb,
            target,
            actor=self.actor,
            actor_ip=self.actor_ip,
            reason=self.reason,
            workspace=workspace,
            before=before,
            after=after,
            affected_count=affected_count,
        )


@dataclass(frozen=True, kw_only=True)
class StaffAction:
    """One thing that staff may do.

    `run(deed, row)` changes the row and writes exactly one audit entry under `verb`, or raises ActionRefusedError. An
    action without rows (`takes_rows=False`) gets None and says in its form what it is about.
    """

    name: str
    label: str
    verb: str
    effect: str
    run: Callable[[Deed, Any], None]
    applies: Callable[[Any], bool] = lambda row: True
    form: type[ReasonForm] = ReasonForm
    takes_rows: bool = True
    is_danger: bool = False
    # Rights over people are given by superusers only; no group carries them.
    for_superusers: bool = False

    def codename(self, model: type[models.Model]) -> str:
        """Return the permission's code name, such as pause_mailbox."""
        return f"{self.name.replace('-', '_')}_{model._meta.model_name}"

    def permission(self, model: type[models.Model]) -> str:
        """Return the permission's full name, such as mailboxes.pause_mailbox."""
        return f"{model._meta.app_label}.{self.codename(model)}"


Foresight = Callable[[Sequence[Any], dict[str, Any]], str]
_foresights: dict[str, list[Foresight]] = defaultdict(list)
Effect = Callable[[Deed, Any], int]
_effects: dict[str, list[Effect]] = defaultdict(list)


def foresee(verb: str, foresight: Foresight) -> None:
    """Let an upper app say, before a lower app's action is confirmed, what it will bring about there.

    `foresight(rows, data)` returns a sentence with a count, or "".
    """
    if foresight not in _foresights[verb]:
        _foresights[verb].append(foresight)


def follow(verb: str, effect: Effect) -> None:
    """Let an upper app do its part of a lower app's action in the same transaction.

    `effect(deed, row)` returns how many rows it changed and may add a sentence to `deed.notes`.
    """
    if effect not in _effects[verb]:
        _effects[verb].append(effect)


def take_effect(verb: str, deed: Deed, row: Any) -> int:
    """Let upper apps do their part of what was just done to `row`; return how many rows they changed."""
    return sum(effect(deed, row) for effect in _effects[verb])


def consequences(action: StaffAction, rows: Sequence[Any], data: dict[str, Any]) -> list[str]:
    """Return the sentences about what the action will bring about."""
    return [sentence for tell in _foresights[action.verb] if (sentence := tell(rows, data))]


def perform(
    action: StaffAction, rows: Iterable[Any], deed: Deed
) -> tuple[list[Any], list[tuple[Any, str]]]:
    """Run the action on each row; return the rows it was done to, and those refused with their sentences.

    Rows are independent: one that is refused leaves the others done. Any other failure undoes the whole call.
    """
    done, refused = [], []
    with transaction.atomic():
        for row in rows:
            try:
                with transaction.atomic():
                    action.run(deed, row)
            except ActionRefusedError as error:
                refused.append((row, str(error)))
            else:
                done.append(row)
    return done, refused
