"""The recipient's page behind the link in every mail. No log-in; looking at it changes nothing."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.isolation import beyond_walls
from mailboxes.models import Suppression
from outreach import unsubscribing

Scope = Suppression.Scope
# RFC 8058 section 3.1: mail programs post exactly this.
ONE_CLICK_FIELD, ONE_CLICK_VALUE = "List-Unsubscribe", "One-Click"
SCOPES = {"sender": Scope.WORKSPACE, "everyone": Scope.PLATFORM}


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show who wrote and why (GET), or stop this sender or all senders (POST); 404 for a token that is not ours.

    Needs neither cookie nor log-in nor CSRF token: the signed token is the proof (RFC 8058 section 3.2). A one-click
    post is answered 200 at once, without a redirect, however often it comes.
    """
    # Someone who is logged in reads a mail of another workspace: their own walls must not hide it.
    with beyond_walls():
        message = unsubscribing.message_for(token)
        if message is None:
            raise Http404
        done = ""
        if request.method == "POST":
            chosen = request.POST.get("stop", "sender")
            is_one_click = request.POST.get(ONE_CLICK_FIELD) == ONE_CLICK_VALUE
            scope = Scope.WORKSPACE if is_one_click else SCOPES.get(chosen, Scope.WORKSPACE)
            unsubscribing.unsubscribe(message, scope=scope, now=timezone.now())
            if is_one_click:
                return HttpResponse("You are unsubscribed.\n", content_type="text/plain")
            done = "everyone" if scope == Scope.PLATFORM else "sender"
        disclosure = unsubscribing.disclose(message)
    response = render(
        request, "outreach/unsubscribe.html", {"mail": disclosure, "done": done, "token": token}
    )
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
