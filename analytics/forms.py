"""What the analytics page may be asked."""

from django import forms

PERIODS = {"7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days", "365": "Last 12 months"}
DEFAULT_DAYS = 30


class PeriodForm(forms.Form):
    """How far back to look; anything else than the choices means DEFAULT_DAYS."""

    days = forms.ChoiceField(choices=list(PERIODS.items()), label="Period", required=False)

    @property
    def chosen(self) -> int:
        """The number of days."""
        return (
            int(self.cleaned_data.get("days") or DEFAULT_DAYS) if self.is_valid() else DEFAULT_DAYS
        )
