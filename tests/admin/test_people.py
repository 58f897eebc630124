"""Rights over people: superusers only, with a reason, never over themselves or each other."""

import pytest

from accounts.models import AuditEntry
from tests.factories.accounts import UserFactory
from tests.factories.operations import (
    do_url,
)

pytestmark = pytest.mark.django_db


def test_superusers_give_and_take_roles(staff_client):
    user = UserFactory()

    staff_client.post(do_url(user, "give-role"), {"role": "support", "reason": "New colleague."})
    user.refresh_from_db()
    assert user.is_staff
    assert [group.name for group in user.groups.all()] == ["support"]

    staff_client.post(do_url(user, "take-roles"), {"reason": "Left the team."})
    user.refresh_from_db()
    assert not user.is_staff
    assert not user.groups.exists()
    assert not user.is_superuser
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)) == [
        "user.give_role",
        "user.take_roles",
    ]


def test_a_role_needs_a_reason_and_a_known_name(staff_client):
    user = UserFactory()

    no_reason = staff_client.post(do_url(user, "give-role"), {"role": "support"})
    no_role = staff_client.post(do_url(user, "give-role"), {"role": "king", "reason": "Why not."})

    assert (no_reason.status_code, no_role.status_code) == (400, 400)
    user.refresh_from_db()
    assert not user.is_staff


def test_a_blocked_log_in_ends_open_sessions(staff_client, owner_client, owner):
    staff_client.post(do_url(owner.user, "block"), {"reason": "Asked by the owner."})
    out = owner_client.get("/settings/")
    staff_client.post(do_url(owner.user, "unblock"), {"reason": "Asked back."})

    assert out.status_code == 302
    owner.user.refresh_from_db()
    assert owner.user.is_active
    assert AuditEntry.objects.count() == 2


def test_superusers_cannot_be_changed_here(staff_client):
    other = UserFactory(is_staff=True, is_superuser=True)

    for name in ("take-roles", "block"):
        assert staff_client.post(do_url(other, name), {"reason": "A coup."}).status_code == 409
    other.refresh_from_db()
    assert other.is_staff
    assert other.is_active
    assert not AuditEntry.objects.exists()
