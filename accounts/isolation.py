"""Tenant walls inside PostgreSQL: web requests run as a role that sees one workspace's rows and no others.

Architecture section 4: the role owns no table and cannot bypass row-level security; both the role and the workspace
are set with SET LOCAL inside the request's transaction, so a connection pool cannot leak them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from accounts.scoping import WorkspaceModel

SETTING = "roleferry.workspace_id"
# What rules the whole platform: a member's request may read it, so that pages can say why nothing leaves, and never
# write it. Operations and the sender run outside the walls.
READ_ONLY_TABLES = (
    "accounts_platformswitch",
    "mailboxes_domainquarantine",
    "mailboxes_recipientwindow",
)


def tenant_models() -> list[type[models.Model]]:
    """Return every concrete model that carries a workspace; a new one is covered by the next migrate."""
    return [model for model in apps.get_models() if issubclass(model, WorkspaceModel)]


@contextmanager
def workspace_walls(workspace_id: int) -> Iterator[None]:
    """Run the block in a transaction that sees only this workspace's rows."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config(%s, %s, true), set_config('role', %s, true)",
                [SETTING, str(workspace_id), settings.DATABASE_WEB_ROLE],
            )
        try:
            yield
        finally:
            # An inner savepoint keeps the outer transaction usable; the role must not outlive the block in tests,
            # where the outer transaction is the test's own.
            if not connection.needs_rollback:
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT set_config('role', 'none', true), set_config(%s, '', true)",
                        [SETTING],
                    )


@contextmanager
def beyond_walls() -> Iterator[None]:
    """Lift the walls for one deliberate look outside, such as an invitation into another workspace."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('role')")
        role = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('role', 'none', true)")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('role', %s, true)", [role])


def ensure_walls(**kwargs: object) -> None:
    """Create the role, its rights and a policy on each tenant table, doing only what is missing (runs after migrate)."""
    role = connection.ops.quote_name(settings.DATABASE_WEB_ROLE)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_policies WHERE policyname = 'workspace_walls' AND schemaname = current_schema()"
        )
        walled = {name for (name,) in cursor.fetchall()}
        existing = set(connection.introspection.table_names(cursor))
        missing = [
            m._meta.db_table for m in tenant_models() if m._meta.db_table in existing - walled
        ]
        if missing:
            _ensure_role(cursor, role)
        for table in map(connection.ops.quote_name, missing):
            cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            cursor.execute(
                f"CREATE POLICY workspace_walls ON {table} TO {role} "
                f"USING (workspace_id = nullif(current_setting('{SETTING}', true), '')::bigint)"
            )
        _ensure_read_only(cursor, role)


def _ensure_read_only(cursor: object, role: str) -> None:
    execute = cursor.execute  # type: ignore[attr-defined]
    execute(
        "SELECT DISTINCT table_name FROM information_schema.role_table_grants WHERE grantee = %s"
        " AND table_schema = current_schema() AND table_name = ANY(%s)"
        " AND privilege_type IN ('INSERT', 'UPDATE', 'DELETE')",
        [settings.DATABASE_WEB_ROLE, list(READ_ONLY_TABLES)],
    )
    for (table,) in cursor.fetchall():  # type: ignore[attr-defined]
        execute(f"REVOKE INSERT, UPDATE, DELETE ON {connection.ops.quote_name(table)} FROM {role}")


def _ensure_role(cursor: object, role: str) -> None:
    execute = cursor.execute  # type: ignore[attr-defined]
    # Roles are shared by a cluster's databases: parallel test databases may race here.
    execute("SELECT pg_advisory_xact_lock(hashtext('roleferry.role'))")
    execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [settings.DATABASE_WEB_ROLE])
    if not cursor.fetchone():  # type: ignore[attr-defined]
        execute(
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN NOBYPASSRLS; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    execute(f"GRANT {role} TO CURRENT_USER")
    execute(f"GRANT USAGE ON SCHEMA public TO {role}")
    execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
    execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
    execute(
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}"
    )
    execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}")
