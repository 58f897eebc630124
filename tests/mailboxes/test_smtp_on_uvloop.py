"""The conversations that depend most on the event loop, on the one that senders use."""

import asyncio
import gc
import ssl
import warnings

import pytest

from mailboxes.receipts import Accepted, Lost, Stage, TransientTransportError
from mailboxes.smtp_pool import SmtpPool
from mailboxes.smtp_session import Security
from mailboxes.transport import SmtpConnection
from tests.fakes.smtp_sink import Fault, SmtpSink, make_certificate
from tests.mailboxes.smtp_dialogue import RAW, RECIPIENT, SENDER, SHORT, endpoint_of

uvloop = pytest.importorskip("uvloop")


def run(main):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


async def offer(sink, **changes):
    connection = SmtpConnection(endpoint_of(sink, **changes))
    await connection.open()
    try:
        return await connection.deliver(SENDER, RECIPIENT, RAW)
    finally:
        await connection.close()


def test_many_mails_over_few_connections():
    async def go():
        async with SmtpPool(endpoint_of(sink), max_connections=4) as pool:
            return await asyncio.gather(*(pool.deliver(SENDER, RECIPIENT, RAW) for _ in range(100)))

    with SmtpSink() as sink:
        receipts = run(go())
    assert all(isinstance(receipt, Accepted) for receipt in receipts)
    assert len(sink.accepted) == 100


def test_under_tls(tmp_path):
    certificate = make_certificate(tmp_path)
    context = ssl.create_default_context(cafile=certificate)
    secure = {"security": Security.STARTTLS, "host": "localhost", "tls_context": context}
    with SmtpSink(certificate=certificate) as sink:
        receipt = run(offer(sink, **secure))
    assert isinstance(receipt, Accepted)
    assert [mail.secured for mail in sink.accepted] == [True]


@pytest.mark.parametrize(("place", "ambiguous"), [("rcpt", False), ("data", False), ("dot", True)])
def test_a_stalled_server_is_left_in_time(place, ambiguous):
    with SmtpSink([Fault(place, "stall")]) as sink:
        receipt = run(offer(sink, timeouts=SHORT))
    assert isinstance(receipt, Lost)
    assert receipt.ambiguous is ambiguous


def test_cancelled_at_any_moment_no_socket_is_left():
    async def go():
        for number in range(40):
            task = asyncio.create_task(offer(sink))
            await asyncio.sleep(number / 4000)
            task.cancel()
            await asyncio.wait([task])

    with SmtpSink() as sink, warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", ResourceWarning)
        run(go())
        gc.collect()
    assert [str(warning.message) for warning in heard] == []


def test_a_server_that_hangs_up_in_the_handshake():
    async def go():
        with pytest.raises(TransientTransportError) as caught:
            await offer(sink, security=Security.TLS)
        return caught.value.stage

    with SmtpSink() as sink:
        assert run(go()) == Stage.CONNECT
    assert sink.accepted == []
