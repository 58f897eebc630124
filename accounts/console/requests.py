"""Who asks, and from where."""

from typing import cast

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User


def operator_of(request: HttpRequest) -> User:
    """Return the logged-in person; the admin site lets nobody else through."""
    return cast(User, request.user)


def caller_address(request: HttpRequest) -> str | None:
    """Return the caller's IP address by the trusted proxies, or None when it cannot be told (a local socket)."""
    try:
        return get_adapter().get_client_ip(request) or None
    except PermissionDenied:
        return None
