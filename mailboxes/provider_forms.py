"""The form for a mailbox at a sending service: its fields are what the service's credentials need."""

import re
from typing import Any

from django import forms

from mailboxes.addresses import AddressError, parse_address
from mailboxes.providers.base import ApiProvider

_INITIAL = {"message_stream": "outbound", "region": ""}


class ApiForm(forms.Form):
    """Address, name, and one field for each value that the provider needs. Keys are never written back into the page."""

    address = forms.CharField(
        max_length=254,
        label="Address you send from",
        help_text="The service must know this address or its domain as yours.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    display_name = forms.CharField(max_length=120, required=False, label="Name that people see")

    def __init__(self, provider: ApiProvider, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.provider = provider
        for wanted in provider.fields:
            widget: forms.Widget = forms.TextInput(
                attrs={"autocomplete": "off", "spellcheck": "false"}
            )
            if wanted.is_secret:
                widget = forms.PasswordInput(attrs={"autocomplete": "off"})
            self.fields[wanted.name] = forms.CharField(
                max_length=300,
                label=wanted.label,
                help_text=f"{wanted.hint} It is stored encrypted and never shown again."
                if wanted.is_secret
                else wanted.hint,
                initial=_INITIAL.get(wanted.name),
                widget=widget,
            )

    def clean_address(self) -> str:
        """Return the normalised address, or say what is wrong with it."""
        try:
            parsed = parse_address(self.cleaned_data["address"])
        except AddressError as error:
            raise forms.ValidationError(str(error)) from error
        return f"{parsed.local}@{parsed.domain}"

    def clean_display_name(self) -> str:
        """Refuse control characters: the name becomes a mail header."""
        name = str(self.cleaned_data["display_name"])
        if re.search(r"[\x00-\x1f\x7f]", name):
            raise forms.ValidationError("Write the name on one line.")
        return name

    def clean(self) -> dict[str, Any]:
        """Write regions and domains as the providers do."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("region", "domain"):
            if cleaned.get(name):
                cleaned[name] = cleaned[name].strip().lower()
        return cleaned

    def credentials(self) -> dict[str, str]:
        """Return the cleaned values that the provider needs."""
        return {wanted.name: self.cleaned_data[wanted.name] for wanted in self.provider.fields}
