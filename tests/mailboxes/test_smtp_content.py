"""Envelope and content over SMTP: what we hand over is what arrives, and unsafe mail is never begun."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailboxes.receipts import Accepted, RefusedMessageError
from mailboxes.transport import check_envelope_address, prepare_content
from tests.fakes.smtp_sink import SmtpSink
from tests.mailboxes.smtp_dialogue import RAW, RECIPIENT, SENDER, deliver


@pytest.mark.parametrize(
    "body",
    [
        b"plain\r\n",
        b".\r\n",
        b"..\r\n.x\r\n\r\n.\r\n.\r\n",
        b".",
        b"no line end",
        b"",
        b"x" * 998 + b"\r\n" + b"." * 998 + b"\r\n",
        "Grüße aus Zürich — ✓\r\n".encode(),
        b"line of thirty characters here.\r\n" * 20_000,
    ],
    ids=["plain", "dot", "dots", "bare dot", "no end", "empty", "998", "utf8", "660 kB"],
)
def test_the_server_gets_the_same_octets(body):
    raw = RAW + body
    with SmtpSink() as sink:
        receipt = deliver(sink, raw=raw)
        assert isinstance(receipt, Accepted)
        assert [mail.raw for mail in sink.accepted] == [
            raw if raw.endswith(b"\r\n") else raw + b"\r\n"
        ]
    mail = sink.accepted[0]
    assert (mail.sender, mail.recipients, mail.message_id) == (
        SENDER,
        (RECIPIENT,),
        "<1@acme.test>",
    )
    assert receipt.code == 250
    assert receipt.queue_id == "0001000001"
    assert sink.verbs == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


@pytest.mark.parametrize(
    "raw",
    [
        b"a\nb\r\n",
        b"a\rb\r\n",
        b"a\n.\nMAIL FROM:<x@y.z>\r\n",
        b"a\r\n.\n\r\n",
        b"a\r.\r\r\n",
        b"a\x00\r\n",
        b"x" * 999 + b"\r\n",
        b"\n",
    ],
)
def test_unsafe_content_is_refused_before_anything_is_sent(raw):
    with pytest.raises(RefusedMessageError, match="nothing was sent"):
        prepare_content(raw)
    with SmtpSink() as sink:
        with pytest.raises(RefusedMessageError):
            deliver(sink, raw=raw)
        assert sink.accepted == []
        assert "MAIL" not in sink.verbs


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "@b.test",
        "a@",
        "a@b@c.test",
        "a@b.test>\r\nDATA",
        "a@b.test\r\nRCPT TO:<c@d.test>",
        "a@b.test\n",
        "a@b.test\x00",
        "a b@c.test",
        "<a@b.test>",
        "a@b.test> SIZE=1",
        "a\u2028@b.test",
        "a\x85@b.test",
        "a@bücher.test",
        '"a\r\n"@b.test',
        "a\ud800@b.test",
        "a" * 330 + "@b.test",
    ],
)
def test_unsafe_envelope_addresses_are_refused(address):
    with pytest.raises(RefusedMessageError):
        check_envelope_address(address)
    with SmtpSink() as sink:
        with pytest.raises(RefusedMessageError):
            deliver(sink, recipient=address)
        if address:
            with pytest.raises(RefusedMessageError):
                deliver(sink, sender=address)
        assert sink.accepted == []
        assert "MAIL" not in sink.verbs


def test_the_empty_reverse_path_is_allowed():
    with SmtpSink() as sink:
        assert isinstance(deliver(sink, sender=""), Accepted)
    assert sink.accepted[0].sender == ""


@settings(deadline=None)
@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([b".", b"\r\n", b"a", b"\n", b"\r"])).map(b"".join)
)
def test_content_ends_at_its_own_dot_and_nowhere_else(data):
    try:
        content = prepare_content(data)
    except RefusedMessageError:
        return
    assert content.endswith(b".\r\n")
    body = b"\r\n" + content
    assert body.find(b"\r\n.\r\n") == len(body) - 5
    received = body[2:-3].replace(b"\r\n.", b"\r\n")
    received = received.removeprefix(b".")
    assert received == (data if data.endswith(b"\r\n") else data + b"\r\n")
