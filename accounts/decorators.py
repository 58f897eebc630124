"""Who may call a view. A stranger's object is a 404 by scoping; a viewer who tries to change something gets a 403."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

View = Callable[..., HttpResponseBase]


def _guard(check: Callable[[Any], bool], sentence: str) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            membership = getattr(request, "membership", None)
            if membership is None:
                raise PermissionDenied(
                    "You belong to no workspace. Ask its owner for an invitation."
                )
            if not check(membership):
                raise PermissionDenied(sentence)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


member_required = _guard(lambda membership: True, "")
editor_required = _guard(
    lambda membership: membership.can_edit,
    "You can look but not change things here. The workspace's owner can make you an editor.",
)
owner_required = _guard(
    lambda membership: membership.role == "owner",
    "Only the workspace's owner can do this. Ask them to do it for you.",
)
