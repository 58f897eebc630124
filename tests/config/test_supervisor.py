"""The supervisor is run as a program of its own: signals and kill -9 need a process to hit."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from config.embedded import local_keys
from config.embedded.host import EmbeddedServerError
from config.embedded.supervisor import Log, describe_exit

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from config.embedded.host import EmbeddedServerError
from config.embedded.supervisor import Child, Supervisor, command

folder = Path({folder!r})

def child(name, code, **options):
    code = f"import os, signal, sys, time; folder = {folder!r}; name = {{name!r}}\\n" + code
    return Child(name, command([sys.executable, "-c", code], env={{"PYTHONUNBUFFERED": "1"}}, cwd=folder), **options)

SERVER = '''
def bye(*_):
    open(folder + "/stopped", "a").write(name + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, bye)
open(folder + "/" + name + ".pid", "w").write(str(os.getpid()))
print("hello from", name)
while True: time.sleep(0.05)
'''

def exists(name):
    return lambda: (folder / f"{{name}}.pid").exists()

try:
    with Supervisor(lock=folder / "lock") as supervisor:
        supervisor.run({children}, on_ready=lambda: print("READY", flush=True))
except EmbeddedServerError as error:
    sys.exit(str(error))
"""


def run(folder: Path, children: str) -> subprocess.Popen[str]:
    code = textwrap.dedent(PROGRAM).format(root=str(ROOT), folder=str(folder), children=children)
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def read_until(process: subprocess.Popen[str], text: str) -> str:
    seen = ""
    for line in process.stdout:
        seen += line
        if text in line:
            return seen
    pytest.fail(f"{text!r} never came; instead: {seen}")


def pid_of(folder: Path, name: str) -> int:
    path = folder / f"{name}.pid"
    for _ in range(200):
        if path.exists() and path.read_text():
            return int(path.read_text())
        time.sleep(0.02)
    pytest.fail(f"{name} never started")


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_gone(*pids: int) -> None:
    for _ in range(250):
        if not any(map(is_running, pids)):
            return
        time.sleep(0.02)
    pytest.fail("a process was left behind")


TWO = '[child("db", SERVER, is_ready=exists("db"), gate=True), child("web", SERVER, is_ready=exists("web"))]'


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stop_signal_stops_clients_before_servers_and_leaves_nothing(tmp_path, number):
    process = run(tmp_path, TWO)
    log = read_until(process, "READY")
    pids = [pid_of(tmp_path, "db"), pid_of(tmp_path, "web")]
    process.send_signal(number)
    rest, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert (tmp_path / "stopped").read_text() == "web db "
    assert "db  | hello from db" in log
    assert "\x1b[" not in log  # no colour where no terminal is
    assert rest.count("Stopping") == 1
    assert not any(map(is_running, pids))
    assert not (tmp_path / "lock").exists()


def test_child_killed_from_outside_is_started_again_and_says_so(tmp_path):
    process = run(tmp_path, TWO)
    read_until(process, "READY")
    first = pid_of(tmp_path, "web")
    os.kill(first, signal.SIGKILL)
    log = read_until(process, "hello from web")
    assert "web | was ended by SIGKILL; starting it again in 0.5 s" in log
    assert pid_of(tmp_path, "web") != first
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_child_deaf_to_its_signal_is_killed_after_its_grace(tmp_path):
    deaf = 'signal.signal(signal.SIGTERM, signal.SIG_IGN)\\nopen(folder + "/deaf.pid", "w").write(str(os.getpid()))\\ntime.sleep(60)'
    process = run(
        tmp_path,
        f"[child('deaf', '{deaf}', is_ready=exists('deaf'), stop_signals=((signal.SIGTERM, 0.3),))]",
    )
    read_until(process, "READY")
    pid = pid_of(tmp_path, "deaf")
    process.terminate()
    rest, _ = process.communicate(timeout=20)
    assert "deaf | did not stop in time and is killed" in rest
    assert not is_running(pid)


def test_killed_supervisor_takes_its_children_along_and_the_next_one_starts(tmp_path):
    process = run(tmp_path, TWO)
    read_until(process, "READY")
    pids = [pid_of(tmp_path, "db"), pid_of(tmp_path, "web")]
    process.kill()
    process.communicate(timeout=20)
    wait_gone(*pids)
    assert (tmp_path / "lock").exists()
    again = run(tmp_path, TWO)
    read_until(again, "READY")
    again.terminate()
    again.communicate(timeout=20)
    assert again.returncode == 0


def test_next_start_ends_a_grandchild_that_a_killed_supervisor_left(tmp_path):
    code = (
        "import subprocess\\nif os.fork() == 0:\\n os.setsid()\\n"
        " signal.signal(signal.SIGTERM, signal.SIG_IGN)\\n"
        ' open(folder + "/stray.pid", "w").write(str(os.getpid()))\\n time.sleep(60)\\n'
        "time.sleep(60)"
    )
    process = run(tmp_path, f"[child('web', '{code}', is_ready=exists('stray'))]")
    read_until(process, "READY")
    stray = pid_of(tmp_path, "stray")
    process.kill()
    process.communicate(timeout=20)
    assert is_running(stray)
    again = run(tmp_path, TWO)
    read_until(again, "READY")
    wait_gone(stray)
    again.terminate()
    again.communicate(timeout=20)


def test_second_supervisor_on_the_same_folder_is_refused_with_a_sentence(tmp_path):
    process = run(tmp_path, TWO)
    read_until(process, "READY")
    second = run(tmp_path, TWO)
    said, _ = second.communicate(timeout=20)
    assert second.returncode == 1
    assert said.strip() == (
        f"RoleFerry already runs from this folder (process {process.pid}): "
        "use that one, or stop it with Ctrl-C in its terminal first."
    )
    assert process.poll() is None
    process.terminate()
    process.communicate(timeout=20)


def test_step_that_fails_stops_the_start_and_what_runs_already(tmp_path):
    process = run(
        tmp_path,
        '[child("db", SERVER, is_ready=exists("db"), gate=True), '
        'child("prepare", "sys.exit(\'no luck\')", once=True, gate=True), child("web", SERVER)]',
    )
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "prepare | no luck" in said
    assert said.strip().endswith("prepare ended with exit status 1: its lines above say why.")
    assert not (tmp_path / "web.pid").exists()
    assert (tmp_path / "stopped").read_text() == "db "


def test_log_keeps_lines_whole_and_colours_only_a_terminal(monkeypatch):
    class Terminal:
        text = ""

        def isatty(self):
            return True

        def write(self, text):
            self.text += text

        def flush(self):
            pass

    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured, plain = Terminal(), Terminal()
    log = Log(["web", "worker"], coloured)
    log.feed("web", b"first ha")
    log.feed("worker", b"other\n")
    log.feed("web", b"lf\nunfinished")
    log.feed("web", b"")
    assert coloured.text == (
        "\x1b[33mworker |\x1b[0m other\n"
        "\x1b[36mweb    |\x1b[0m first half\n"
        "\x1b[36mweb    |\x1b[0m unfinished\n"
    )
    monkeypatch.setenv("NO_COLOR", "1")
    Log(["web"], plain).feed("web", b"line\n")
    assert plain.text == "web | line\n"


def test_describe_exit_names_the_signal():
    assert describe_exit(3) == "ended with exit status 3"
    assert describe_exit(-9) == "was ended by SIGKILL"


def test_local_keys_are_made_once_for_the_owner_alone(tmp_path):
    path = tmp_path / "var" / "secrets.json"
    keys = local_keys.load_or_make(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(keys["SECRET_KEY"]) >= 50
    assert local_keys.load_or_make(path) == keys
    assert [entry.name for entry in path.parent.iterdir()] == ["secrets.json"]


def test_damaged_local_keys_are_refused_and_kept(tmp_path):
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"SECRET_KEY": "only one"}))
    with pytest.raises(EmbeddedServerError, match="is damaged, and a new key could not read"):
        local_keys.load_or_make(path)
    assert json.loads(path.read_text()) == {"SECRET_KEY": "only one"}
