"""The ways to connect a mailbox that this installation offers, for the page that lists them."""

from dataclasses import dataclass

from django.urls import reverse

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


def service_ways() -> list[Way]:
    """Return the sending services."""
    return [
        Way(provider.name, reverse(f"mailboxes:connect-{provider.kind}"), "")
        for provider in API_PROVIDERS.values()
    ]
