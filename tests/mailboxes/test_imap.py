"""Reading a mailbox: against a real Dovecot, and against servers that mean ill."""

import socket
import ssl
import threading
import time

import pytest

from mailboxes import imap
from mailboxes.imap import (
    ImapEndpoint,
    ImapSession,
    ImapStage,
    PermanentImapError,
    TransientImapError,
)
from mailboxes.imap_folders import (
    Folder,
    decode_name,
    homes_of_sent_mail,
    parse_folder,
    sent_folder,
)
from mailboxes.smtp_session import Authentication, Security
from tests.fakes.dovecot import PASSWORD, Dovecot, free_port, needs_dovecot
from tests.fakes.smtp_sink import make_certificate

ADA = "ada@real-company.com"
MAIL = b"From: ada@real-company.com\r\nMessage-ID: <one.1@real-company.com>\r\nSubject: hi\r\n\r\nbody\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def dovecot(certificate):
    with Dovecot(certificate=certificate) as server:
        yield server


@pytest.fixture
def trusting(certificate):
    return ssl.create_default_context(cafile=str(certificate))


def endpoint(port, **changes):
    values = {
        "host": "127.0.0.1",
        "port": port,
        "security": Security.NONE,
        "username": ADA,
        "secret": PASSWORD,
        "judge": None,
        "step_seconds": 20,  # patience for a busy machine
        "visit_seconds": 10,
    }
    return ImapEndpoint(**{**values, **changes})


@needs_dovecot
def test_a_mail_is_found_in_the_sent_folder_and_nothing_is_marked_as_read(dovecot):
    dovecot.deliver(ADA, "Sent", MAIL)
    with ImapSession(endpoint(dovecot.port)) as session:
        folders = session.folders()
        sent = sent_folder(folders)
        homes = homes_of_sent_mail(folders, sent)
        wanted = ["<one.1@real-company.com>", "<two.2@real-company.com>", "<one@real-company.com>"]
        assert session.find(wanted, homes) == {"<one.1@real-company.com>": "Sent"}
    assert (sent, homes) == ("Sent", ["Sent", "Trash"])
    assert dovecot.unread(ADA, "Sent") == 1


@needs_dovecot
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_the_conversation_can_be_under_tls(dovecot, trusting, security):
    reached = []
    port = dovecot.tls_port if security == Security.TLS else dovecot.port
    place = endpoint(
        port, host="localhost", connect_to="127.0.0.1", security=security, tls_context=trusting
    )
    with ImapSession(place, reached=reached.append) as session:
        assert "IMAP4REV1" in session.capabilities
    assert reached == [ImapStage.CONNECT, ImapStage.TLS, ImapStage.LOGIN]


@needs_dovecot
def test_a_certificate_that_nobody_vouches_for_gets_no_password(dovecot):
    place = endpoint(dovecot.tls_port, host="localhost", security=Security.TLS)
    with pytest.raises(PermanentImapError, match="self-signed") as caught, ImapSession(place):
        pass
    assert caught.value.stage == ImapStage.TLS


@needs_dovecot
def test_a_wrong_password_is_final_and_quotes_the_server(dovecot):
    with (
        pytest.raises(PermanentImapError) as caught,
        ImapSession(endpoint(dovecot.port, secret="no")),
    ):
        pass
    assert caught.value.stage == ImapStage.LOGIN
    assert "Authentication failed" in caught.value.answer
    assert "no" not in caught.value.answer.split()


@needs_dovecot
def test_a_refused_token_ends_the_conversation_instead_of_hanging(dovecot):
    token = {"authentication": Authentication.XOAUTH2}
    with ImapSession(endpoint(dovecot.port, **token)) as session:
        assert session.folders()
    place = endpoint(dovecot.port, **token, secret="expired")
    with pytest.raises(PermanentImapError) as caught, ImapSession(place):
        pass
    assert caught.value.stage == ImapStage.LOGIN


@needs_dovecot
def test_a_folder_that_is_not_there(dovecot):
    with ImapSession(endpoint(dovecot.port)) as session:
        with pytest.raises(PermanentImapError) as caught:
            session.look_into("Nowhere")
        assert caught.value.stage == ImapStage.FOLDER


@needs_dovecot
def test_letters_outside_ascii_in_a_password(dovecot):
    with (
        pytest.raises(PermanentImapError, match="Authentication failed"),
        ImapSession(endpoint(dovecot.port, secret="пароль")),
    ):
        pass


@pytest.mark.parametrize("secret", ["a\r\nb", "a\x00b"])
def test_control_characters_never_reach_the_wire(secret):
    with (
        pytest.raises(PermanentImapError, match="control"),
        ImapSession(endpoint(1, secret=secret)),
    ):
        pass


@pytest.mark.parametrize(
    "identifier", ['<a"b@c>', "<a b@c>", "a@b", "<a@b>\r\nX LOGOUT", "<a\\@b>"]
)
def test_only_a_plain_message_id_is_searched_for(identifier):
    with pytest.raises(ValueError, match="angle brackets"):
        ImapSession(endpoint(1)).holds(identifier)


class Scripted:
    """A server that says one thing per connection, perhaps slowly, then waits."""

    def __init__(self, octets, *, pause=0.0):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.octets, self.pause = octets, pause
        self.heard = b""
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        connection, _ = self.listener.accept()
        with connection:
            try:
                for octet in self.octets if self.pause else [self.octets]:
                    connection.sendall(bytes([octet]) if self.pause else octet)
                    time.sleep(self.pause)
                while heard := connection.recv(4096):
                    self.heard += heard
            except OSError:
                return

    def close(self):
        self.listener.close()
        self.thread.join(10)


def visit_scripted(server, **changes):
    began = time.monotonic()
    try:
        with (
            pytest.raises((TransientImapError, PermanentImapError)) as caught,
            ImapSession(endpoint(server.port, **changes)),
        ):
            pass
    finally:
        server.close()
    return caught.value, time.monotonic() - began


def test_a_server_that_dribbles_is_left_at_the_deadline():
    server = Scripted(b"* OK " + b"x" * 1000, pause=0.05)
    error, seconds = visit_scripted(server, step_seconds=2, visit_seconds=0.5)
    assert isinstance(error, TransientImapError)
    assert "in time" in str(error)
    assert seconds < 3


def test_a_silent_server_is_left_after_a_step():
    error, seconds = visit_scripted(Scripted(b""), step_seconds=0.3, visit_seconds=5)
    assert isinstance(error, TransientImapError)
    assert seconds < 3


@pytest.mark.parametrize(
    "flood", [b"* OK hello\r\n" + b"* LIST junk\r\n" * 20_000, b"* OK {900000000}\r\n" * 3]
)
def test_a_server_that_floods_is_left(flood):
    server = Scripted(flood)
    error, _ = visit_scripted(server, octets=100_000, step_seconds=2)
    assert isinstance(error, TransientImapError | PermanentImapError)


def test_a_private_host_is_not_dialled(settings):
    settings.SMTP_ALLOW_PRIVATE = False
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = endpoint(listener.getsockname()[1], host="localhost", judge=imap.judged_at_dial)
        with pytest.raises(TransientImapError, match="private network"), ImapSession(place):
            pass
        listener.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_nobody_listens():
    with (
        pytest.raises(TransientImapError, match="refused") as caught,
        ImapSession(endpoint(free_port())),
    ):
        pass
    assert caught.value.stage == ImapStage.CONNECT


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            rb'(\HasNoChildren \Sent) "/" "Sent Items"',
            ("Sent Items", "Sent Items", {"\\hasnochildren", "\\sent"}),
        ),
        (rb'(\HasNoChildren) "." INBOX.Sent', ("INBOX.Sent", "Sent", {"\\hasnochildren"})),
        ((rb'() "/" {9}', b'Sent "old'), ('Sent "old', 'Sent "old', set())),
        (rb'() "/" "[Gmail]/Envoy&AOk-s"', ("[Gmail]/Envoy&AOk-s", "Envoyés", set())),
        (rb'() NIL "a/b"', ("a/b", "a/b", set())),
        (
            rb'() "/" "with \"quotes\" and \\"',
            ('with "quotes" and \\', 'with "quotes" and \\', set()),
        ),
    ],
)
def test_lines_of_list(line, expected):
    name, label, flags = expected
    assert parse_folder(line) == Folder(name, label, frozenset(flags))


def test_what_is_no_line_of_list():
    assert parse_folder(b"nonsense") is None


@pytest.mark.parametrize(
    ("wire", "label"),
    [
        ("Entw&APw-rfe", "Entwürfe"),
        ("A&-B", "A&B"),
        ("&ZeVnLIqe-", "日本語"),
        ("plain", "plain"),
        ("&A-", "&A-"),
    ],
)
def test_names_in_modified_utf7(wire, label):
    assert decode_name(wire) == label


def test_the_sent_folder_is_known_by_use_before_name():
    def folder(name, *flags):
        return Folder(name, name.rpartition("/")[2], frozenset(flags))

    by_name = [folder("Drafts"), folder("Gesendet"), folder("INBOX/Sent")]
    assert sent_folder(by_name) == "INBOX/Sent"
    assert sent_folder([*by_name, folder("Odd", "\\sent")]) == "Odd"
    assert sent_folder([folder("Sent", "\\noselect"), folder("Drafts")]) == ""
