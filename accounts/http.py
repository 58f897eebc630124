"""The request as our views see it, and the toast they leave behind."""

from django.contrib import messages
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Membership, User, Workspace


class PersonRequest(HttpRequest):
    """A request by someone who is logged in, in whichever workspace."""

    user: User


class MemberRequest(HttpRequest):
    """A request by someone who is logged in and inside a workspace (see accounts.decorators)."""

    htmx: HtmxDetails
    user: User
    workspace: Workspace
    membership: Membership


def toast(request: HttpRequest, text: str, *, undo_url: str = "") -> None:
    """Show one line on the next page; with `undo_url` it carries a real form that posts there."""
    messages.success(request, text, extra_tags=f"undo:{undo_url}" if undo_url else "")
