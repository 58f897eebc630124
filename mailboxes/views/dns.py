"""The DNS page of a mailbox: what its domain says, what it should say, and a key of one's own."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import progress
from accounts.decorators import editor_required, member_required, owner_required
from accounts.http import MemberRequest, toast
from mailboxes import dns_checks, own_domains, tasks
from mailboxes.addresses import domain_of
from mailboxes.dns_records import alignment_of
from mailboxes.models import DomainCheck, Mailbox, SendingDomain
from mailboxes.sending_services import own_domain_of, services_of

Kind = DomainCheck.Kind
Verdict = DomainCheck.Verdict

TONES = {
    Verdict.OK: "ok",
    Verdict.WARNING: "warn",
    Verdict.FAILED: "danger",
    Verdict.MISSING: "danger",
}
WHAT_FOR = {
    Kind.SPF: "Which servers may send for the domain",
    Kind.DKIM: "The key that proves a mail unchanged",
    Kind.DMARC: "What receivers do with forgeries",
    Kind.MX: "Where answers go",
}
HISTORY = 20
# Name servers are somebody else's machines, and a record needs minutes to change anyway.
ASK_AGAIN_AFTER = timedelta(seconds=30)


def _find(request: MemberRequest, pk: UUID) -> Mailbox:
    rows = Mailbox.objects.for_workspace(request.workspace).select_related("workspace")
    mailbox: Mailbox = get_object_or_404(rows, public_id=pk)
    return mailbox


@require_safe
@member_required
def mailbox_dns(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show each record with what was found, what is expected and the verdict; nothing is asked by looking."""
    mailbox = _find(request, pk)
    domain = own_domains.domain_row(mailbox)
    context: dict[str, Any] = {
        "mailbox": mailbox,
        "domain": domain,
        "domain_name": domain_of(mailbox.address),
        "is_own": bool(own_domain_of(mailbox)),
        "place": "dns",
    }
    if domain is not None:
        latest = dns_checks.latest_checks(domain)
        boxes = own_domains.mailboxes_of(domain)
        dmarc = latest.get(Kind.DMARC)
        context |= {
            "rows": [_row(kind, latest.get(kind)) for kind in Kind],
            "sharing": [box for box in boxes if box.pk != mailbox.pk],
            "service": next(iter(services_of([mailbox])), None),
            "alignment": alignment_of(
                domain.domain, dmarc.found[0] if dmarc and dmarc.found else ""
            ),
            "history": [
                (check, TONES.get(Verdict(check.verdict), ""))
                for check in domain.checks.order_by("-created_at", "-pk")[:HISTORY]
            ],
        }
    return render(request, "mailboxes/mailbox_dns.html", context)


def _row(kind: Kind, check: DomainCheck | None) -> dict[str, Any]:
    tone = TONES.get(Verdict(check.verdict), "") if check else ""
    return {
        "kind": kind.value,
        "label": kind.label,
        "what": WHAT_FOR[kind],
        "check": check,
        "tone": tone,
    }


@require_POST
@editor_required
def mailbox_dns_check(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Ask DNS again in the background; the page that follows shows the steps."""
    mailbox, now = _find(request, pk), timezone.now()
    domain = own_domains.ensure_domain(mailbox)
    back = reverse("mailboxes:mailbox-dns", args=[mailbox.public_id])
    if domain is None:
        return redirect(back)
    if domain.checked_at is not None and now - domain.checked_at < ASK_AGAIN_AFTER:
        toast(request, "DNS was asked a moment ago. A changed record takes some minutes to show.")
        return redirect(back)
    domain_pk = domain.pk
    task = progress.begin(
        request.workspace,
        kind="check_dns",
        title=f"Asking DNS about {domain}",
        steps=list(dns_checks.STEPS),
        user=request.user,
        subject=domain,
        enqueue=lambda task_pk: tasks.recheck_domain.delay(task_pk, domain_pk, back),
    )
    return redirect("accounts:task-detail", task.public_id)


@require_POST
@owner_required
def mailbox_dns_key(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Make a signing key of the domain's own, or (with `drop`) forget it."""
    mailbox = _find(request, pk)
    domain: SendingDomain | None = own_domains.ensure_domain(mailbox)
    if domain is None:
        toast(request, f"{domain_of(mailbox.address)} is not yours to edit, so its provider signs.")
    elif "drop" in request.POST:
        if dns_checks.drop_signing_key(domain):
            toast(request, f"Our key for {domain} is forgotten. Your provider signs alone now.")
    elif dns_checks.make_signing_key(domain, now=timezone.now()):
        toast(request, f"A key for {domain} is made. Publish the DKIM record below.")
    return redirect("mailboxes:mailbox-dns", mailbox.public_id)
