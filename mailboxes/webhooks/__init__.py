"""What each provider's posts look like: how they are signed and how they are read."""

from mailboxes.webhooks.base import WebhookAdapter
from mailboxes.webhooks.generic import GenericAdapter

# One adapter per value of WebhookEndpoint.provider; an endpoint of another provider is refused.
ADAPTERS: dict[str, WebhookAdapter] = {adapter.provider: adapter for adapter in (GenericAdapter(),)}
