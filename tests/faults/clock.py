"""A clock that a test can move, for PostgreSQL and Django at once (F19; the forecast's test in frozen time)."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import connection, connections
from django.utils import timezone

SCHEMA = "moved_clock"
# Every way in which our statements ask for the time. CURRENT_TIMESTAMP cannot be moved; nothing of ours uses it.
ASKED = ("now", "transaction_timestamp", "statement_timestamp", "clock_timestamp")


class MovedClock:
    """Within the block, every new connection of this process and of senders it starts tells our time.

    The time is a row of the database, read by functions that stand before PostgreSQL's own in the search path, so a
    move counts for everybody at once, from the next statement on. `timezone.now()` follows. While `frozen` it stands
    still; otherwise it runs on from where it was put.
    """

    def __init__(self, monkeypatch, *, at=None, frozen=True):
        self.monkeypatch, self.frozen = monkeypatch, frozen
        self.began = at or datetime.now(UTC)

    def __enter__(self):
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {SCHEMA}")
            cursor.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO PUBLIC")
            cursor.execute(
                f"CREATE TABLE {SCHEMA}.dial (moved interval NOT NULL, stands timestamptz)"
            )
            cursor.execute(f"INSERT INTO {SCHEMA}.dial VALUES ('0', NULL)")
            cursor.execute(f"GRANT SELECT ON {SCHEMA}.dial TO PUBLIC")
            for name in ASKED:
                volatility = "VOLATILE" if name == "clock_timestamp" else "STABLE"
                cursor.execute(
                    f"CREATE FUNCTION {SCHEMA}.{name}() RETURNS timestamptz LANGUAGE sql {volatility} AS "
                    f"'SELECT coalesce(stands, pg_catalog.{name}() + moved) FROM {SCHEMA}.dial'"
                )
        options = connection.settings_dict["OPTIONS"]
        self.monkeypatch.setitem(options, "options", f"-c search_path={SCHEMA},public,pg_catalog")
        connections.close_all()
        self.monkeypatch.setattr(timezone, "now", self.now)
        self.move_to(self.began)
        return self

    def __exit__(self, *_):
        self.monkeypatch.undo()
        connections.close_all()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")

    def now(self):
        """Return the moved time."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            return cursor.fetchone()[0].astimezone(UTC)

    def move_to(self, moment):
        """Let it be `moment` for everybody."""
        values = ["0", moment] if self.frozen else [moment - datetime.now(UTC), None]
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {SCHEMA}.dial SET moved = %s, stands = %s", values)

    def move_by(self, **delta):
        """Move it forward or back, like ``move_by(hours=-1)``."""
        self.move_to(self.now() + timedelta(**delta))


@contextmanager
def moved_clock(monkeypatch, **options):
    """Yield a MovedClock."""
    with MovedClock(monkeypatch, **options) as clock:
        yield clock
