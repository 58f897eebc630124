"""Moves of an application: forward by itself, back with a reason, one mover at a time, history kept (APP-1, APP-6)."""

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from jobs import applications
from jobs.applications import ReasonNeededError
from jobs.models import Application, ApplicationEvent
from tests.factories.jobs import ApplicationFactory, JobFactory, JobMatchFactory

pytestmark = pytest.mark.django_db


def test_opening_twice_gives_one_application(profile, owner):
    match = JobMatchFactory(profile=profile, score=81)
    now = timezone.now()
    first = applications.open_application(profile, match.job, actor=owner.user, now=now)
    assert applications.open_application(profile, match.job, actor=owner.user, now=now) == first
    assert (first.status, first.match_score, Application.objects.count()) == ("saved", 81, 1)
    assert [event.kind for event in ApplicationEvent.objects.order_by("pk")] == ["found", "saved"]
    assert first.events.get(kind="found").at == match.job.created_at


def test_a_person_moves_forward_freely_and_back_with_a_reason(profile):
    application, now = ApplicationFactory(profile=profile, status="applied"), timezone.now()
    with pytest.raises(ReasonNeededError, match="Moving back to “Saved” needs a reason"):
        applications.move_application(application, "saved", now=now)
    assert applications.move_application(application, "interviewing", now=now)
    assert applications.move_application(
        application, "saved", now=now, reason="They asked for a pause"
    )
    assert application.status == "saved"
    assert (
        application.events.first().text == "Moved from Interview to Saved: They asked for a pause"
    )


def test_automation_goes_forward_only_and_never_out_of_the_end(profile):
    now = timezone.now()
    interviewing = ApplicationFactory(profile=profile, status="interviewing")
    assert applications.advance_application(interviewing, "replied", now=now) is False
    closed = ApplicationFactory(
        profile=profile, job=JobFactory(workspace=profile.workspace), status="rejected"
    )
    assert applications.advance_application(closed, "replied", now=now) is False
    applied = ApplicationFactory(
        profile=profile, job=JobFactory(workspace=profile.workspace), status="applied"
    )
    assert (
        applications.advance_application(applied, "replied", now=now, text="they answered") is True
    )
    assert ApplicationEvent.objects.count() == 1


def test_of_two_movers_one_succeeds(profile):
    application, now = ApplicationFactory(profile=profile, status="saved"), timezone.now()
    same = Application.objects.get(pk=application.pk)
    assert applications.move_application(application, "applied", now=now) is True
    assert applications.move_application(same, "offer", now=now) is False
    application.refresh_from_db()
    assert (application.status, application.events.count()) == ("applied", 1)


def test_applied_at_is_the_first_time(profile):
    application, now = ApplicationFactory(profile=profile, status="saved"), timezone.now()
    applications.move_application(application, "applied", now=now)
    first = application.applied_at
    applications.move_application(application, "saved", now=now, reason="mistake")
    applications.move_application(application, "applied", now=timezone.now())
    assert application.applied_at == first == now


@pytest.mark.parametrize("change", [{"text": "x"}, {"to_status": "offer"}])
def test_the_database_refuses_to_rewrite_history(profile, change):
    application = ApplicationFactory(profile=profile, status="saved")
    applications.move_application(application, "applied", now=timezone.now())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ApplicationEvent.objects.update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ApplicationEvent.objects.all().delete()
    assert ApplicationEvent.objects.get().to_status == "applied"
