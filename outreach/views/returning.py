"""Where a form leads afterwards."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.http import MemberRequest


def go_back(request: MemberRequest, default: str) -> HttpResponse:
    """Redirect to the page that the form names in `next`, if it is one of ours, else to `default` (a path)."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    hosts = {request.get_host()}
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=hosts, require_https=request.is_secure()
    )
    return redirect(wanted if is_ours else default)
