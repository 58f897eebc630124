"""Members of staff in each role, and rows in every state that operators meet."""

from datetime import timedelta

from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import User
from mailboxes.models import Mailbox, MailboxDay
from outreach.models import Message
from tests.factories.accounts import UserFactory
from tests.factories.outreach import MailboxFactory, MessageFactory


def staff_member(role: str) -> User:
    user = UserFactory(email=f"{role}@roleferry.example", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def mailbox_for(message: Message, **fields) -> Mailbox:
    return MailboxFactory(workspace=message.workspace, **fields)


def unknown_message() -> Message:
    """A mail whose outcome nobody can tell: one of three reserved slots of its day, two of which were sent."""
    message = MessageFactory(scheduled=True)
    mailbox = mailbox_for(message)
    moment = timezone.now() - timedelta(hours=2)
    MailboxDay.objects.create(
        workspace=message.workspace, mailbox=mailbox, day=moment.date(), cap=50, reserved=3, sent=2
    )
    Message.objects.filter(pk=message.pk).update(
        status="unknown",
        status_reason="The connection ended before the server's answer.",
        mailbox=mailbox,
        sending_at=moment,
        first_attempt_at=moment,
        reserved_day=moment.date(),
        lease_epoch=7,
    )
    message.refresh_from_db()
    return message
