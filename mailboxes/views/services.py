"""Connecting a mailbox at a sending service, what the service is to report where, and disconnecting any mailbox."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import editor_required
from accounts.http import MemberRequest, toast
from mailboxes import oauth
from mailboxes.connecting import disconnect
from mailboxes.keeping import AddressRefusedError, forget
from mailboxes.models import Mailbox, WebhookEndpoint
from mailboxes.oauth_providers import OAUTH_PROVIDERS
from mailboxes.provider_forms import ApiForm
from mailboxes.providers.base import API_PROVIDERS, ApiCredentialsError, ProviderUnavailableError
from mailboxes.providers.connecting import connect
from mailboxes.views.checking import try_new


@require_http_methods(["GET", "POST"])
@editor_required
def api_connect(request: MemberRequest, kind: str) -> HttpResponse:
    """Connect a mailbox at a sending service: its key is tried with a harmless question before anything is kept."""
    provider = API_PROVIDERS[kind]
    form = ApiForm(
        provider,
        request.POST or None,
        initial={
            "address": request.GET.get("address") or request.user.email,
            "display_name": request.workspace.sender_name,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            mailbox = connect(
                request.workspace,
                kind,
                address=form.cleaned_data["address"],
                display_name=form.cleaned_data["display_name"],
                credentials=form.credentials(),
                now=timezone.now(),
            )
        except (ApiCredentialsError, ProviderUnavailableError, AddressRefusedError) as error:
            form.add_error(None, str(error))
        else:
            return try_new(request, mailbox)
    return render(
        request,
        "mailboxes/api_connect.html",
        {"form": form, "provider": provider, "step": 2},
        status=422 if form.errors else 200,
    )


@require_safe
@editor_required
def mailbox_reports(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show where a sending service is to report what became of mail, and what is understood of it today."""
    mailbox = get_object_or_404(
        Mailbox.objects.for_workspace(request.workspace),
        public_id=pk,
        provider__in=Mailbox.API_PROVIDERS,
    )
    endpoint = WebhookEndpoint.objects.filter(mailbox=mailbox).order_by("pk").first()
    path = (
        reverse("mailboxes:webhook-receive", args=[endpoint.provider, endpoint.public_id])
        if endpoint
        else ""
    )
    context = {
        "mailbox": mailbox,
        "provider": API_PROVIDERS[mailbox.provider],
        "address": settings.SITE_URL.rstrip("/") + path if path else "",
    }
    return render(request, "mailboxes/mailbox_reports.html", context)


@require_http_methods(["GET", "POST"])
@editor_required
def mailbox_disconnect(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Ask once, then take a mailbox out of use.

    A password or key is kept for a day, so that it can be undone. Tokens are forgotten at once: Google is told, at
    Microsoft the person withdraws consent.
    """
    mailbox = get_object_or_404(
        Mailbox.objects.for_workspace(request.workspace),
        public_id=pk,
        is_sandbox=False,
        is_pool=False,
    )
    provider = OAUTH_PROVIDERS.get(mailbox.provider)
    if request.method == "GET":
        context = {"mailbox": mailbox, "provider": provider}
        return render(request, "mailboxes/mailbox_disconnect.html", context)
    refresh_token = mailbox.oauth_refresh_token
    if provider is None:
        disconnect(mailbox, by=str(request.user), now=timezone.now())
        undo = reverse("mailboxes:mailbox-reconnect", args=[mailbox.public_id])
        toast(request, f"{mailbox} is disconnected. Its waiting mail waits", undo_url=undo)
        return redirect("mailboxes:mailbox-list")
    forget(mailbox, by=str(request.user))
    if oauth.revoke(provider, refresh_token):
        toast(request, f"{mailbox} is disconnected, and {provider.name} has ended our access")
    else:
        toast(
            request,
            f"{mailbox} is disconnected and its tokens are deleted. Withdraw the consent itself at {provider.withdraw_url}",
        )
    return redirect("mailboxes:mailbox-list")
