"""Request id, and the workspace a logged-in person works in."""

import re
import uuid
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from accounts.isolation import workspace_walls
from accounts.models import Membership
from accounts.request_ids import request_id_var

GetResponse = Callable[[HttpRequest], HttpResponse]
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Give each request an id (a caller's own is passed on when it is harmless) and return it in X-Request-ID."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Run the request under its id."""
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        token = request_id_var.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            request_id_var.reset(token)
        response["X-Request-ID"] = request_id
        return response


class VaryOnHtmxMiddleware:
    """Tell caches that the same address answers a page or a fragment, depending on who asks."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add HX-Request to Vary."""
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        return response


class PrivatePagesMiddleware:
    """Keep what a logged-in person sees out of every cache, the browser's own included.

    The pages show mail, resumes and addresses, and the next person at the same computer must not page back to them.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Say no-store on every answer to a logged-in person that does not speak about caching itself."""
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response


class RequestSizeMiddleware:
    """Refuse a request whose declared length is beyond the limit before anything reads it (acceptance API-9).

    Django itself counts form fields only; an upload of any size would otherwise be written to disk first.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Raise RequestDataTooBig, which config.home.bad_request answers with 413."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig(f"{length} bytes were announced.")
        return self.get_response(request)


class WorkspaceMiddleware:
    """Find the member's workspace and run the rest of the request behind its database walls.

    Staff pages are left out: operators work across workspaces, with permissions and an audit row for each action.
    """

    SESSION_KEY = "workspace"

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set request.workspace and request.membership (both None for visitors)."""
        membership = self.find_membership(request)
        request.membership = membership  # type: ignore[attr-defined]
        request.workspace = membership.workspace if membership else None  # type: ignore[attr-defined]
        if membership is None or request.path.startswith(f"/{settings.ADMIN_PATH}"):
            return self.get_response(request)
        with (
            timezone.override(membership.workspace.time_zone),
            workspace_walls(membership.workspace_id),
        ):
            return self.get_response(request)

    def find_membership(self, request: HttpRequest) -> Membership | None:
        """Return the membership chosen in the session, else the person's first one."""
        if not request.user.is_authenticated:
            return None
        memberships = list(
            Membership.objects.filter(user=request.user).select_related("workspace").order_by("pk")
        )
        chosen = request.session.get(self.SESSION_KEY)
        for membership in memberships:
            if str(membership.workspace.public_id) == chosen:
                return membership
        return memberships[0] if memberships else None
