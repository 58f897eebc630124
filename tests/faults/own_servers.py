"""A PostgreSQL and a Valkey of a test's own, to be killed, filled up or closed while the others go on."""

import itertools
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg import sql

from config.embedded import postgres, valkey

CLEAN = "clean"
_numbers = itertools.count(1)


def own_folder():
    """Return a new folder that a server under another account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="roleferry-fault-"))
    folder.chmod(0o711)
    return folder


class OwnPostgres:
    """A cluster that keeps its promises after a crash, with an empty copy of the test's own database."""

    def __init__(self):
        self.folder = own_folder()
        self.server = postgres.start(self.folder / "postgres", durable=True)

    def copy_schema(self, database):
        """Load what the test's database holds between tests: every table, empty, and the migrations' record."""
        self.execute(
            f"CREATE ROLE {settings.DATABASE_WEB_ROLE} NOLOGIN NOBYPASSRLS", may_exist=True
        )
        self.execute(f"CREATE DATABASE {CLEAN}")
        programs = self.server.programs
        source = {"host": database["HOST"], "dbname": database["NAME"], "user": database["USER"]}
        load = [programs / "psql", "--quiet", "-v", "ON_ERROR_STOP=1", self.server.url_of(CLEAN)]
        with subprocess.Popen(
            [programs / "pg_dump", psycopg.conninfo.make_conninfo(**source)],
            stdout=subprocess.PIPE,
            env={"PGPASSWORD": database["PASSWORD"] or "", "PATH": "/usr/bin"},
        ) as dump:
            subprocess.run(load, stdin=dump.stdout, stdout=subprocess.DEVNULL, check=True)
        assert dump.returncode == 0

    def execute(self, statement, *, may_exist=False):
        """Run one statement as the owner of everything, outside any transaction."""
        with psycopg.connect(self.server.url_of("postgres"), autocommit=True) as conn:
            try:
                conn.execute(statement)
            except (psycopg.errors.DuplicateObject, psycopg.errors.DuplicateDatabase):
                if not may_exist:
                    raise

    def new_database(self):
        """Return the settings of a fresh database."""
        name = f"fault_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {CLEAN}")
        # Another installation, as far as the guard of epochs is concerned.
        with psycopg.connect(self.server.url_of(name), autocommit=True) as conn:
            conn.execute("UPDATE django_migrations SET applied = now() + interval '1 day'")
        return {
            "NAME": name,
            "USER": postgres.ROLE,
            "PASSWORD": "",
            "HOST": str(self.server.socket_folder),
            "PORT": "",
        }

    def drop(self, name):
        self.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )

    def crash(self):
        """Stop at once as after a loss of power (immediate shutdown)."""
        process = self.server.process
        process.send_signal(signal.SIGQUIT)
        process.wait(20)

    def restart(self):
        """Start again on the same data, as `make up` would."""
        with (self.folder / "again.log").open("ab") as output:
            self.server.spawn(output)
        self.server.wait_ready()

    def stop(self):
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class OwnValkey:
    """A Valkey that can be killed and comes back empty."""

    def __init__(self):
        self.folder = own_folder()
        self.server = valkey.start(self.folder / "valkey", durable=False)

    @property
    def url(self):
        return self.server.url

    def kill(self):
        self.server.process.kill()
        self.server.process.wait(10)

    def restart(self):
        with (self.folder / "again.log").open("ab") as output:
            self.server.spawn(output)
        self.server.wait_ready()

    def say(self, command):
        return self.server._say(command)

    def stop(self):
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def own_cluster(django_db_setup):
    """One cluster for all tests of this process that break theirs."""
    cluster = OwnPostgres()
    cluster.copy_schema(dict(connections["default"].settings_dict))
    yield cluster
    cluster.stop()


@pytest.fixture
def own_database(transactional_db, own_cluster):
    """Django stands on a fresh database of the own cluster for one test; yields the cluster."""
    default = connections["default"]
    before = {
        key: default.settings_dict[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    }
    own = own_cluster.new_database()
    default.close()
    default.settings_dict.update(own)
    try:
        yield own_cluster
    finally:
        default.close()
        default.settings_dict.update(before)
    if own_cluster.server.process.poll() is not None:
        own_cluster.restart()
    own_cluster.drop(own["NAME"])
