"""Members of staff in each role, and rows in every state that operators meet."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from mailboxes.models import Mailbox, MailboxDay
from outreach.models import Message
from tests.factories.accounts import UserFactory
from tests.factories.outreach import MailboxFactory, MessageFactory

# What must not show by itself.
SECRET = "planted-secret-7f3a91"
ADDRESS = "maria.planted@northwind.test"
BODY = "Dear Maria, a planted body."
# Why an operator does something.
REASON = "Bounces of this mailbox rose to 6 percent."


def staff_member(role: str, name: str = "") -> User:
    user = UserFactory(email=f"{name or role}@roleferry.example", is_staff=True)
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


def pages() -> list[Any]:
    """Every page of the console."""
    return list(admin.site._registry.values())


def list_url(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_url(row) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def do_url(row, name: str) -> str:
    page = f"admin:{row._meta.app_label}_{row._meta.model_name}_do"
    return f"{reverse(page, args=[name])}?ids={row.pk}"
