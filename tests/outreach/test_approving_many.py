"""Several packages approved in one go: each by itself, in as many queries as one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import ApplicationEvent
from mailboxes.suppression import suppress
from outreach import approving, packages
from outreach.approving import (
    ApprovalBlockedError,
    ApprovalError,
    PackageChangedError,
    approve,
    approve_many,
    content_hash,
)
from outreach.models import Approval, Enrollment, Message, Package
from outreach.planning import chosen_enrollments, plan_package
from tests.factories.jobs import ApplicationFactory, CompanyFactory, JobFactory
from tests.outreach.package_cases import NOW, POSTING, make_package, make_person

pytestmark = pytest.mark.django_db


def another_package(profile, number, *, email=""):
    """A ready package about another opening at another company, to a person of its own unless `email` says whom."""
    workspace = profile.workspace
    company = CompanyFactory(workspace=workspace, name=f"Quay {number}")
    job = JobFactory(
        workspace=workspace,
        company=company,
        title=f"Python Engineer {number}",
        description_text=POSTING,
    )
    make_person(workspace, company, email=email or f"person{number}@quay{number}.test")
    package, _ = packages.open_package(ApplicationFactory(profile=profile, job=job), now=NOW)
    return packages.assemble(package, now=NOW)


@pytest.fixture
def three(profile):
    """Three ready packages to three people at three companies."""
    return [make_package(profile), another_package(profile, 2), another_package(profile, 3)]


def statuses(package):
    mails = Message.objects.filter(enrollment__package=package).order_by("step_number")
    return list(mails.values_list("status", flat=True))


def test_each_has_its_own_approval_over_exactly_its_texts(three, owner):
    planned = {
        mail.message.pk: mail.at
        for package in three
        for mail in plan_package(chosen_enrollments(package), NOW)
    }
    hashes = [content_hash(package) for package in three]

    outcomes = approve_many(list(reversed(three)), owner.user, now=NOW)

    assert [outcome.package_id for outcome in outcomes] == [p.pk for p in reversed(three)]
    assert all(outcome.approved.is_new and outcome.problem is None for outcome in outcomes)
    for package, digest in zip(three, hashes, strict=True):
        approval = Approval.objects.get(package=package)
        mails = list(Message.objects.filter(enrollment__package=package).order_by("step_number"))
        assert (approval.user, approval.approved_at) == (owner.user, NOW)
        assert approval.hold_until == NOW + timedelta(minutes=10)
        assert approval.content_hash == digest
        items = [item for item in approval.items if "message" in item]
        assert [item["message"] for item in items] == [str(mail.public_id) for mail in mails]
        assert [item["text_hash"] for item in items] == [mail.text_hash for mail in mails]
        assert {mail.approval_id for mail in mails} == {approval.pk}
        assert all(mail.approved_hash == mail.text_hash for mail in mails)
        assert mails[0].approved_attachment_hash == mails[0].attachment_hash != ""
        assert statuses(package) == ["scheduled", "approved", "approved"]
        package.refresh_from_db()
        assert package.status == Package.Status.APPROVED
        line = ApplicationEvent.objects.get(application=package.application, kind="approved")
        assert (line.text, line.actor, line.at) == ("Approved 3 mails", owner.user, NOW)
    assert {mail.pk: mail.due_at for mail in Message.objects.all()} == planned
    assert set(Enrollment.objects.values_list("status", flat=True)) == {"active"}


def test_many_do_what_one_does(profile, owner):
    """The same package approved alone and in company differs in nothing."""
    alone, together = make_package(profile), another_package(profile, 2)
    approve(alone, owner.user, now=NOW)
    approve_many([together, another_package(profile, 3)], owner.user, now=NOW)

    def told(package):
        fields = (
            "status",
            "due_at",
            "status_reason",
            "unresolved",
            "lost_claims",
            "approval__void_reason",
        )
        mails = Message.objects.filter(enrollment__package=package).order_by("step_number")
        package.refresh_from_db()
        return list(mails.values_list(*fields)), package.status, [c["key"] for c in package.checks]

    assert told(alone) == told(together)


def test_one_that_fails_stays_as_it_was_and_the_others_go(three, owner):
    first, second, third = three
    suppress(reason="unsubscribed", scope="platform", email="person2@quay2.test", now=NOW)
    seen = {third.pk: content_hash(third)}
    Message.objects.filter(enrollment__package=third, step_number=2).update(body="Other words")
    before = Package.objects.filter(pk__in=[second.pk, third.pk]).values("status", "checks")
    kept = list(before)

    outcomes = approve_many(three, owner.user, now=NOW, seen=seen)

    assert outcomes[0].approved.is_new is True
    assert isinstance(outcomes[1].problem, ApprovalBlockedError)
    assert "do-not-contact list: unsubscribed" in str(outcomes[1].problem)
    assert isinstance(outcomes[2].problem, PackageChangedError)
    assert "changed since you looked" in str(outcomes[2].problem)
    assert [approval.package_id for approval in Approval.objects.all()] == [first.pk]
    for package in (second, third):
        assert statuses(package) == ["draft", "draft", "draft"]
        assert package.enrollments.get().status == "draft"
    assert list(before) == kept
    assert ApplicationEvent.objects.filter(kind="approved").count() == 1


def test_what_is_not_waiting_says_so(three, owner):
    first, second, _ = three
    approve(first, owner.user, now=NOW)
    packages.discard(second, user=owner.user, now=NOW)

    outcomes = approve_many(three, owner.user, now=NOW + timedelta(minutes=1))

    assert (outcomes[0].approved.is_new, outcomes[0].approved.approval.approved_at) == (False, NOW)
    assert type(outcomes[1].problem) is ApprovalError
    assert str(outcomes[1].problem).endswith("it is discarded.")
    assert outcomes[2].approved.is_new is True
    assert Approval.objects.count() == 2


def test_of_two_to_the_same_person_only_one_goes(profile, owner):
    first = make_package(profile)
    second = another_package(profile, 2, email="maria1@harborpay.test")
    third = another_package(profile, 3, email="maria1@harborpay.test")

    outcomes = approve_many([first, second, third], owner.user, now=NOW)

    assert [outcome.problem is None for outcome in outcomes] == [True, False, False]
    for outcome in outcomes[1:]:
        assert "is being written to already, about Senior Python Engineer" in str(outcome.problem)
    assert Message.objects.filter(status="scheduled").count() == 1


def test_a_package_that_fails_gives_the_person_to_the_next(profile, owner):
    first = make_package(profile)
    second = another_package(profile, 2, email="maria1@harborpay.test")

    outcomes = approve_many([first, second], owner.user, now=NOW, seen={first.pk: "0" * 64})

    assert [outcome.problem is None for outcome in outcomes] == [False, True]
    assert statuses(second) == ["scheduled", "approved", "approved"]


def test_queries_do_not_grow_with_the_packages(three, profile, owner):
    with CaptureQueriesContext(
        connection,
    ) as one:
        approve_many(three[:1], owner.user, now=NOW)
    fourth = another_package(profile, 4)
    with CaptureQueriesContext(connection) as more:
        approve_many([*three[1:], fourth], owner.user, now=NOW)

    assert len(more) == len(one)
    assert Approval.objects.count() == 4


def test_chunks_are_one_transaction_each(three, owner, monkeypatch):
    monkeypatch.setattr(approving, "PACKAGES_AT_ONCE", 2)

    outcomes = approve_many(three, owner.user, now=NOW)

    assert [outcome.approved.is_new for outcome in outcomes] == [True, True, True]
    assert Message.objects.filter(status="scheduled").count() == 3


def test_none_is_nothing(owner):
    assert approve_many([], owner.user, now=NOW) == []


@pytest.mark.django_db(transaction=True)
def test_two_who_approve_the_same_at_once_make_one_approval_each(three, owner):
    gate = Barrier(2)

    def press(order):
        try:
            gate.wait(timeout=20)
            return [o.approved.is_new for o in approve_many(order, owner.user, now=NOW)]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(press, [three, list(reversed(three))])

    assert sorted(zip(one, reversed(other), strict=True)) in (
        [(False, True)] * 3,
        [(True, False)] * 3,
    )
    assert Approval.objects.count() == 3
    assert Message.objects.filter(status="scheduled").count() == 3
    assert ApplicationEvent.objects.filter(kind="approved").count() == 3
