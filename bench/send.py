"""How fast queued mail leaves: our sender with every check on, and others in the same run.

Instant sink: 5,000 mails of 1.5 kB; ours, django-post_office, the naive loop, and Postfix's smtp-source, a C program that
sends one text as fast as SMTP goes and stands for the limit. Slow sink: each mail takes the server 100 ms; slow peers
send fewer mails there, and only the time they send is counted for them, without their start. Lateness: mails fall due
at a tenth of the rate we reached, and the sink says when each one's DATA came.

Every system is a program of its own, so rate, processor time and memory count everything from the start of Python on;
figures named "running" leave out loading. Peers that are not installed (make bench-peers; apt install postfix) are
named in a line and left out.
"""

import json
import math
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta

import psycopg
from django.utils import timezone

from bench import IS_TINY
from bench.measuring import finish, percentile, say
from bench.send_world import SendWorld
from outreach.dispatcher import database_address
from outreach.models import Message

MAILS, ROUNDS = (20, 1) if IS_TINY else (5000, 5)
SLOW_SECONDS = 0.1
SLOW_MAILS = (
    {"ours": 20, "post_office": 10, "naive": 3}
    if IS_TINY
    else {"ours": 5000, "post_office": 400, "naive": 50}
)
LATENESS_SECONDS = 2 if IS_TINY else 15
# The rows are written and the sender is up before the first mail falls due.
HEAD_START_SECONDS = 3 if IS_TINY else 10
# No round begins after this, so that a busy machine gives fewer rounds; the lines say how many there were.
LONGEST_SECONDS = 240.0
PEER_DATABASE = "roleferry_bench_peers"
DELIVERED = ("sent", "delivered")


@contextmanager
def python_sink(delay: float = 0.0):
    """Yield the port of our own sink and a dict that tells, after the block, what it took."""
    command = [sys.executable, "bench/sink.py", str(delay)]
    sink = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    told: dict[str, object] = {}
    try:
        yield int(sink.stdout.readline()), told
    finally:
        told.update(json.loads(sink.communicate()[0]))


@contextmanager
def instant_sink():
    """Yield the port of the cheapest sink there is: Postfix's smtp-sink, else our own."""
    program = shutil.which("smtp-sink", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        with python_sink() as (port, _):
            yield port
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # It serves 256 connections if not told otherwise; idle ones of many mailboxes are more.
    command = [program, "-m", "4096", *(["-u", "nobody"] if os.getuid() == 0 else [])]
    sink = subprocess.Popen([*command, f"127.0.0.1:{port}", "1024"])
    try:
        wait_for(port)
        yield port
    finally:
        sink.terminate()
        sink.wait()


def wait_for(port: int) -> None:
    """Return once somebody listens."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("The sink did not begin to listen.")


def run(command: list[str], **environment: str) -> tuple[dict[str, float], float]:
    """Run a program and return what its last line tells and how many seconds it took as a whole."""
    began = time.perf_counter()
    answer = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    seconds = time.perf_counter() - began
    if answer.returncode:
        raise SystemExit(f"{command} failed: {answer.stderr[-2000:]}")
    lines = answer.stdout.splitlines()
    return (json.loads(lines[-1]) if lines else {}), seconds


def figures(told: dict[str, float], mails: int, seconds: float) -> dict[str, float]:
    """Return what is said of one run."""
    return {
        "mails_per_second": mails / seconds,
        "running_mails_per_second": mails / told["running_seconds"],
        "cpu_ms_per_mail": told["cpu_seconds"] / mails * 1000,
        "running_cpu_ms_per_mail": told["running_cpu_seconds"] / mails * 1000,
        "peak_rss_mb": told["peak_rss_mb"],
    }


def send_ours(mails: int, port: int) -> dict[str, float]:
    """Let one sender empty a queue of due mail."""
    due = timezone.now() - timedelta(minutes=1)
    SendWorld(mails, port, due_at=lambda _: due)
    told, seconds = run([sys.executable, "bench/sender.py", "--once"])
    count = Message.objects.filter(status__in=DELIVERED).count()
    if count != mails:
        raise SystemExit(f"We sent {count} of {mails} mails.")
    return figures(told, mails, seconds)


def send_peer(peer: str, mails: int, port: int) -> dict[str, float]:
    """Let a peer empty its queue."""
    where = {"BENCH_PEER_DATABASE": peer_database(), "SINK_PORT": str(port)}
    program = [sys.executable, "bench/send_peers.py", peer]
    run([*program, "fill", str(mails)], **where)
    told, seconds = run([*program, "send"], **where)
    if told["sent"] != mails:
        raise SystemExit(f"{peer} sent {told['sent']} of {mails} mails.")
    return figures(told, mails, seconds)


def send_by_smtp_source(mails: int, port: int) -> dict[str, float]:
    """Let the C program send as many mails of the size over eight kept connections."""
    program = shutil.which("smtp-source", path=os.environ["PATH"] + ":/usr/sbin")
    command = [program, "-d", "-s", "8", "-l", "1500", "-m", str(mails)]
    began = time.perf_counter()
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True, capture_output=True)
    return {"mails_per_second": mails / (time.perf_counter() - began)}


def peer_database() -> str:
    """Return the address of a database for the peers, made on first use."""
    address = database_address()
    with psycopg.connect(address, autocommit=True) as conn:
        known = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [PEER_DATABASE])
        if known.fetchone() is None:
            conn.execute(f"CREATE DATABASE {PEER_DATABASE} TEMPLATE template0")
    return psycopg.conninfo.make_conninfo(address, dbname=PEER_DATABASE)


def peers_here() -> list[str]:
    """Return the peers that are installed; name the others."""
    there = ["naive"]
    probe = [sys.executable, "bench/send_peers.py", "post_office", "is-there"]
    if subprocess.run(probe, check=False).returncode == 0:
        there.insert(0, "post_office")
    else:
        say(system="post_office", skipped="django-post_office is not installed: make bench-peers")
    if shutil.which("smtp-source", path=os.environ["PATH"] + ":/usr/sbin"):
        there.append("smtp-source")
    else:
        say(system="smtp-source", skipped="Postfix's smtp-source is not installed")
    return there


def medians(runs: dict[str, list[dict[str, float]]], sink: str, mails) -> dict[str, dict]:
    """Say each system's line and return its medians."""
    found = {}
    for name, done in runs.items():
        found[name] = {key: statistics.median(run[key] for run in done) for key in done[0]}
        rates = sorted(round(run["mails_per_second"], 1) for run in done)
        rounded = {key: round(value, 3) for key, value in found[name].items()}
        say(system=name, sink=sink, mails=mails(name), runs=len(done), **rounded, all_rates=rates)
    return found


def measure_instant(peers: list[str]) -> dict[str, dict]:
    """Send to the instant sink with every system in turn, ROUNDS times."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in ("ours", *peers)}
    deadline = time.monotonic() + LONGEST_SECONDS
    with instant_sink() as port:
        for number in range(ROUNDS):
            if number and time.monotonic() > deadline:
                break
            for name, done in runs.items():
                if name == "ours":
                    done.append(send_ours(MAILS, port))
                elif name == "smtp-source":
                    done.append(send_by_smtp_source(MAILS, port))
                else:
                    done.append(send_peer(name, MAILS, port))
    return medians(runs, "instant", lambda _: MAILS)


def measure_slow(peers: list[str]) -> dict[str, dict]:
    """Send to the sink that takes 100 ms a mail; our connections are as many as fit, 256."""
    runs = {}
    with python_sink(SLOW_SECONDS) as (port, told):
        for name in ("ours", *(peer for peer in peers if peer != "smtp-source")):
            count = SLOW_MAILS[name]
            runs[name] = [
                send_ours(count, port) if name == "ours" else send_peer(name, count, port)
            ]
    if told["taken"] != (wanted := sum(SLOW_MAILS[name] for name in runs)):
        raise SystemExit(f"The slow sink took {told['taken']} mails, not {wanted}.")
    return medians(runs, "100 ms a mail", SLOW_MAILS.get)


def measure_lateness(rate: float) -> None:
    """Let mails fall due one after another at `rate` a second and say how long after that their DATA came."""
    mails = max(10, math.ceil(rate * LATENESS_SECONDS))
    with python_sink() as (port, told):
        start = timezone.now() + timedelta(seconds=mails / 200 + HEAD_START_SECONDS)
        SendWorld(mails, port, due_at=lambda n: start + timedelta(seconds=n / rate))
        sender = subprocess.Popen([sys.executable, "bench/sender.py"], stdout=subprocess.DEVNULL)
        while Message.objects.exclude(status__in=DELIVERED).exists():
            if sender.poll() is not None:
                raise SystemExit("Our sender ended before all was sent.")
            time.sleep(0.5)
        sender.send_signal(signal.SIGTERM)
        sender.wait(60)
    due = dict(Message.objects.values_list("recipient", "due_at"))
    late = [at - due[recipient].timestamp() for recipient, at in told["data_at"].items()]
    say(
        system="ours",
        measure="lateness, due to DATA",
        mails=len(late),
        mails_per_second=round(rate, 1),
        p50_ms=round(statistics.median(late) * 1000, 1),
        p99_ms=round(percentile(late, 0.99) * 1000, 1),
        longest_ms=round(max(late) * 1000, 1),
    )


def main() -> None:
    peers = peers_here()
    instant, slow = measure_instant(peers), measure_slow(peers)
    measure_lateness(instant["ours"]["running_mails_per_second"] / 10)
    ours, ours_slow = instant["ours"], slow["ours"]
    ratios = {}
    for name in peers:
        peer = instant[name]["mails_per_second"]
        if name == "smtp-source":
            ratios["share_of_smtp_source"] = ours["mails_per_second"] / peer
            ratios["running_share_of_smtp_source"] = ours["running_mails_per_second"] / peer
            continue
        ratios[f"vs_{name}"] = ours["mails_per_second"] / peer
        ratios[f"vs_{name}_running"] = (
            ours["running_mails_per_second"] / instant[name]["running_mails_per_second"]
        )
        ratios[f"vs_{name}_cpu"] = instant[name]["cpu_ms_per_mail"] / ours["cpu_ms_per_mail"]
        slow_peer = slow[name]["running_mails_per_second"]
        ratios[f"vs_{name}_100ms"] = ours_slow["mails_per_second"] / slow_peer
    finish("send", **{key: round(value, 3) for key, value in ratios.items()})


if __name__ == "__main__":
    main()
