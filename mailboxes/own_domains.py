"""The rows of the domains whose DNS a mailbox's owner looks after."""

from django.db import models

from mailboxes.addresses import domain_of
from mailboxes.models import Mailbox, SendingDomain
from mailboxes.sending_services import own_domain_of


def ensure_domain(mailbox: Mailbox) -> SendingDomain | None:
    """Return the row of a mailbox's own domain, making it when needed; None where the owner cannot edit DNS."""
    domain = own_domain_of(mailbox)
    if not domain:
        return None
    found = domain_row(mailbox)
    if found is not None:
        return found
    made, _ = SendingDomain.objects.get_or_create(workspace=mailbox.workspace, domain=domain)
    return made


def domain_row(mailbox: Mailbox) -> SendingDomain | None:
    """Return the row of a mailbox's domain if there is one."""
    rows: models.QuerySet[SendingDomain] = SendingDomain.objects.filter(
        workspace=mailbox.workspace_id, domain__iexact=domain_of(mailbox.address)
    )
    return rows.first()


def mailboxes_of(sending_domain: SendingDomain) -> list[Mailbox]:
    """Return the mailboxes of its workspace that send from the domain."""
    rows = Mailbox.objects.filter(workspace=sending_domain.workspace_id, is_sandbox=False)
    return list(rows.filter(address__iendswith=f"@{sending_domain.domain}").order_by("pk"))
