"""What every page's frame needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return theme, density, workspace and membership for the page frame (no queries)."""
    user = getattr(request, "user", None)
    member = user is not None and user.is_authenticated
    return {
        "theme": getattr(user, "theme", "") if member else request.COOKIES.get("theme", ""),
        "density": getattr(user, "density", "comfortable") if member else "comfortable",
        "shortcuts_on": getattr(user, "shortcuts_on", True),
        "workspace": getattr(request, "workspace", None),
        "membership": getattr(request, "membership", None),
        "demo_login": (settings.DEMO_LOGIN_EMAIL, settings.DEMO_PASSWORD)
        if settings.SHOW_DEMO_LOGIN
        else None,
    }
