"""What people type about an application: moves, notes, next steps, interviews, later times, classes."""

import hashlib
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from jobs.models import Application
from outreach.board import CLOSED_COLUMN, CLOSED_ORDER
from outreach.models import Reply

Status = Application.Status

STAGES = [
    (Status.SAVED, "Saved"),
    (Status.DRAFTING, "Preparing"),
    (Status.READY, "Waiting for you"),
    (Status.APPLIED, "Applied"),
    (Status.REPLIED, "Replied"),
    (Status.INTERVIEWING, "Interview"),
    (Status.OFFER, "Offer"),
]
CLOSED_CHOICES = [(status, Status(status).label) for status in CLOSED_ORDER]
ALL_STAGES = {
    str(value): label for value, label in [*STAGES, (CLOSED_COLUMN, "Closed…"), *CLOSED_CHOICES]
}
# Later than this a typing error is likelier than a plan.
FARTHEST_AHEAD = timedelta(days=730)


class MoveForm(forms.Form):
    """Where an application goes; `seen` is where it stood when the person looked."""

    status = forms.ChoiceField(
        choices=list(ALL_STAGES.items()),
        error_messages={"required": "Choose a stage.", "invalid_choice": "Choose a stage."},
    )
    seen = forms.ChoiceField(choices=Status.choices, widget=forms.HiddenInput)
    reason = forms.CharField(
        required=False,
        max_length=300,
        label="Why?",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    origin = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)


class NotesForm(forms.Form):
    """Free notes; `seen` is the fingerprint of the text that the person began from."""

    notes = forms.CharField(
        required=False, max_length=20_000, strip=False, widget=forms.Textarea(attrs={"rows": 8})
    )
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def clean_notes(self) -> str:
        """Keep the text as typed, with the line ends that the database holds."""
        return str(self.cleaned_data["notes"]).replace("\r\n", "\n").rstrip()


def fingerprint(text: str) -> str:
    """Return a short text that differs when `text` does, to notice that somebody else saved meanwhile."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class NextActionForm(forms.Form):
    """The next thing to do oneself, with a day."""

    next_action = forms.CharField(
        required=False,
        max_length=200,
        label="Next step",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    next_action_date = forms.DateField(
        required=False,
        label="By",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Enter a date, like 2026-12-01."},
    )

    def clean(self) -> dict[str, Any]:
        """A day needs something to do on it."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("next_action_date") and not cleaned.get("next_action"):
            self.add_error("next_action", "Say what is to be done by then, or clear the date.")
        return cleaned


def moment_field(label: str) -> forms.DateTimeField:
    """Return a field for a local moment, read in the active time zone."""
    return forms.DateTimeField(
        label=label,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={
            "required": "Enter a day and a time.",
            "invalid": "Enter a day and a time, like 2026-12-01 09:40.",
        },
    )


class InterviewForm(forms.Form):
    """One interview."""

    at = moment_field("When")
    stage = forms.CharField(
        max_length=80,
        label="Round",
        help_text="Like “first call” or “technical interview”.",
        error_messages={"required": "Say which round it is."},
    )
    interviewer = forms.CharField(max_length=120, required=False, label="With")

    def clean_at(self) -> Any:
        """Refuse a date that can only be a typing error."""
        at = self.cleaned_data["at"]
        if abs(at - timezone.now()) > FARTHEST_AHEAD:
            raise forms.ValidationError("That is more than two years away. Check the year.")
        return at


class LaterForm(forms.Form):
    """When a waiting mail shall go instead."""

    at = moment_field("Send at")

    def clean_at(self) -> Any:
        """Refuse the past and what can only be a typing error."""
        at = self.cleaned_data["at"]
        if at > timezone.now() + FARTHEST_AHEAD:
            raise forms.ValidationError("That is more than two years away. Check the year.")
        if at < timezone.now() - timedelta(minutes=5):
            raise forms.ValidationError("That time has passed. Choose a later one.")
        return at


class KindForm(forms.Form):
    """What an answer really is; empty goes back to our own reading."""

    kind = forms.ChoiceField(choices=Reply.Kind.choices, required=False)
