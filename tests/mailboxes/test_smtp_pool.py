"""The pool of SMTP connections: reuse, limits, stalled servers, and nothing offered twice."""

import asyncio
import json
import signal
import subprocess
import sys
import time

from mailboxes.receipts import Accepted, Lost, TransientTransportError
from mailboxes.smtp_pool import SmtpPool
from mailboxes.smtp_session import Security, SmtpEndpoint, TimeOuts
from tests.fakes.smtp_sink import Fault, SmtpSink
from tests.mailboxes.smtp_dialogue import PATIENT, RAW, RECIPIENT, SENDER, endpoint_of


def pooled(sink, jobs, **options):
    """Deliver (recipient, before_data) jobs at once through one pool; return receipts and the pool."""

    async def go():
        async with SmtpPool(endpoint_of(sink), **options) as pool:
            receipts = await asyncio.gather(
                *(pool.deliver(SENDER, recipient, RAW, before_data=ask) for recipient, ask in jobs),
                return_exceptions=True,
            )
            return receipts, pool

    return asyncio.run(go())


def test_a_pool_reuses_connections_up_to_its_limits():
    with SmtpSink() as sink:
        receipts, pool = pooled(
            sink, [(f"b{n}@corp.test", None) for n in range(50)], max_connections=1
        )
        assert all(isinstance(receipt, Accepted) for receipt in receipts)
        assert sorted(mail.recipients[0] for mail in sink.accepted) == sorted(
            f"b{n}@corp.test" for n in range(50)
        )
    per_connection = [sum(mail.connection == n for mail in sink.accepted) for n in (1, 2, 3)]
    assert per_connection == [20, 20, 10]
    assert sink.verbs.count("QUIT") == 3
    assert pool.health.accepted == 50


def test_a_pool_never_opens_more_than_allowed():
    with SmtpSink(delay_seconds=0.02) as sink:
        receipts, _ = pooled(sink, [(RECIPIENT, None)] * 12, max_connections=3)
        assert [type(receipt) for receipt in receipts] == [Accepted] * 12
    assert sink.rules.connections == 3


def test_a_stalled_server_holds_up_nobody_else():
    with SmtpSink([Fault("dot", "stall")]) as stalled, SmtpSink() as healthy:

        async def go():
            slow = SmtpPool(endpoint_of(stalled, timeouts=TimeOuts()))
            fast = SmtpPool(endpoint_of(healthy))
            async with slow, fast:
                waiting = [
                    asyncio.create_task(slow.deliver(SENDER, RECIPIENT, RAW)) for _ in range(4)
                ]
                while stalled.verbs.count("DATA") < 2:
                    await asyncio.sleep(0.01)
                receipts = [await fast.deliver(SENDER, RECIPIENT, RAW) for _ in range(100)]
                finished = [task.done() for task in waiting]
                for task in waiting:
                    task.cancel()
                await asyncio.gather(*waiting, return_exceptions=True)
                return receipts, finished

        receipts, finished = asyncio.run(go())
        assert len(healthy.accepted) == 100
    assert all(isinstance(receipt, Accepted) for receipt in receipts)
    assert finished == [False] * 4
    assert stalled.accepted == []


def test_a_kept_connection_that_died_is_replaced_unseen():
    """The server hangs up at the second MAIL of a connection; the message goes out on another one."""
    with SmtpSink([Fault("mail", "drop", skip=1, times=1)]) as sink:

        async def go():
            asked = []

            async def commit():
                asked.append(1)
                return True

            async with SmtpPool(endpoint_of(sink), max_connections=1) as pool:
                receipts = [
                    await pool.deliver(SENDER, RECIPIENT, RAW, before_data=commit) for _ in range(2)
                ]
            return receipts, asked

        receipts, asked = asyncio.run(go())
        assert len(sink.accepted) == 2
    assert [type(receipt) for receipt in receipts] == [Accepted, Accepted]
    assert asked == [1, 1]
    assert sink.rules.connections == 2


def test_a_message_past_before_data_is_never_offered_again():
    with SmtpSink([Fault("dot", "accept_drop", skip=1, times=1)]) as sink:
        receipts, _ = pooled(sink, [(RECIPIENT, None)] * 2, max_connections=1)
        assert len(sink.accepted) == 2
    assert sorted(type(receipt).__name__ for receipt in receipts) == ["Accepted", "Lost"]


def test_idle_connections_are_closed():
    with SmtpSink() as sink:

        async def go():
            async with SmtpPool(endpoint_of(sink), idle_seconds=0.1) as pool:
                await pool.deliver(SENDER, RECIPIENT, RAW)
                kept = pool.idle_connections
                deadline = time.monotonic() + 10
                while "QUIT" not in sink.verbs and time.monotonic() < deadline:
                    await asyncio.sleep(0.02)
                return kept, pool.idle_connections, list(sink.verbs)

        kept, left, verbs = asyncio.run(go())
    assert (kept, left) == (1, 0)
    assert verbs[-1] == "QUIT"


def test_a_pool_rests_after_a_failed_opening():
    with SmtpSink([Fault("banner", "421")]) as sink:

        async def commit():
            raise AssertionError("nothing may be committed")

        receipts, pool = pooled(sink, [(RECIPIENT, commit)] * 3, max_connections=1)
        connections = sink.rules.connections
    assert [type(receipt) for receipt in receipts] == [TransientTransportError] * 3
    assert connections == 1
    assert pool.health.failures == 1
    assert "421" in pool.health.last_error


def test_the_sink_as_a_process_keeps_its_log_through_kill(tmp_path):
    log = tmp_path / "accepted.jsonl"
    command = [
        sys.executable,
        "-m",
        "tests.fakes.smtp_sink",
        "--log",
        str(log),
        "--fault",
        "dot:accept_drop:skip=2",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline())
        endpoint = SmtpEndpoint(
            host="127.0.0.1", port=port, security=Security.NONE, timeouts=PATIENT
        )

        async def go():
            async with SmtpPool(endpoint) as pool:
                return [await pool.deliver(SENDER, RECIPIENT, RAW) for _ in range(3)]

        receipts = asyncio.run(go())
        process.send_signal(signal.SIGKILL)
    assert [type(receipt) for receipt in receipts] == [Accepted, Accepted, Lost]
    logged = [json.loads(line)["message_id"] for line in log.read_text().splitlines()]
    assert logged == ["<1@acme.test>"] * 3
