"""The walls in the database hold even when the code above them is wrong (acceptance ACC-11, D2, D13; quality S7)."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from accounts.isolation import tenant_models, workspace_walls
from jobs.models import Job
from outreach.models import Message
from tests.factories.jobs import JobFactory
from tests.factories.outreach import MailboxFactory, MessageFactory

pytestmark = pytest.mark.django_db


def test_every_tenant_table_has_a_policy():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_policies WHERE policyname = 'workspace_walls'")
        walled = {name for (name,) in cursor.fetchall()}
    assert {model._meta.db_table for model in tenant_models()} == walled
    assert len(walled) > 20


def test_raw_sql_behind_the_walls_sees_one_workspace_only(workspace, stranger):
    mine = JobFactory(workspace=workspace)
    JobFactory(workspace=stranger.workspace)
    with workspace_walls(workspace.pk), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM jobs_job")
        assert cursor.fetchall() == [(mine.pk,)]
    assert Job.objects.count() == 2


def test_without_a_workspace_the_web_role_sees_nothing(workspace):
    JobFactory(workspace=workspace)
    with workspace_walls(0), connection.cursor() as cursor:
        for model in tenant_models():
            cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
            assert cursor.fetchone() == (0,), model


def test_the_web_role_cannot_write_into_another_workspace(workspace, stranger):
    job = JobFactory(workspace=stranger.workspace)
    with workspace_walls(workspace.pk):
        assert Job.objects.filter(pk=job.pk).update(title="taken over") == 0
        with pytest.raises(Exception, match="row-level security"), transaction.atomic():
            Job.objects.bulk_create(
                [
                    JobFactory.build(
                        workspace=stranger.workspace, source=job.source, company=job.company
                    )
                ]
            )
    job.refresh_from_db()
    assert job.title == "Backend Engineer"


def test_an_edit_of_an_approved_text_is_refused_by_the_database():
    message = MessageFactory(scheduled=True)
    with (
        pytest.raises(IntegrityError, match="outreach_message_approved_as_is"),
        transaction.atomic(),
    ):
        Message.objects.filter(pk=message.pk).update(body="Something else")
    message.refresh_from_db()
    assert message.approved_hash == message.text_hash


def test_nothing_is_scheduled_without_an_approval():
    message = MessageFactory()
    with (
        pytest.raises(IntegrityError, match="outreach_message_approved_as_is"),
        transaction.atomic(),
    ):
        Message.objects.filter(pk=message.pk).update(
            status="scheduled", due_at="2026-11-21T10:00Z", approved_hash=F("text_hash")
        )


def test_sample_mail_leaves_only_by_the_sandbox(workspace):
    real = MailboxFactory(
        workspace=workspace, provider="smtp", is_sandbox=False, address="olga@real-company.com"
    )
    message = MessageFactory()
    with pytest.raises(IntegrityError, match="sample_only_by_sandbox"), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(mailbox=real)
    with pytest.raises(IntegrityError, match="sample_is_reserved"), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(mailbox=real, is_sample=False)
    with pytest.raises(IntegrityError, match="sample_is_reserved"), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(recipient="maria@real-company.com")
    message.refresh_from_db()
    assert message.mailbox is None


def test_one_message_per_enrollment_and_step():
    message = MessageFactory()
    with pytest.raises(IntegrityError, match="once_per_step"), transaction.atomic():
        MessageFactory(enrollment=message.enrollment, step=message.step)
    assert Message.objects.count() == 1
