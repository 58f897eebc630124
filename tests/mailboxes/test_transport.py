"""The SMTP client against real sockets: what the server got, and what we say became of it."""

import asyncio

import pytest

from mailboxes.receipts import Accepted, Deferred, Lost, Rejected, Stage, Withdrawn
from mailboxes.smtp_session import TimeOuts
from mailboxes.transport import SmtpConnection, queue_id_in
from tests.fakes.smtp_sink import Fault, SmtpSink
from tests.mailboxes.smtp_dialogue import (
    PATIENT,
    RAW,
    RECIPIENT,
    SENDER,
    SHORT,
    against,
    deliver,
    endpoint_of,
)


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


def test_pipelining_is_used_only_when_offered():
    with SmtpSink() as sink:
        deliver(sink)
    assert [ahead > 0 for _, verb, ahead in sink.rules.commands if verb == "MAIL"] == [True]
    with SmtpSink(extensions=[]) as sink:
        assert isinstance(deliver(sink), Accepted)
    assert [ahead for _, _, ahead in sink.rules.commands] == [0, 0, 0, 0, 0]


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
