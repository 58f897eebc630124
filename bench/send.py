"""How fast queued mail leaves: our dispatcher with every check on, and the plain loop that many begin with.

Both send the same number of mails of 1.5 kB over SMTP to a sink on loopback and note each one's fate in PostgreSQL; each
runs as a process of its own, so that rate, processor time and memory count everything from the start of Python on;
the figures named "running" leave out the second or so that loading Django takes.
"""

import asyncio
import json
import logging
import resource
import statistics
import subprocess
import sys
import time
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from smtplib import SMTP

from django.db import connection
from django.utils import timezone

from bench import IS_TINY
from bench.measuring import LONGEST_SECONDS, finish, say
from mailboxes.models.mailbox import DAILY_CAP_CEILING
from outreach.dispatcher import Dispatcher, Options
from outreach.models import Message
from tests.factories.outreach import MailboxFactory, text_hash
from tests.faults.ledger_world import World

MAILS, ROUNDS = (20, 1) if IS_TINY else (2000, 5)
BODY = ("I saw the opening for a staff engineer and wanted to reach out to you. \n" * 30)[:1500]
SYSTEMS = ("ours", "naive")


def fill(port: int) -> None:
    """Leave exactly MAILS due, approved messages, on as many sandbox mailboxes as their caps ask for."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE accounts_workspace CASCADE")
    world = World()
    # Caps hold in a benchmark too: 100 mails a mailbox and day is the most that there is.
    MailboxFactory.create_batch(
        -(-MAILS // DAILY_CAP_CEILING),
        workspace=world.workspace,
        smtp_port=port,
        daily_cap=DAILY_CAP_CEILING,
    )
    messages = world.messages(MAILS, due_at=timezone.now() - timedelta(minutes=1))
    for message in messages:
        message.body = BODY
        message.approved_hash = text_hash(message.recipient, message.subject, BODY)
    Message.objects.bulk_update(messages, ["body", "approved_hash"])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def send_ours() -> None:
    """One dispatcher as `manage.py dispatch --once` runs it."""
    asyncio.run(Dispatcher(Options(stop_when_idle=True)).run())


def send_naively(port: int) -> None:
    """A loop over the rows: a connection and a save for each, no checks. Django's send_mail() does the same."""
    for message in Message.objects.filter(status="scheduled").order_by("due_at").iterator():
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = (
            "olga@sandbox.test",
            message.recipient,
            message.subject,
        )
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain="sandbox.test")
        mail.set_content(message.body)
        with SMTP("127.0.0.1", port) as server:
            server.send_message(mail)
        # Stands for the plain table's status; ours ties "sent" to a mailbox and times, which the loop has not.
        message.provider_id, message.status_reason = "ok", "sent"
        message.save()


def measure(system: str, port: int) -> dict[str, float]:
    """Run one system in a process of its own over MAILS messages."""
    fill(port)
    began = time.perf_counter()
    child = [sys.executable, "-m", "bench.send", system, str(port)]
    answer = subprocess.run(child, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    told = json.loads(answer.stdout.splitlines()[-1])
    sent = {"status": "sent"} if system == "ours" else {"status_reason": "sent"}
    if (count := Message.objects.filter(**sent).count()) != MAILS:
        raise SystemExit(f"{system} sent {count} of {MAILS} mails: {answer.stderr[-2000:]}")
    return {**told, "mails_per_second": MAILS / seconds}


def peak_rss_mb() -> float:
    """Return this program's own peak; getrusage() on Linux also counts the parent that started it."""
    try:
        status = Path("/proc/self/status").read_text()
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def run_child(system: str, port: int) -> None:
    """Send as one system, then tell what it took."""
    logging.disable(logging.INFO)
    began, started = time.perf_counter(), time.process_time()
    if system == "ours":
        send_ours()
    else:
        send_naively(port)
    running = time.perf_counter() - began
    say(
        running_mails_per_second=MAILS / running,
        running_cpu_ms_per_mail=(time.process_time() - started) / MAILS * 1000,
        cpu_ms_per_mail=time.process_time() / MAILS * 1000,
        peak_rss_mb=peak_rss_mb(),
    )


def main() -> None:
    sink = subprocess.Popen(
        [sys.executable, "bench/sink.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    port = int(sink.stdout.readline())
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in SYSTEMS}
    deadline = time.monotonic() + LONGEST_SECONDS
    for number in range(ROUNDS):
        if number and time.monotonic() > deadline:
            break  # a busy machine; the lines say how many runs there were
        for name in SYSTEMS:
            runs[name].append(measure(name, port))
    taken = int(sink.communicate()[0])
    medians = {
        name: {key: statistics.median(run[key] for run in done) for key in done[0]}
        for name, done in runs.items()
    }
    for name, values in medians.items():
        rates = sorted(round(run["mails_per_second"]) for run in runs[name])
        rounded = {key: round(value, 2) for key, value in values.items()}
        say(system=name, mails=MAILS, runs=len(rates), **rounded, all_rates=rates)
    if taken != (wanted := MAILS * sum(map(len, runs.values()))):
        raise SystemExit(f"The sink took {taken} mails, not {wanted}.")
    ours, naive = (medians[name] for name in SYSTEMS)
    finish(
        "send",
        vs_naive=round(ours["mails_per_second"] / naive["mails_per_second"], 2),
        vs_naive_running=round(
            ours["running_mails_per_second"] / naive["running_mails_per_second"], 2
        ),
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run_child(sys.argv[1], int(sys.argv[2]))
    else:
        main()
