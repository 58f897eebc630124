"""The SMTP client against real sockets: what the server got, and what we say became of it."""

import asyncio
import dataclasses
import json
import signal
import ssl
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailboxes.receipts import (
    Accepted,
    Deferred,
    Lost,
    PermanentTransportError,
    RefusedMessageError,
    Rejected,
    Stage,
    TransientTransportError,
    Withdrawn,
)
from mailboxes.smtp_pool import SmtpPool
from mailboxes.smtp_session import Authentication, Security, SmtpEndpoint, TimeOuts
from mailboxes.smtp_wire import SmtpWire, WireError
from mailboxes.transport import (
    SmtpConnection,
    check_envelope_address,
    prepare_content,
    queue_id_in,
    try_log_in,
)
from tests.fakes.smtp_sink import Fault, SmtpSink, make_certificate

RAW = b"From: a@acme.test\r\nTo: b@corp.test\r\nMessage-ID: <1@acme.test>\r\n\r\nHello\r\n"
SENDER, RECIPIENT = "a@acme.test", "b@corp.test"
# Long enough for a busy machine, short enough for a test that goes wrong.
PATIENT = TimeOuts(
    connect=10, banner=10, command=10, data=10, content=10, dot=10, tls=10, farewell=5
)
# For servers that stall.
SHORT = TimeOuts(
    connect=10, banner=0.5, command=0.5, data=0.5, content=0.5, dot=0.5, tls=10, farewell=0.5
)


def endpoint_of(sink, **changes):
    base = SmtpEndpoint(host="127.0.0.1", port=sink.port, security=Security.NONE, timeouts=PATIENT)
    return dataclasses.replace(base, **changes)


def deliver(sink, *, raw=RAW, sender=SENDER, recipient=RECIPIENT, before_data=None, **changes):
    async def go():
        connection = SmtpConnection(endpoint_of(sink, **changes))
        await connection.open()
        try:
            return await connection.deliver(sender, recipient, raw, before_data=before_data)
        finally:
            await connection.close()

    return asyncio.run(go())


def against(talk, act, **changes):
    """Run ``act(connection)`` against a server that does exactly what ``talk(reader, writer)`` says."""

    async def go():
        finished = asyncio.Event()

        async def serve(reader, writer):
            try:
                await talk(reader, writer)
            finally:
                writer.transport.abort()
                finished.set()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1024)
        port = server.sockets[0].getsockname()[1]
        base = SmtpEndpoint(host="127.0.0.1", port=port, security=Security.NONE, timeouts=PATIENT)
        connection = SmtpConnection(dataclasses.replace(base, **changes))
        try:
            return await act(connection)
        finally:
            await connection.close()
            server.close()
            await finished.wait()
            await server.wait_closed()

    return asyncio.run(go())


async def open_and_deliver(connection):
    await connection.open()
    receipt = await connection.deliver(SENDER, RECIPIENT, RAW)
    return receipt, connection.usable


# The content: what we hand over is what arrives.


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


# Outcomes.


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("code", [421, 450, 451, 452, 550, 552, 554])
def test_replies_become_deferred_or_rejected(stage, code):
    with SmtpSink([Fault(stage, str(code))]) as sink:
        receipt = deliver(sink)
        assert sink.accepted == []
    kind = Deferred if code < 500 else Rejected
    assert isinstance(receipt, kind)
    assert (receipt.stage, receipt.code) == (Stage(stage), code)
    assert receipt.enhanced[0] == str(code)[0]
    assert receipt.text
    assert not receipt.text.startswith(receipt.enhanced)


@pytest.mark.parametrize(
    ("stage", "action", "lost_at", "ambiguous", "accepted"),
    [
        ("mail", "drop", Stage.MAIL, False, 0),
        ("mail", "stall", Stage.MAIL, False, 0),
        ("rcpt", "drop", Stage.RCPT, False, 0),
        ("rcpt", "stall", Stage.RCPT, False, 0),
        ("data", "drop", Stage.DATA, False, 0),
        ("data", "stall", Stage.DATA, False, 0),
        ("dot", "drop", Stage.DOT, True, 0),
        ("dot", "stall", Stage.DOT, True, 0),
        ("dot", "accept_drop", Stage.DOT, True, 1),
        ("dot", "accept_stall", Stage.DOT, True, 1),
    ],
)
def test_a_lost_conversation_is_ambiguous_only_after_the_dot(
    stage, action, lost_at, ambiguous, accepted
):
    timeouts = SHORT if action.endswith("stall") else PATIENT
    with SmtpSink([Fault(stage, action)]) as sink:
        receipt = deliver(sink, timeouts=timeouts)
        assert len(sink.accepted) == accepted
    assert isinstance(receipt, Lost)
    assert (receipt.stage, receipt.ambiguous) == (lost_at, ambiguous)
    assert receipt.reason


def test_a_server_that_stops_reading_loses_the_message_safely():
    """The content never got out whole, so the final dot cannot have been seen."""

    async def talk(reader, writer):
        writer.write(b"220 x\r\n")
        for reply in (b"250 x\r\n", b"250 x\r\n", b"250 x\r\n", b"354 go\r\n"):
            await reader.readline()
            writer.write(reply)
        await asyncio.sleep(1)

    async def act(connection):
        await connection.open()
        return await connection.deliver(SENDER, RECIPIENT, RAW + b"y\r\n" * 12_000_000)

    receipt = against(talk, act, timeouts=SHORT)
    assert (receipt.stage, receipt.ambiguous) == (Stage.CONTENT, False)


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


def test_before_data_runs_after_rcpt_and_before_data():
    with SmtpSink() as sink:
        seen = []

        async def commit():
            seen.append(list(sink.verbs))
            return True

        assert isinstance(deliver(sink, before_data=commit), Accepted)
    assert seen == [["EHLO", "MAIL", "RCPT"]]


def test_a_withdrawn_message_never_reaches_data():
    with SmtpSink() as sink:

        async def refuse():
            return False

        assert deliver(sink, before_data=refuse) == Withdrawn()
        assert sink.accepted == []
    assert sink.verbs == ["EHLO", "MAIL", "RCPT", "RSET", "QUIT"]


def test_before_data_is_not_asked_when_the_recipient_is_refused():
    with SmtpSink([Fault("rcpt", "550")]) as sink:
        asked = []

        async def commit():
            asked.append(1)
            return True

        assert isinstance(deliver(sink, before_data=commit), Rejected)
    assert asked == []


@pytest.mark.parametrize("error", [RuntimeError("database gone"), TimeoutError("database slow")])
def test_a_failing_ledger_is_not_taken_for_a_failing_server(error):
    with SmtpSink() as sink:

        async def fail():
            raise error

        with pytest.raises(type(error), match=str(error)):
            deliver(sink, before_data=fail)
        assert sink.accepted == []
    assert "DATA" not in sink.verbs


def test_a_connection_serves_on_after_refusals():
    faults = [
        Fault("rcpt", "550", match="gone"),
        Fault("dot", "451", match="later"),
        Fault("mail", "550", match="bad"),
    ]
    with SmtpSink(faults) as sink:

        async def go():
            connection = SmtpConnection(endpoint_of(sink))
            await connection.open()
            receipts = [
                await connection.deliver(sender, recipient, RAW)
                for sender, recipient in [
                    (SENDER, "gone@corp.test"),
                    (SENDER, "later@corp.test"),
                    ("bad@acme.test", RECIPIENT),
                    (SENDER, RECIPIENT),
                ]
            ]
            await connection.close()
            return receipts

        receipts = asyncio.run(go())
    assert [type(receipt) for receipt in receipts] == [Rejected, Deferred, Rejected, Accepted]
    assert [mail.recipients for mail in sink.accepted] == [(RECIPIENT,)]
    assert sink.rules.connections == 1


def test_cancelling_closes_the_connection():
    with SmtpSink([Fault("dot", "accept_stall")]) as sink:

        async def go():
            connection = SmtpConnection(endpoint_of(sink, timeouts=TimeOuts()))
            await connection.open()
            task = asyncio.create_task(connection.deliver(SENDER, RECIPIENT, RAW))
            await asyncio.sleep(0.2)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return task.cancelled(), connection.usable

        assert asyncio.run(go()) == (True, False)


# Extensions.


def test_pipelining_is_used_only_when_offered():
    with SmtpSink() as sink:
        deliver(sink)
    assert [ahead > 0 for _, verb, ahead in sink.rules.commands if verb == "MAIL"] == [True]
    with SmtpSink(extensions=[]) as sink:
        assert isinstance(deliver(sink), Accepted)
    assert [ahead for _, _, ahead in sink.rules.commands] == [0, 0, 0, 0, 0]


def test_replies_in_single_octets_are_read_whole():
    with SmtpSink([Fault("rcpt", "550", times=1)], dribble=True) as sink:
        assert isinstance(deliver(sink), Rejected)
        assert isinstance(deliver(sink), Accepted)


def test_parameters_say_what_the_message_needs():
    with SmtpSink() as sink:
        deliver(sink)
        deliver(sink, raw=RAW + "ü\r\n".encode())
        deliver(sink, recipient="jürgen@corp.test")
    sizes = [len(RAW), len(RAW) + 4, len(RAW)]
    assert [mail.parameters for mail in sink.accepted] == [
        f"SIZE={sizes[0]}",
        f"SIZE={sizes[1]} BODY=8BITMIME",
        f"SIZE={sizes[2]} SMTPUTF8",
    ]
    assert sink.accepted[2].recipients == ("jürgen@corp.test",)


@pytest.mark.parametrize(
    ("raw", "recipient", "enhanced"),
    [
        (RAW + "ü\r\n".encode(), RECIPIENT, "5.6.3"),
        (RAW, "jürgen@corp.test", "5.6.7"),
        (RAW + b"x\r\n" * 1000, RECIPIENT, "5.3.4"),
    ],
)
def test_what_the_server_cannot_carry_is_not_offered(raw, recipient, enhanced):
    with SmtpSink(extensions=["PIPELINING"], size_limit=1000) as sink:
        receipt = deliver(sink, raw=raw, recipient=recipient)
        assert isinstance(receipt, Rejected)
        assert receipt.enhanced == enhanced
    assert "MAIL" not in sink.verbs


# Opening: TLS, log-in, time-outs.


@pytest.mark.parametrize("mechanisms", [["PLAIN"], ["LOGIN"], ["LOGIN", "PLAIN"]])
def test_password_log_in(mechanisms):
    with SmtpSink(logins={"jane": "pä ss"}, mechanisms=mechanisms) as sink:
        assert isinstance(deliver(sink, username="jane", secret="pä ss"), Accepted)
        with pytest.raises(PermanentTransportError, match="user name or password") as refusal:
            deliver(sink, username="jane", secret="wrong-secret")
        with pytest.raises(PermanentTransportError, match="NUL"):
            deliver(sink, username="jane\x00admin", secret="x")
    assert [mail.username for mail in sink.accepted] == ["jane"]
    assert refusal.value.stage == Stage.LOGIN
    assert refusal.value.reply.code == 535
    assert "wrong-secret" not in str(refusal.value)


def test_oauth_log_in():
    with SmtpSink(logins={"jane@acme.test": "token"}, mechanisms=["PLAIN", "XOAUTH2"]) as sink:
        oauth = {"username": "jane@acme.test", "authentication": Authentication.XOAUTH2}
        assert isinstance(deliver(sink, secret="token", **oauth), Accepted)
        with pytest.raises(PermanentTransportError, match="535"):
            deliver(sink, secret="old", **oauth)
    assert len(sink.accepted) == 1


def test_no_known_way_to_log_in():
    with (
        SmtpSink(mechanisms=["GSSAPI"]) as sink,
        pytest.raises(PermanentTransportError, match="GSSAPI"),
    ):
        deliver(sink, username="jane", secret="x")


def test_a_secret_is_not_shown():
    assert "hunter2" not in repr(SmtpEndpoint(host="h", port=1, username="jane", secret="hunter2"))


def test_starttls_then_log_in(tmp_path):
    certificate = make_certificate(tmp_path)
    context = ssl.create_default_context(cafile=certificate)
    with SmtpSink(certificate=certificate, logins={"jane": "pw"}) as sink:
        secure = {"security": Security.STARTTLS, "username": "jane", "secret": "pw"}
        assert isinstance(deliver(sink, host="localhost", tls_context=context, **secure), Accepted)
        assert sink.accepted[0].secured is True
        assert sink.verbs[:3] == ["EHLO", "STARTTLS", "EHLO"]
        assert isinstance(
            deliver(sink, host="localhost", connect_to="127.0.0.1", tls_context=context, **secure),
            Accepted,
        )
        before = len(sink.verbs)
        with pytest.raises(PermanentTransportError, match="certificate"):
            deliver(sink, host="localhost", **secure)
        assert "AUTH" not in sink.verbs[before:]


def test_starttls_missing_means_no_log_in():
    with SmtpSink() as sink, pytest.raises(PermanentTransportError, match="STARTTLS"):
        deliver(sink, security=Security.STARTTLS, username="jane", secret="pw")
    assert "AUTH" not in sink.verbs


def test_clear_text_ahead_of_tls_is_refused():
    async def talk(reader, writer):
        writer.write(b"220 x\r\n")
        await reader.readline()
        writer.write(b"250-x\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go\r\n250 injected\r\n")
        await reader.read()

    with pytest.raises(TransientTransportError, match="before TLS"):
        against(talk, open_and_deliver, security=Security.STARTTLS)


@pytest.mark.parametrize(
    ("fault", "kind", "stage"),
    [
        (Fault("banner", "stall"), TransientTransportError, Stage.CONNECT),
        (Fault("banner", "drop"), TransientTransportError, Stage.CONNECT),
        (Fault("banner", "421"), TransientTransportError, Stage.CONNECT),
        (Fault("banner", "554"), PermanentTransportError, Stage.CONNECT),
        (Fault("hello", "stall"), TransientTransportError, Stage.HELLO),
        (Fault("hello", "421"), TransientTransportError, Stage.HELLO),
    ],
)
def test_opening_fails_with_a_sentence(fault, kind, stage):
    with SmtpSink([fault]) as sink:
        started = time.monotonic()
        with pytest.raises(kind, match=r"127\.0\.0\.1") as failure:
            deliver(sink, timeouts=SHORT if fault.action == "stall" else PATIENT)
    assert failure.value.stage == stage
    assert time.monotonic() - started < 10


def test_an_old_server_that_knows_only_helo():
    with SmtpSink([Fault("hello", "500", times=1)]) as sink:
        assert isinstance(deliver(sink), Accepted)
    assert sink.verbs[:2] == ["EHLO", "HELO"]
    assert sink.accepted[0].parameters == ""


def test_nobody_listens():
    with SmtpSink() as sink:
        pass
    with pytest.raises(TransientTransportError, match="failed"):
        deliver(sink)


# Pool.


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


# Details.


def test_trying_a_log_in_sends_no_mail():
    with SmtpSink(logins={"jane": "pw"}, extensions=["PIPELINING"]) as sink:
        extensions = asyncio.run(try_log_in(endpoint_of(sink, username="jane", secret="pw")))
        with pytest.raises(PermanentTransportError, match="refused the user name or password"):
            asyncio.run(try_log_in(endpoint_of(sink, username="jane", secret="no")))
    assert extensions == {"SIZE": "10485760", "PIPELINING": "", "AUTH": "PLAIN LOGIN"}
    assert sink.verbs == ["EHLO", "AUTH", "QUIT", "EHLO", "AUTH"]


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


@pytest.mark.parametrize(
    ("text", "queue_id"),
    [
        ("Ok: queued as 4Vxyz12", "4Vxyz12"),
        ("OK id=1rABC-0001-XY", "1rABC-0001-XY"),
        ("OK 1700000000 d9-20020a056.123 - gsmtp", "d9-20020a056.123"),
        (
            "Ok 010201890abcdef0-11111111-2222-3333-4444-555555555555-000000",
            "010201890abcdef0-11111111-2222-3333-4444-555555555555-000000",
        ),
        ("Message accepted", ""),
    ],
)
def test_queue_ids(text, queue_id):
    assert queue_id_in(text) == queue_id


def test_time_outs_are_those_of_the_standard():
    """RFC 5321 section 4.5.3.2."""
    timeouts = TimeOuts()
    assert (timeouts.banner, timeouts.command, timeouts.data) == (300, 300, 120)
    assert (timeouts.content, timeouts.dot) == (180, 600)


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
