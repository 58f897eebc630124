"""The person's own settings and those of the workspace."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from accounts import braking
from accounts.decorators import editor_required, member_required
from accounts.forms import PreferencesForm, SettingsForm, WorkspaceForm
from accounts.http import MemberRequest, toast
from accounts.profiles import primary_profile, touch_profile

YEAR_SECONDS = 365 * 24 * 3600


@require_http_methods(["GET", "POST"])
@member_required
def settings(request: MemberRequest) -> HttpResponse:
    """Edit name, theme, density and shortcuts."""
    form = SettingsForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Settings saved")
        return redirect("accounts:settings")
    status = 422 if form.errors else 200
    return render(request, "accounts/settings.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@editor_required
def workspace_edit(request: MemberRequest) -> HttpResponse:
    """Edit what every mail of the workspace carries, and its time zone."""
    form = WorkspaceForm(request.POST or None, instance=request.workspace)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Workspace saved")
        return redirect("accounts:workspace-edit")
    return render(
        request, "accounts/workspace_edit.html", {"form": form}, status=422 if form.errors else 200
    )


@require_POST
@editor_required
def sending_pause(request: MemberRequest) -> HttpResponse:
    """Stop all mail of the workspace at once; the toast lets it go again."""
    if braking.pause_sending(
        request.workspace, reason=f"Paused by {request.user}", now=timezone.now()
    ):
        toast(
            request,
            "Sending is paused. What is scheduled waits.",
            undo_url=reverse("accounts:sending-resume"),
        )
    return redirect("accounts:workspace-edit")


@require_POST
@editor_required
def sending_resume(request: MemberRequest) -> HttpResponse:
    """Let mail go again, unless operations stopped it."""
    if braking.resume_sending(request.workspace, now=timezone.now()):
        toast(request, "Mail may leave again")
    elif request.workspace.sending_paused_by_staff:
        messages.error(
            request,
            f"Operations paused this workspace: {request.workspace.sending_paused_reason}. Write to support to have it checked.",
        )
    return redirect("accounts:workspace-edit")


@require_http_methods(["GET", "POST"])
@editor_required
def preferences_edit(request: MemberRequest) -> HttpResponse:
    """Edit what the candidate wants; the first visit shows what the resume suggests."""
    profile = primary_profile(request.workspace)
    form = PreferencesForm(request.POST or None, instance=profile.preferences)
    if request.method == "POST" and form.is_valid():
        preferences = form.save(commit=False)
        preferences.is_prefilled = False
        preferences.save()
        touch_profile(profile)
        messages.success(request, "Preferences saved. Your matches are being scored again.")
        return redirect("accounts:preferences-edit")
    context = {
        "form": form,
        "was_prefilled": profile.preferences.is_prefilled and bool(profile.preferences.titles),
    }
    return render(
        request, "accounts/preferences_edit.html", context, status=422 if form.errors else 200
    )


@require_POST
def theme_set(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme: with the person when logged in, and in a cookie for the pages before log-in."""
    theme = request.POST.get("theme", "")
    if theme not in {"", "light", "dark"}:
        theme = ""
    if request.user.is_authenticated:
        request.user.theme = theme
        request.user.save(update_fields=["theme"])
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    response = redirect(target)
    response.set_cookie(
        "theme",
        theme,
        max_age=YEAR_SECONDS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response
