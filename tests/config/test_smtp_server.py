"""The SMTP server core, spoken to in raw octets: strict where laxness would hide a client's mistake."""

import base64
import contextlib
import socket
import ssl
import time

import pytest

from config.embedded import smtp_server
from tests.fakes.smtp_sink import SmtpSink, make_certificate


class Talk:
    """A client that sends exactly what it is told."""

    def __init__(self, sink):
        self.socket = socket.create_connection(("127.0.0.1", sink.port), timeout=5)
        self.received = b""
        self.code()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def line(self):
        while b"\r\n" not in self.received:
            octets = self.socket.recv(4096)
            if not octets:
                return b""
            self.received += octets
        line, _, self.received = self.received.partition(b"\r\n")
        return line

    def code(self):
        while (line := self.line())[3:4] == b"-":
            pass
        return int(line[:3]) if line else 0

    def say(self, octets):
        self.socket.sendall(octets)
        return self.code()

    def envelope(self):
        return [
            self.say(line)
            for line in (b"EHLO x\r\n", b"MAIL FROM:<a@b.test>\r\n", b"RCPT TO:<c@d.test>\r\n")
        ]


def test_only_crlf_dot_crlf_ends_a_message():
    smuggled = b"one\n.\nMAIL FROM:<evil@evil.test>\r\ntwo\r.\r\r\nthree\r\n.\nfour\n.\r\n"
    with SmtpSink() as sink, Talk(sink) as talk:
        assert talk.envelope() == [250, 250, 250]
        assert talk.say(b"DATA\r\n") == 354
        assert talk.say(smuggled + b".\r\n") == 250
        assert talk.say(b"QUIT\r\n") == 221
        # The one dot after a true CRLF is stuffing, and goes; all else stays as it was.
        assert [mail.raw for mail in sink.accepted] == [
            smuggled.replace(b"\r\n.\nfour", b"\r\n\nfour")
        ]
    assert sink.verbs == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


def test_a_bare_lf_ends_no_command():
    with SmtpSink() as sink, Talk(sink) as talk:
        talk.socket.sendall(b"EHLO x\nNOOP\n")
        time.sleep(0.1)
        assert sink.verbs == []
        assert talk.say(b"\r\n") == 250
    assert sink.verbs == ["EHLO"]


def test_a_whole_conversation_in_one_packet():
    packet = (
        b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n..dot\r\n.\r\nQUIT\r\n"
    )
    with SmtpSink() as sink, Talk(sink) as talk:
        assert [talk.say(packet), *(talk.code() for _ in range(5))] == [
            250,
            250,
            250,
            354,
            250,
            221,
        ]
        assert sink.accepted[0].raw == b".dot\r\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"MAIL FROM:<a@b.test>", 503),
        (b"RCPT TO:<c@d.test>", 503),
        (b"DATA", 503),
        (b"STARTTLS", 502),
        (b"WHAT", 500),
        (b"", 500),
        (b"AUTH GSSAPI", 504),
        (b"AUTH PLAIN !!!", 501),
        (b"AUTH PLAIN AAAA", 501),
        (b"VRFY anna", 252),
        (b"NOOP", 250),
        (b"RSET", 250),
    ],
)
def test_commands_out_of_order_or_unknown(line, code):
    with SmtpSink() as sink, Talk(sink) as talk:
        assert talk.say(line + b"\r\n") == code
        assert talk.envelope() == [250, 250, 250]


@pytest.mark.parametrize(
    "line",
    [
        b"MAIL TO:<a@b.test>",
        b"MAIL FROM:a@b.test",
        b"MAIL FROM:<a@b.test> x\x00",
        b"MAIL FROM:<a@b<c>.test>",
        b"MAIL",
    ],
)
def test_malformed_envelopes(line):
    with SmtpSink() as sink, Talk(sink) as talk:
        talk.say(b"EHLO x\r\n")
        assert talk.say(line + b"\r\n") == 501


def test_sizes_are_kept_to():
    with SmtpSink(size_limit=1000) as sink, Talk(sink) as talk:
        talk.say(b"EHLO x\r\n")
        assert talk.say(b"MAIL FROM:<a@b.test> SIZE=1001\r\n") == 552
        assert talk.envelope() == [250, 250, 250]
        assert talk.say(b"DATA\r\n") == 354
        assert talk.say(b"x\r\n" * 100_000 + b".\r\n") == 552
        assert sink.accepted == []
        assert talk.envelope() == [250, 250, 250]


def test_a_line_without_end_closes_the_connection():
    with SmtpSink() as sink, Talk(sink) as talk:
        assert talk.say(b"x" * 13_000) == 421


def test_too_many_errors_close_the_connection():
    with SmtpSink() as sink, Talk(sink) as talk:
        for _ in range(smtp_server.ERRORS_ALLOWED + 1):
            assert talk.say(b"WHAT\r\n") == 500
        assert talk.line() == b""


def test_commands_sent_ahead_of_tls_are_refused(tmp_path):
    with SmtpSink(certificate=make_certificate(tmp_path)) as sink, Talk(sink) as talk:
        talk.say(b"EHLO x\r\n")
        talk.socket.sendall(b"STARTTLS\r\nMAIL FROM:<evil@evil.test>\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert talk.line() == b""
    assert "MAIL" not in sink.verbs


def test_after_tls_everything_begins_anew(tmp_path):
    certificate = make_certificate(tmp_path)
    with SmtpSink(certificate=certificate) as sink, Talk(sink) as talk:
        talk.envelope()
        assert talk.say(b"STARTTLS\r\n") == 220
        context = ssl.create_default_context(cafile=certificate)
        talk.socket = context.wrap_socket(talk.socket, server_hostname="localhost")
        assert talk.say(b"RCPT TO:<c@d.test>\r\n") == 503
        assert talk.say(b"STARTTLS\r\n") == 502
        assert talk.envelope() == [250, 250, 250]


def test_log_in_is_demanded_and_judged():
    with SmtpSink(logins={"jane": "pw"}) as sink, Talk(sink) as talk:
        talk.say(b"EHLO x\r\n")
        assert talk.say(b"MAIL FROM:<a@b.test>\r\n") == 530
        assert talk.say(b"AUTH PLAIN " + base64.b64encode(b"\0jane\0no") + b"\r\n") == 535
        assert talk.say(b"MAIL FROM:<a@b.test>\r\n") == 530
        assert talk.say(b"AUTH LOGIN\r\n") == 334
        assert talk.say(base64.b64encode(b"jane") + b"\r\n") == 334
        assert talk.say(base64.b64encode(b"pw") + b"\r\n") == 235
        assert talk.say(b"MAIL FROM:<a@b.test>\r\n") == 250
