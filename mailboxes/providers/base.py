"""What a mailbox at a provider's web interface is: its credentials, and where that interface stands."""

import json
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings

from mailboxes.models import Mailbox
from mailboxes.receipts import PermanentTransportError, Stage, TransientTransportError

# Amazon writes regions as eu-central-1 or us-gov-west-1; the word becomes part of a host name.
_REGION = re.compile(r"[a-z]{2}(-gov|-iso[a-z]?)?-[a-z]{4,9}-\d")
MAILGUN_REGIONS = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}


class ApiCredentialsError(PermanentTransportError):
    """The credentials cannot be used; the message says what to do."""

    def __init__(self, sentence: str) -> None:
        """Take a sentence for the owner of the mailbox."""
        super().__init__(sentence, stage=Stage.LOGIN)


class ProviderUnavailableError(TransientTransportError):
    """The provider cannot be asked now; trying later may help."""

    def __init__(self, sentence: str) -> None:
        """Take a sentence for the owner of the mailbox."""
        super().__init__(sentence, stage=Stage.CONNECT)


class Field(NamedTuple):
    """One value that a provider's credentials need."""

    name: str
    label: str
    is_secret: bool
    hint: str


@dataclass(frozen=True)
class ApiProvider:
    """One provider in a person's words."""

    kind: str
    name: str
    fields: tuple[Field, ...]
    what_changes: str  # what the provider alters in our mail, said honestly; empty when nothing


API_PROVIDERS: dict[str, ApiProvider] = {
    provider.kind: provider
    for provider in (
        ApiProvider(
            Mailbox.Provider.POSTMARK,
            "Postmark",
            (
                Field(
                    "server_token",
                    "Server API token",
                    True,
                    "Under Servers → your server → API Tokens.",
                ),
                Field("message_stream", "Message stream", False, "Usually “outbound”."),
            ),
            "",
        ),
        ApiProvider(
            Mailbox.Provider.MAILGUN,
            "Mailgun",
            (
                Field(
                    "api_key",
                    "Sending API key",
                    True,
                    "Under Sending → Domain settings → Sending keys, or an account key.",
                ),
                Field(
                    "domain",
                    "Sending domain",
                    False,
                    "As Mailgun shows it, for example mg.your-company.com.",
                ),
                Field("region", "Region", False, "“eu” or “us”: where you created the domain."),
            ),
            "",
        ),
        ApiProvider(
            Mailbox.Provider.SENDGRID,
            "SendGrid",
            (Field("api_key", "API key", True, "Restricted access with “Mail Send” is enough."),),
            "",
        ),
        ApiProvider(
            Mailbox.Provider.SES,
            "Amazon SES",
            (
                Field(
                    "access_key_id",
                    "Access key ID",
                    False,
                    "Of a user that may do ses:SendEmail and ses:GetAccount only.",
                ),
                Field(
                    "secret_access_key",
                    "Secret access key",
                    True,
                    "Shown once when the key is made.",
                ),
                Field("region", "Region", False, "For example eu-central-1."),
            ),
            "Amazon replaces the Message-ID, so answers are matched by the reply address instead.",
        ),
    )
}


@dataclass(frozen=True)
class ApiEndpoint:
    """Through which provider, and with whose credentials, a mailbox sends. `stand_in` is a base address for tests."""

    provider: str
    credentials: tuple[tuple[str, str], ...] = field(repr=False)
    stand_in: str = ""

    def __getitem__(self, name: str) -> str:
        """Return one value of the credentials, empty when it was not given."""
        return dict(self.credentials).get(name, "")


def endpoint_for(provider: str, credentials: dict[str, str]) -> ApiEndpoint:
    """Return the endpoint, checking what is written into addresses. Raises ApiCredentialsError."""
    known = API_PROVIDERS[provider]
    missing = [f.label for f in known.fields if not credentials.get(f.name)]
    if missing:
        raise ApiCredentialsError(
            f"{known.name} needs: {', '.join(missing)}. Connect the mailbox again."
        )
    if any(
        not value.isascii() or not value.isprintable() or " " in value
        for value in credentials.values()
    ):
        raise ApiCredentialsError(
            f"A value for {known.name} holds a space or a character that no key has. Copy it again."
        )
    endpoint = ApiEndpoint(
        provider,
        tuple(sorted(credentials.items())),
        settings.MAIL_API_STAND_INS.get(provider, ""),
    )
    if provider == Mailbox.Provider.MAILGUN and (
        endpoint["region"] not in MAILGUN_REGIONS
        or not re.fullmatch(r"[A-Za-z0-9.-]{3,253}", endpoint["domain"])
    ):
        raise ApiCredentialsError("Mailgun needs a domain name and the region “eu” or “us”.")
    if provider == Mailbox.Provider.SES and not _REGION.fullmatch(endpoint["region"]):
        raise ApiCredentialsError("Write the region as Amazon does, for example eu-central-1.")
    return endpoint


def endpoint_from(provider: str, opened: str) -> ApiEndpoint:
    """Return the endpoint of kept credentials (opened JSON). Raises ApiCredentialsError."""
    try:
        kept = json.loads(opened)
        credentials = {str(name): str(value) for name, value in kept.items()}
    except (ValueError, AttributeError) as error:
        raise ApiCredentialsError(
            "This mailbox has no key any more. Connect it again with a new one."
        ) from error
    return endpoint_for(provider, credentials)


def base_address(endpoint: ApiEndpoint) -> str:
    """Return where the provider's web interface stands, without a slash at the end; empty for Amazon's own."""
    own = {
        Mailbox.Provider.POSTMARK: "https://api.postmarkapp.com",
        Mailbox.Provider.SENDGRID: "https://api.sendgrid.com",
        Mailbox.Provider.MAILGUN: MAILGUN_REGIONS.get(endpoint["region"], ""),
        Mailbox.Provider.SES: "",
    }
    return endpoint.stand_in or own[Mailbox.Provider(endpoint.provider)]
