"""The sandbox over real sockets: mail in by SMTP, signed events out by HTTP."""

import asyncio
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from config.embedded import mailsink
from config.embedded.mailsink import Sandbox, SandboxOptions, signature_headers
from mailboxes.receipts import Accepted, Deferred, PermanentTransportError, Rejected
from mailboxes.smtp_session import Security, SmtpEndpoint
from mailboxes.transport import SmtpConnection
from tests.config.practice_mail import mail_to

USERNAME, SECRET = str(uuid.UUID(int=7)), "signing secret ü"


class Hook:
    """An HTTP server that keeps what was posted and answers from a script, then 204."""

    def __init__(self, statuses):
        self.posts, self.statuses = [], list(statuses)
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.posts.append((self.path, dict(self.headers), body))
                self.send_response(hook.statuses.pop(0) if hook.statuses else 204)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def events(self):
        return [event for _, _, body in self.posts for event in json.loads(body)["events"]]

    def wait_for(self, count, seconds=5.0):
        deadline = time.monotonic() + seconds
        while len(self.posts) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.posts) == count
        return self.events


@contextmanager
def webhook(*statuses):
    hook = Hook(statuses)
    thread = threading.Thread(target=hook.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hook
    finally:
        hook.server.shutdown()
        thread.join()
        hook.server.server_close()


@contextmanager
def sandbox(base_url, folder, *, delay_seconds=0.01):
    ready, stop = threading.Event(), None
    place = {}

    async def serve():
        nonlocal stop
        stop = asyncio.Event()
        running = Sandbox(SandboxOptions(base_url, folder, port=0, delay_seconds=delay_seconds))
        await running.start()
        place["port"], place["loop"] = running.port, asyncio.get_running_loop()
        ready.set()
        await stop.wait()
        await running.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(5)
    try:
        yield place["port"]
    finally:
        place["loop"].call_soon_threadsafe(stop.set)
        thread.join(10)


def send(port, recipient, *, username=USERNAME, secret=SECRET, raw=None):
    async def go():
        connection = SmtpConnection(
            SmtpEndpoint(
                host="127.0.0.1",
                port=port,
                security=Security.NONE,
                username=username,
                secret=secret,
            )
        )
        await connection.open()
        try:
            return await connection.deliver("jane@acme.test", recipient, raw or mail_to(recipient))
        finally:
            await connection.close()

    return asyncio.run(go())


def test_a_plain_address_is_delivered_and_reported_under_signature(tmp_path):
    with webhook() as hook, sandbox(hook.url, tmp_path) as port:
        receipt = send(port, "anna@corp.example")
        (event,) = hook.wait_for(1)
        time.sleep(0.1)
        assert len(hook.posts) == 1
    assert isinstance(receipt, Accepted)
    assert receipt.queue_id
    path, headers, body = hook.posts[0]
    assert path == f"/webhooks/generic/{USERNAME}/"
    timestamp = headers["X-RoleFerry-Timestamp"]
    assert abs(int(timestamp) - time.time()) < 30
    expected = hmac.new(
        SECRET.encode(), f"{timestamp}.".encode() + body, hashlib.sha256
    ).hexdigest()
    assert headers["X-RoleFerry-Signature"] == f"v1={expected}"
    assert headers["Content-Type"] == "application/json"
    assert set(event) == {"event_id", "type", "timestamp", "message_id", "recipient"}
    assert (event["type"], event["message_id"]) == ("delivered", "<first@acme.test>")
    assert event["recipient"] == "anna@corp.example"
    assert datetime.fromisoformat(event["timestamp"]).utcoffset() is not None
    (kept,) = tmp_path.glob("*.eml")
    assert kept.read_bytes() == mail_to("anna@corp.example")


@pytest.mark.parametrize(
    ("local", "types"),
    [
        ("anna", ["delivered"]),
        ("anna.bounce", ["bounced"]),
        ("hard-anna", ["bounced"]),
        ("anna_soft", ["bounced"]),
        ("full", ["bounced"]),
        ("anna.complain", ["delivered", "complained"]),
        ("SPAM", ["delivered", "complained"]),
        ("anna.reply", ["delivered", "inbound"]),
        ("anna+interested", ["delivered", "inbound"]),
        ("meeting", ["delivered", "inbound"]),
        ("anna.decline", ["delivered", "inbound"]),
        ("anna.stop", ["delivered", "inbound"]),
        ("anna.unsubscribe", ["delivered", "inbound"]),
        ("anna.ooo", ["delivered", "inbound"]),
        ("away", ["delivered", "inbound"]),
        ("bounceless", ["delivered"]),
    ],
)
def test_the_address_decides_what_is_reported(local, types, tmp_path):
    with webhook() as hook, sandbox(hook.url, tmp_path) as port:
        assert isinstance(send(port, f"{local}@corp.example"), Accepted)
        events = hook.wait_for(len(types))
    assert [event["type"] for event in events] == types
    assert len({event["event_id"] for event in events}) == len(types)


def test_reject_and_defer_speak_at_rcpt(tmp_path):
    with webhook() as hook, sandbox(hook.url, tmp_path) as port:
        rejected = send(port, "anna.reject@corp.test")
        first, second = (
            send(port, "lee.defer.meeting@corp.test"),
            send(port, "lee.defer.meeting@corp.test"),
        )
        other_mailbox = send(port, "lee.defer@corp.test", username=str(uuid.UUID(int=8)))
        events = hook.wait_for(2)
    assert isinstance(rejected, Rejected)
    assert (rejected.code, rejected.enhanced, rejected.stage) == (550, "5.1.1", "rcpt")
    assert isinstance(first, Deferred)
    assert first.code == 451
    assert isinstance(second, Accepted)
    assert isinstance(other_mailbox, Deferred)
    assert [event["type"] for event in events] == ["delivered", "inbound"]
    assert len(list(tmp_path.glob("*.eml"))) == 1


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com",
        "acme.io",
        "example.co",
        "notexample.com",
        "corp.example.evil.io",
        "corp.invalid",
    ],
)
def test_real_domains_are_refused(domain, tmp_path):
    with webhook() as hook, sandbox(hook.url, tmp_path) as port:
        receipt = send(port, f"anna@{domain}", raw=mail_to("anna@corp.test"))
        time.sleep(0.1)
        assert hook.posts == []
    assert isinstance(receipt, Rejected)
    assert receipt.code in {550, 553}
    assert list(tmp_path.glob("*.eml")) == []


@pytest.mark.parametrize(
    "domain", ["corp.test", "a.b.example", "example.com", "hr.example.org", "example.net"]
)
def test_reserved_domains_are_taken(domain, tmp_path):
    with webhook() as hook, sandbox(hook.url, tmp_path) as port:
        assert isinstance(send(port, f"anna@{domain}"), Accepted)
        hook.wait_for(1)


@pytest.mark.parametrize(
    ("username", "secret"), [("jane", "x"), (USERNAME, ""), (USERNAME.replace("-", ""), "x")]
)
def test_log_in_needs_an_endpoint_id_and_a_secret(username, secret, tmp_path):
    with (
        sandbox("http://127.0.0.1:9", tmp_path) as port,
        pytest.raises(PermanentTransportError, match="535"),
    ):
        send(port, "anna@corp.test", username=username, secret=secret)


def test_without_log_in_nothing_is_taken(tmp_path):
    with sandbox("http://127.0.0.1:9", tmp_path) as port:
        receipt = send(port, "anna@corp.test", username="")
    assert isinstance(receipt, Rejected)
    assert (receipt.code, receipt.stage) == (530, "mail")
    assert list(tmp_path.glob("*.eml")) == []


def test_a_failing_web_process_is_asked_again(tmp_path, monkeypatch):
    monkeypatch.setattr(mailsink, "FIRST_BACKOFF_SECONDS", 0.01)
    with webhook(503, 500, 429) as hook, sandbox(hook.url, tmp_path) as port:
        send(port, "anna.bounce@corp.test")
        events = hook.wait_for(4)
    assert len({event["event_id"] for event in events}) == 1


def test_a_refused_signature_is_not_asked_again(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(mailsink, "FIRST_BACKOFF_SECONDS", 0.01)
    with webhook(401) as hook, sandbox(hook.url, tmp_path) as port:
        send(port, "anna.reply@corp.test")
        hook.wait_for(1)
        time.sleep(0.2)
        assert len(hook.posts) == 1
    log = capfd.readouterr().out
    assert "answered 401" in log
    assert SECRET not in log


def test_a_web_process_that_is_away_costs_nothing_but_the_report(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(mailsink, "FIRST_BACKOFF_SECONDS", 0.001)
    with sandbox("http://127.0.0.1:9", tmp_path) as port:
        assert isinstance(send(port, "anna@corp.test"), Accepted)
        time.sleep(0.5)
        assert isinstance(send(port, "anna@corp.test"), Accepted)
    assert "could not report delivered" in capfd.readouterr().out


def test_mail_without_answerable_headers_harms_nothing(tmp_path):
    with webhook() as hook, sandbox(hook.url, tmp_path) as port:
        assert isinstance(
            send(port, "anna.reply@corp.test", raw=b"X: y\r\n\r\nhello\r\n"), Accepted
        )
        assert isinstance(send(port, "anna@corp.test"), Accepted)
        (event,) = hook.wait_for(1)
    assert event["recipient"] == "anna@corp.test"


def test_only_so_many_mails_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(mailsink, "KEPT_MAILS", 3)
    for number in range(5):
        mailsink.keep_mail(tmp_path, f"../a/b{number}@corp.test", b"%d" % number)
    kept = sorted(tmp_path.rglob("*"))
    assert [file.read_bytes() for file in kept] == [b"2", b"3", b"4"]
    assert all(file.parent == tmp_path for file in kept)


def test_waiting_reports_go_out_when_the_sandbox_stops(tmp_path):
    with webhook() as hook:
        with sandbox(hook.url, tmp_path, delay_seconds=60) as port:
            send(port, "anna.reply@corp.test")
            assert hook.posts == []
        assert [event["type"] for event in hook.events] == ["delivered", "inbound"]


def test_the_signature_is_the_documented_one():
    headers = signature_headers(b'{"events":[]}', "secret", now=1_700_000_000.9)
    expected = hmac.new(b"secret", b'1700000000.{"events":[]}', hashlib.sha256).hexdigest()
    assert headers["X-RoleFerry-Timestamp"] == "1700000000"
    assert headers["X-RoleFerry-Signature"] == f"v1={expected}"


def test_the_server_ends_on_sigterm(tmp_path):
    script = (
        "import asyncio, pathlib, sys\n"
        "from config.embedded.mailsink import SandboxOptions, serve\n"
        "asyncio.run(serve(SandboxOptions('http://127.0.0.1:9', pathlib.Path(sys.argv[1]), port=0)))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": ".", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        line = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert line.startswith("practice mail server on 127.0.0.1:")
