"""The board: exact figures, links that lead somewhere, few queries, and what it does beside people who look at it."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.auditing import record
from accounts.models import BackgroundTask, PlatformSwitch
from accounts.tasks import HEARTBEAT_KEY
from mailboxes.models import MailboxDay, Suppression
from mailboxes.refused_posts import note_refused
from outreach import pulse
from outreach.models import Message
from tests.factories.operations import staff_member, unknown_message
from tests.factories.outreach import MailboxFactory, MessageFactory

pytestmark = pytest.mark.django_db

# Session, user and the transaction take five; the switch, the moment, ten questions about what needs action, the last
# actions, the migrations.
QUERIES = 19


def tiles_of(board) -> dict[str, tuple[str, str]]:
    return {tile.slug: (tile.value, tile.tone) for tile in board["tiles"]}


def causes_of(board) -> list[tuple[str, str, int]]:
    return [(cause.what, cause.why, cause.count) for cause in board["causes"]]


def test_the_board_takes_the_same_few_queries_however_much_there_is(
    staff_client, world, django_assert_num_queries
):
    staff_client.get("/ops/")
    with django_assert_num_queries(QUERIES):
        staff_client.get("/ops/")
    for number in range(5):
        MessageFactory(scheduled=True)
        MailboxFactory(status="broken", status_reason=f"Cause {number}")
        record("x.y", world, actor=None, reason="Again.")
    with django_assert_num_queries(QUERIES):
        staff_client.get("/ops/")


def test_a_quiet_board_has_nothing_red(staff_client, workspace):
    cache.set(HEARTBEAT_KEY, timezone.now().timestamp() - 12)

    board = staff_client.get("/ops/").context

    assert tiles_of(board) | {"heartbeat": ""} == {
        "switch": ("on", ""),
        "sent": ("0 of 0", ""),
        "queue": ("0", ""),
        "failed": ("0.0%", ""),
        "unknown": ("0", ""),
        "replies": ("0, 0 unread", ""),
        "webhooks": ("0, 0 refused", ""),
        "senders": ("0", ""),
        "heartbeat": "",
    }
    assert causes_of(board) == []
    assert all(tile.threshold for tile in board["tiles"])


def test_the_board_counts_what_goes_on(staff_client):
    now = timezone.now()
    late = MessageFactory(scheduled=True, due_at=now - timedelta(minutes=20))
    MailboxFactory(workspace=late.workspace)
    MessageFactory(scheduled=True, due_at=now + timedelta(hours=2))
    braked = MessageFactory(scheduled=True, due_at=now - timedelta(minutes=30)).workspace
    MailboxFactory(workspace=braked)
    braked.sending_paused_at, braked.sending_paused_reason = now, "Spam reports."
    braked.save()
    unknown_message()
    MailboxFactory(status="paused", status_reason="Bounces.")
    MailboxFactory(status="paused", status_reason="Bounces.")
    cache.set(HEARTBEAT_KEY, now.timestamp() - 12)

    board = staff_client.get("/ops/").context
    tiles = tiles_of(board)

    assert tiles["heartbeat"][1] == ""
    assert 12 <= int(tiles["heartbeat"][0].removesuffix(" s")) < 120
    assert tiles["sent"] == ("0 of 1", "danger")
    assert tiles["queue"] == ("1, oldest 20 min", "danger")
    assert tiles["unknown"] == ("1", "danger")
    assert tiles["senders"] == ("0", "danger")
    assert "Behind a brake: 1 more." in board["tiles"][2].threshold
    assert causes_of(board) == [
        ("Workspaces braked by themselves or a brake", "Spam reports.", 1),
        ("Mailboxes: paused", "Bounces.", 2),
        ("Messages: outcome unknown", "The connection ended before the server's answer.", 1),
        ("Messages: stuck", "Due for more than 15 minutes and never tried", 1),
    ]


def test_what_left_and_what_failed_are_shares_of_the_hour(staff_client):
    now = timezone.now()
    for minutes, status in ((1, "sent"), (2, "sent"), (30, "sent"), (0, "failed"), (90, "sent")):
        message = MessageFactory(scheduled=True)
        moment = now - timedelta(minutes=minutes)
        sent = {"sent_at": moment, "reserved_day": now.date()} if status == "sent" else {}
        Message.objects.filter(pk=message.pk).update(status=status, updated_at=moment, **sent)

    board = staff_client.get("/ops/").context

    tiles = tiles_of(board)
    assert tiles["sent"] == ("2 of 2", "")
    # One of four is much, but four are no share.
    assert tiles["failed"] == ("25.0%", "")
    assert "Last mail 1 min ago." in board["tiles"][-2].threshold


def test_the_switch_is_on_the_board_with_its_reason(staff_client):
    late = MessageFactory(scheduled=True, due_at=timezone.now() - timedelta(minutes=20))
    MailboxFactory(workspace=late.workspace)
    PlatformSwitch.objects.create(
        key="sending", is_off=True, reason="A provider blocks us.", changed_at=timezone.now()
    )

    board = staff_client.get("/ops/").context

    tiles = tiles_of(board)
    assert tiles["switch"] == ("off", "danger")
    assert board["tiles"][0].note == "A provider blocks us."
    # What stands because it was told to is nobody's alarm.
    assert [tiles[slug][1] for slug in ("sent", "queue", "senders")] == ["", "", ""]


def test_needs_action_is_sorted_by_how_far_it_reaches(staff_client, workspace):
    now = timezone.now()
    box = MailboxFactory(address="a@bad.test", last_sent_at=now)
    MailboxDay.objects.create(
        workspace=box.workspace,
        mailbox=box,
        day=now.date(),
        cap=50,
        reserved=50,
        sent=50,
        bounced=2,
        complained=1,
    )
    few = MailboxFactory(address="b@few.test", last_sent_at=now)
    MailboxDay.objects.create(
        workspace=few.workspace, mailbox=few, day=now.date(), cap=50, reserved=4, sent=4, bounced=1
    )
    MailboxFactory(status="broken", status_reason="The server refused the log-in.")
    lost = MessageFactory(scheduled=True)
    Message.objects.filter(pk=lost.pk).update(status="held", lost_claims=3)
    note_refused("generic", now=now)
    note_refused("generic", now=now)
    task = {"workspace": workspace, "kind": "ferry", "title": "T", "status": "failed"}
    BackgroundTask.objects.create(**task, error="No model.", finished_at=now)
    BackgroundTask.objects.create(**task, error="Long ago.", finished_at=now - timedelta(hours=25))
    Suppression.objects.create(
        scope="platform",
        address_hash="0" * 64,
        reason="complaint",
        release_asked_by=staff_member("operations"),
        release_asked_at=now,
        release_evidence="A test mail arrived.",
    )

    board = staff_client.get("/ops/").context

    assert causes_of(board) == [
        ("Domain bad.test", "7 days: 2 bounced and 1 reported as spam, of 50 mails", 50),
        ("Mailboxes: not working", "The server refused the log-in.", 1),
        (
            "Webhook posts refused: generic",
            "The signature was missing, wrong or too old, in two hours",
            2,
        ),
        ("Messages: senders lost", "Senders were lost each time they held one of these", 1),
        ("Releases asked for", "A second person decides", 1),
        ("Tasks failed in 24 hours", "No model.", 1),
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


def test_the_board_renews_itself_by_its_fragment_alone(staff_client):
    page = staff_client.get("/ops/").content.decode()
    fragment = staff_client.get("/ops/", headers={"HX-Request": "true"}).content.decode()

    assert 'hx-trigger="every 15s"' in page
    assert "<html" in page
    assert "<html" not in fragment
    assert fragment.count('id="content-main"') == 1


def test_version_and_migrations_are_told(staff_client, settings):
    page = staff_client.get("/ops/").content.decode()

    assert f"RoleFerry {settings.VERSION}." in page
    assert "Every migration is applied" in page


def test_the_course_of_two_hours_is_drawn_from_what_was_kept(staff_client):
    now = timezone.now()
    unknown_message()
    pulse.take_pulse(now - timedelta(minutes=10))
    pulse.take_pulse(now - timedelta(minutes=8))

    tiles = {tile.slug: tile for tile in staff_client.get("/ops/").context["tiles"]}

    assert tiles["unknown"].line.words == "In two hours from 1 to 1, at most 1"
    assert len(tiles["unknown"].line.parts) == 1
    assert tiles["switch"].line is None
