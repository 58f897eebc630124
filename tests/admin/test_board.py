"""The board: exact figures, links that lead somewhere, few queries."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.auditing import record
from accounts.tasks import HEARTBEAT_KEY
from tests.factories.operations import (
    unknown_message,
)
from tests.factories.outreach import MailboxFactory, MessageFactory

pytestmark = pytest.mark.django_db


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
