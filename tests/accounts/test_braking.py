"""The workspace's own brake, and that operations' brake is stronger."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import braking

pytestmark = pytest.mark.django_db


def test_a_person_stops_all_mail_and_undoes_it(owner_client, workspace):
    owner_client.post(reverse("accounts:sending-pause"))
    workspace.refresh_from_db()
    assert (workspace.sending_paused_at is not None, workspace.sending_paused_by_staff) == (
        True,
        False,
    )
    assert (
        "Sending is paused" in owner_client.get(reverse("accounts:workspace-edit")).content.decode()
    )
    owner_client.post(reverse("accounts:sending-resume"))
    workspace.refresh_from_db()
    assert (workspace.sending_paused_at, workspace.sending_paused_reason) == (None, "")


def test_a_person_cannot_lift_operations_brake(owner_client, workspace):
    braking.pause_sending(workspace, reason="Complaints rise", now=timezone.now(), by_staff=True)
    page = owner_client.post(reverse("accounts:sending-resume"), follow=True).content.decode()
    workspace.refresh_from_db()
    assert workspace.sending_paused_at is not None
    assert "Operations paused this workspace: Complaints rise" in page


def test_operations_take_over_a_persons_pause(workspace):
    braking.pause_sending(workspace, reason="Holiday", now=timezone.now())
    assert braking.pause_sending(
        workspace, reason="Complaints rise", now=timezone.now(), by_staff=True
    )
    assert braking.resume_sending(workspace, now=timezone.now()) is False
    assert braking.resume_sending(workspace, now=timezone.now(), by_staff=True) is True


def test_a_brake_is_remembered_when_operations_take_over_and_its_figures_begin_anew(workspace):
    now = timezone.now()
    braking.pause_sending(workspace, reason="Bounces", now=now, by_brake=True)
    braking.pause_sending(workspace, reason="We look at it", now=now, by_staff=True)
    assert workspace.sending_paused_by_brake
    assert braking.resume_sending(workspace, now=now, by_staff=True)
    assert (workspace.sending_resumed_at, workspace.sending_paused_by_brake) == (now, False)


def test_a_persons_own_pause_does_not_begin_the_figures_anew(workspace):
    braking.pause_sending(workspace, reason="Holiday", now=timezone.now())
    assert braking.resume_sending(workspace, now=timezone.now())
    assert workspace.sending_resumed_at is None


def test_viewers_and_strangers_leave_it_alone(viewer_client, stranger_client, workspace):
    assert viewer_client.post(reverse("accounts:sending-pause")).status_code == 403
    stranger_client.post(reverse("accounts:sending-pause"))
    workspace.refresh_from_db()
    assert workspace.sending_paused_at is None
