"""Inviting people into a workspace, and letting them in."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse

from accounts.models import Invitation, Membership, User, Workspace

VALID_FOR = timedelta(
    days=7
)  # long enough for a holiday weekend, short enough for a forgotten mailbox


class InvitationClosedError(Exception):
    """The invitation cannot be used; its message says why and what to do."""


@transaction.atomic
def invite(workspace: Workspace, *, email: str, role: str, by: User, now: datetime) -> Invitation:
    """Open the door for an address and mail the link after commit; asking again renews an open invitation."""
    email = email.lower()
    invitation, _ = Invitation.objects.update_or_create(
        workspace=workspace,
        email=email,
        accepted_at=None,
        withdrawn_at=None,
        defaults={"role": role, "invited_by": by, "expires_at": now + VALID_FOR},
    )
    link = settings.SITE_URL + reverse("accounts:invitation-accept", args=[invitation.public_id])
    text = (
        f"{by.get_full_name()} invites you to the workspace “{workspace.name}” on RoleFerry.\n\n"
        f"Open this link, logged in as {email}, within 7 days:\n{link}\n\nIf you do not know them, ignore this mail.\n"
    )
    subject = f"You are invited to {workspace.name}".replace("\n", " ").replace("\r", " ")
    transaction.on_commit(lambda: send_mail(subject, text, None, [email]), robust=True)
    return invitation


def accept(invitation: Invitation, user: User, *, now: datetime) -> Membership:
    """Make the person a member; safe to call twice. Raises InvitationClosedError with a sentence for them."""
    if invitation.email.lower() != user.email.lower():
        raise InvitationClosedError(
            f"This invitation is for another address. Log in with the address it was sent to, or ask for one to {user.email}."
        )
    # An invitation lets in once: who was taken out of the workspace does not come back by the old link.
    is_member = Membership.objects.filter(workspace=invitation.workspace, user=user).exists()
    is_open = not invitation.withdrawn_at and not invitation.accepted_at
    if not is_member and not (is_open and invitation.expires_at >= now):
        raise InvitationClosedError(
            "This invitation is no longer open. Ask the workspace's owner for a new one."
        )
    with transaction.atomic():
        membership, _ = Membership.objects.get_or_create(
            workspace=invitation.workspace, user=user, defaults={"role": invitation.role}
        )
        Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(accepted_at=now)
    return membership
