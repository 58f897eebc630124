"""SMTP replies as octets: whole, in pieces, late, and nonsense."""

import asyncio
import gc
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailboxes.receipts import Accepted, Lost, Rejected, TransientTransportError
from mailboxes.smtp_session import Security
from mailboxes.smtp_wire import SmtpWire, WireError
from tests.fakes.smtp_sink import Fault, SmtpSink
from tests.mailboxes.smtp_dialogue import SHORT, against, deliver, open_and_deliver


@pytest.mark.parametrize(
    "octets", [b"what?\r\n", b"999 x\r\n", b"250-" + b"x" * 9000, b"250-x\r\n" * 200, b"354 x\r\n"]
)
def test_nonsense_replies_end_the_conversation(octets):
    async def talk(reader, writer):
        writer.write(b"220 x\r\n")
        await reader.readline()
        writer.write(b"250 x\r\n")
        await reader.readline()
        writer.write(octets)
        await reader.read()

    receipt, usable = against(talk, open_and_deliver)
    assert isinstance(receipt, Lost)
    assert receipt.ambiguous is False
    assert usable is False


def test_replies_in_single_octets_are_read_whole():
    with SmtpSink([Fault("rcpt", "550", times=1)], dribble=True) as sink:
        assert isinstance(deliver(sink), Rejected)
        assert isinstance(deliver(sink), Accepted)


@settings(deadline=None)
@given(
    st.lists(
        st.binary(max_size=60)
        | st.sampled_from([b"250-", b"250 ", b"\r\n", b"\n", b"\r", b"550 5.1.1 x\r\n"])
    )
)
def test_any_octets_are_a_reply_or_an_end(pieces):
    async def go():
        wire = SmtpWire()
        for piece in pieces:
            wire.data_received(piece)
        wire.connection_lost(None)
        replies = []
        while True:
            try:
                replies.append(await wire.read_reply())
            except WireError:
                return replies

    for reply in asyncio.run(go()):
        assert 200 <= reply.code <= 599
        assert reply.text.isprintable()
        assert len(reply.text) <= 1000


def test_a_reply_that_trickles_must_be_whole_in_time():
    async def talk(reader, writer):
        writer.write(b"220 x\r\n")
        await reader.readline()
        writer.write(b"250 x\r\n")
        await reader.readline()
        for octet in b"250 one octet in a while keeps no connection alive":
            writer.write(bytes([octet]))
            await asyncio.sleep(0.1)

    receipt, usable = against(talk, open_and_deliver, timeouts=SHORT)
    assert receipt == Lost("mail", "the server did not answer in time")
    assert usable is False


def test_a_later_wait_may_be_shorter_or_longer_than_the_one_before():
    async def go():
        wire, waited = SmtpWire(), []
        for seconds in (0.3, 0.05, 0.15):
            began = asyncio.get_running_loop().time()
            with pytest.raises(TimeoutError):
                await wire.read_reply(seconds)
            waited.append(asyncio.get_running_loop().time() - began)
        wire.data_received(b"250 still here\r\n")
        reply = await wire.read_reply(0)
        wire.connection_lost(None)
        return waited, reply

    waited, reply = asyncio.run(go())
    assert waited[0] >= 0.29
    assert waited[1] < 0.29
    assert waited[2] >= 0.14
    assert reply.lines == ("still here",)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
@pytest.mark.filterwarnings("default::ResourceWarning")
def test_a_broken_handshake_leaves_no_socket_open(security):
    async def talk(reader, writer):
        if security == Security.STARTTLS:
            writer.write(b"220 x\r\n")
            await reader.readline()
            writer.write(b"250-x\r\n250 STARTTLS\r\n")
            await reader.readline()
            writer.write(b"220 go on\r\n")
        await reader.read(1)
        writer.write(b"this is not TLS\r\n" * 100)
        await reader.read()

    async def act(connection):
        with pytest.raises(TransientTransportError) as caught:
            await connection.open()
        return caught.value.stage

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", ResourceWarning)
        stage = against(talk, act, security=security)
        gc.collect()
    assert stage == ("tls" if security == Security.STARTTLS else "connect")
    assert [str(warning.message) for warning in heard] == []
