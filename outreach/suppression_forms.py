"""Forms of the do-not-contact list."""

from typing import Any

from django import forms

from mailboxes.addresses import AddressError
from outreach.contact_files import MAX_FILE_BYTES
from outreach.do_not_contact import MOST_ROWS, SOURCE_LENGTH, Target, read_target


class SuppressionForm(forms.Form):
    """One address or domain to leave alone."""

    target = forms.CharField(
        max_length=254,
        label="Address or domain",
        help_text="Like maria@company.com, or company.com for everybody there.",
        error_messages={"required": "Enter an address or a domain."},
    )
    note = forms.CharField(
        max_length=SOURCE_LENGTH,
        required=False,
        label="Why",
        help_text="For yourself: asked on the phone, my present employer.",
    )

    def clean_target(self) -> Target:
        """Return whom it names."""
        try:
            return read_target(self.cleaned_data["target"])
        except AddressError as error:
            raise forms.ValidationError(str(error)) from error


class SuppressionFileForm(forms.Form):
    """A CSV file of addresses and domains."""

    file = forms.FileField(
        label="CSV file",
        help_text=f"First column: address or domain. Second, if you like: why. At most {MOST_ROWS:,} rows.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"required": "Choose a file."},
    )

    def clean_file(self) -> Any:
        """Refuse a file over the limit before it is read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE_BYTES:
            size = file.size / 1024 / 1024
            raise forms.ValidationError(f"This file is {size:.1f} MB, the limit is 2 MB. Split it.")
        return file


class ReleaseForm(forms.Form):
    """Why an entry is removed."""

    reason = forms.CharField(
        max_length=300,
        label="Why may they be written to again?",
        help_text="It is kept with the removal.",
        error_messages={"required": "Say why: a removal is kept with its reason."},
    )
