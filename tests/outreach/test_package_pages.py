"""The package page and what is done on it, as a person does it."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import BackgroundTask
from jobs.models import Application, Document
from outreach import packages
from outreach.approving import content_hash
from outreach.models import Approval, Contact, Message, Package
from tests.factories.jobs import ApplicationFactory, JobFactory
from tests.outreach.package_cases import (
    NOW,
    add_facts,
    make_application,
    make_package,
    make_person,
)

pytestmark = pytest.mark.django_db

# session, user, memberships, walls (up, down), savepoints (2 × 2), page, counts, what waits (side bar)
LIST_QUERIES = 12
# the same frame (10), package, people, mails, steps, documents (2), suppressions (2), mailboxes, facts, contacts, approval, other sequences
PAGE_QUERIES = 22


def url(name, *args):
    return reverse(f"outreach:{name}", args=args)


def page_of(package, anchor=""):
    return url("package-detail", package.public_id) + anchor


def test_ferrying_makes_one_package_with_its_task(
    owner_client, profile, django_capture_on_commit_callbacks
):
    add_facts(profile)
    job = JobFactory(workspace=profile.workspace)
    make_person(profile.workspace, job.company)

    with django_capture_on_commit_callbacks(execute=True):
        response = owner_client.post(url("job-ferry", job.public_id))
        again = owner_client.post(url("job-ferry", job.public_id))

    package = Package.objects.get()
    assert response.status_code == again.status_code == 302
    assert response["Location"] == again["Location"] == page_of(package)
    task = BackgroundTask.objects.get()
    assert task.steps == ["Resume", "Letter", "Contacts", "Sequence", "Checks"]
    assert (task.status, task.result_url) == ("done", page_of(package))
    assert package.task == task
    assert package.status == Package.Status.READY
    assert Application.objects.get().status == "ready"
    assert Message.objects.count() == 3


def test_the_page_shows_the_work_while_it_is_done(owner_client, profile):
    application = make_application(profile)
    response = owner_client.post(url("job-ferry", application.job.public_id))

    text = owner_client.get(response["Location"]).content.decode()

    package = Package.objects.get()
    progress = url("package-progress", package.public_id)
    assert f'hx-get="{progress}" hx-trigger="every 1s"' in text
    assert '<meta http-equiv="refresh" content="2">' in text
    assert "Preparing your package" in text
    fragment = owner_client.get(progress, headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    assert "HX-Refresh" not in fragment

    BackgroundTask.objects.update(
        status="done", finished_at=timezone.now(), started_at=timezone.now()
    )
    done = owner_client.get(progress, headers={"HX-Request": "true"})
    assert done["HX-Refresh"] == "true"
    assert "hx-trigger" not in done.content.decode()


def test_the_page_holds_all_five_parts(owner_client, profile):
    package = make_package(profile, people=1)

    response = owner_client.get(page_of(package))

    text = response.content.decode()
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    for anchor in ("resume", "letter", "contacts", "sequence", "checks"):
        assert f'<section id="{anchor}"' in text
    assert "0 invented" in text
    assert "From your profile: “Led a team of 5 engineers through the move to Kubernetes”" in text
    assert "Heads the department that hires." in text
    assert "company website" in text
    assert "Legitimate interest in a job application" in text
    assert "A practice address: only the built-in practice server carries its mail." in text
    assert "List-Unsubscribe is on" in text
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert url("package-approve", package.public_id) in text


def test_hostile_names_are_escaped(owner_client, profile):
    package = make_package(profile, people=0, title="<script>alert(1)</script>")
    make_person(
        profile.workspace, package.application.job.company, title="<img src=x onerror=alert(1)>"
    )

    text = owner_client.get(page_of(package)).content.decode()

    assert "<script>alert" not in text
    assert "<img" not in text


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("package-detail", ()),
        ("package-progress", ()),
        ("package-approve", ()),
        ("package-letter", ()),
        ("package-piece", (0,)),
    ],
)
def test_a_stranger_sees_nothing(stranger_client, profile, name, args):
    package = make_package(profile)

    assert stranger_client.get(url(name, package.public_id, *args)).status_code == 404


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("package-step-retry", ("letter",)),
        ("package-approve", ()),
        ("package-undo", ()),
        ("package-discard", ()),
        ("package-restore", ()),
        ("package-piece", (0,)),
        ("package-letter", ()),
        ("package-revert", ("letter",)),
        ("package-people", ()),
        ("package-person-add", ()),
    ],
)
def test_strangers_and_viewers_change_nothing(
    stranger_client, viewer_client, profile, owner, name, args
):
    package = make_package(profile)
    mail = Message.objects.first()
    before = (content_hash(package), Document.objects.count(), Contact.objects.count())
    address = url(name, package.public_id, *args)

    assert stranger_client.post(address).status_code == 404
    assert viewer_client.post(address).status_code == 403
    mail_address = url("package-mail", package.public_id, mail.public_id)
    assert stranger_client.post(mail_address, {"action": "revert"}).status_code == 404
    assert viewer_client.post(mail_address, {"action": "revert"}).status_code == 403

    package.refresh_from_db()
    assert package.status == Package.Status.READY
    assert (content_hash(package), Document.objects.count(), Contact.objects.count()) == before
    assert not Approval.objects.exists()
    assert not BackgroundTask.objects.exists()


def test_a_viewer_may_look_but_finds_no_button(viewer_client, profile):
    package = make_package(profile)

    response = viewer_client.get(page_of(package))

    assert response.status_code == 200
    assert "Approve and queue" not in response.content.decode()
    assert (
        viewer_client.post(url("job-ferry", package.application.job.public_id)).status_code == 403
    )


def test_a_stranger_cannot_ferry(stranger_client, profile):
    application = make_application(profile)

    assert stranger_client.post(url("job-ferry", application.job.public_id)).status_code == 404
    assert not Package.objects.exists()


def test_approving_says_what_will_happen_and_undo_takes_it_back(owner_client, profile):
    package = make_package(profile)
    address = url("package-approve", package.public_id)

    asked = owner_client.get(address).content.decode()
    assert "3 to 1 person" in asked
    assert "Maria Marin1 &lt;maria1@harborpay.test&gt;" in asked
    assert "For 10 minutes after approval nothing leaves" in asked
    assert "when they answer" in asked
    digest = re.search(r'name="content_hash" value="([0-9a-f]{64})"', asked)[1]

    response = owner_client.post(address, {"content_hash": digest}, follow=True)

    text = response.content.decode()
    assert re.search(r"Queued\. First mail \w{3} \d{1,2} \w{3}, \d\d:\d\d\.", text)
    assert f'action="{url("package-undo", package.public_id)}"' in text
    assert Message.objects.filter(status="scheduled").count() == 1
    owner_client.post(address, {"content_hash": digest})
    assert Approval.objects.count() == 1

    owner_client.post(url("package-undo", package.public_id))
    assert set(Message.objects.values_list("status", flat=True)) == {"draft"}


def test_approving_in_a_dialog(owner_client, profile):
    package = make_package(profile)

    response = owner_client.get(
        url("package-approve", package.public_id), headers={"HX-Request": "true"}
    )

    text = response.content.decode()
    assert text.strip().startswith("<dialog")
    assert "<html" not in text
    assert "Approve and queue 3 mails" in text


def test_approving_something_else_than_was_shown_is_a_conflict(owner_client, profile):
    package = make_package(profile)

    response = owner_client.post(
        url("package-approve", package.public_id), {"content_hash": "0" * 64}
    )

    assert response.status_code == 409
    assert "changed since you looked" in response.content.decode()
    assert not Approval.objects.exists()


def test_a_blocked_package_names_every_cause(owner_client, profile):
    package = make_package(profile)
    profile.workspace.postal_address = ""
    profile.workspace.save()

    text = owner_client.get(page_of(package)).content.decode()
    response = owner_client.post(url("package-approve", package.public_id))

    assert "1 thing to mend first" in text
    assert f'href="{reverse("accounts:workspace-edit")}"' in text
    assert response.status_code == 422
    assert "no postal address" in response.content.decode()
    assert not Approval.objects.exists()


def test_discarding_can_be_undone(owner_client, profile):
    package = make_package(profile)

    text = owner_client.post(
        url("package-discard", package.public_id), follow=True
    ).content.decode()
    assert f'action="{url("package-restore", package.public_id)}"' in text
    package.refresh_from_db()
    assert package.status == Package.Status.DISCARDED

    owner_client.post(url("package-restore", package.public_id))
    package.refresh_from_db()
    assert package.status == Package.Status.READY


def test_the_list_counts_by_state(owner_client, profile, django_assert_num_queries):
    package = make_package(profile)
    packages.open_package(ApplicationFactory(profile=profile, job__title="Other"), now=NOW)

    with django_assert_num_queries(LIST_QUERIES):
        text = owner_client.get(url("package-list")).content.decode()

    assert package.application.job.title in text
    assert "all clear" in text
    only = owner_client.get(url("package-list"), {"state": "drafting"}).content.decode()
    assert "Other" in only
    assert package.application.job.title not in only


@pytest.mark.parametrize("people", [1, 3])
def test_the_page_asks_the_same_number_of_questions_however_many_people(
    owner_client, profile, django_assert_num_queries, people
):
    package = make_package(profile, people=people)

    with django_assert_num_queries(PAGE_QUERIES):
        owner_client.get(page_of(package))


def test_steps_that_nobody_works_on_any_more_can_be_tried_again(
    owner_client, profile, django_capture_on_commit_callbacks
):
    application = make_application(profile)
    owner_client.post(url("job-ferry", application.job.public_id))
    package = Package.objects.get()
    owner_client.post(url("package-step-retry", package.public_id, "resume"))
    assert BackgroundTask.objects.count() == 1  # one is at work already

    BackgroundTask.objects.update(updated_at=timezone.now() - packages.SILENT_FOR)
    text = owner_client.get(page_of(package)).content.decode()
    assert "interrupted before it was done" in text
    assert "every 1s" not in text
    with django_capture_on_commit_callbacks(execute=True):
        owner_client.post(url("package-step-retry", package.public_id, "resume"))

    package.refresh_from_db()
    assert package.steps["resume"]["state"] == "done"
    assert package.status == Package.Status.READY
