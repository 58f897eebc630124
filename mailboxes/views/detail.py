"""One mailbox: how it stands, what can be done about it, and where reports about its mail may be posted."""

import secrets
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import editor_required, member_required
from accounts.http import MemberRequest, toast
from mailboxes import connecting, health_story
from mailboxes.capacity import cap_for
from mailboxes.choices import renewal
from mailboxes.imap_folders import decode_name
from mailboxes.models import ConnectionCheck, Mailbox, MailboxDay, WebhookEndpoint

# 256 bits, as the practice server's endpoints have.
SECRET_BYTES = 32


@require_safe
@member_required
def mailbox_detail(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show one mailbox: state and reason, today's room, how it is reached, its last test, its reports."""
    return _page(request, _find(request, pk))


@require_POST
@editor_required
def mailbox_reconnect(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Undo disconnecting, as long as the secrets are kept."""
    mailbox = _find(request, pk)
    try:
        is_back = connecting.reconnect(mailbox, now=timezone.now())
    except connecting.ConnectionRefusedBySenseError as error:
        toast(request, str(error))
        return redirect("mailboxes:mailbox-detail", mailbox.public_id)
    if is_back:
        toast(request, f"{mailbox} is connected again")
    elif mailbox.disconnected_at is not None:
        toast(request, f"The secrets of {mailbox} are deleted by now. Connect it again.")
    return redirect("mailboxes:mailbox-detail", mailbox.public_id)


@require_POST
@editor_required
@transaction.atomic
def reports_rotate(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Make the mailbox's address for signed reports, or give it a new secret; the secret is on this one page only."""
    mailbox = _find(request, pk)
    if mailbox.is_sandbox:
        toast(request, "The practice server has its own address for reports already.")
        return redirect("mailboxes:mailbox-detail", mailbox.public_id)
    Mailbox.objects.select_for_update(no_key=True).get(pk=mailbox.pk)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    endpoint = _endpoint(mailbox)
    if endpoint is None:
        WebhookEndpoint.objects.create(
            workspace=request.workspace, mailbox=mailbox, provider="generic", secret=secret
        )
    else:
        endpoint.secret, endpoint.is_active = secret, True
        endpoint.save(update_fields=["secret", "is_active", "updated_at"])
    response = _page(request, mailbox, secret=secret)
    response["Cache-Control"] = "no-store"
    return response


def _find(request: MemberRequest, pk: UUID) -> Mailbox:
    rows = Mailbox.objects.for_workspace(request.workspace).select_related("workspace")
    mailbox: Mailbox = get_object_or_404(rows, public_id=pk)
    return mailbox


def _endpoint(mailbox: Mailbox) -> WebhookEndpoint | None:
    found: WebhookEndpoint | None = (
        WebhookEndpoint.objects.filter(mailbox=mailbox, provider="generic").order_by("pk").first()
    )
    return found


def _page(request: MemberRequest, mailbox: Mailbox, *, secret: str = "") -> HttpResponse:
    now = timezone.now()
    endpoint = None if mailbox.is_sandbox else _endpoint(mailbox)
    path = (
        reverse("mailboxes:webhook-receive", args=["generic", endpoint.public_id])
        if endpoint
        else ""
    )
    used = MailboxDay.objects.filter(mailbox=mailbox, day=now.date()).values_list(
        "reserved", flat=True
    )
    gone_at = mailbox.disconnected_at
    context = {
        "mailbox": mailbox,
        "place": "detail",
        "word": health_story.word_of(mailbox),
        "used": used.first() or 0,
        "cap": cap_for(mailbox, now.date()),
        "sent_folder": decode_name(mailbox.sent_folder),
        "last_check": ConnectionCheck.objects.filter(mailbox=mailbox).order_by("-pk").first(),
        "can_test": gone_at is None and not mailbox.is_sandbox,
        "can_undo": gone_at is not None and now - gone_at < connecting.UNDO,
        "renewal": renewal(mailbox),
        "is_api": mailbox.provider in Mailbox.API_PROVIDERS,
        "reports_url": settings.SITE_URL.rstrip("/") + path if path else "",
        "secret": secret,
    }
    return render(request, "mailboxes/mailbox_detail.html", context)
