"""The mailbox's brake on simulated series (B-5 D10): warn, stop, rest a day, go on with half of the ramp."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from accounts.models import Notification
from mailboxes import brakes
from mailboxes.brakes import Ruling, look_at, look_at_all, rule
from mailboxes.capacity import cap_for
from mailboxes.connecting import resume
from mailboxes.events import brake_mailbox
from mailboxes.health import Figures
from mailboxes.models import Mailbox, MailboxDay
from tests.factories.outreach import MailboxFactory

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "bounced", "complained", "verdict"),
    [
        (0, 0, 0, ""),
        (49, 10, 0, ""),  # too few to say anything
        (50, 0, 0, ""),
        (50, 1, 0, "warn"),  # 2 %
        (51, 1, 0, ""),  # 1.96 %
        (50, 2, 0, "warn"),
        (50, 3, 0, "pause"),  # 6 %
        (100, 5, 0, "pause"),  # exactly 5 %
        (101, 5, 0, "warn"),
        (0, 60, 0, "pause"),  # refused to our face, every one
        (20, 0, 1, "warn"),  # one complaint alone says little about twenty mails
        (99, 0, 1, "warn"),
        (100, 0, 1, "pause"),  # 1 %
        (20, 0, 2, "pause"),  # a second one is no accident
        (333, 0, 1, "pause"),  # 0.3003 %
        (334, 0, 1, "warn"),  # 0.2994 %
        (1000, 0, 1, "warn"),  # exactly 0.1 %
        (1001, 0, 1, ""),
        (1000, 0, 2, "warn"),
        (1000, 0, 3, "pause"),
    ],
)
def test_what_figures_ask_for(sent, bounced, complained, verdict):
    ruling = rule(Figures(sent, bounced, complained))
    assert ("pause" if ruling.pause else "warn" if ruling.warn else "") == verdict


def test_health_below_fifty_stops_a_mailbox_and_the_reason_is_a_sentence():
    assert rule(Figures(), health=50) == Ruling()
    assert rule(Figures(), health=49).pause == "Its health fell to 49; sending stops below 50."
    assert rule(Figures(60, 6)).pause == "6 of 60 mails bounced; sending stops at 5%."
    assert rule(Figures(100, 0, 2)).pause == (
        "2 of 100 mails were reported as spam; sending stops at 0.3%."
    )


@pytest.fixture
def box(db):
    box = MailboxFactory(
        provider="smtp",
        is_sandbox=False,
        address="olga@quay.com",
        status="warmup",
        warmup_started_on=NOW.date() - timedelta(days=40),
        ramp_days=21,
    )
    Mailbox.objects.filter(pk=box.pk).update(created_at=NOW - timedelta(days=40))
    return box


def day_of(box, *, at=NOW, **counts):
    sent = counts.get("sent", 0)
    MailboxDay.objects.update_or_create(
        mailbox=box,
        day=at.date(),
        defaults={"workspace": box.workspace, "cap": 100, "reserved": sent, **counts},
    )


def look(box, now=NOW):
    found = look_at(box.pk, now=now)
    box.refresh_from_db()
    return found


def test_a_quiet_mailbox_is_healthy_and_left_alone(box):
    day_of(box, sent=40)
    assert look(box) == ""
    assert (box.status, box.health, box.health_reasons, box.health_checked_at) == (
        "warmup",
        100,
        [],
        NOW,
    )
    assert (box.warned_at, box.braked_at, box.alerted_at) == (None, None, None)
    assert not Notification.objects.exists()


def test_a_warning_stands_from_its_first_moment_until_it_is_over(box):
    day_of(box, sent=50, bounced=1)
    assert look(box) == "warned"
    later = NOW + timedelta(hours=1)
    assert look(box, later) == "warned"
    assert (box.status, box.warned_at) == ("warmup", NOW)
    day_of(box, sent=90, bounced=1)
    assert look(box, later) == ""
    assert box.warned_at is None


def test_a_series_stops_rests_a_day_goes_on_carefully_and_is_forgiven(box):
    assert cap_for(box, NOW.date()) == 40
    day_of(box, sent=60, bounced=3)
    assert look(box) == "paused"
    assert (box.status, box.braked_at, box.ramp_days) == ("paused", NOW, 10)
    assert box.status_reason == (
        "3 of 60 mails bounced; sending stops at 5%. "
        "It rests for 24 hours and then goes on with half of its ramp."
    )
    assert look(box, NOW + timedelta(hours=23, minutes=59)) == ""
    assert box.status == "paused"

    tomorrow = NOW + timedelta(hours=24)
    assert look(box, tomorrow) == "resumed"
    assert (box.status, box.status_reason, cap_for(box, tomorrow.date())) == ("warmup", "", 20)
    assert look(box, tomorrow) == ""  # what was judged once does not stop it again
    assert box.braked_at == NOW

    after = NOW + timedelta(days=2)
    day_of(box, at=after, sent=50, bounced=4)
    assert look(box, after) == "paused"  # on probation new bounces count
    assert (box.braked_at, box.ramp_days) == (after, 5)
    assert look(box, after + timedelta(days=1)) == "resumed"
    week_on = after + timedelta(days=8)
    assert look(box, week_on) == ""
    assert (box.status, box.health, box.braked_at) == ("warmup", 100, None)
    kinds = Notification.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds).count("mailbox_braked") == 2
    assert list(kinds).count("mailbox_resumed") == 2


def test_a_mailbox_that_is_still_unwell_rests_longer(box):
    day_of(box, sent=100, complained=3)
    assert look(box) == "paused"
    assert box.health == 40
    assert look(box, NOW + timedelta(days=1)) == ""
    assert look(box, NOW + timedelta(days=6)) == ""
    assert box.status == "paused"
    assert look(box, NOW + timedelta(days=7)) == "resumed"
    assert box.health == 100


@pytest.mark.parametrize(
    "fields",
    [
        {"paused_by_staff": True, "braked_at": NOW - timedelta(days=3)},
        {"braked_at": None},
        {"disconnected_at": NOW, "braked_at": NOW - timedelta(days=3)},
    ],
)
def test_what_people_stopped_the_brake_does_not_start(box, fields):
    Mailbox.objects.update(status="paused", status_reason="Paused.", **fields)
    assert look(box) == ""
    assert box.status == "paused"


def test_a_fall_of_ten_points_within_a_day_calls_operations_once(box):
    day_of(box, sent=90)
    look(box)
    day_of(box, sent=90, complained=1)
    assert look(box, NOW + timedelta(hours=2)) == "warned"
    assert (box.health, box.alerted_at) == (80, NOW + timedelta(hours=2))
    look(box, NOW + timedelta(hours=3))
    assert box.alerted_at == NOW + timedelta(hours=2)
    news = Notification.objects.get(kind="mailbox_health")
    assert news.text == "The health of olga@quay.com fell to 80."


def test_a_slow_fall_calls_nobody_but_two_small_steps_within_a_day_do(box):
    day_of(box, sent=50, bounced=2)
    look(box)
    assert (box.health, box.alerted_at) == (94, None)
    look(box, NOW + timedelta(hours=25))
    day_of(box, sent=100, bounced=5)
    Mailbox.objects.update(
        braked_at=NOW - timedelta(days=1)
    )  # the brake looks away, the score does not
    look(box, NOW + timedelta(hours=26))
    assert (box.health, box.alerted_at) == (88, None)
    day_of(box, sent=100, bounced=7)
    look(box, NOW + timedelta(hours=30))
    assert box.health == 80
    assert box.alerted_at == NOW + timedelta(hours=30)


def test_practice_mailboxes_have_no_name_to_lose(db):
    practice = MailboxFactory()
    day_of(practice, sent=100, bounced=90, complained=9)
    assert look(practice) == ""
    assert (practice.status, practice.health, practice.health_checked_at) == ("active", 100, None)
    assert look_at_all(now=NOW) == 0


def test_the_sweep_leaves_out_what_was_just_looked_at(box):
    assert look_at_all(now=NOW) == 1
    assert look_at_all(now=NOW + timedelta(minutes=4)) == 0
    assert look_at_all(now=NOW + timedelta(minutes=15)) == 1


def test_a_policy_block_stops_the_mailbox_halves_its_ramp_and_waits_for_a_person(box):
    assert brake_mailbox(box, "5.7.1", "blocked using a list")
    box.refresh_from_db()
    assert (box.status, box.ramp_days, box.braked_at) == ("paused", 10, None)
    assert look(box, NOW + timedelta(days=9)) == ""
    assert box.status == "paused"


@pytest.mark.django_db(transaction=True)
def test_of_four_workers_one_stops_the_mailbox():
    box = MailboxFactory(provider="smtp", is_sandbox=False, ramp_days=20, status="active")
    day_of(box, sent=60, bounced=6)
    gate, found = threading.Barrier(4), []

    def work():
        gate.wait()
        found.append(look_at(box.pk, now=NOW))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["", "", "", "paused"]
    box.refresh_from_db()
    assert box.ramp_days == 10
    assert Notification.objects.filter(kind="mailbox_braked").count() == 1
    assert brakes.rests_until(box) == NOW + timedelta(hours=24)


def test_a_person_cannot_cut_the_rest_short_and_operations_can(box):
    day_of(box, sent=60, bounced=6)
    look(box)
    assert not resume(box, now=NOW + timedelta(hours=23))
    assert box.status == "paused"
    assert resume(box, now=NOW + timedelta(hours=25))
    assert (box.status, box.ramp_days) == ("warmup", 10)
    Mailbox.objects.update(status="paused", status_reason="Stopped.", braked_at=NOW)
    box.refresh_from_db()
    assert resume(box, by_staff=True, now=NOW)
