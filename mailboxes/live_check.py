"""The live check of a mailbox: find the servers, connect, encrypt, log in, send to oneself, find that mail by IMAP.

It also learns which folder holds sent mail and whether the server itself files there what it sends, on which recovery
after a crash rests (outreach.oracles).
"""

import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from asgiref.sync import async_to_sync, sync_to_async

from mailboxes.addresses import domain_of
from mailboxes.check_rows import TITLES, Rows
from mailboxes.composing import OutgoingMail, compose, make_message_id
from mailboxes.connecting import ConnectionRefusedBySenseError, SmtpDetails, vetted_address
from mailboxes.credentials import login_of
from mailboxes.failures import (
    Failure,
    NoMailServerError,
    NotArrivedError,
    PrivateAddressError,
    SentFolderMissingError,
    SuppressedError,
)
from mailboxes.imap import ImapEndpoint, ImapError, ImapSession, ImapStage
from mailboxes.imap_folders import Folder, sent_folder
from mailboxes.models import ConnectionCheck, Mailbox
from mailboxes.pools import token_source
from mailboxes.receipts import (
    Accepted,
    Deferred,
    Lost,
    Receipt,
    Rejected,
    Stage,
    TransportError,
)
from mailboxes.receiving_hosts import receives_mail
from mailboxes.smtp_session import Authentication, Security, SmtpEndpoint, TimeOuts
from mailboxes.suppression import live_suppression
from mailboxes.transport import SmtpConnection

# A person waits: a server that needs longer than this is of no use for sending either. Only the final dot may take
# longer, because some hosts look for viruses before they answer.
TIMEOUTS = TimeOuts(connect=8, banner=8, command=10, tls=8, data=15, content=15, dot=45, farewell=2)
LOOKUP_SECONDS = 10.0
# How long the mail to oneself may take, and how long after it a copy may take to be filed.
ARRIVAL_SECONDS, FILING_SECONDS, LOOK_EVERY_SECONDS = 30.0, 5.0, 1.0
TEST_HEADER = ("X-RoleFerry-Test", "mailbox-check")
TEST_SUBJECT = "RoleFerry test: this mailbox can send"
TEST_TEXT = """Hello,

you asked RoleFerry to check this mailbox. It sent this mail from your address to your address, and to nobody else.

You can delete it.
"""
NOT_READ = (
    "Skipped, because no server for reading was given. Answers will then only be heard when your provider reports them or "
    "you enter them yourself."
)

Verdict = ConnectionCheck.Verdict


def addresses_of(host: str) -> list[str]:
    """Return the host's addresses. Raises socket.gaierror, also when the resolver keeps silent for LOOKUP_SECONDS."""
    threads = ThreadPoolExecutor(1, "look-up")
    try:
        asked = threads.submit(partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM))
        found = asked.result(LOOKUP_SECONDS)
    except TimeoutError as error:
        raise socket.gaierror(socket.EAI_AGAIN, "the resolver did not answer in time") from error
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class Tools:
    """What a check uses of the world; tests hand in their own."""

    addresses_of: Callable[[str], list[str]] = addresses_of
    receives_mail: Callable[[str], bool | None] = receives_mail
    tls_context: ssl.SSLContext | None = None
    arrival_seconds: float = ARRIVAL_SECONDS
    filing_seconds: float = FILING_SECONDS
    look_every_seconds: float = LOOK_EVERY_SECONDS
    step_seconds: float = 10.0


@dataclass(frozen=True)
class Place:
    """The mailbox to be checked: its address and how to reach it."""

    address: str
    smtp: SmtpEndpoint
    imap: ImapEndpoint | None


@dataclass
class Learned:
    """What a check found out."""

    verdict: str = Verdict.FAILED
    sent_folder: str = ""
    files_sent_copies: bool | None = None
    problem: str = ""


def place_of(details: SmtpDetails) -> Place:
    """Return the place that a person typed."""
    smtp = SmtpEndpoint(
        host=details.host,
        port=details.port,
        security=Security(details.security),
        username=details.username,
        secret=details.password,
        timeouts=TIMEOUTS,
    )
    if not details.imap_host:
        return Place(details.address, smtp, None)
    imap = ImapEndpoint(
        host=details.imap_host,
        port=details.imap_port,
        security=Security(details.imap_security),
        username=details.imap_username or details.username,
        secret=details.imap_password or details.password,
    )
    return Place(details.address, smtp, imap)


def place_of_mailbox(mailbox: Mailbox) -> Place:
    """Return the place of a kept mailbox. Raises TransportError when its access was withdrawn."""
    login = login_of(mailbox)
    by_token = login.authentication == Authentication.XOAUTH2
    place = place_of(
        SmtpDetails(
            address=mailbox.address,
            display_name="",
            host=mailbox.smtp_host,
            port=mailbox.smtp_port,
            security=mailbox.smtp_security,
            username=login.username,
            password=login.secret,
            imap_host=mailbox.imap_host,
            imap_port=mailbox.imap_port,
            imap_security=mailbox.imap_security,
            imap_username=mailbox.imap_username,
            imap_password=mailbox.imap_password,
        )
    )
    if not by_token:
        return place
    smtp = replace(place.smtp, authentication=login.authentication, renew=token_source(mailbox.pk))
    imap = place.imap and replace(
        place.imap,
        authentication=login.authentication,
        username=login.username,
        secret=login.secret,
    )
    return Place(place.address, smtp, imap)


def letter_to_self(address: str, message_id: str, now: datetime) -> bytes:
    """Return the test mail: from the mailbox's own address to the same, and nothing in it that anybody typed."""
    return compose(
        OutgoingMail(
            from_address=address,
            to_address=address,
            subject=TEST_SUBJECT,
            text=TEST_TEXT,
            message_id=message_id,
            date=now,
            extra_headers=(TEST_HEADER,),
        )
    )


class LiveCheck:
    """One run. `report` is told the number of each row as it begins."""

    def __init__(
        self,
        check: ConnectionCheck,
        place: Place,
        *,
        now: datetime,
        tools: Tools | None = None,
        report: Callable[[int], object] = lambda step: None,
    ) -> None:
        self.rows = Rows(check)
        self.learned = Learned()
        self._check = check
        self._place = place
        self._now = now
        self._tools = tools or Tools()
        self._report = report
        self._message_id = make_message_id(domain_of(place.address))

    def run(self) -> Learned:
        """Go through the rows; return what was learned. What the world does wrong ends up in a row, not in an error."""
        if self._find_servers() and async_to_sync(self._send)():
            self._read()
        self.learned.verdict, self.learned.problem = self.rows.result()
        return self.learned

    def _begin(self, key: str) -> None:
        self._report(list(TITLES).index(key))
        self.rows.run(key)

    def _find_servers(self) -> bool:
        self._begin("dns")
        place = self._place
        try:
            smtp = self._judged(place.smtp.host)
            imap = self._judged(place.imap.host) if place.imap else ""
        except (OSError, PrivateAddressError) as error:
            self.rows.fail(Failure("dns", host=self._asked, error=error))
            return False
        domain = domain_of(place.address)
        receives = self._tools.receives_mail(domain)
        if receives is False:
            self.rows.fail(Failure("dns", host=domain, error=NoMailServerError()))
            return False
        self._place = Place(
            place.address,
            replace(place.smtp, connect_to=smtp, tls_context=self._tools.tls_context),
            place.imap
            and replace(place.imap, connect_to=imap, tls_context=self._tools.tls_context),
        )
        unsure = "Whether your domain receives mail could not be looked up just now."
        self.rows.pass_("dns", unsure if receives is None else "")
        return True

    def _judged(self, host: str) -> str:
        self._asked = host
        answers = self._tools.addresses_of(host)
        try:
            return vetted_address(host, resolver=lambda name: answers)
        except ConnectionRefusedBySenseError as error:
            raise PrivateAddressError(host) from error

    async def _send(self) -> bool:
        """Connect, encrypt, log in, send: the rows turn as each is passed."""
        connection = SmtpConnection(self._place.smtp)
        await sync_to_async(self._begin)("connect")
        try:
            await connection.open(self._reached())
            receipt = await self._send_to_self(connection)
        except TransportError as error:
            await sync_to_async(self._fail_opening)(error)
            return False
        except SuppressedError as error:
            await sync_to_async(self.rows.fail)(self._failure("send", error=error))
            return False
        finally:
            await connection.close()
        return await sync_to_async(self._judge_receipt)(receipt)

    def _reached(self) -> Callable[[Stage], Awaitable[None]]:
        order = {Stage.CONNECT: "tls", Stage.TLS: "login", Stage.LOGIN: "send"}
        notes = {
            Stage.TLS: "" if self._place.smtp.security != Security.NONE else "Not needed here."
        }

        def turn(stage: Stage) -> None:
            self.rows.pass_(stage.value, notes.get(stage, ""))
            self._begin(order[stage])

        return sync_to_async(turn)

    async def _send_to_self(self, connection: SmtpConnection) -> Receipt:
        """Send the test mail. Sender and recipient are the mailbox's own address: nothing else can be named."""
        address = self._place.address
        closed = await sync_to_async(live_suppression)(self._check.workspace, address, self._now)
        if closed is not None:
            raise SuppressedError(address)
        mail = letter_to_self(address, self._message_id, self._now)
        return await connection.deliver(address, address, mail)

    def _fail_opening(self, error: TransportError) -> None:
        """Put the failure into the row it belongs to: with TLS from the first octet, both are one step of ours."""
        row = {Stage.HELLO: "connect"}.get(error.stage, error.stage.value)
        if row == "connect" and isinstance(error.__cause__, ssl.SSLError):
            self.rows.pass_("connect")
            row = "tls"
        reply = error.reply
        facts = (reply.code, reply.enhanced, reply.text) if reply else (None, "", "")
        self.rows.fail(self._failure(row, *facts, error=error))

    def _judge_receipt(self, receipt: Receipt) -> bool:
        if isinstance(receipt, Accepted):
            self.rows.pass_("send", f"To {self._place.address}, and to nobody else.")
            return True
        if isinstance(receipt, Deferred | Rejected):
            self.rows.fail(self._failure("send", receipt.code, receipt.enhanced, receipt.text))
        elif isinstance(receipt, Lost):
            kind = TimeoutError if "in time" in receipt.reason else ConnectionError
            self.rows.fail(self._failure("send", error=kind(receipt.reason)))
        return False

    def _failure(
        self,
        row: str,
        code: int | None = None,
        enhanced: str = "",
        text: str = "",
        *,
        error: BaseException | None = None,
    ) -> Failure:
        smtp = self._place.smtp
        return Failure(
            row,
            smtp.host,
            smtp.port,
            smtp.security.value,
            code=code,
            enhanced=enhanced,
            text=text,
            error=error,
        )

    def _read(self) -> None:
        imap = self._place.imap
        if imap is None:
            self.rows.skip("imap", NOT_READ)
            self.rows.skip("find", "Skipped as well.")
            return
        self._begin("imap")
        visit = replace(
            imap,
            step_seconds=self._tools.step_seconds,
            visit_seconds=60.0 + self._tools.arrival_seconds,
        )
        try:
            with ImapSession(visit) as session:
                self.rows.pass_("imap")
                self._begin("find")
                self._look_for_it(session)
        except ImapError as error:
            row = "find" if error.stage in {ImapStage.FOLDER, ImapStage.SEARCH} else "imap"
            self.rows.fail(self._imap_failure(row, error, error.answer))

    def _imap_failure(self, row: str, error: BaseException, answer: str = "") -> Failure:
        imap = self._place.imap
        host, port, security = (imap.host, imap.port, imap.security.value) if imap else ("", 0, "")
        return Failure(row, host, port, security, "IMAP", text=answer, error=error)

    def _look_for_it(self, session: ImapSession) -> None:
        folders = session.folders()
        sent = sent_folder(folders)
        self.learned.sent_folder = sent
        arrived = self._wait_for_it(session, "INBOX", self._tools.arrival_seconds)
        if sent:
            self.learned.files_sent_copies = self._wait_for_it(
                session, sent, self._tools.filing_seconds
            )
        if not arrived and not self._is_in_spam(session, folders):
            self.rows.fail(self._imap_failure("find", NotArrivedError(self._place.address)))
        elif not sent:
            missing = self._imap_failure("find", SentFolderMissingError())
            self.rows.fail(missing, is_warning=True)
        else:
            self.rows.pass_("find", "" if arrived else "It was in the spam folder.")

    def _is_in_spam(self, session: ImapSession, folders: list[Folder]) -> bool:
        junk = [folder.name for folder in folders if "\\junk" in folder.flags]
        return bool(session.find([self._message_id], junk))

    def _wait_for_it(self, session: ImapSession, folder: str, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while True:
            session.look_into(folder)
            if session.holds(self._message_id):
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(self._tools.look_every_seconds)
