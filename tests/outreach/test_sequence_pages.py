"""The library of sequences and the page of one (ux A4; E 18 to 24)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from outreach import campaign_brake, sequence_pages
from outreach.models import Enrollment, Message, Sequence, SequenceVersion, Step
from tests.factories.scenes import being_written_to, mailbox_for, package_for, statuses

pytestmark = pytest.mark.django_db

# session, user, memberships, walls (up, down), savepoints (2 × 2); page, latest wordings, people, mails; nav counts
LIST_QUERIES = 14
# the same before the page; sequence, people, their mails, latest wording and its steps, line (3); the forecast (6); nav
DETAIL_QUERIES = 24
LIST = "/sequences/"
HTMX = {"headers": {"HX-Request": "true"}}
ACTIONS = ("pause", "resume", "copy", "archive", "restore")


@pytest.fixture
def mailbox(workspace):
    return mailbox_for(workspace)


@pytest.fixture
def person(profile, mailbox):
    return being_written_to(package_for(profile, is_sample=True), mailbox, sent=1, mails=3)


@pytest.fixture
def sequence(person):
    return person.version.sequence


def url(name, sequence):
    return reverse(f"outreach:sequence-{name}", args=[sequence.public_id])


def test_a_sequence_says_how_it_does_and_that_few_people_prove_nothing(owner_client, sequence):
    line = owner_client.get(LIST).context["lines"][0]
    assert (line.sequence, line.steps) == (sequence, 3)
    assert (line.tally.active, line.tally.held, line.tally.sent) == (1, 0, 1)
    assert (line.tally.answers.part, line.tally.answers.whole) == (0, 1)
    html = owner_client.get(LIST).content.decode()
    assert "0 of 1" in html
    assert "Too few to tell" in html
    assert "Running" in html


def test_thirty_people_make_a_rate_with_its_interval(owner_client, profile, mailbox, sequence):
    package = package_for(profile, is_sample=True)
    for number in range(29):
        being_written_to(package, mailbox, sent=1, mails=1, first_name=f"P{number}")
    first = Message.objects.filter(step_number=1).order_by("pk")[:6]
    Message.objects.filter(pk__in=[mail.pk for mail in first]).update(replied_at=timezone.now())
    lines = sequence_pages.lines_of(list(Sequence.objects.all()))
    together = next(line for line in lines if line.sequence == sequence).tally.answers
    assert (together.part, together.whole, together.is_too_few) == (6, 30, False)
    html = owner_client.get(LIST).content.decode()
    assert "20 %" in html
    assert "10 % to 37 %" in html


def test_the_latest_wording_counts_its_steps(sequence):
    later = datetime(2026, 12, 1, tzinfo=UTC)
    version = SequenceVersion.objects.create(
        workspace=sequence.workspace, sequence=sequence, number=9000
    )
    Step.objects.create(workspace=sequence.workspace, version=version, number=1, body="Hi")
    Step.objects.filter(version=version).update(updated_at=later)
    SequenceVersion.objects.create(workspace=sequence.workspace, sequence=sequence, number=9001)
    line = sequence_pages.lines_of([sequence])[0]
    assert (line.steps, line.edited_at) == (1, later)
    assert [step.version for step in sequence_pages.steps_of(sequence)] == [version]


def test_a_braked_sequence_says_why_and_goes_on_by_a_click(owner_client, sequence):
    campaign_brake.pause_sequence(
        sequence, reason="3 of 50 mails bounced.", now=timezone.now(), by_brake=True
    )
    for page in (LIST, url("detail", sequence)):
        html = owner_client.get(page).content.decode()
        assert "3 of 50 mails bounced." in html
        assert f'action="{url("resume", sequence)}"' in html
    done = owner_client.post(url("resume", sequence), follow=True)
    sequence.refresh_from_db()
    assert sequence.paused_at is None
    assert sequence.resumed_at is not None
    assert f'action="{url("pause", sequence)}"' in done.content.decode()


def test_a_pause_by_hand_and_its_undo(owner_client, sequence):
    done = owner_client.post(url("pause", sequence), {"next": LIST})
    assert done.url == LIST
    sequence.refresh_from_db()
    assert (sequence.paused_by_brake, sequence.paused_reason) == (
        False,
        "Paused by olga@roleferry.example.",
    )
    assert f'action="{url("resume", sequence)}"' in owner_client.get(LIST).content.decode()
    owner_client.post(url("resume", sequence))
    sequence.refresh_from_db()
    assert (sequence.paused_at, sequence.resumed_at) == (None, None)


def test_everybody_in_it_with_when_they_hear_next(owner_client, person, sequence, profile, mailbox):
    stopped = being_written_to(
        package_for(profile), mailbox, sent=1, mails=2, first_name="Piet", last_name="Stopped"
    )
    Enrollment.objects.filter(pk=stopped.pk).update(
        status="stopped", stop_reason="bounced", stopped_at=timezone.now(), version=person.version
    )
    Message.objects.filter(enrollment=stopped, step_number=2).update(status="cancelled")
    response = owner_client.get(url("detail", sequence))
    gone, going = response.context["people"]
    assert (gone.person.enrollment, gone.next_mail) == (stopped, None)
    assert (going.sent, going.next_mail.step_number) == (1, 2)
    assert going.forecast.will_go
    html = response.content.decode()
    assert "1 of 3 sent" in html
    assert "The address bounced" in html
    assert f"{timezone.localtime(going.forecast.at):%H:%M}" in html


def test_in_a_paused_sequence_nobody_has_a_time(owner_client, sequence):
    campaign_brake.pause_sequence(sequence, reason="Paused.", now=timezone.now())
    html = owner_client.get(url("detail", sequence)).content.decode()
    assert "does not go now" in html


def test_stopping_one_person_comes_back_here_and_can_be_undone(owner_client, person, sequence):
    here = url("detail", sequence)
    stop = reverse("outreach:enrollment-stop", args=[person.public_id])
    assert owner_client.post(stop, {"next": here}).url == here
    assert statuses(person) == ["sent", "cancelled", "cancelled"]
    undo = reverse("outreach:enrollment-unstop", args=[person.public_id])
    assert undo in owner_client.get(here).content.decode()
    owner_client.post(undo, {"next": here})
    assert statuses(person) == ["sent", "scheduled", "approved"]


def test_a_copy_has_the_same_mails_and_nobody_in_it(owner_client, sequence):
    owner_client.post(url("copy", sequence))
    owner_client.post(url("copy", sequence))
    names = list(Sequence.objects.order_by("pk").values_list("name", flat=True))
    assert names == [sequence.name, f"{sequence.name} (copy)", f"{sequence.name} (copy 2)"]
    copy = Sequence.objects.get(name=names[1])
    assert (copy.is_default, copy.paused_at) == (False, None)
    texts = [
        [(step.number, step.subject, step.body, step.delay_days) for step in found]
        for found in (sequence_pages.steps_of(sequence), sequence_pages.steps_of(copy))
    ]
    assert texts[0] == texts[1]
    assert len(texts[0]) == 3
    assert not Enrollment.objects.filter(version__sequence=copy).exists()


def test_a_long_name_is_cut_for_its_copy(owner_client, sequence):
    Sequence.objects.filter(pk=sequence.pk).update(name="x" * 120)
    owner_client.post(url("copy", sequence))
    assert Sequence.objects.filter(name="x" * 113 + " (copy)").exists()


def test_archived_ones_stand_apart_and_come_back(owner_client, workspace, profile):
    spare = Sequence.objects.create(workspace=workspace, name="Spare")
    owner_client.post(url("archive", spare))
    assert owner_client.get(LIST).context["lines"] == []
    assert [row.sequence for row in owner_client.get(f"{LIST}?show=archived").context["lines"]] == [
        spare
    ]
    owner_client.post(url("restore", spare))
    assert [row.sequence for row in owner_client.get(LIST).context["lines"]] == [spare]


def test_one_in_use_is_not_archived(owner_client, sequence):
    page = owner_client.post(url("archive", sequence), follow=True).content.decode()
    assert "People are still being written to" in page
    Enrollment.objects.update(status="finished")
    Sequence.objects.update(is_default=True)
    page = owner_client.post(url("archive", sequence), follow=True).content.decode()
    assert "new packages are written with" in page
    sequence.refresh_from_db()
    assert sequence.archived_at is None


def test_the_list_goes_on_by_keyset_and_costs_the_same(
    owner_client, sequence, workspace, django_assert_num_queries
):
    with django_assert_num_queries(LIST_QUERIES):
        owner_client.get(LIST)
    for number in range(sequence_pages.SEQUENCES_A_PAGE):
        Sequence.objects.create(workspace=workspace, name=f"Sequence {number}")
    with django_assert_num_queries(LIST_QUERIES):
        first = owner_client.get(LIST)
    more = owner_client.get(f"{LIST}?after={first.context['found'].next_cursor}", **HTMX)
    rows = [line.sequence.pk for page in (first, more) for line in page.context["lines"]]
    assert len(rows) == len(set(rows)) == sequence_pages.SEQUENCES_A_PAGE + 1
    assert "<html" not in more.content.decode()


def test_the_people_go_on_by_keyset_and_cost_the_same(
    owner_client, person, profile, mailbox, django_assert_num_queries
):
    page = url("detail", person.version.sequence)
    with django_assert_num_queries(DETAIL_QUERIES):
        owner_client.get(page)
    package = package_for(profile, is_sample=True)
    for number in range(sequence_pages.PEOPLE_A_PAGE):
        being_written_to(package, mailbox, sent=0, mails=1, first_name=f"P{number}")
    with django_assert_num_queries(DETAIL_QUERIES):
        first = owner_client.get(page)
    more = owner_client.get(f"{page}?after={first.context['found'].next_cursor}", **HTMX)
    assert len(first.context["people"]) == sequence_pages.PEOPLE_A_PAGE
    html = more.content.decode()
    assert html.count("data-item") == 1
    assert str(person.contact.public_id) in html  # the first who came is the last who is listed
    assert "<html" not in html


def test_an_empty_library_says_what_will_come(owner_client, profile):
    assert "No sequences yet" in owner_client.get(LIST).content.decode()
    assert "Nothing is archived" in owner_client.get(f"{LIST}?show=archived").content.decode()


def test_a_stranger_finds_nothing_and_a_viewer_changes_nothing(
    stranger_client, viewer_client, sequence
):
    assert stranger_client.get(LIST).context["lines"] == []
    assert stranger_client.get(url("detail", sequence)).status_code == 404
    for name in ACTIONS:
        assert stranger_client.post(url(name, sequence)).status_code == 404
        assert viewer_client.post(url(name, sequence)).status_code == 403
    for page in (LIST, url("detail", sequence)):
        html = viewer_client.get(page).content.decode()
        assert sequence.name in html
        assert url("pause", sequence) not in html
    assert Sequence.objects.count() == 1
    sequence.refresh_from_db()
    assert (sequence.paused_at, sequence.archived_at) == (None, None)


def test_an_old_address_of_the_list_is_no_trouble(owner_client, sequence):
    late = timezone.now() - timedelta(days=900)
    assert owner_client.get(f"{LIST}?after={late.isoformat()}~1").context["lines"] == []
