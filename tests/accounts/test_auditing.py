"""The audit chain: reasons, one row each, no rewriting."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import InternalError, connection, transaction
from django.db.utils import DatabaseError

from accounts import auditing
from accounts.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_rows_are_chained(workspace, owner):
    first = auditing.record("pause mailbox", workspace, actor=owner.user, reason="bounces")
    second = auditing.record("resume mailbox", workspace, actor=owner.user, reason="fixed")
    assert second.previous_hash == first.entry_hash
    assert auditing.broken_links() == []


def test_no_action_without_a_reason(workspace):
    with pytest.raises(auditing.ReasonMissingError):
        auditing.record("pause mailbox", workspace, actor=None, reason="  ")
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "sql", ["UPDATE accounts_auditentry SET reason = 'x'", "DELETE FROM accounts_auditentry"]
)
def test_the_database_refuses_to_rewrite(workspace, sql):
    auditing.record("pause mailbox", workspace, actor=None, reason="bounces")
    with (
        pytest.raises((InternalError, DatabaseError), match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert AuditEntry.objects.get().reason == "bounces"


def test_a_gap_shows(workspace):
    for number in range(3):
        auditing.record("pause mailbox", workspace, actor=None, reason=f"reason {number}")
    middle = AuditEntry.objects.order_by("pk")[1]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL roleferry.erasing = 'on'")
        cursor.execute("DELETE FROM accounts_auditentry WHERE id = %s", [middle.pk])
    assert len(auditing.broken_links()) == 1


def test_the_command_says_whether_the_chain_holds(workspace, capsys):
    for number in range(2):
        auditing.record("pause mailbox", workspace, actor=None, reason=f"reason {number}")
    call_command("verify_audit")
    assert capsys.readouterr().out == "The audit trail of 2 entries is whole.\n"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL roleferry.erasing = 'on'")
        cursor.execute("DELETE FROM accounts_auditentry WHERE reason = 'reason 0'")
    with pytest.raises(CommandError, match="1 of 1 audit entries do not fit"):
        call_command("verify_audit")
