"""One workspace with a row behind every address, and a fingerprint of everything stored."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from accounts import invitations
from accounts.isolation import tenant_models
from accounts.models import BackgroundTask, Membership, Profile, User, Workspace
from jobs.models import Document, Source
from mailboxes import checking
from mailboxes.connecting import SmtpDetails
from mailboxes.models import Suppression
from mailboxes.suppression import suppress
from outreach.models import Message, Package, Sequence
from outreach.unsubscribing import token_for
from tests.factories.accounts import ProfileFactFactory, ResumeFactory
from tests.factories.answers import answered
from tests.factories.jobs import JobMatchFactory
from tests.factories.outreach import (
    ContactFactory,
    MailboxFactory,
    SequenceVersionFactory,
    WebhookEndpointFactory,
)
from tests.factories.scenes import being_written_to, package_for
from tests.outreach.package_cases import make_package

TYPED = SmtpDetails(
    "olga@other-company.com", "Olga", "127.0.0.1", 587, "starttls", "olga", "typed-secret"
)
CONTACTS_CSV = b"Email,First name\nmaria@northwind.test,Maria\n"


@dataclass
class World:
    """The ids that addresses may name, all of one workspace."""

    workspace: Workspace
    ids: dict[str, Any] = field(default_factory=dict)


def build(profile: Profile, viewer: Membership) -> World:
    workspace = profile.workspace
    ids: dict[str, Any] = {}
    ids |= _people(workspace, profile.user, viewer)
    ids |= _candidate(profile)
    ids |= _ready(make_package(profile))
    # The package has made version 1 of the sequence by itself.
    SequenceVersionFactory.reset_sequence(100, force=True)
    ids |= _being_written_to(profile)
    ids["token"] = token_for(Message.objects.filter(status="sent").first())
    return World(workspace, ids)


def _people(workspace: Workspace, owner: User, viewer: Membership) -> dict[str, Any]:
    now = timezone.now()
    task = BackgroundTask.objects.create(
        workspace=workspace, kind="import_board", title="Reading a board", steps=["Reading"]
    )
    invitation = invitations.invite(
        workspace, email="new@roleferry.example", role="editor", by=owner, now=now
    )
    upload = uuid4()
    default_storage.save(f"imports/{workspace.public_id}/{upload}.csv", ContentFile(CONTACTS_CSV))
    return {
        "member": viewer.pk,
        "task": task.public_id,
        "invitation": invitation.public_id,
        "upload": upload,
    }


def _candidate(profile: Profile) -> dict[str, UUID]:
    gone = timezone.now() - timedelta(minutes=5)
    resume = ResumeFactory(
        profile=profile, is_primary=True, file=ContentFile(b"Olga Owner", name="olga.txt")
    )
    return {
        "resume": resume.public_id,
        "deleted_resume": ResumeFactory(profile=profile, deleted_at=gone).public_id,
        "fact": ProfileFactFactory(profile=profile).public_id,
        "deleted_fact": ProfileFactFactory(profile=profile, deleted_at=gone).public_id,
    }


def _ready(package: Package) -> dict[str, Any]:
    application = package.application
    application.interviews = [
        {"id": name, "at": "2026-11-30T10:00:00+00:00", "stage": "Phone", "removed": removed}
        for name, removed in (("kept", False), ("gone", True))
    ]
    application.save()
    job = application.job
    JobMatchFactory(profile=application.profile, job=job, workspace=application.workspace)
    Source.objects.filter(pk=job.source_id).update(name="Harbor Pay")
    document = Document.objects.filter(application=application).first()
    mail = Message.objects.filter(enrollment__package=package).order_by("step_number").first()
    return {
        "package": package.public_id,
        "application": application.public_id,
        "job": job.public_id,
        "source": job.source.public_id,
        "document": document.public_id,
        "draft": mail.public_id,
        "file": mail.attachment.public_id,
    }


def _being_written_to(profile: Profile) -> dict[str, Any]:
    mailbox = MailboxFactory(workspace=profile.workspace, address="olga@sandbox.test")
    package = package_for(profile)
    going = being_written_to(package, mailbox, email="maria@northwind.test")
    ended = being_written_to(package, mailbox, email="noor@northwind.test")
    reply = answered(ended)
    discarded = package_for(profile)
    Package.objects.filter(pk=discarded.pk).update(status="discarded")
    contact = ContactFactory(workspace=profile.workspace, email="lee@northwind.test")
    deleted = ContactFactory(workspace=profile.workspace, deleted_at=timezone.now())
    return {
        "enrollment": going.public_id,
        "sequence": going.version.sequence.public_id,
        "spare_sequence": Sequence.objects.create(
            workspace=profile.workspace, name="Spare"
        ).public_id,
        "message": going.mails.get(status="scheduled").public_id,
        "cancelled_message": ended.mails.filter(status="cancelled").first().public_id,
        "reply": reply.public_id,
        "discarded_package": discarded.public_id,
        "contact": contact.public_id,
        "deleted_contact": deleted.public_id,
        "mailbox": mailbox.public_id,
        "api_mailbox": MailboxFactory(
            workspace=profile.workspace,
            address="olga@by-postmark.test",
            provider="postmark",
            is_sandbox=False,
        ).public_id,
        "own_mailbox": MailboxFactory(
            workspace=profile.workspace,
            address="olga@real-company.com",
            provider="smtp",
            is_sandbox=False,
        ).public_id,
        "check": checking.open_check(
            profile.workspace, now=timezone.now(), details=TYPED
        ).public_id,
        "endpoint": WebhookEndpointFactory(mailbox=mailbox).public_id,
        **_closed_doors(profile),
    }


def _closed_doors(profile: Profile) -> dict[str, UUID]:
    now, found = timezone.now(), {}
    for name, removed in (("suppression", None), ("removed_suppression", now)):
        row = suppress(
            reason="manual",
            scope="workspace",
            workspace=profile.workspace,
            domain=f"{name.replace('_', '-')}.test",
            now=now,
        )
        why = "removed by mistake" if removed else ""
        Suppression.objects.filter(pk=row.pk).update(released_at=removed, released_reason=why)
        found[name] = row.public_id
    return found


def fingerprint() -> dict[str, str]:
    """Return a hash of every row of every table that belongs to somebody, and the names of all stored files."""
    models = [*tenant_models(), Workspace, Membership, User]
    parts = [
        f"SELECT '{table}', md5(coalesce(string_agg(row::text, '|' ORDER BY row.id), '')) FROM {table} AS row"
        for table in (model._meta.db_table for model in models)
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        found = dict(cursor.fetchall())
    return found | {"files": repr(sorted(_files("")))}


def _files(folder: str) -> list[str]:
    if folder and not default_storage.exists(folder):
        return []
    folders, names = default_storage.listdir(folder or ".")
    below = [path for name in folders for path in _files(f"{folder}/{name}".lstrip("/"))]
    return [f"{folder}/{name}" for name in names] + below
