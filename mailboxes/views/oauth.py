"""Connecting a Google or Microsoft mailbox: saying what is asked for, going there, coming back."""

from csp.decorators import csp_update
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import editor_required
from accounts.http import MemberRequest
from mailboxes import oauth
from mailboxes.keeping import AddressRefusedError, plan_problem
from mailboxes.oauth_providers import (
    OAUTH_PROVIDERS,
    NotConfiguredError,
    OAuthProvider,
    is_configured,
)
from mailboxes.oauth_tokens import OAuthError
from mailboxes.views.checking import try_new

# Browsers hold the answer of a form to the same rule as the form: it leads to the provider.
CONSENT_PAGES = ["https://accounts.google.com", "https://login.microsoftonline.com"]


@require_http_methods(["GET", "POST"])
@editor_required
def oauth_connect(request: MemberRequest, kind: str) -> HttpResponseBase:
    """Say what the provider will ask and why; POST goes there."""
    provider = OAUTH_PROVIDERS[kind]
    if request.method == "GET":
        return _page(request, provider)
    if problem := plan_problem(request.workspace, provider=kind):
        return _page(request, provider, problem)
    try:
        url = oauth.begin(
            provider,
            request.workspace,
            request.session,
            now=timezone.now(),
            hint=request.user.email,
        )
    except NotConfiguredError as error:
        return _page(request, provider, str(error))
    return redirect(url)


@require_http_methods(["GET"])
@never_cache
@editor_required
def oauth_callback(request: MemberRequest, kind: str) -> HttpResponseBase:
    """Take the answer of the provider; only one that this session began, in this workspace, connects anything."""
    provider, now = OAUTH_PROVIDERS[kind], timezone.now()
    try:
        consent = oauth.finish(
            provider, request.workspace, request.session, request.GET.dict(), now=now
        )
        mailbox = oauth.connect(request.workspace, provider, consent, now=now)
    except (OAuthError, NotConfiguredError, AddressRefusedError) as error:
        return _page(request, provider, str(error))
    return try_new(request, mailbox)


def _page(request: MemberRequest, provider: OAuthProvider, problem: str = "") -> HttpResponseBase:
    context = {
        "provider": provider,
        "step": 2,
        "problem": problem,
        "is_configured": is_configured(provider),
    }
    status = 422 if problem else 200
    page = csp_update({"form-action": CONSENT_PAGES})(
        lambda _: render(request, "mailboxes/oauth_connect.html", context, status=status)
    )
    return page(request)
