"""SMTP replies as octets: whole, in pieces, and nonsense."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailboxes.receipts import Accepted, Lost, Rejected
from mailboxes.smtp_wire import SmtpWire, WireError
from tests.fakes.smtp_sink import Fault, SmtpSink
from tests.mailboxes.smtp_dialogue import against, deliver, open_and_deliver


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
