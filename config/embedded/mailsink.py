"""The sandbox: a practice mail server whose recipients bounce, complain and answer, on this machine only.

It is stateless. A mailbox logs in with the public id of its generic webhook endpoint and that
endpoint's signing secret; what becomes of a mail is posted to ``/webhooks/generic/<id>/``, signed with
the secret. A wrong secret is found out there and not here. It carries mail only for names that do not
exist on the Internet, so nothing sent to it can reach a person.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import re
import signal
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from config.embedded.sandbox_peers import Behaviour, TakenMail, afterwards, at_recipient, events_of
from config.embedded.smtp_server import Answer, Peer, ServerRules, SmtpServer
from mailboxes.addresses import AddressError, domain_of, is_sandbox_domain

# How many mails and remembered deferrals are kept: enough for a long demonstration, little on disk.
KEPT_MAILS = 500
KEPT_DEFERRALS = 10_000
# A web process that is just starting answers within this: 1 + 2 + 4 + 8 + 16 s.
POST_TRIES = 6
FIRST_BACKOFF_SECONDS = 1.0
POST_TIMEOUT_SECONDS = 10.0
# What stopping may take before events are given up.
STOP_SECONDS = 3.0

ONLY_SANDBOX = Answer(
    550,
    "5.7.1 The sandbox carries mail only for *.test, *.example and example.com, .net and .org, so this was "
    "not taken. Use a real mailbox for real people.",
)


@dataclass(frozen=True)
class SandboxOptions:
    """Where to listen, where to report, where to keep mail; ``delay_seconds`` before each report."""

    base_url: str
    mail_folder: Path
    host: str = "127.0.0.1"
    port: int = 2525
    delay_seconds: float = 3.0


class SandboxRules(ServerRules):
    """Log-in, the sandbox's domains, and the words at RCPT; taken mail goes to the reporter."""

    name = "sandbox.roleferry.test"
    must_log_in = True

    def __init__(self, reporter: "Reporter", mail_folder: Path) -> None:
        self._reporter = reporter
        self._mail_folder = mail_folder
        self._deferred: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def may_log_in(self, peer: Peer) -> bool:
        try:
            return bool(peer.secret) and str(uuid.UUID(peer.username)) == peer.username.lower()
        except ValueError:
            return False

    async def on_recipient(self, peer: Peer, recipient: str) -> Answer | None:
        try:
            domain = domain_of(recipient)
        except AddressError:
            return Answer(553, "5.1.3 That is not an address")
        if not is_sandbox_domain(domain):
            return ONLY_SANDBOX
        behaviour = at_recipient(recipient)
        if behaviour == Behaviour.REJECT:
            return Answer(550, f"5.1.1 <{recipient}>: there is no such mailbox here")
        if behaviour == Behaviour.DEFER and self._is_first_time(peer, recipient):
            return Answer(451, f"4.7.1 <{recipient}>: not now, try again in a moment")
        return None

    async def on_message(self, peer: Peer, raw: bytes) -> Answer | None:
        for recipient in peer.recipients:
            keep_mail(self._mail_folder, recipient, raw)
            self._reporter.take(
                TakenMail(recipient, raw), username=peer.username, secret=peer.secret
            )
        return Answer(250, f"2.0.0 Ok: queued as {hashlib.sha256(raw).hexdigest()[:12].upper()}")

    def _is_first_time(self, peer: Peer, recipient: str) -> bool:
        key = (peer.username, recipient.lower())
        if key in self._deferred:
            return False
        self._deferred[key] = None
        if len(self._deferred) > KEPT_DEFERRALS:
            self._deferred.popitem(last=False)
        return True


class Reporter:
    """Posts what becomes of each mail, a little later, as signed webhook events."""

    def __init__(self, base_url: str, *, delay_seconds: float) -> None:
        self._base_url = base_url.rstrip("/")
        self._delay_seconds = delay_seconds
        self._hurry = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        # Loopback to our own pages: no proxy of the environment, no redirects to elsewhere.
        self._client = httpx.AsyncClient(trust_env=False, timeout=POST_TIMEOUT_SECONDS)

    def take(self, mail: TakenMail, *, username: str, secret: str) -> None:
        """Start reporting on one mail; returns at once."""
        say(f"taken {mail.message_id} for {mail.recipient}: {afterwards(mail.recipient)}")
        task = asyncio.get_running_loop().create_task(self._report(mail, username, secret))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Send at once what still waits, for at most STOP_SECONDS, then give up the rest."""
        self._hurry.set()
        if self._tasks:
            _, unsent = await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
            for task in unsent:
                task.cancel()
            if unsent:
                say(f"stopped with {len(unsent)} reports unsent")
                await asyncio.wait(unsent)
        await self._client.aclose()

    async def _report(self, mail: TakenMail, username: str, secret: str) -> None:
        await self._pause(self._delay_seconds)
        try:
            events = events_of(mail, now=datetime.now(UTC))
        except (ValueError, LookupError, AttributeError) as error:
            # The sender's own headers decide whether an answer can be written to them.
            say(f"no report on {mail.message_id}: its headers cannot be answered ({error})")
            return
        for position, event in enumerate(events):
            if position:
                await self._pause(self._delay_seconds)
            if not await self._post(event, username, secret):
                return

    async def _post(self, event: dict[str, Any], username: str, secret: str) -> bool:
        url = f"{self._base_url}/webhooks/generic/{username.lower()}/"
        body = json.dumps({"events": [event]}).encode()
        backoff = FIRST_BACKOFF_SECONDS
        for attempt in range(POST_TRIES):
            if attempt:
                await self._pause(backoff)
                backoff *= 2
            problem, final = await self._post_once(url, body, secret)
            if not problem:
                say(f"reported {event['type']} of {event['message_id']}")
                return True
            if final:
                break
        say(f"could not report {event['type']} of {event['message_id']}: {problem}")
        return False

    async def _post_once(self, url: str, body: bytes, secret: str) -> tuple[str, bool]:
        """Return what went wrong, if anything, and whether trying again is pointless."""
        try:
            answer = await self._client.post(
                url, content=body, headers=signature_headers(body, secret)
            )
        except httpx.HTTPError as error:
            return f"{type(error).__name__} at {url}", False
        if answer.is_success:
            return "", True
        final = 400 <= answer.status_code < 500 and answer.status_code not in {404, 408, 425, 429}
        return f"{url} answered {answer.status_code}", final

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()


class Sandbox:
    """The server and its reporter together."""

    def __init__(self, options: SandboxOptions) -> None:
        self._reporter = Reporter(options.base_url, delay_seconds=options.delay_seconds)
        rules = SandboxRules(self._reporter, options.mail_folder)
        self._server = SmtpServer(rules, host=options.host, port=options.port)

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        return self._server.port

    async def start(self) -> None:
        """Listen; raise OSError if the port is taken."""
        await self._server.start()

    async def stop(self) -> None:
        """Finish conversations and reports within a few seconds."""
        await self._server.stop(grace_seconds=1.0)
        await self._reporter.stop()


def signature_headers(body: bytes, secret: str, *, now: float | None = None) -> dict[str, str]:
    """Return the headers that sign a webhook body: HMAC-SHA256 over ``<unix seconds>.`` + body."""
    timestamp = str(int(time.time() if now is None else now))
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-RoleFerry-Timestamp": timestamp,
        "X-RoleFerry-Signature": f"v1={digest}",
    }


def keep_mail(folder: Path, recipient: str, raw: bytes) -> Path:
    """Write a mail where a person can open it and forget the oldest beyond KEPT_MAILS."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = re.sub(r"[^A-Za-z0-9@._+-]", "_", recipient)[:100]
    file = folder / f"{time.time_ns()}-{name}.eml"
    file.write_bytes(raw)
    for old in sorted(folder.glob("*.eml"))[:-KEPT_MAILS]:
        old.unlink(missing_ok=True)
    return file


def say(text: str) -> None:
    """Print one line of log; addresses and ids only, never bodies or secrets."""
    print("".join(character if character.isprintable() else "?" for character in text), flush=True)


async def serve(options: SandboxOptions) -> None:
    """Run until SIGTERM or SIGINT. Raises OSError if the port is taken."""
    sandbox = Sandbox(options)
    await sandbox.start()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    say(f"practice mail server on {options.host}:{sandbox.port}, reports to {options.base_url}")
    await stop.wait()
    await sandbox.stop()
