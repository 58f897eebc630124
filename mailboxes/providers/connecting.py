"""Connecting a mailbox at a provider's web interface: its key is proved, then kept under seal."""

import json
import secrets
from datetime import datetime

from accounts.models import Workspace
from mailboxes.keeping import AddressRefusedError, keep, plan_problem
from mailboxes.models import Mailbox, WebhookEndpoint
from mailboxes.providers.base import endpoint_for
from mailboxes.providers.proving import prove


def connect(
    workspace: Workspace,
    provider: str,
    *,
    address: str,
    display_name: str,
    credentials: dict[str, str],
    now: datetime,
) -> Mailbox:
    """Prove the key and keep the mailbox, with an address for what the provider reports. Safe to repeat.

    Raises ApiCredentialsError, ProviderUnavailableError or AddressRefusedError, each with a sentence; then nothing
    was kept.
    """
    if full := plan_problem(workspace, address=address):
        raise AddressRefusedError(full)
    prove(endpoint_for(provider, credentials))
    mailbox = keep(
        workspace,
        address,
        {
            "provider": provider,
            "display_name": display_name,
            "smtp_host": "",
            "api_credentials": json.dumps(credentials, sort_keys=True),
        },
        now=now,
    )
    if not WebhookEndpoint.objects.filter(mailbox=mailbox).exists():
        WebhookEndpoint.objects.create(
            workspace=workspace,
            mailbox=mailbox,
            provider="generic",
            secret=secrets.token_urlsafe(32),
        )
    return mailbox
