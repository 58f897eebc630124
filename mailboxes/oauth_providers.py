"""Who lets us into a mailbox by OAuth: addresses, what is asked for and why, and how to take it back."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from mailboxes.models import Mailbox

# Google lets SMTP and IMAP in with this scope alone; the narrower ones (gmail.send, gmail.readonly) open only its web
# interface (developers.google.com/workspace/gmail/imap/xoauth2-protocol, "OAuth 2.0 scopes").
GOOGLE_MAIL_SCOPE = "https://mail.google.com/"
# Microsoft parts sending from reading; both are the least that SMTP AUTH and IMAP take (learn.microsoft.com,
# "Authenticate an IMAP, POP or SMTP connection using OAuth"). We read to hear answers and to find our own sent mail.
MICROSOFT_SEND_SCOPE = "https://outlook.office.com/SMTP.Send"
MICROSOFT_READ_SCOPE = "https://outlook.office.com/IMAP.AccessAsUser.All"


class NotConfiguredError(Exception):
    """This installation has no registration with the provider; the message says so to a person."""


@dataclass(frozen=True, kw_only=True)
class OAuthProvider:
    """One provider. `mail_scopes` are the parts of `scopes` without which the mailbox is of no use.

    `userinfo_url` is empty where the access token opens only mail, so that the address is read from the ID token.
    `revoke_url` is empty where the provider has no such address; `withdraw_url` is where a person does it by hand.
    """

    kind: str
    name: str
    authorize_url: str
    token_url: str
    userinfo_url: str = ""
    revoke_url: str = ""
    withdraw_url: str
    scopes: tuple[str, ...]
    mail_scopes: tuple[str, ...]
    extra: tuple[tuple[str, str], ...] = ()
    smtp_host: str
    imap_host: str


GOOGLE = OAuthProvider(
    kind=Mailbox.Provider.GOOGLE,
    name="Google",
    authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
    token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
    userinfo_url="https://openidconnect.googleapis.com/v1/userinfo",
    revoke_url="https://oauth2.googleapis.com/revoke",
    withdraw_url="https://myaccount.google.com/connections",
    scopes=("openid", "email", GOOGLE_MAIL_SCOPE),
    mail_scopes=(GOOGLE_MAIL_SCOPE,),
    # Without both, Google gives a refresh token only at the very first consent.
    extra=(("access_type", "offline"), ("prompt", "consent")),
    smtp_host="smtp.gmail.com",
    imap_host="imap.gmail.com",
)
MICROSOFT = OAuthProvider(
    kind=Mailbox.Provider.MICROSOFT,
    name="Microsoft",
    authorize_url="https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    token_url="https://login.microsoftonline.com/common/oauth2/v2.0/token",  # noqa: S106 - an address
    withdraw_url="https://myapps.microsoft.com/",
    scopes=(
        "openid",
        "email",
        "profile",
        "offline_access",
        MICROSOFT_SEND_SCOPE,
        MICROSOFT_READ_SCOPE,
    ),
    mail_scopes=(MICROSOFT_SEND_SCOPE, MICROSOFT_READ_SCOPE),
    extra=(("prompt", "select_account"), ("response_mode", "query")),
    smtp_host="smtp.office365.com",
    imap_host="outlook.office365.com",
)
OAUTH_PROVIDERS: dict[str, OAuthProvider] = {p.kind: p for p in (GOOGLE, MICROSOFT)}


@dataclass(frozen=True)
class Registration:
    """Our own name and secret at a provider."""

    client_id: str
    client_secret: str


def registration_of(provider: OAuthProvider) -> Registration:
    """Return our registration; raise NotConfiguredError with a sentence when there is none."""
    prefix = provider.kind.upper()
    client_id = getattr(settings, f"{prefix}_OAUTH_CLIENT_ID")
    secret = getattr(settings, f"{prefix}_OAUTH_CLIENT_SECRET")
    if not client_id or not secret:
        raise NotConfiguredError(
            f"Connecting by {provider.name} is not configured here. Connect by SMTP with an app password, or ask "
            f"operations to set {prefix}_OAUTH_CLIENT_ID and {prefix}_OAUTH_CLIENT_SECRET."
        )
    return Registration(client_id, secret)


def is_configured(provider: OAuthProvider) -> bool:
    """Return whether this installation is registered with the provider."""
    try:
        registration_of(provider)
    except NotConfiguredError:
        return False
    return True


def address_at(provider: OAuthProvider, url: str) -> str:
    """Return the address to call: the provider's own, or the same path at a stand-in named in the settings."""
    stand_in = settings.OAUTH_STAND_INS.get(provider.kind, "")
    return f"{stand_in}{urlsplit(url).path}" if stand_in else url
