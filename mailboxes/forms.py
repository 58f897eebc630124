"""Forms of mailboxes."""

import re
from typing import Any

from django import forms

from mailboxes.addresses import AddressError, domain_of, parse_address
from mailboxes.connecting import PRESETS, SmtpDetails
from mailboxes.models import Mailbox

SECURITIES = [
    (Mailbox.Security.STARTTLS, "STARTTLS (usual, port 587)"),
    (Mailbox.Security.TLS, "TLS (port 465)"),
]


class SmtpForm(forms.Form):
    """A mailbox of one's own; server and port may stay empty for the providers we know."""

    address = forms.CharField(
        max_length=254,
        label="Your e-mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    display_name = forms.CharField(max_length=120, required=False, label="Name that people see")
    username = forms.CharField(
        max_length=254,
        required=False,
        label="User name",
        help_text="Leave empty if it is your e-mail address.",
    )
    password = forms.CharField(
        max_length=500,
        label="Password",
        help_text="Most providers want an app password here, not your normal one. It is stored encrypted and never shown again.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        strip=False,
    )
    host = forms.CharField(
        max_length=253,
        required=False,
        label="Mail server",
        help_text="Known for Gmail, Outlook, iCloud, Yahoo, Fastmail, GMX, Web.de and Zoho; leave empty there.",
    )
    port = forms.IntegerField(min_value=1, max_value=65535, required=False)
    security = forms.ChoiceField(choices=SECURITIES, required=False)

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
        if re.search(r"[\r\n\0]", name):
            raise forms.ValidationError("Write the name on one line.")
        return name

    def clean_host(self) -> str:
        """Accept a host name, not an address with a scheme or a path."""
        host = str(self.cleaned_data["host"]).strip().lower().rstrip(".")
        if host and not re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?", host):
            raise forms.ValidationError("Enter the server's name only, like smtp.example.com")
        return host

    def clean(self) -> dict[str, Any]:
        """Fill in what we know of the provider."""
        cleaned: dict[str, Any] = super().clean() or {}
        address = cleaned.get("address", "")
        preset = PRESETS.get(domain_of(address)) if address else None
        if preset and not cleaned.get("host"):
            cleaned["host"], cleaned["port"], cleaned["security"] = preset
        if address and not cleaned.get("host") and not self.errors.get("host"):
            self.add_error(
                "host",
                "We do not know this provider's server. Your provider's help page names it, often as “outgoing mail” or “SMTP”.",
            )
        cleaned["port"] = cleaned.get("port") or (465 if cleaned.get("security") == "tls" else 587)
        cleaned["security"] = cleaned.get("security") or "starttls"
        return cleaned

    def details(self) -> SmtpDetails:
        """Return the cleaned values."""
        data = self.cleaned_data
        return SmtpDetails(
            address=data["address"],
            display_name=data["display_name"],
            host=data["host"],
            port=data["port"],
            security=data["security"],
            username=data["username"] or data["address"],
            password=data["password"],
        )
