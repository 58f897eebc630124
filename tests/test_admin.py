"""The operations console: who gets in, what is masked, what never shows, what a look costs, and actions with reasons."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.auditing import broken_links, record
from accounts.models import AuditEntry, BackgroundTask, Invitation, Notification, User
from accounts.tasks import HEARTBEAT_KEY
from mailboxes.models import DeliveryEvent, InboundMessage, Mailbox, WebhookEndpoint
from outreach.models import Message
from tests.factories.accounts import UserFactory
from tests.factories.jobs import JobFactory, SourceFactory
from tests.factories.operations import client_of, mailbox_for, staff_member, unknown_message
from tests.factories.outreach import MailboxFactory, MessageFactory, WebhookEndpointFactory

pytestmark = pytest.mark.django_db

SECRET = "planted-secret-7f3a91"
ADDRESS = "maria.planted@northwind.test"
# Words that only the person and whoever reveals them may read.
BODY = "Dear Maria, a planted body."


def pages():
    return list(admin.site._registry.values())


def list_url(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_url(row) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def do_url(row, name: str) -> str:
    page = f"admin:{row._meta.app_label}_{row._meta.model_name}_do"
    return f"{reverse(page, args=[name])}?ids={row.pk}"


@pytest.fixture
def operator(db) -> User:
    return staff_member("operations")


@pytest.fixture
def operator_client(operator):
    return client_of(operator)


@pytest.fixture
def support_client(db):
    return client_of(staff_member("support"))


@pytest.fixture
def message():
    message = MessageFactory(scheduled=True, recipient=ADDRESS, body=BODY)
    mailbox = mailbox_for(message, smtp_password=SECRET, smtp_username="maria.planted@relay.test")
    Message.objects.filter(pk=message.pk).update(mailbox=mailbox)
    WebhookEndpointFactory(mailbox=mailbox, secret=SECRET)
    return message


@pytest.fixture
def world(message, owner):
    """One row of every kind that has a page."""
    workspace = message.workspace
    MailboxFactory(status="paused", status_reason="Asked by maria.planted@northwind.test to stop")
    SourceFactory(workspace=workspace, health="dead", last_error="The board is gone.")
    JobFactory(workspace=workspace)
    Invitation.objects.create(
        workspace=workspace, email=ADDRESS, expires_at=timezone.now() + timedelta(days=1)
    )
    Notification.objects.create(workspace=workspace, kind="reply", text=f"{ADDRESS} answered")
    BackgroundTask.objects.create(
        workspace=workspace,
        kind="import",
        title=f"Reading {ADDRESS}",
        status="failed",
        error=f"No answer from {ADDRESS}.",
        finished_at=timezone.now(),
    )
    InboundMessage.objects.create(
        workspace=workspace,
        source="generic",
        raw=SECRET.encode(),
        raw_sha256="0" * 64,
        from_address=ADDRESS,
        received_at=timezone.now(),
    )
    record("mailbox.pause", workspace, actor=owner.user, reason="Bounces.", workspace=workspace)
    return workspace


# Who gets in ----------------------------------------------------------------------------------------------------------


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


# What shows -----------------------------------------------------------------------------------------------------------


def test_no_page_shows_a_secret_or_personal_data(staff_client, world, message):
    read = 0
    for page in pages():
        urls = [list_url(page.model)]
        urls += [page_url(row) for row in page.model._default_manager.all()[:5]]
        for url in urls:
            answer = staff_client.get(url)
            html = answer.content.decode()
            assert answer.status_code == 200, url
            for hidden in (SECRET, ADDRESS, "maria.planted", BODY, "argon2", "pbkdf2"):
                assert hidden not in html, f"{hidden} on {url}"
            read += 1
    assert "maria.planted" not in staff_client.get("/ops/").content.decode()
    assert read > len(pages()) + 10


def test_secrets_are_not_even_read_from_the_database(staff_client, message):
    urls = [list_url(Mailbox), page_url(Mailbox.objects.get()), list_url(Message)]
    urls += [list_url(DeliveryEvent), list_url(WebhookEndpoint), list_url(InboundMessage)]

    with CaptureQueriesContext(connection) as captured:
        for url in urls:
            assert staff_client.get(url).status_code == 200

    assert len(captured) > 20
    for sealed in ("smtp_password", '"secret"', '"raw"', '"body"'):
        assert not [query["sql"] for query in captured if sealed in query["sql"]], sealed


def test_lists_leave_long_texts_in_the_database(
    operator_client, message, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20) as captured:
        page = operator_client.get(list_url(Message)).content.decode()

    assert "ma…@northwind.test" in page
    assert not [query for query in captured.captured_queries if '"body"' in query["sql"]]


def test_personal_data_is_revealed_by_one_audited_post(operator, operator_client, message):
    url = page_url(message).replace("/change/", "/reveal/")

    masked = operator_client.get(page_url(message)).content.decode()
    assert operator_client.get(url).status_code == 405
    assert not AuditEntry.objects.exists()
    shown = operator_client.post(url)

    assert url in masked
    assert shown.status_code == 200
    assert ADDRESS in shown.content.decode()
    assert BODY in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor, entry.workspace) == (
        "personal_data.reveal",
        operator,
        message.workspace,
    )
    assert entry.after == {"fields": ["body", "recipient", "subject"]}
    assert ADDRESS not in operator_client.get(page_url(message)).content.decode()


def test_a_revealed_page_still_shows_no_secret(staff_client, message):
    mailbox = Mailbox.objects.get()
    shown = staff_client.post(page_url(mailbox).replace("/change/", "/reveal/")).content.decode()

    assert "maria.planted@relay.test" in shown
    assert SECRET not in shown
    assert "smtp password" not in shown.lower()


def test_support_may_not_reveal(support_client, message):
    answer = support_client.post(page_url(message).replace("/change/", "/reveal/"))

    assert answer.status_code == 403
    assert ADDRESS not in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_history_is_the_audit_trail(operator_client, message):
    record("message.cancel", message, actor=None, reason="A try.")
    record("message.cancel", MessageFactory(), actor=None, reason="Another one.")

    answer = operator_client.get(page_url(message).replace("/change/", "/history/"), follow=True)
    page = answer.content.decode()

    assert answer.redirect_chain == [(f"{list_url(AuditEntry)}?target_id={message.public_id}", 302)]
    assert "A try." in page
    assert "Another one." not in page


# What a look costs ----------------------------------------------------------------------------------------------------


def test_the_board_takes_the_same_few_queries_however_much_there_is(
    staff_client, world, django_assert_num_queries
):
    staff_client.get("/ops/")
    # Session, user, membership and the transaction take five; eight questions, the last actions.
    with django_assert_num_queries(14):
        staff_client.get("/ops/")
    for number in range(5):
        MessageFactory(scheduled=True)
        MailboxFactory(status="broken", status_reason=f"Cause {number}")
        record("x.y", world, actor=None, reason="Again.")
    with django_assert_num_queries(14):
        staff_client.get("/ops/")


def test_lists_cost_the_same_for_one_row_and_for_many(
    staff_client, message, django_assert_num_queries
):
    with django_assert_num_queries(7):
        staff_client.get(list_url(Message))
    for _ in range(5):
        mailbox_for(MessageFactory(scheduled=True))
    Message.objects.update(mailbox=Mailbox.objects.first())
    with django_assert_num_queries(7):
        page = staff_client.get(list_url(Message))
    assert page.context["cl"].result_count == 6


def test_lists_never_count_a_whole_table(staff_client, message, django_assert_max_num_queries):
    with django_assert_max_num_queries(8) as captured:
        staff_client.get(list_url(Message))

    counts = [query["sql"] for query in captured.captured_queries if "COUNT(" in query["sql"]]
    assert len(counts) == 1
    assert "LIMIT 1000" in counts[0]


def test_lists_are_short_and_narrow(rf, operator):
    request = rf.get("/ops/")
    request.user = operator
    for page in pages():
        assert page.list_per_page == 50
        # The row's buttons are not a column of figures.
        assert len(page.get_list_display(request)[:-1]) <= 10, page
        assert page.show_full_result_count is False


# The board ------------------------------------------------------------------------------------------------------------


def test_the_board_counts_what_goes_on(staff_client, workspace):
    now = timezone.now()
    MessageFactory(scheduled=True, due_at=now - timedelta(minutes=20))
    MessageFactory(scheduled=True, due_at=now + timedelta(hours=2))
    unknown_message()
    MailboxFactory(status="paused", status_reason="Bounces.")
    MailboxFactory(status="paused", status_reason="Bounces.")
    workspace.sending_paused_at = now
    workspace.save()
    cache.set(HEARTBEAT_KEY, now.timestamp() - 12)

    board = staff_client.get("/ops/").context
    tiles = {tile.label: (tile.value, tile.tone) for tile in board["tiles"]}
    causes = [(cause.what, cause.why, cause.count) for cause in board["causes"]]

    assert tiles == {
        "sent in 5 minutes": ("0", ""),
        "due now": ("1", ""),
        "scheduled for later": ("1", ""),
        "outcome unknown": ("1", "danger"),
        "held for a person": ("0", ""),
        "failed in 24 hours": ("0", ""),
        "webhooks waiting": ("0", ""),
        "webhooks failed": ("0", ""),
        "replies unprocessed": ("0", ""),
        "mailboxes paused": ("2", "warn"),
        "mailboxes not working": ("0", ""),
        "workspaces paused": ("1", "warn"),
        "last heartbeat": (tiles["last heartbeat"][0], ""),
    }
    assert tiles["last heartbeat"][0] in {"12 s", "13 s", "14 s"}
    assert causes == [
        ("Mailboxes: paused", "Bounces.", 2),
        ("Messages: outcome unknown", "The connection ended before the server's answer.", 1),
        ("Messages: stuck", "Due for more than 15 minutes and never tried", 1),
    ]


def test_every_link_of_the_board_leads_to_a_list(staff_client, world):
    unknown_message()
    board = staff_client.get("/ops/").context
    urls = [tile.url for tile in board["tiles"] if tile.url]
    urls += [cause.url for cause in board["causes"]]

    assert len(urls) > 10
    for url in urls:
        # Admin answers a filter that it does not know with a redirect to ?e=1.
        assert staff_client.get(url).status_code == 200, url


def test_a_silent_beat_shows(staff_client):
    cache.set(HEARTBEAT_KEY, timezone.now().timestamp() - 300)

    tile = staff_client.get("/ops/").context["tiles"][-1]

    assert (tile.label, tile.tone) == ("last heartbeat", "danger")


def test_last_actions_name_staff_and_mask_members(staff_client, operator, owner, workspace):
    record("mailbox.pause", workspace, actor=operator, reason="Bounces of ann@northwind.test.")
    record("suppression.release", workspace, actor=owner.user, reason="She agreed.")
    record("x.y", workspace, actor=None, reason="By itself.")

    entries = staff_client.get("/ops/").context["entries"]

    assert [(entry["who"], entry["verb"], entry["reason"]) for entry in entries] == [
        ("RoleFerry", "x.y", "By itself."),
        ("ol…@roleferry.example", "suppression.release", "She agreed."),
        ("operations@roleferry.example", "mailbox.pause", "Bounces of an…@northwind.test."),
    ]


# Searching and filtering ----------------------------------------------------------------------------------------------


def test_search_is_by_exact_number_id_and_hash(operator_client, message):
    other = MessageFactory(scheduled=True)

    def found(term: str) -> list[int]:
        page = operator_client.get(list_url(Message), {"q": term})
        return [row.pk for row in page.context["cl"].result_list]

    assert found(str(message.pk)) == [message.pk]
    assert found(str(message.public_id)) == [message.pk]
    assert found(other.recipient.upper()) == [other.pk]
    assert found(other.message_id.strip("<>")) == [other.pk]
    assert found("northwind") == []
    assert found("'; DROP TABLE outreach_message; --") == []
    assert found("9" * 40) == []


def test_filters_answer_questions(operator_client):
    now = timezone.now()
    stuck = MessageFactory(scheduled=True, due_at=now - timedelta(minutes=16))
    tried = MessageFactory(scheduled=True, due_at=now - timedelta(minutes=16))
    soon = MessageFactory(scheduled=True, due_at=now + timedelta(minutes=30))
    late = MessageFactory(scheduled=True, due_at=now - timedelta(hours=25))
    Message.objects.filter(pk=tried.pk).update(first_attempt_at=now, smtp_code=451)

    def found(**query: str) -> set[int]:
        page = operator_client.get(list_url(Message), query)
        return {row.pk for row in page.context["cl"].result_list}

    assert found(stuck="yes") == {stuck.pk, late.pk}
    assert found(due="overdue") == {stuck.pk, tried.pk, late.pk}
    assert found(due="hour") == {soon.pk}
    assert found(due="late") == {late.pk}
    assert found(code="4") == {tried.pk}
    assert found(code="5") == set()
    assert found(to_domain="NORTHWIND.test") == {stuck.pk, tried.pk, soon.pk, late.pk}
    assert found(workspace_number=str(soon.workspace_id)) == {soon.pk}
    assert found(mailbox_number="x") == set()


def test_mailbox_filters(operator_client):
    good = MailboxFactory(health=90)
    low = MailboxFactory(health=60)
    bad = MailboxFactory(health=10, status="paused", status_reason="x", paused_by_staff=True)

    def found(**query: str) -> set[int]:
        page = operator_client.get(list_url(Mailbox), query)
        return {row.pk for row in page.context["cl"].result_list}

    assert found(health_band="good") == {good.pk}
    assert found(health_band="low") == {low.pk}
    assert found(health_band="bad") == {bad.pk}
    assert found(paused_by_staff__exact="1") == {bad.pk}
    assert found(status__exact="active") == {good.pk, low.pk}
    assert found(domain="sandbox.test") == {good.pk, low.pk, bad.pk}
    assert found(domain="andbox.test") == set()


# Roles ----------------------------------------------------------------------------------------------------------------


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
