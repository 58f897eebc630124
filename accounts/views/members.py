"""Who belongs to the workspace, and getting in."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import invitations
from accounts.decorators import member_required, owner_required
from accounts.forms import InvitationForm
from accounts.http import MemberRequest, PersonRequest, toast
from accounts.isolation import beyond_walls
from accounts.middleware import WorkspaceMiddleware
from accounts.models import Invitation, Membership


@require_http_methods(["GET", "POST"])
@member_required
def member_list(request: MemberRequest) -> HttpResponseBase:
    """List members and open invitations; the owner invites here."""
    if request.method == "POST":
        return _invite(request)
    return render(request, "accounts/member_list.html", _context(request, InvitationForm()))


@owner_required
def _invite(request: MemberRequest) -> HttpResponse:
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/member_list.html", _context(request, form), status=422)
    invitation = invitations.invite(
        request.workspace, by=request.user, now=timezone.now(), **form.cleaned_data
    )
    toast(
        request,
        f"Invitation sent to {invitation.email}",
        undo_url=reverse("accounts:invitation-withdraw", args=[invitation.public_id]),
    )
    return redirect("accounts:member-list")


def _context(request: MemberRequest, form: InvitationForm) -> dict[str, object]:
    now = timezone.now()
    open_invitations = Invitation.objects.for_workspace(request.workspace).filter(
        accepted_at=None, withdrawn_at=None, expires_at__gt=now
    )
    return {
        "form": form,
        "members": Membership.objects.filter(workspace=request.workspace)
        .select_related("user")
        .order_by("pk"),
        "invitations": open_invitations.order_by("pk"),
        "roles": [role for role in Membership.Role if role != Membership.Role.OWNER],
    }


@require_POST
@owner_required
def invitation_withdraw(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Close an open invitation."""
    invitation = get_object_or_404(
        Invitation.objects.for_workspace(request.workspace), public_id=pk
    )
    Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(
        withdrawn_at=timezone.now()
    )
    messages.success(request, f"Invitation to {invitation.email} withdrawn")
    return redirect("accounts:member-list")


@require_POST
@owner_required
def member_change(request: MemberRequest, pk: int) -> HttpResponse:
    """Change a member's role, or take them out (role “remove”); the owner stays."""
    membership = get_object_or_404(
        Membership.objects.filter(workspace=request.workspace).exclude(role="owner"), pk=pk
    )
    role = request.POST.get("role", "")
    if role == "remove":
        membership.delete()
        messages.success(
            request,
            f"{membership.user} is no longer a member. Invite them again to bring them back.",
        )
    elif role in {Membership.Role.EDITOR, Membership.Role.VIEWER}:
        Membership.objects.filter(pk=membership.pk).update(role=role)
        messages.success(request, f"{membership.user} is now {Membership.Role(role).label.lower()}")
    else:
        messages.error(request, "This role does not exist. Choose editor or viewer.")
    return redirect("accounts:member-list")


@require_http_methods(["GET", "POST"])
@login_required
def invitation_accept(request: PersonRequest, pk: UUID) -> HttpResponse:
    """Show who invites where; POST accepts and switches to that workspace."""
    with beyond_walls():
        invitation = get_object_or_404(
            Invitation.objects.select_related("workspace", "invited_by"), public_id=pk
        )
        sentence = ""
        if request.method == "POST":
            try:
                membership = invitations.accept(invitation, request.user, now=timezone.now())
            except invitations.InvitationClosedError as error:
                sentence = str(error)
            else:
                request.session[WorkspaceMiddleware.SESSION_KEY] = str(
                    membership.workspace.public_id
                )
                messages.success(
                    request,
                    f"You are now {membership.get_role_display().lower()} of {membership.workspace}",
                )
                return redirect("home")
        context = {"invitation": invitation, "sentence": sentence}
        return render(
            request, "accounts/invitation_accept.html", context, status=422 if sentence else 200
        )


@require_POST
@login_required
def workspace_switch(request: PersonRequest) -> HttpResponse:
    """Work in another of one's workspaces."""
    membership = get_object_or_404(
        Membership.objects.filter(user=request.user).select_related("workspace"),
        workspace__public_id=request.POST.get("workspace") or None,
    )
    request.session[WorkspaceMiddleware.SESSION_KEY] = str(membership.workspace.public_id)
    messages.success(request, f"You are now in {membership.workspace}")
    return redirect("home")
