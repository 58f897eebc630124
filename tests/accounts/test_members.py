"""Inviting, joining, changing roles, switching workspaces."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import Invitation, Membership
from tests.conftest import logged_in

pytestmark = pytest.mark.django_db


def invite(client, email="sam@roleferry.example", role="viewer"):
    return client.post(reverse("accounts:member-list"), {"email": email, "role": role})


def test_an_invited_person_joins_and_sees_the_workspace(
    owner, owner_client, stranger, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        assert invite(owner_client).status_code == 302
    link = re.search(r"/invitations/[0-9a-f-]+/", mail.outbox[0].body).group()
    assert mail.outbox[0].to == ["sam@roleferry.example"]
    client = logged_in(stranger)
    assert owner.workspace.name in client.get(link).content.decode()
    assert not Membership.objects.filter(user=stranger.user, workspace=owner.workspace).exists()
    client.post(link)
    assert Membership.objects.get(user=stranger.user, workspace=owner.workspace).role == "viewer"
    assert owner.workspace.name in client.get(reverse("accounts:member-list")).content.decode()


def test_an_invitation_for_someone_else_does_not_open(owner_client, owner, viewer):
    invite(owner_client)
    invitation = Invitation.objects.get()
    response = logged_in(viewer).post(
        reverse("accounts:invitation-accept", args=[invitation.public_id])
    )
    assert response.status_code == 422
    assert "another address" in response.content.decode()
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


@pytest.mark.parametrize(
    "change",
    [{"withdrawn_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(minutes=1)}],
)
def test_a_closed_invitation_does_not_open(owner_client, owner, stranger, change):
    invite(owner_client)
    Invitation.objects.update(**change)
    response = logged_in(stranger).post(
        reverse("accounts:invitation-accept", args=[Invitation.objects.get().public_id])
    )
    assert response.status_code == 422
    assert not Membership.objects.filter(user=stranger.user, workspace=owner.workspace).exists()


def test_only_the_owner_invites(viewer_client):
    assert invite(viewer_client).status_code == 403
    assert not Invitation.objects.exists()


def test_the_owner_cannot_be_taken_out(owner, owner_client):
    response = owner_client.post(
        reverse("accounts:member-change", args=[owner.pk]), {"role": "remove"}
    )
    assert response.status_code == 404
    assert Membership.objects.filter(pk=owner.pk).exists()


def test_a_stranger_cannot_change_roles(stranger_client, viewer):
    assert (
        stranger_client.post(
            reverse("accounts:member-change", args=[viewer.pk]), {"role": "editor"}
        ).status_code
        == 404
    )
    viewer.refresh_from_db()
    assert viewer.role == "viewer"


def test_switching_into_a_strange_workspace_is_not_found(stranger_client, workspace):
    response = stranger_client.post(
        reverse("accounts:workspace-switch"), {"workspace": str(workspace.public_id)}
    )
    assert response.status_code == 404


def test_who_was_taken_out_does_not_come_back_by_the_old_link(owner, owner_client, stranger):
    invite(owner_client)
    invitation = Invitation.objects.get()
    link = reverse("accounts:invitation-accept", args=[invitation.public_id])
    guest = logged_in(stranger)
    assert guest.post(link).status_code == 302
    # A second click on the way in changes nothing.
    assert guest.post(link).status_code == 302
    membership = Membership.objects.get(workspace=owner.workspace, user=stranger.user)
    owner_client.post(reverse("accounts:member-change", args=[membership.pk]), {"role": "remove"})
    response = guest.post(link)
    assert response.status_code == 422
    assert "no longer open" in response.content.decode()
    assert not Membership.objects.filter(workspace=owner.workspace, user=stranger.user).exists()
