"""A recording SMTP sink on loopback with faults by script: in a thread, or as a process of its own.

In a test:      with SmtpSink(faults=[Fault("dot", "451", every=3)]) as sink: ... sink.accepted
As a process:   python -m tests.fakes.smtp_sink --port 2526 --log accepted.jsonl --fault dot:accept_drop:every=7

A mail counts as accepted from the moment it is recorded, which is before the reply goes out: what
the client believes may differ, and that is the point.
"""

import argparse
import asyncio
import contextlib
import datetime
import ipaddress
import json
import os
import re
import signal
import ssl
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.embedded.smtp_server import Answer, HangUpError, Peer, ServerRules, SmtpServer

ENHANCED = {
    421: "4.3.2 Closing now",
    450: "4.2.0 Mailbox busy",
    451: "4.3.0 Try later",
    452: "4.3.1 Out of space",
    550: "5.1.1 No such user",
    552: "5.3.4 Too big",
    554: "5.7.1 Refused by policy",
}
FOREVER = 3600.0


@dataclass(frozen=True)
class Fault:
    """One misbehaviour.

    stage: banner, hello, mail, rcpt, data or dot. action: a reply code ("451"), a whole reply
    ("550 5.7.1 no"), drop, stall, or at dot accept_drop / accept_stall (record first).
    It applies to every ``every``-th visit of the stage whose address holds ``match``, after the first
    ``skip`` of them, at most ``times`` times (0: no limit).
    """

    stage: str
    action: str
    every: int = 1
    times: int = 0
    skip: int = 0
    match: str = ""

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Read ``stage:action[:every=N][:times=N][:skip=N][:match=TEXT]``."""
        stage, action, *options = text.split(":")
        values = dict(option.split("=", 1) for option in options)
        numbers = {key: int(value) for key, value in values.items() if key != "match"}
        return cls(stage, action, **numbers, match=values.get("match", ""))


@dataclass(frozen=True)
class AcceptedMail:
    """One mail the sink took responsibility for. ``at`` is Unix time in seconds."""

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes = field(repr=False)
    at: float
    connection: int
    parameters: str
    username: str
    secured: bool


class SinkRules(ServerRules):
    """Record what is accepted, misbehave as told."""

    name = "sink.test"

    def __init__(self, faults=(), *, delay_seconds=0.0, log=None, logins=None, dribble=False):
        self.faults = tuple(faults)
        self.delay_seconds = delay_seconds
        self.log = open(log, "a", encoding="utf-8") if log else None  # noqa: SIM115
        self.logins = logins or {}
        self.must_log_in = bool(logins)
        self.dribble = dribble
        self.accepted: list[AcceptedMail] = []
        self.commands: list[tuple[int, str, int]] = []
        self.connections = 0
        self._visits: Counter[Fault] = Counter()

    def on_command(self, peer, verb, ahead):
        self.commands.append((peer.number, verb, ahead))

    async def on_connect(self, peer):
        self.connections += 1
        return await self._misbehave("banner", "")

    async def on_hello(self, peer):
        return await self._misbehave("hello", peer.hello)

    async def may_log_in(self, peer):
        return not self.logins or self.logins.get(peer.username) == peer.secret

    async def on_mail(self, peer, sender):
        return await self._misbehave("mail", sender)

    async def on_recipient(self, peer, recipient):
        return await self._misbehave("rcpt", recipient)

    async def on_data(self, peer):
        return await self._misbehave("data", peer.recipients[-1])

    async def on_message(self, peer, raw):
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        fault = self._due("dot", peer.recipients[-1])
        if fault and not fault.action.startswith("accept"):
            return await self._act(fault.action)
        mail = self._record(peer, raw)
        if fault:
            return await self._act(fault.action.removeprefix("accept_"))
        return Answer(250, f"2.0.0 Ok: queued as {mail.connection:04X}{len(self.accepted):06X}")

    async def write(self, writer, octets):
        if not self.dribble:
            await super().write(writer, octets)
            return
        for position in range(len(octets)):
            writer.write(octets[position : position + 1])
            await writer.drain()
            await asyncio.sleep(0)

    def _record(self, peer: Peer, raw: bytes) -> AcceptedMail:
        found = re.search(rb"^message-id:\s*(\S+)", raw, re.IGNORECASE | re.MULTILINE)
        mail = AcceptedMail(
            message_id=found.group(1).decode() if found else "",
            sender=peer.sender,
            recipients=tuple(peer.recipients),
            raw=raw,
            at=time.time(),
            connection=peer.number,
            parameters=peer.parameters,
            username=peer.username,
            secured=peer.secured,
        )
        self.accepted.append(mail)
        if self.log:
            facts = {
                key: getattr(mail, key)
                for key in ("message_id", "sender", "recipients", "at", "connection")
            }
            self.log.write(json.dumps(facts) + "\n")
            self.log.flush()
            os.fsync(self.log.fileno())
        return mail

    def _due(self, stage: str, address: str) -> Fault | None:
        for fault in self.faults:
            if fault.stage != stage or fault.match not in address:
                continue
            self._visits[fault] += 1
            visit = self._visits[fault] - fault.skip
            if (
                visit > 0
                and visit % fault.every == 0
                and (not fault.times or visit // fault.every <= fault.times)
            ):
                return fault
        return None

    async def _misbehave(self, stage: str, address: str) -> Answer | None:
        fault = self._due(stage, address)
        return await self._act(fault.action) if fault else None

    async def _act(self, action: str) -> Answer:
        if action == "drop":
            raise HangUpError
        if action == "stall":
            await asyncio.sleep(FOREVER)
        code, _, text = action.partition(" ")
        return Answer(int(code), text or ENHANCED.get(int(code), ""))


class SmtpSink:
    """The sink in a thread of its own. ``accepted`` grows as mail comes in.

    Options: faults, delay_seconds (each mail), log (file of JSON lines, fsynced), logins
    ({user: secret}, log-in then demanded), dribble (one octet a packet), extensions, mechanisms,
    size_limit, tls ("starttls" or "" with ``certificate`` from make_certificate).
    """

    def __init__(
        self,
        faults=(),
        *,
        port=0,
        certificate=None,
        extensions=None,
        mechanisms=None,
        size_limit=None,
        **kw,
    ):
        self.rules = SinkRules(faults, **kw)
        if extensions is not None:
            self.rules.extensions = tuple(extensions)
        if mechanisms is not None:
            self.rules.mechanisms = tuple(mechanisms)
        if size_limit is not None:
            self.rules.size_limit = size_limit
        if certificate is not None:
            self.rules.tls_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.rules.tls_context.load_cert_chain(certificate)
        self.port = port
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def accepted(self) -> list[AcceptedMail]:
        """Every mail accepted so far, in order."""
        return list(self.rules.accepted)

    @property
    def verbs(self) -> list[str]:
        """Every command seen so far, in order, in capitals."""
        return [verb for _, verb, _ in self.rules.commands]

    def __enter__(self) -> "SmtpSink":
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the sink did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        if self.rules.log:
            self.rules.log.close()

    def wait_for(self, count: int, seconds: float = 10.0) -> list[AcceptedMail]:
        """Return the accepted mail once there are ``count``; fail after ``seconds``."""
        deadline = time.monotonic() + seconds
        while len(self.rules.accepted) < count:
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{len(self.rules.accepted)} of {count} mails after {seconds} s"
                )
            time.sleep(0.01)
        return self.accepted

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = SmtpServer(self.rules, port=self.port)
        await server.start()
        self.port = server.port
        self._ready.set()
        await self._stop.wait()
        await server.stop()


def make_certificate(folder: Path) -> Path:
    """Write a key and a self-signed certificate for localhost and 127.0.0.1; return the PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "sink.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


def main() -> None:
    """Serve until SIGTERM or SIGINT; print the port first."""
    parser = argparse.ArgumentParser(description="Recording SMTP sink")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log")
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--fault", action="append", default=[], type=Fault.parse)
    options = parser.parse_args()
    rules = SinkRules(options.fault, delay_seconds=options.delay_ms / 1000, log=options.log)

    async def serve() -> None:
        server = SmtpServer(rules, port=options.port)
        await server.start()
        print(server.port, flush=True)  # noqa: T201
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()
        await server.stop()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
