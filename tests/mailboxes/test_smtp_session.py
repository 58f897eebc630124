"""Opening an SMTP conversation: TLS, log-in, time-outs, and the sentence when it fails."""

import asyncio
import ssl
import time

import pytest

from mailboxes.receipts import Accepted, PermanentTransportError, Stage, TransientTransportError
from mailboxes.smtp_session import Authentication, Security, SmtpEndpoint, TimeOuts
from tests.fakes.smtp_sink import Fault, SmtpSink, make_certificate
from tests.mailboxes.smtp_dialogue import (
    PATIENT,
    SHORT,
    against,
    deliver,
    endpoint_of,
    open_and_deliver,
    try_log_in,
)


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


def test_trying_a_log_in_sends_no_mail():
    with SmtpSink(logins={"jane": "pw"}, extensions=["PIPELINING"]) as sink:
        extensions = asyncio.run(try_log_in(endpoint_of(sink, username="jane", secret="pw")))
        with pytest.raises(PermanentTransportError, match="refused the user name or password"):
            asyncio.run(try_log_in(endpoint_of(sink, username="jane", secret="no")))
    assert extensions == {"SIZE": "10485760", "PIPELINING": "", "AUTH": "PLAIN LOGIN"}
    assert sink.verbs == ["EHLO", "AUTH", "QUIT", "EHLO", "AUTH"]


def test_time_outs_are_those_of_the_standard():
    """RFC 5321 section 4.5.3.2."""
    timeouts = TimeOuts()
    assert (timeouts.banner, timeouts.command, timeouts.data) == (300, 300, 120)
    assert (timeouts.content, timeouts.dot) == (180, 600)
