"""Asking a provider's web interface whether it took a mail."""

from collections.abc import Mapping, Sequence
from importlib import import_module

from mailboxes.models import Mailbox
from mailboxes.providers.base import API_PROVIDERS, endpoint_from
from outreach.recovery import Answer, Stray, Verdict


def look_up(mailbox: Mailbox, strays: Sequence[Stray]) -> Mapping[int, Answer]:
    """Return an answer for each mail that the provider knows; it never says that a mail was not taken.

    Raises TransportError when the provider cannot be asked.
    """
    # The web client is loaded by the first question, so that a sender without such mailboxes stays small.
    proving = import_module("mailboxes.providers.proving")
    endpoint = endpoint_from(mailbox.provider, mailbox.api_credentials)
    name = API_PROVIDERS[mailbox.provider].name
    return {
        stray.id: Answer(Verdict.ACCEPTED, f"{name} says that it took this mail from {mailbox}.")
        for stray in strays
        if proving.was_taken(endpoint, stray.message_id, stray.sending_at)
    }
