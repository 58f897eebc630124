"""Moving queued mail: only people not yet written to go, the others stay, claimed mail is taken back, all can be undone."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from mailboxes.models import Mailbox
from outreach import rehousing
from outreach.models import Enrollment, Message
from tests.factories.outreach import MailboxFactory
from tests.factories.scenes import being_written_to, mailbox_for, package_for, statuses

ANY = {"target": "any"}


@pytest.fixture
def queue(profile):
    """A mailbox with one person in a thread and one tied to it; a second mailbox; a person whom nobody has."""
    box = mailbox_for(profile.workspace)
    other = MailboxFactory(workspace=profile.workspace, address="second@sandbox.test")
    package = package_for(profile)
    begun = being_written_to(package, box, email="begun@northwind.test")
    tied = being_written_to(package, box, sent=0, email="tied@northwind.test")
    free = being_written_to(package, None, sent=0, email="free@northwind.test")
    return {"box": box, "other": other, "begun": begun, "tied": tied, "free": free}


def homes(queue):
    """Where each of the three people is at home now."""
    rows = {name: queue[name] for name in ("begun", "tied", "free")}
    return {
        name: Enrollment.objects.select_related("mailbox").get(pk=row.pk).mailbox
        for name, row in rows.items()
    }


def url(queue, name="mailbox-move", box="box"):
    return reverse(f"outreach:{name}", args=[queue[box].public_id])


def test_the_queue_is_counted_before_anything_is_done(queue):
    found = rehousing.queue_of(queue["box"])

    assert found == rehousing.Queue(
        movable_people=1,
        movable_mails=3,
        begun_people=1,
        begun_mails=2,
        free_people=1,
        free_mails=3,
    )


def test_looking_changes_nothing_and_says_how_many_stay_and_why(owner_client, queue):
    page = owner_client.get(url(queue)).content.decode()

    assert "3 mails</strong> to 1 person who was not written to yet" in page
    assert "2 mails</strong> to 1 person who got a first mail from olga@sandbox.test" in page
    assert "second@sandbox.test" in page
    assert homes(queue) == {"begun": queue["box"], "tied": queue["box"], "free": None}


def test_moving_takes_those_not_written_to_yet(owner_client, queue):
    response = owner_client.post(url(queue), {"target": str(queue["other"].public_id)}, follow=True)

    assert "3 mails to 1 person will go from second@sandbox.test" in response.content.decode()
    assert homes(queue) == {"begun": queue["box"], "tied": queue["other"], "free": None}
    waiting = Message.objects.filter(enrollment=queue["tied"])
    assert set(waiting.values_list("mailbox", flat=True)) == {queue["other"].pk}


def test_people_without_a_mailbox_move_when_asked_for(owner_client, queue):
    owner_client.post(url(queue), {"target": str(queue["other"].public_id), "with_free": "on"})

    assert homes(queue) == {
        "begun": queue["box"],
        "tied": queue["other"],
        "free": queue["other"],
    }


def test_back_to_the_first_free_mailbox(owner_client, queue):
    owner_client.post(url(queue), {**ANY, "with_free": "on"})

    assert homes(queue) == {"begun": queue["box"], "tied": None, "free": None}


def test_a_move_can_be_undone_exactly(owner_client, queue):
    owner_client.post(url(queue), {"target": str(queue["other"].public_id), "with_free": "on"})
    for _ in range(2):
        owner_client.post(url(queue, "mailbox-move-undo"))

    assert homes(queue) == {"begun": queue["box"], "tied": queue["box"], "free": None}


def test_undo_leaves_a_thread_that_began_meanwhile(queue, workspace):
    now = timezone.now()
    moved = rehousing.move_queue(queue["box"], queue["other"], with_free=True, now=now)
    mail = queue["tied"].mails.get(step_number=1)
    Message.objects.filter(pk=mail.pk).update(
        status="sent", sent_at=now, reserved_day=now.date(), mailbox=queue["other"]
    )

    assert rehousing.put_back(workspace, moved.effect, now=now) == 1
    assert homes(queue) == {"begun": queue["box"], "tied": queue["other"], "free": None}


def test_a_claimed_mail_is_taken_back_so_that_it_cannot_leave_from_the_old_mailbox(queue):
    now = timezone.now()
    Message.objects.filter(enrollment=queue["tied"], step_number=1).update(
        status="claimed",
        mailbox=queue["box"],
        lease_until=now + timedelta(minutes=1),
        lease_epoch=7,
    )

    rehousing.move_queue(queue["box"], queue["other"], with_free=False, now=now)

    mail = queue["tied"].mails.get(step_number=1)
    assert (mail.status, mail.lease_epoch, mail.mailbox) == ("scheduled", None, queue["other"])


@pytest.mark.parametrize("status", ["sending", "unknown"])
def test_what_may_have_left_keeps_its_mailbox(queue, status):
    now = timezone.now()
    Message.objects.filter(enrollment=queue["tied"], step_number=1).update(
        status=status,
        mailbox=queue["box"],
        reserved_day=now.date(),
        lease_until=now,
        lease_epoch=7,
    )

    moved = rehousing.move_queue(queue["box"], queue["other"], with_free=False, now=now)

    assert (moved.people, moved.mails) == (0, 0)
    assert homes(queue)["tied"] == queue["box"]


def test_stopped_people_are_not_touched(queue):
    Enrollment.objects.filter(pk=queue["tied"].pk).update(
        status="stopped", stop_reason="replied", stopped_at=timezone.now()
    )

    moved = rehousing.move_queue(queue["box"], None, with_free=False, now=timezone.now())

    assert moved.people == 0
    assert statuses(queue["tied"]) == ["scheduled", "approved", "approved"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "paused", "status_reason": "by hand"}, "Choose where"),
        ({"health": 60}, "Choose where"),
    ],
)
def test_a_mailbox_that_may_not_send_is_no_choice(owner_client, queue, fields, words):
    Mailbox.objects.filter(pk=queue["other"].pk).update(**fields)

    response = owner_client.post(url(queue), {"target": str(queue["other"].public_id)})

    assert response.status_code == 422
    assert words in response.content.decode()
    assert homes(queue)["tied"] == queue["box"]


def test_wrong_targets_are_refused(queue, stranger):
    foreign = MailboxFactory(workspace=stranger.workspace)
    real = MailboxFactory(
        workspace=queue["box"].workspace,
        address="olga@real-company.com",
        provider="smtp",
        is_sandbox=False,
    )
    Mailbox.objects.filter(pk=queue["other"].pk).update(status="paused", status_reason="by hand")
    queue["other"].refresh_from_db()

    for target, words in [
        (queue["box"], "another mailbox"),
        (foreign, "another mailbox"),
        (real, "Practice mail"),
        (queue["other"], "may not send now"),
    ]:
        with pytest.raises(rehousing.MoveRefusedError, match=words):
            rehousing.move_queue(queue["box"], target, with_free=True, now=timezone.now())
    assert homes(queue) == {"begun": queue["box"], "tied": queue["box"], "free": None}


def test_a_viewer_and_a_stranger_move_nothing(viewer_client, stranger_client, queue):
    assert viewer_client.post(url(queue), ANY).status_code == 403
    assert stranger_client.post(url(queue), ANY).status_code == 404
    assert homes(queue)["tied"] == queue["box"]


def test_the_page_costs_the_same_however_long_the_queue(
    owner_client, queue, profile, django_assert_num_queries
):
    owner_client.get(url(queue))
    for number in range(4):
        being_written_to(
            package_for(profile), queue["box"], sent=number % 2, email=f"p{number}@northwind.test"
        )
    with django_assert_num_queries(15):
        owner_client.get(url(queue))
