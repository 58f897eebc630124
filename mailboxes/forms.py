"""Forms of mailboxes."""

import re
from typing import Any

from django import forms
from django.conf import settings

from mailboxes.addresses import AddressError, domain_of, is_reserved_domain, parse_address
from mailboxes.connecting import IMAP_PRESETS, PRESETS, SmtpDetails
from mailboxes.models import Mailbox

SECURITIES = [
    (Mailbox.Security.STARTTLS, "STARTTLS (usual, port 587)"),
    (Mailbox.Security.TLS, "TLS (port 465)"),
]
IMAP_SECURITIES = [
    (Mailbox.Security.TLS, "TLS (usual, port 993)"),
    (Mailbox.Security.STARTTLS, "STARTTLS (port 143)"),
]
# Only where operators let private servers in; even then no password leaves this computer without encryption.
UNPROTECTED = (Mailbox.Security.NONE, "None (this computer only)")
PORTS = {
    "host": {"starttls": 587, "tls": 465, "none": 25},
    "imap_host": {"starttls": 143, "tls": 993, "none": 143},
}
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


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
    security = forms.ChoiceField(choices=SECURITIES, required=False, label="Encryption")
    imap_host = forms.CharField(
        max_length=253,
        required=False,
        label="Server for reading (IMAP)",
        help_text="Known for the same providers. Without one we cannot hear answers, and cannot look after a crash what was sent.",
    )
    imap_port = forms.IntegerField(min_value=1, max_value=65535, required=False, label="Port")
    imap_security = forms.ChoiceField(choices=IMAP_SECURITIES, required=False, label="Encryption")
    imap_username = forms.CharField(
        max_length=254,
        required=False,
        label="User name for reading",
        help_text="Leave empty if it is the same as for sending.",
    )
    imap_password = forms.CharField(
        max_length=500,
        required=False,
        label="Password for reading",
        help_text="Leave empty if it is the same as for sending.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        strip=False,
    )
    send_only = forms.BooleanField(
        required=False,
        label="Do not read this mailbox",
        help_text="Then we hear of answers only when you enter them.",
    )

    SENDING = ("address", "display_name", "password", "username", "host", "port", "security")
    READING = (
        "imap_host",
        "imap_port",
        "imap_security",
        "imap_username",
        "imap_password",
        "send_only",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer no encryption only where private servers are let in."""
        super().__init__(*args, **kwargs)
        if settings.SMTP_ALLOW_PRIVATE:
            for name in ("security", "imap_security"):
                chooser = self.fields[name]
                chooser.choices = [*chooser.choices, UNPROTECTED]  # type: ignore[attr-defined]

    @property
    def sending_fields(self) -> list[forms.BoundField]:
        """What sending needs."""
        return [self[name] for name in self.SENDING]

    @property
    def reading_fields(self) -> list[forms.BoundField]:
        """What reading needs."""
        return [self[name] for name in self.READING]

    def clean_address(self) -> str:
        """Return the normalised address, or say what is wrong with it."""
        try:
            parsed = parse_address(self.cleaned_data["address"])
        except AddressError as error:
            raise forms.ValidationError(str(error)) from error
        if is_reserved_domain(parsed.domain):
            raise forms.ValidationError(
                "This address is in a domain for examples, so nobody could answer it. Use your real address."
            )
        return f"{parsed.local}@{parsed.domain}"

    def clean_display_name(self) -> str:
        """Refuse control characters: the name becomes a mail header."""
        name = str(self.cleaned_data["display_name"])
        if re.search(r"[\r\n\0]", name):
            raise forms.ValidationError("Write the name on one line.")
        return name

    def clean_username(self) -> str:
        """Refuse control characters."""
        return self._on_one_line("username")

    def clean_password(self) -> str:
        """Refuse control characters: servers read them as the end of the password."""
        return self._on_one_line("password")

    def clean_imap_username(self) -> str:
        """Refuse control characters."""
        return self._on_one_line("imap_username")

    def clean_imap_password(self) -> str:
        """Refuse control characters."""
        return self._on_one_line("imap_password")

    def clean_host(self) -> str:
        """Accept a host name, not an address with a scheme or a path."""
        return self._host("host", "smtp.example.com")

    def clean_imap_host(self) -> str:
        """Accept a host name, not an address with a scheme or a path."""
        return self._host("imap_host", "imap.example.com")

    def clean(self) -> dict[str, Any]:
        """Fill in what we know of the provider, and the usual ports."""
        cleaned: dict[str, Any] = super().clean() or {}
        domain = domain_of(cleaned["address"]) if cleaned.get("address") else ""
        self._fill(cleaned, PRESETS.get(domain), ("host", "port", "security"))
        if cleaned.get("send_only"):
            cleaned["imap_host"] = ""
        else:
            reading = ("imap_host", "imap_port", "imap_security")
            self._fill(cleaned, IMAP_PRESETS.get(domain), reading)
        if domain and not cleaned.get("host") and not self.errors.get("host"):
            self.add_error(
                "host",
                "We do not know this provider's server. Your provider's help page names it, often as “outgoing mail” or “SMTP”.",
            )
        self._usual(cleaned, "host", "port", "security", "starttls")
        self._usual(cleaned, "imap_host", "imap_port", "imap_security", "tls")
        return cleaned

    def details(self) -> SmtpDetails:
        """Return the cleaned values."""
        data = {name: self.cleaned_data[name] for name in (*self.SENDING, *self.READING)}
        del data["send_only"]
        data["username"] = data["username"] or data["address"]
        return SmtpDetails(**data)

    def _fill(
        self, cleaned: dict[str, Any], preset: tuple[str, int, str] | None, names: tuple[str, ...]
    ) -> None:
        if preset and not cleaned.get(names[0]):
            cleaned.update(zip(names, preset, strict=True))

    def _usual(
        self, cleaned: dict[str, Any], host: str, port: str, security: str, usual: str
    ) -> None:
        cleaned[security] = cleaned.get(security) or usual
        cleaned[port] = cleaned.get(port) or PORTS[host][cleaned[security]]

    def _host(self, name: str, example: str) -> str:
        host = str(self.cleaned_data[name]).strip().lower().rstrip(".")
        if host and not _HOST.fullmatch(host):
            raise forms.ValidationError(f"Enter the server's name only, like {example}")
        return host

    def _on_one_line(self, name: str) -> str:
        value = str(self.cleaned_data[name])
        if any(ord(letter) < 32 for letter in value):
            raise forms.ValidationError("It holds a line break or another control character.")
        return value
