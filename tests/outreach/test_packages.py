"""Preparing a package: five steps, each alone, and what a person changes."""

import pytest

from jobs.models import Application, ApplicationEvent, Document
from mailboxes.suppression import suppress
from outreach import packages
from outreach.approving import ApprovalError, approve
from outreach.models import Approval, Enrollment, Message, Package, Sequence
from tests.factories.jobs import ApplicationFactory
from tests.outreach.package_cases import NOW, make_application, make_package, make_person

pytestmark = pytest.mark.django_db


def test_a_package_is_made_whole(profile):
    package = make_package(profile, people=1)

    assert package.status == Package.Status.READY
    assert {key: step["state"] for key, step in package.steps.items()} == dict.fromkeys(
        packages.STEPS, "done"
    )
    package.application.refresh_from_db()
    assert package.application.status == Application.Status.READY
    resume = Document.objects.get(kind="resume")
    letter = Document.objects.get(kind="letter")
    assert (resume.version, resume.findings, letter.findings) == (1, [], [])
    assert resume.content["counts"]["invented"] == 0
    mails = list(Message.objects.order_by("step_number"))
    assert [mail.step_number for mail in mails] == [1, 2, 3]
    assert {mail.status for mail in mails} == {"draft"}
    assert {mail.recipient for mail in mails} == {"maria1@harborpay.test"}
    assert [mail.unresolved for mail in mails] == [[], [], []]
    assert mails[0].body.startswith("Hi Maria,\n")
    assert "Reduced failed payments by 18%" in mails[0].body
    assert mails[0].is_sample is True
    assert len({mail.message_id for mail in mails}) == 3
    assert not Approval.objects.exists()


def test_opening_a_package_twice_makes_one(profile):
    application = make_application(profile)

    first, is_new = packages.open_package(application, now=NOW)
    second, is_new_again = packages.open_package(application, now=NOW)

    assert (is_new, is_new_again) == (True, False)
    assert first.pk == second.pk
    moves = ApplicationEvent.objects.filter(application=application, to_status="drafting")
    assert moves.count() == 1


def test_the_best_three_people_are_chosen(profile):
    application = make_application(profile, people=0)
    workspace, company = profile.workspace, application.job.company
    titles = ["Engineer", "Recruiter", "VP Engineering", "Engineering Manager", "Head of Platform"]
    for number, title in enumerate(titles):
        make_person(workspace, company, number, title=title)
    make_person(workspace, company, 7, title="CTO", email="noreply@harborpay.com")
    closed = make_person(workspace, company, 8, title="CTO")
    suppress(reason="manual", scope="workspace", email=closed.email, workspace=workspace, now=NOW)

    package, _ = packages.open_package(application, now=NOW)
    packages.assemble(package, now=NOW)

    chosen = Enrollment.objects.order_by("contact__persona_rank")
    assert [e.contact.title for e in chosen] == [
        "VP Engineering",
        "Head of Platform",
        "Engineering Manager",
    ]
    assert Message.objects.count() == 9


def test_people_of_other_companies_and_workspaces_are_not_chosen(profile, stranger):
    application = make_application(profile, people=0)
    other = ApplicationFactory(profile=profile)
    make_person(profile.workspace, other.job.company)
    foreign = ApplicationFactory(profile__workspace=stranger.workspace)
    make_person(stranger.workspace, foreign.job.company)

    package, _ = packages.open_package(application, now=NOW)
    packages.assemble(package, now=NOW)

    assert not Enrollment.objects.exists()
    assert package.status == Package.Status.READY


def test_a_failing_step_says_why_and_the_others_go_on(profile):
    application = ApplicationFactory(profile=profile)
    make_person(profile.workspace, application.job.company)
    package, _ = packages.open_package(application, now=NOW)

    packages.assemble(package, now=NOW)

    assert package.steps["resume"]["state"] == "failed"
    assert "holds no facts yet" in package.steps["resume"]["error"]
    assert package.steps["contacts"]["state"] == "done"
    assert package.steps["sequence"]["state"] == "done"
    assert Message.objects.count() == 3
    assert package.status == Package.Status.READY
    assert {c["key"] for c in package.checks if c["state"] == "block"} >= {
        "step_resume",
        "step_letter",
        "claims_resume",
        "claims_letter",
    }


def test_one_step_runs_alone(profile):
    package = make_package(profile)
    heard = []

    packages.assemble(package, now=NOW, only=["letter"], report=heard.append, tone="casual")

    assert heard == ["letter"]
    letter = Document.objects.get(kind="letter", is_current=True)
    assert (letter.version, letter.content["tone"]) == (2, "casual")
    assert Document.objects.get(kind="resume").version == 1


def test_an_edited_mail_keeps_its_words_when_the_sequence_is_written_again(profile, owner):
    package = make_package(profile)
    first, second, _ = Message.objects.order_by("step_number")
    text = {"subject": "Hello {{first_name}}", "body": "May I ask you something?"}

    packages.edit_mail(package, first, text=text, user=owner.user, now=NOW)
    Message.objects.filter(pk=second.pk).update(body="stale")
    packages.assemble(package, now=NOW, only=["sequence"])

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.subject, first.body) == ("Hello Maria", "May I ask you something?")
    assert second.body.startswith("Hi Maria,")

    packages.edit_mail(package, first, text=None, user=owner.user, now=NOW)
    first.refresh_from_db()
    assert first.subject == "Senior Python Engineer at Harbor Pay: a short introduction"


def test_words_for_somebody_taken_off_come_back_with_them(profile, owner):
    package = make_package(profile, people=2)
    anna, bert = packages.known_contacts(package.application)
    mail = Message.objects.get(enrollment__contact=bert, step_number=1)
    text = {"subject": "For you alone", "body": "May I ask you something?"}
    packages.edit_mail(package, mail, text=text, user=owner.user, now=NOW)

    packages.choose_contacts(package, [anna], user=owner.user, now=NOW)
    assert set(Message.objects.values_list("enrollment__contact", flat=True)) == {anna.pk}
    packages.choose_contacts(package, [anna, bert], user=owner.user, now=NOW)

    again = Message.objects.get(enrollment__contact=bert, step_number=1)
    assert again.subject == "For you alone"


def test_a_fourth_person_is_refused(profile, owner):
    package = make_package(profile, people=4)
    people = packages.known_contacts(package.application)

    with pytest.raises(ApprovalError, match="at most 3 people"):
        packages.choose_contacts(package, people, user=owner.user, now=NOW)

    assert Enrollment.objects.count() == 3


def test_somebody_who_has_heard_from_us_is_stopped_and_not_forgotten(profile, owner):
    package = make_package(profile, people=2)
    approve(package, owner.user, now=NOW)
    anna, bert = packages.known_contacts(package.application)
    Message.objects.filter(enrollment__contact=bert, step_number=1).update(
        status="sent", sent_at=NOW, sending_at=NOW, reserved_day=NOW.date()
    )

    packages.choose_contacts(package, [anna], user=owner.user, now=NOW)

    enrollment = Enrollment.objects.get(contact=bert)
    assert (enrollment.status, enrollment.stop_reason) == ("stopped", "by_person")
    assert enrollment.mails.count() == 1
    assert Enrollment.objects.get(contact=anna).status == "draft"


def test_a_discarded_package_sends_nothing_and_comes_back(profile, owner):
    package = make_package(profile)
    approve(package, owner.user, now=NOW)

    assert packages.discard(package, user=owner.user, now=NOW) is True
    assert set(Message.objects.values_list("status", flat=True)) == {"draft"}
    assert Approval.objects.get().void_reason == "The package was discarded."
    mail = Message.objects.first()
    with pytest.raises(packages.PackageClosedError, match="is discarded"):
        packages.edit_mail(package, mail, text=None, user=owner.user, now=NOW)

    package.refresh_from_db()
    assert packages.restore(package, now=NOW) is True
    assert package.status == Package.Status.READY
    assert Message.objects.count() == 3


def test_the_default_sequence_is_copied_once_per_workspace(profile):
    make_package(profile)
    other = ApplicationFactory(profile=profile)
    package, _ = packages.open_package(other, now=NOW)
    packages.assemble(package, now=NOW)

    sequence = Sequence.objects.get()
    assert (sequence.name, sequence.is_default) == ("Job Seeker Default", True)
    assert [step.delay_days for step in sequence.versions.get().steps.all()] == [0, 3, 2]
