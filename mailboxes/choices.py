"""The ways to connect a mailbox that this installation offers, for the page that lists them."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from mailboxes.models import Mailbox
from mailboxes.oauth_providers import OAUTH_PROVIDERS, NotConfiguredError, registration_of
from mailboxes.providers.base import API_PROVIDERS


@dataclass(frozen=True)
class Way:
    """One way. `url` is empty when it is not configured here, and then `note` says so."""

    name: str
    url: str
    note: str


def account_ways() -> list[Way]:
    """Return Google and Microsoft, each with its page or with the reason why not."""
    ways = []
    for provider in OAUTH_PROVIDERS.values():
        url, note = reverse(f"mailboxes:connect-{provider.kind}"), ""
        try:
            registration_of(provider)
        except NotConfiguredError:
            url, note = "", "Not configured here. Use an app password instead."
        ways.append(Way(f"{provider.name} account", url, note))
    return ways


def renewal(mailbox: Mailbox) -> Way:
    """Return where a mailbox is given a new password, key or consent."""
    kind = mailbox.provider
    if kind in OAUTH_PROVIDERS:
        name = f"Consent again at {OAUTH_PROVIDERS[kind].name}"
        return Way(name, reverse(f"mailboxes:connect-{kind}"), "")
    if kind in API_PROVIDERS:
        url = reverse(f"mailboxes:connect-{kind}")
        return Way("Enter another key", f"{url}?{urlencode({'address': mailbox.address})}", "")
    url = reverse("mailboxes:connect-smtp")
    return Way("Change servers or password", f"{url}?mailbox={mailbox.public_id}", "")


def service_ways() -> list[Way]:
    """Return the sending services."""
    return [
        Way(provider.name, reverse(f"mailboxes:connect-{provider.kind}"), "")
        for provider in API_PROVIDERS.values()
    ]
