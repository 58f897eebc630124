"""What DNS says of a sending domain: asked, judged, kept as history, and the verdicts in force."""

from accounts.models import Workspace
from mailboxes.models import DomainCheck


def verdicts_in_force(workspace: Workspace, domain: str) -> dict[str, DomainCheck]:
    """Return the newest check of each kind ("spf", "dkim", "dmarc", "mx") of a domain; a kind never answered is left out.

    A check that could not be asked (UNKNOWN) replaces no answer: a slow resolver neither mends nor breaks a record.
    One query.
    """
    found: dict[str, DomainCheck] = {}
    rows = (
        DomainCheck.objects.for_workspace(workspace)
        .filter(sending_domain__domain__iexact=domain)
        .exclude(verdict=DomainCheck.Verdict.UNKNOWN)
        .order_by("kind", "-checked_at", "-pk")
        .distinct("kind")
    )
    for check in rows:
        found[check.kind] = check
    return found
