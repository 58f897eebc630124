"""Forms of accounts; each forgives what people really type."""

import re
from typing import Any
from zoneinfo import available_timezones

from django import forms

from accounts.models import Membership, Preferences, User, Workspace

LEVELS = [
    ("ic", "Individual contributor"),
    ("manager", "Manager"),
    ("junior", "Junior"),
    ("mid", "Mid-level"),
    ("senior", "Senior"),
    ("lead", "Lead"),
    ("executive", "Executive"),
]
SIZES = [
    ("1-10", "1 to 10"),
    ("11-50", "11 to 50"),
    ("51-200", "51 to 200"),
    ("201-1000", "201 to 1,000"),
    ("1000+", "More than 1,000"),
]
CURRENCIES = [
    (code, code)
    for code in (
        "EUR",
        "USD",
        "GBP",
        "CHF",
        "CAD",
        "AUD",
        "SEK",
        "NOK",
        "DKK",
        "PLN",
        "INR",
        "BRL",
        "JPY",
        "SGD",
    )
]
MAX_ITEMS = 40


class ListField(forms.CharField):
    """Phrases separated by commas or lines, as a list without repeats."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        """Show a stored list as the person would type it."""
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Return the phrases in order; raise a ValidationError for too many or too long ones."""
        items = list(
            dict.fromkeys(part.strip() for part in re.split(r"[,\n;]", value or "") if part.strip())
        )
        if len(items) > MAX_ITEMS:
            raise forms.ValidationError(
                f"These are {len(items)} entries; keep the {MAX_ITEMS} that matter most."
            )
        if long := [item for item in items if len(item) > 120]:
            raise forms.ValidationError(
                f"“{long[0][:40]}…” is too long. Separate entries with commas, 120 characters each at most."
            )
        return items


class PreferencesForm(forms.ModelForm):
    """What the candidate wants next."""

    titles = ListField(
        required=False,
        label="Job titles",
        help_text="Separate with commas, like: Backend engineer, Platform engineer",
    )
    locations = ListField(
        required=False, label="Places", help_text="Cities or countries, like: Hamburg, Netherlands"
    )
    role_types = ListField(
        required=False, label="Kinds of contract", help_text="Like: full-time, contract"
    )
    levels = forms.MultipleChoiceField(
        required=False, choices=LEVELS, widget=forms.CheckboxSelectMultiple
    )
    company_sizes = forms.MultipleChoiceField(
        required=False, choices=SIZES, widget=forms.CheckboxSelectMultiple, label="Company sizes"
    )
    industries = ListField(required=False)
    skills = ListField(required=False, label="Skills you want to use")
    values = ListField(
        required=False, label="What matters to you", help_text="Like: four-day week, open source"
    )
    hidden_companies = ListField(
        required=False,
        label="Never show these companies",
        help_text="Their openings are hidden and nobody there is written to.",
    )
    minimum_salary = forms.CharField(
        required=False, label="Minimum salary", help_text="Yearly, before tax, like 65000"
    )
    salary_currency = forms.ChoiceField(choices=CURRENCIES, label="Currency")

    class Meta:
        model = Preferences
        fields = [
            "titles",
            "locations",
            "remote_ok",
            "levels",
            "minimum_salary",
            "salary_currency",
            "skills",
            "role_types",
            "company_sizes",
            "industries",
            "values",
            "hidden_companies",
        ]
        labels = {"remote_ok": "Remote is fine"}

    def clean_minimum_salary(self) -> int | None:
        """Accept 65000, 65.000, 65,000 and 65k."""
        raw = str(self.cleaned_data["minimum_salary"]).strip().lower().replace(" ", "")
        if not raw:
            return None
        if match := re.fullmatch(r"(\d{1,4})k", raw):
            return int(match[1]) * 1000
        digits = re.sub(r"[.,'’](?=\d{3}(\D|$))", "", raw)
        if not digits.isdigit() or len(digits) > 9:
            raise forms.ValidationError("Enter a minimum salary, like 65000")
        return int(digits)


class SettingsForm(forms.ModelForm):
    """The person's own log-in, as others see it."""

    class Meta:
        model = User
        fields = ["full_name", "theme", "density", "shortcuts_on"]
        labels = {"full_name": "Your name", "shortcuts_on": "Single-key shortcuts"}


class WorkspaceForm(forms.ModelForm):
    """What every mail from this workspace carries, and its clock."""

    class Meta:
        model = Workspace
        fields = ["name", "sender_name", "postal_address", "time_zone"]
        labels = {
            "name": "Workspace name",
            "sender_name": "Name under your mails",
            "postal_address": "Postal address under your mails",
        }
        help_texts = {
            "postal_address": "Laws on business mail ask for it; nothing is sent without one.",
            "time_zone": "Like Europe/Berlin. Mail goes out in working hours.",
        }
        widgets = {
            "postal_address": forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"})
        }

    def clean_time_zone(self) -> str:
        """Accept only a zone that the machine knows."""
        zone = str(self.cleaned_data["time_zone"]).strip()
        if zone not in available_timezones():
            raise forms.ValidationError(
                "This time zone is not known. Write it like Europe/Berlin or America/New_York."
            )
        return zone

    def clean_sender_name(self) -> str:
        """Refuse line breaks: the name becomes a mail header."""
        name = str(self.cleaned_data["sender_name"])
        if re.search(r"[\r\n\0]", name):
            raise forms.ValidationError("Write the name on one line.")
        return name


class InvitationForm(forms.Form):
    """Asking someone into the workspace."""

    email = forms.EmailField(label="E-mail address")
    role = forms.ChoiceField(
        choices=[
            (role.value, role.label) for role in Membership.Role if role != Membership.Role.OWNER
        ],
        initial="viewer",
    )
