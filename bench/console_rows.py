"""A platform's year in the operations console: a million messages with the rows around them, made inside PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.utils import timezone

from accounts.auditing import record
from accounts.models import AuditEntry, BackgroundTask, User, Workspace
from mailboxes.models import (
    DeliveryEvent,
    Mailbox,
    MailboxDay,
    ProviderDelivery,
    Suppression,
    WebhookEndpoint,
)
from outreach.models import Enrollment, Message
from tests.factories.outreach import MailboxFactory, MessageFactory, WebhookEndpointFactory

# How the messages of a busy platform stand, in thousandths; what is rare is what operators look for.
STATES = (
    ("delivered", 850),
    ("sent", 60),
    ("cancelled", 45),
    ("scheduled", 20),
    ("failed", 12),
    ("bounced", 10),
    ("held", 1),
    ("unknown", 1),
    ("complained", 1),
)
SECONDS_APART = 30  # a million mails in most of a year
BODY = "I saw the opening for a staff engineer and wanted to reach out to you. " * 4


@dataclass(frozen=True)
class Sizes:
    """How many rows of each kind."""

    messages: int
    workspaces: int
    mailboxes: int
    events: int
    posts: int
    entries: int


def fill(sizes: Sizes) -> User:
    """Make the rows and return the operator who looks at them."""
    operator: User = User.objects.create_superuser("operator@roleferry.example", "unused")
    message = MessageFactory(scheduled=True, body=BODY)
    mailbox = MailboxFactory(workspace=message.workspace)
    post = _post(WebhookEndpointFactory(mailbox=mailbox))
    entry = record("mailbox.pause", mailbox, actor=operator, reason="Bounces.")
    with connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica"
        )  # keys into copies are right anyway
    try:
        with _indexes_built_last(Enrollment):
            first = _around(message, mailbox, sizes)
        with _indexes_built_last(Message):
            _messages(message, sizes, first)
        _heard(message.workspace, post, sizes)
        _trail(entry, operator, sizes)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET session_replication_role")
            cursor.execute("VACUUM ANALYZE")
    return operator


def _around(message: Message, mailbox: Mailbox, sizes: Sizes) -> dict[str, int]:
    """Make workspaces, mailboxes with a week of days, and people; return the first number of each kind."""
    first = {
        "workspace": _copy(Workspace, message.workspace, sizes.workspaces),
        "mailbox": _copy(
            Mailbox,
            mailbox,
            sizes.mailboxes,
            address="'box' || n || '@firm' || n % 400 || '.test'",
            last_sent_at="now()",
            status="CASE WHEN n % 50 = 0 THEN 'paused' ELSE 'active' END",
            status_reason="CASE WHEN n % 50 = 0 THEN 'Bounces reached ' || n % 7 || ' %' ELSE '' END",
        ),
        "enrollment": _copy(
            Enrollment, message.enrollment, sizes.messages, application_id="t.application_id + n"
        ),
    }
    day = MailboxDay(
        workspace=message.workspace, mailbox=mailbox, day=timezone.now().date(), cap=50
    )
    day.save()
    box = f"{first['mailbox']} + (n - 1) / 7"
    fields = {
        "mailbox_id": box,
        "day": "current_date - (n % 7)::int",
        "reserved": "30",
        "sent": "30",
    }
    _copy(MailboxDay, day, sizes.mailboxes * 7, **fields, bounced="(n % 40 = 0)::int")
    return first


def _messages(message: Message, sizes: Sizes, first: dict[str, int]) -> None:
    edges, cases = 0, ""
    for state, share in STATES:
        edges += share
        cases += f" WHEN (n * 7919) % 1000 < {edges} THEN '{state}'"
    state = f"(CASE{cases} END)"
    left = f"{state} IN ('sent', 'delivered', 'bounced', 'complained', 'unknown')"
    moment = f"now() - make_interval(secs => ({sizes.messages} - n) * {SECONDS_APART})"
    recipient = "'p' || n || '@company' || n % 5000 || '.test'"
    _copy(
        Message,
        message,
        sizes.messages,
        workspace_id=f"{first['workspace']} + n % {sizes.workspaces}",
        mailbox_id=f"{first['mailbox']} + n % {sizes.mailboxes}",
        enrollment_id=f"{first['enrollment']} + n - 1",
        recipient=recipient,
        recipient_hash=f"encode(sha256(({recipient})::bytea), 'hex')",
        recipient_domain="'company' || n % 5000 || '.test'",
        approved_hash=f"roleferry_text_hash({recipient}, t.subject, t.body)",
        message_id="'<' || gen_random_uuid() || '@ferry.test>'",
        status=state,
        status_reason=f"CASE WHEN {state} IN ('failed', 'held', 'unknown') THEN 'Cause ' || n % 9 ELSE '' END",
        due_at=f"CASE WHEN {state} = 'scheduled' THEN now() + make_interval(mins => ((n * 31) % 20000)::int - 60) ELSE {moment} END",
        sent_at=f"CASE WHEN {left} THEN {moment} END",
        sending_at=f"CASE WHEN {left} THEN {moment} END",
        updated_at=moment,
        reserved_day=f"CASE WHEN {left} THEN current_date END",
        smtp_code=f"CASE WHEN {state} = 'failed' THEN 550 WHEN {left} THEN 250 END",
        provider_id=f"CASE WHEN {left} THEN 'q' || n ELSE '' END",
    )


def _post(endpoint: WebhookEndpoint) -> ProviderDelivery:
    now = timezone.now()
    post: ProviderDelivery = ProviderDelivery.objects.create(
        workspace=endpoint.workspace,
        endpoint=endpoint,
        provider="generic",
        body=b"{}" * 300,
        body_sha256="0" * 64,
        signature_verdict="hmac-sha256",
        status="applied",
        received_at=now,
        applied_at=now,
    )
    return post


def _heard(workspace: Workspace, post: ProviderDelivery, sizes: Sizes) -> None:
    """Make posts, their events, closed doors and tasks."""
    moment = "now() - make_interval(secs => n * 30)"
    _copy(
        ProviderDelivery,
        post,
        sizes.posts,
        body_sha256="n::text",
        received_at=moment,
        status="CASE WHEN n % 5000 = 0 THEN 'failed' ELSE 'applied' END",
        error="CASE WHEN n % 5000 = 0 THEN 'Not JSON' ELSE '' END",
    )
    event = DeliveryEvent.objects.create(
        workspace=workspace,
        delivery=post,
        endpoint=post.endpoint,
        event_id="0",
        type="delivered",
        occurred_at=timezone.now(),
        processed_at=timezone.now(),
    )
    _copy(
        DeliveryEvent,
        event,
        sizes.events,
        event_id="n::text",
        occurred_at=moment,
        recipient="'p' || n || '@company.test'",
        message_id="'m' || n",
        type="CASE WHEN n % 100 = 0 THEN 'bounced' ELSE 'delivered' END",
        bounce_kind="CASE WHEN n % 1000 = 0 THEN 'block' WHEN n % 100 = 0 THEN 'hard' ELSE '' END",
    )
    closed = Suppression.objects.create(
        scope="platform", address_hash="0" * 64, reason="hard_bounce", source="an event"
    )
    _copy(Suppression, closed, sizes.entries, address_hash="encode(sha256(n::text::bytea), 'hex')")
    task = BackgroundTask.objects.create(workspace=workspace, kind="ferry", title="A ferry")
    _copy(BackgroundTask, task, sizes.entries)


def _trail(entry: AuditEntry, operator: User, sizes: Sizes) -> None:
    _copy(
        AuditEntry,
        entry,
        sizes.entries,
        previous_hash="'p' || n",
        entry_hash="'h' || n",
        at="now() - make_interval(secs => n * 60)",
        verb="CASE WHEN n % 1000 = 0 THEN 'suppression.release' ELSE 'mailbox.pause' END",
        target_id="'target' || n",
    )


@contextmanager
def _indexes_built_last(model: type[models.Model]) -> Iterator[None]:
    """Drop what is no constraint's index and build it anew afterwards, sorted: minutes become seconds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND schemaname = current_schema() "
            "AND indexdef NOT LIKE 'CREATE UNIQUE%%'",
            [model._meta.db_table],
        )
        known = cursor.fetchall()
        for name, _ in known:
            cursor.execute(f'DROP INDEX "{name}"')
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '256MB'")
        for _, statement in known:
            cursor.execute(statement)


def _copy(model: type[models.Model], template: Any, count: int, **given: str) -> int:
    """Copy `template` into rows n = 1 to `count`, columns given as SQL over n and t; return the first one's number."""
    table = model._meta.db_table
    columns = [
        field.column
        for field in model._meta.concrete_fields
        if not field.primary_key and not getattr(field, "generated", False)
    ]
    if "public_id" in columns:
        given.setdefault("public_id", "gen_random_uuid()")
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(given.get(name, f't."{name}"') for name in columns)
    with connection.cursor() as cursor:
        # Without parameters, because % is an operator here.
        cursor.execute(
            f'INSERT INTO "{table}" ({names}) SELECT {values} '
            f'FROM "{table}" t, generate_series(1::bigint, {int(count)}) n WHERE t.id = {template.pk} ORDER BY n'
        )
        cursor.execute(f'SELECT min(id) FROM "{table}" WHERE id > %s', [template.pk])
        return int(cursor.fetchone()[0])
