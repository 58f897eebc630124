"""A clock that tests move: the database's, for every connection that is opened while it is in force, and Python's.

The sender takes its times from the database. A schema of our own stands before pg_catalog in the search path and brings
its own now(), so that statements as they are in the product see the moved time; nothing in the product knows of it.
CURRENT_TIMESTAMP and its like cannot be moved; the ledger uses none of them (test_clock.py).
"""

from contextlib import contextmanager
from datetime import datetime, timedelta

import time_machine
from django.db import connection

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS moved_clock;
CREATE TABLE IF NOT EXISTS moved_clock.state (frozen_at timestamptz NOT NULL);
DELETE FROM moved_clock.state;
INSERT INTO moved_clock.state VALUES ('2000-01-01Z');
CREATE OR REPLACE FUNCTION moved_clock.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT frozen_at FROM moved_clock.state';
CREATE OR REPLACE FUNCTION moved_clock.transaction_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT frozen_at FROM moved_clock.state';
CREATE OR REPLACE FUNCTION moved_clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT frozen_at FROM moved_clock.state';
CREATE OR REPLACE FUNCTION moved_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT frozen_at FROM moved_clock.state';
"""
SEARCH_PATH = "-c search_path=moved_clock,public,pg_catalog"


class MovedClock:
    """Stands still until it is set."""

    def __init__(self, traveller):
        self._traveller = traveller
        self.moment = None

    def set(self, moment: datetime) -> None:
        """Let it be `moment` (aware) for the database and for Python."""
        with connection.cursor() as cursor:
            cursor.execute("UPDATE moved_clock.state SET frozen_at = %s", [moment])
        self._traveller.move_to(moment, tick=False)
        self.moment = moment

    def move_by(self, **delta: float) -> None:
        """Let it be so much later, or earlier: ``move_by(hours=-1)``."""
        self.set(self.moment + timedelta(**delta))


@contextmanager
def moved_clock(moment: datetime):
    """Freeze time at `moment`; senders that are started inside live in it. For tests with committed data only."""
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
    options = connection.settings_dict["OPTIONS"]
    before = options.get("options")
    options["options"] = SEARCH_PATH
    connection.close()
    try:
        with time_machine.travel(moment, tick=False) as traveller:
            clock = MovedClock(traveller)
            clock.set(moment)
            yield clock
    finally:
        connection.close()
        options.pop("options")
        if before is not None:
            options["options"] = before
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA moved_clock CASCADE")
