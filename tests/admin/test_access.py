"""Who gets into the console, what each role may do, and that no form changes anything."""

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.urls import reverse

from accounts.auditing import broken_links
from accounts.models import AuditEntry, User
from mailboxes.models import Mailbox
from outreach.models import Message
from tests.factories.accounts import UserFactory
from tests.factories.operations import client_of, do_url, list_url, pages

pytestmark = pytest.mark.django_db


def test_visitors_are_sent_to_the_one_log_in_page(client):
    answer = client.get("/ops/", follow=True)

    assert answer.redirect_chain[-1] == ("/login/?next=/ops/", 302)


def test_for_members_the_console_does_not_exist(owner_client):
    answer = owner_client.get("/ops/", follow=True)

    assert answer.status_code == 404
    assert owner_client.post("/ops/mailboxes/mailbox/do/pause/").status_code == 302
    assert owner_client.get(list_url(Mailbox)).status_code == 302


def test_staff_who_are_members_see_every_workspace(owner, message):
    User.objects.filter(pk=owner.user_id).update(is_staff=True)
    owner.user.groups.add(Group.objects.get(name="support"))

    page = client_of(owner.user).get(list_url(Message)).content.decode()

    assert message.workspace != owner.workspace
    assert f"Message {message.pk}" in page


def test_staff_without_a_role_see_no_figures(message):
    client = client_of(UserFactory(is_staff=True))

    board = client.get("/ops/")

    assert board.status_code == 200
    assert board.context["tiles"] == board.context["causes"] == board.context["entries"] == []
    assert client.get(list_url(Message)).status_code == 403


@pytest.mark.parametrize("path", ["login/", "logout/", "password_change/"])
def test_passwords_are_typed_at_one_place_only(staff_client, path):
    answer = staff_client.post(f"/ops/{path}")

    assert answer.status_code == 302
    assert not answer["Location"].startswith("/ops/login")


def test_only_our_own_pages_are_registered():
    assert {page.opts.app_label for page in pages()} <= {
        "accounts",
        "jobs",
        "mailboxes",
        "outreach",
        "llm",
        "analytics",
    }
    assert {Mailbox, Message, AuditEntry, User} <= {page.model for page in pages()}


def test_nothing_can_be_added_changed_or_deleted_by_a_form(staff_client, world, message):
    for page in pages():
        row = page.model._default_manager.first()
        base = list_url(page.model)
        assert staff_client.get(f"{base}add/").status_code == 403, base
        if row is not None:
            assert (
                staff_client.post(f"{base}{row.pk}/change/", {"status": "sent"}).status_code == 403
            )
            assert staff_client.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    message.refresh_from_db()
    assert message.status == "scheduled"


def test_support_looks_and_operations_act_as_far_as_their_permissions_say():
    support = Group.objects.get(name="support").permissions
    operations = Group.objects.get(name="operations").permissions
    acts = {
        action.codename(page.model)
        for page in pages()
        for action in page.staff_actions
        if not action.for_superusers
    }

    assert {name[:5] for name in support.values_list("codename", flat=True)} == {"view_"}
    assert set(
        operations.exclude(codename__startswith="view_").values_list("codename", flat=True)
    ) == {
        *acts,
        "reveal_personal_data",
    }
    assert {"pause_mailbox", "resume_mailbox", "cancel_message"} <= acts


def test_roles_are_kept_in_step_by_migrate():
    group = Group.objects.get(name="support")
    group.permissions.add(Permission.objects.get(codename="delete_user"))
    count = Permission.objects.count()

    call_command("migrate", verbosity=0)

    assert not group.permissions.filter(codename="delete_user").exists()
    assert Permission.objects.count() == count


def test_support_cannot_do_anything(support_client, world, message):
    tried = 0
    for page in pages():
        row = page.model._default_manager.first()
        for action in page.staff_actions:
            url = reverse(
                f"admin:{page.opts.app_label}_{page.opts.model_name}_do", args=[action.name]
            )
            target = f"{url}?ids={row.pk}" if row is not None else url
            assert support_client.get(target).status_code == 403, target
            assert support_client.post(target, {"reason": "I may not."}).status_code == 403, target
            tried += 1
        assert support_client.get(list_url(page.model)).status_code == 200
    assert tried > 8
    assert AuditEntry.objects.count() == 1  # the one that the world began with
    message.refresh_from_db()
    assert message.status == "scheduled"
    assert "/do/" not in support_client.get(list_url(Mailbox)).content.decode()


def test_operations_cannot_make_staff(operator_client, owner):
    answer = operator_client.post(
        do_url(owner.user, "give-role"), {"role": "operations", "reason": "A friend."}
    )

    assert answer.status_code == 403
    owner.user.refresh_from_db()
    assert not owner.user.is_staff
    assert settings.ADMIN_PATH == "ops/"
    assert broken_links() == []
