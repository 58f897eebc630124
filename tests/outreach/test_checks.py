"""Each cause alone blocks a package with its reason; what is only worth a look warns."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mailboxes.models import Mailbox
from mailboxes.suppression import suppress
from outreach import packages
from outreach.approving import approve
from outreach.checks import BLOCK, OK, WARN, blockers, run_checks
from outreach.mail_lint import lint_mail
from outreach.models import Contact, Enrollment, Message, Package
from tests.factories.jobs import ApplicationFactory, JobFactory
from tests.outreach.package_cases import NOW, make_package, make_person

pytestmark = pytest.mark.django_db


def state_of(package, key):
    fresh = Package.objects.get(pk=package.pk)
    return [check.state for check in run_checks(fresh, now=NOW) if check.key == key]


def blocking(package):
    fresh = Package.objects.get(pk=package.pk)
    return [check.key for check in blockers(run_checks(fresh, now=NOW))]


def test_a_clean_package_has_nothing_but_ticks(profile):
    package = make_package(profile)

    checks = run_checks(package, now=NOW)

    assert {check.state for check in checks} == {OK}
    assert [check.key for check in checks] == [
        "opening",
        "claims",
        "people",
        "addresses",
        "variables",
        "attachment",
        "identity",
        "mailbox",
        "unsubscribe",
        "stop",
    ]


def close_job(package):
    job = package.application.job
    type(job).objects.filter(pk=job.pk).update(liveness="closed", closed_at=NOW)


def withdraw(package):
    type(package.application).objects.update(status="withdrawn")


def forget_sender(package):
    type(package.workspace).objects.update(sender_name=" ")


def forget_address(package):
    type(package.workspace).objects.update(postal_address="")


def leave_variable(package):
    Message.objects.filter(step_number=2).update(unresolved=["my_metric"])


def empty_body(package):
    Message.objects.filter(step_number=3).update(body=" ")


def empty_subject(package):
    Message.objects.filter(step_number=1).update(subject="")


def spoil_address(package):
    Contact.objects.update(verdict="invalid", verdict_reasons=["It does not exist."])


def object_to_mail(package):
    email = Contact.objects.get().email
    suppress(reason="complaint", scope="platform", email=email, now=NOW)


def close_domain(package):
    suppress(
        reason="manual",
        scope="workspace",
        domain="harborpay.test",
        workspace=package.workspace,
        now=NOW,
    )


def delete_person(package):
    Contact.objects.update(deleted_at=NOW)


def move_person(package):
    Contact.objects.update(email="maria.new@harborpay.test", email_hash="a" * 64)


def take_everybody_off(package):
    Enrollment.objects.all().delete()


def lose_mails(package):
    Message.objects.all().delete()


def invent(package):
    document = package.application.documents.get(kind="letter")
    document.findings = [{"sentence": "“50” does not stand in the facts.", "text": "50"}]
    document.save()


def lose_resume(package):
    package.application.documents.filter(kind="resume").update(is_current=False)


def break_step(package):
    packages.set_step(package, "sequence", state="failed", error="Something broke.")


def leave_step_running(package):
    packages.set_step(package, "letter", state="running")


def only_a_real_mailbox(package):
    Mailbox.objects.update(provider="smtp", is_sandbox=False, address="olga@owner.com")


@pytest.mark.parametrize(
    ("spoil", "keys"),
    [
        (close_job, ["opening"]),
        (withdraw, ["opening"]),
        (forget_sender, ["sender_name"]),
        (forget_address, ["postal_address"]),
        (leave_variable, ["variables"]),
        (empty_body, ["empty"]),
        (empty_subject, ["empty"]),
        (spoil_address, ["invalid"]),
        (object_to_mail, ["suppressed"]),
        (close_domain, ["suppressed"]),
        (delete_person, ["deleted"]),
        (move_person, ["recipient", "recipient", "recipient"]),
        (take_everybody_off, ["people"]),
        (lose_mails, ["no_mails"]),
        (invent, ["claims_letter"]),
        (lose_resume, ["claims_resume"]),
        (break_step, ["step_sequence"]),
        (leave_step_running, ["step_letter"]),
        (only_a_real_mailbox, ["mailbox"]),
    ],
)
def test_each_cause_alone_blocks(profile, spoil, keys):
    package = make_package(profile)

    spoil(package)

    assert blocking(package) == keys
    for check in blockers(run_checks(Package.objects.get(pk=package.pk), now=NOW)):
        assert check.sentence.endswith((".", "!"))


@pytest.mark.parametrize("verdict", ["risky", "catch_all", "unknown"])
def test_an_address_that_is_not_sure_only_warns(profile, verdict):
    package = make_package(profile)
    Contact.objects.update(verdict=verdict)

    assert state_of(package, "unverified") == [WARN]
    assert blocking(package) == []


def test_without_any_mailbox_one_may_approve(profile, owner):
    package = make_package(profile, mailbox=False)

    assert state_of(package, "mailbox") == [WARN]
    approve(package, owner.user, now=NOW)

    assert Message.objects.filter(status="scheduled").count() == 1


def test_a_paused_mailbox_warns(profile):
    package = make_package(profile)
    Mailbox.objects.update(status="paused", status_reason="Paused by you.")

    assert state_of(package, "mailbox") == [WARN]
    assert blocking(package) == []


def test_more_than_three_people_block(profile):
    package = make_package(profile, people=3)
    packages.enroll(package, [make_person(profile.workspace, package.application.job.company, 9)])
    packages.write_all_mails(package)

    assert "people" in blocking(package)


def test_somebody_in_another_running_sequence_blocks(profile, owner):
    first = make_package(profile)
    approve(first, owner.user, now=NOW)
    company = first.application.job.company
    job = JobFactory(workspace=profile.workspace, company=company)
    second, _ = packages.open_package(ApplicationFactory(profile=profile, job=job), now=NOW)
    packages.assemble(second, now=NOW)

    assert blocking(second) == ["other_sequence"]
    Enrollment.objects.filter(package=first).update(
        status="stopped", stop_reason="by_person", stopped_at=NOW
    )
    assert blocking(second) == []


def test_a_planted_lie_in_an_edited_mail_blocks(profile, owner):
    package = make_package(profile)
    mail = Message.objects.get(step_number=1)
    lie = {"subject": mail.subject, "body": f"{mail.body}\n\nI managed 400 people at Google."}

    packages.edit_mail(package, mail, text=lie, user=owner.user, now=NOW)

    assert set(blocking(package)) == {"claims_mail"}
    true = {
        "subject": mail.subject,
        "body": f"{mail.body}\n\nI led a team of 5 engineers through the move to Kubernetes.",
    }
    packages.edit_mail(package, mail, text=true, user=owner.user, now=NOW)
    assert blocking(package) == []


def test_an_expired_suppression_no_longer_blocks(profile):
    package = make_package(profile)
    email = Contact.objects.get().email
    suppress(
        reason="soft_bounce",
        scope="workspace",
        workspace=package.workspace,
        email=email,
        expires_at=timezone.now() - timedelta(days=1),
        now=NOW,
    )

    assert blocking(package) == []


@pytest.mark.parametrize(
    ("subject", "body", "kinds"),
    [
        ("A short question", "Hello, may I ask something?", []),
        ("ACT NOW", "Hello", ["capitals", "pushy"]),
        ("Hello", "Wow! Great!", ["marks"]),
        ("Hello", "https://a.com https://b.com www.c.com", ["links"]),
        ("Hello", "word " * 221, ["length"]),
    ],
)
def test_wording_is_judged(subject, body, kinds):
    assert [advice.kind for advice in lint_mail(subject, body)] == kinds


def test_wording_only_warns(profile, owner):
    package = make_package(profile)
    mail = Message.objects.get(step_number=2)
    text = {"subject": "Click here", "body": "Would a call be useful?"}

    packages.edit_mail(package, mail, text=text, user=owner.user, now=NOW)

    assert state_of(package, "wording") == [WARN]
    assert BLOCK not in state_of(package, "wording")
