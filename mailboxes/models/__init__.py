"""Mailboxes, their room, closed doors, and what came back."""

from mailboxes.models.connection_check import ConnectionCheck
from mailboxes.models.domain import (
    DomainCheck,
    DomainQuarantine,
    RecipientWindow,
    SendingDomain,
)
from mailboxes.models.event import DeliveryEvent, ProviderDelivery, WebhookEndpoint
from mailboxes.models.inbound import InboundMessage
from mailboxes.models.loan import PoolLoan
from mailboxes.models.mailbox import Mailbox, MailboxDay
from mailboxes.models.suppression import Suppression

__all__ = [
    "ConnectionCheck",
    "DeliveryEvent",
    "DomainCheck",
    "DomainQuarantine",
    "InboundMessage",
    "Mailbox",
    "MailboxDay",
    "PoolLoan",
    "ProviderDelivery",
    "RecipientWindow",
    "SendingDomain",
    "Suppression",
    "WebhookEndpoint",
]
