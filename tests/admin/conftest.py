"""Staff of each role, and one row of every kind that has a page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.auditing import record
from accounts.models import BackgroundTask, Invitation, Notification, User
from mailboxes.models import InboundMessage
from outreach.models import Message
from tests.factories.jobs import JobFactory, SourceFactory
from tests.factories.operations import (
    ADDRESS,
    BODY,
    SECRET,
    client_of,
    mailbox_for,
    staff_member,
)
from tests.factories.outreach import MailboxFactory, MessageFactory, WebhookEndpointFactory


@pytest.fixture
def operator(db) -> User:
    return staff_member("operations")


@pytest.fixture
def operator_client(operator):
    return client_of(operator)


@pytest.fixture
def support_client(db):
    return client_of(staff_member("support"))


@pytest.fixture
def message():
    message = MessageFactory(scheduled=True, recipient=ADDRESS, body=BODY)
    mailbox = mailbox_for(message, smtp_password=SECRET, smtp_username="maria.planted@relay.test")
    Message.objects.filter(pk=message.pk).update(mailbox=mailbox)
    WebhookEndpointFactory(mailbox=mailbox, secret=SECRET)
    return message


@pytest.fixture
def world(message, owner):
    """One row of every kind that has a page."""
    workspace = message.workspace
    MailboxFactory(status="paused", status_reason="Asked by maria.planted@northwind.test to stop")
    SourceFactory(workspace=workspace, health="dead", last_error="The board is gone.")
    JobFactory(workspace=workspace)
    Invitation.objects.create(
        workspace=workspace, email=ADDRESS, expires_at=timezone.now() + timedelta(days=1)
    )
    Notification.objects.create(workspace=workspace, kind="reply", text=f"{ADDRESS} answered")
    BackgroundTask.objects.create(
        workspace=workspace,
        kind="import",
        title=f"Reading {ADDRESS}",
        status="failed",
        error=f"No answer from {ADDRESS}.",
        finished_at=timezone.now(),
    )
    InboundMessage.objects.create(
        workspace=workspace,
        source="generic",
        raw=SECRET.encode(),
        raw_sha256="0" * 64,
        from_address=ADDRESS,
        received_at=timezone.now(),
    )
    record("mailbox.pause", workspace, actor=owner.user, reason="Bounces.", workspace=workspace)
    return workspace
