"""Forms of the warm-up page."""

from datetime import date, timedelta
from typing import Any

from django import forms

from accounts.models import Workspace
from accounts.plans import limits_of
from mailboxes.models.mailbox import DAILY_CAP_CEILING

# A ramp that rests longer is better begun again: SendGrid warms up anew after 30 idle days (quality.md section 2).
LONGEST_FREEZE = timedelta(days=60)


def highest_cap(workspace: Workspace) -> int:
    """Return the most mails a day that the workspace's plan lets one mailbox send."""
    return min(DAILY_CAP_CEILING, limits_of(workspace.plan).mailbox_cap)


class FreezeForm(forms.Form):
    """Until when the ramp stands still."""

    until = forms.DateField(
        label="Freeze until",
        help_text="The mailbox goes on sending what it may today, and no day counts until then.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose a date.", "invalid": "Enter a date, like 2026-12-24."},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        """Offer days from today on."""
        super().__init__(*args, **kwargs)
        self.today = today
        limits = {"min": today.isoformat(), "max": (today + LONGEST_FREEZE).isoformat()}
        self.fields["until"].widget.attrs.update(limits)

    def clean_until(self) -> date:
        """Refuse a day that is over, and one too far ahead."""
        until: date = self.cleaned_data["until"]
        if until < self.today:
            raise forms.ValidationError("Choose today or a later day.")
        if until > self.today + LONGEST_FREEZE:
            raise forms.ValidationError(
                f"At most {LONGEST_FREEZE.days} days. For longer, pause the mailbox instead."
            )
        return until


class CapForm(forms.Form):
    """How many mails a day the mailbox shall send at most, once it is warmed up."""

    daily_cap = forms.IntegerField(label="At most a day", min_value=1)

    def __init__(self, *args: Any, highest: int, **kwargs: Any) -> None:
        """Bound the figure by the plan."""
        super().__init__(*args, **kwargs)
        self.highest = highest
        field = self.fields["daily_cap"]
        field.help_text = f"1 to {highest} in your plan. The plan of the warm-up ends here."
        field.widget.attrs["max"] = highest

    def clean_daily_cap(self) -> int:
        """Refuse more than the plan has."""
        cap: int = self.cleaned_data["daily_cap"]
        if cap > self.highest:
            raise forms.ValidationError(
                f"Your plan allows at most {self.highest} mails a day from one mailbox."
            )
        return cap
