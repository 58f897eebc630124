"""The live check of a mailbox at a sending service: reach it, try the key, send to oneself through it.

It shows the same rows as mailboxes.live_check. The service only sends, so the rows about reading are skipped.
"""

from collections.abc import Callable
from datetime import datetime

from asgiref.sync import async_to_sync

from mailboxes.addresses import domain_of
from mailboxes.check_rows import TITLES, Rows
from mailboxes.composing import make_message_id
from mailboxes.failures import Failure, NoMailServerError, SuppressedError
from mailboxes.live_check import Learned, Tools, letter_to_self
from mailboxes.models import ConnectionCheck, Mailbox
from mailboxes.pools import open_pool
from mailboxes.providers.base import (
    API_PROVIDERS,
    ApiCredentialsError,
    ApiEndpoint,
    ProviderUnavailableError,
    endpoint_from,
)
from mailboxes.providers.proving import prove
from mailboxes.receipts import Accepted, Deferred, Lost, Receipt, Rejected, TransportError
from mailboxes.suppression import live_suppression

_OVER_HTTPS = "Keys and mail travel encrypted (HTTPS)."
_TRY_LATER = "Test again in some minutes. If it stays so, look at the service's own status page."
_ASK_SERVICE = "Settle that in your account there, then test again. Until then mail planned on this mailbox waits."


class ApiCheck:
    """One run. `report` is told the number of each row as it begins."""

    def __init__(
        self,
        check: ConnectionCheck,
        mailbox: Mailbox,
        *,
        now: datetime,
        tools: Tools | None = None,
        report: Callable[[int], object] = lambda step: None,
    ) -> None:
        self.rows = Rows(check)
        self._check = check
        self._mailbox = mailbox
        self._name = API_PROVIDERS[mailbox.provider].name
        self._now = now
        self._tools = tools or Tools()
        self._report = report

    def run(self) -> Learned:
        """Go through the rows; return what was learned. What the service does wrong ends up in a row, not in an error."""
        if self._domain_receives() and (endpoint := self._proved()) and self._send(endpoint):
            self._skip_reading()
        verdict, problem = self.rows.result()
        return Learned(verdict=verdict, problem=problem)

    def _begin(self, key: str) -> None:
        self._report(list(TITLES).index(key))
        self.rows.run(key)

    def _domain_receives(self) -> bool:
        self._begin("dns")
        domain = domain_of(self._mailbox.address)
        receives = self._tools.receives_mail(domain)
        if receives is False:
            self.rows.fail(Failure("dns", host=domain, error=NoMailServerError()))
            return False
        unsure = "Whether your domain receives mail could not be looked up just now."
        self.rows.pass_("dns", unsure if receives is None else "")
        return True

    def _proved(self) -> ApiEndpoint | None:
        """Ask the service something harmless with the key."""
        self._begin("connect")
        try:
            endpoint = endpoint_from(self._mailbox.provider, self._mailbox.api_credentials)
            prove(endpoint)
        except ProviderUnavailableError as error:
            self._tell("connect", error, _TRY_LATER)
            return None
        except ApiCredentialsError as error:
            self._reached()
            self._tell("login", error, _ASK_SERVICE)
            return None
        self._reached()
        self.rows.pass_("login", f"{self._name} knows the key.")
        return endpoint

    def _reached(self) -> None:
        self.rows.pass_("connect", f"{self._name} answers.")
        self.rows.pass_("tls", _OVER_HTTPS)
        self._begin("login")

    def _send(self, endpoint: ApiEndpoint) -> bool:
        """Send the test mail. Sender and recipient are the mailbox's own address: nothing else can be named."""
        self._begin("send")
        address = self._mailbox.address
        if live_suppression(self._check.workspace, address, self._now) is not None:
            self.rows.fail(Failure("send", error=SuppressedError(address)))
            return False
        try:
            receipt = async_to_sync(self._handed_over)(endpoint)
        except TransportError as error:
            self.rows.tell("send", cause=str(error), fix=_ASK_SERVICE)
            return False
        return self._judge(receipt)

    async def _handed_over(self, endpoint: ApiEndpoint) -> Receipt:
        address = self._mailbox.address
        letter = letter_to_self(address, make_message_id(domain_of(address)), self._now)
        pool = open_pool(endpoint, max_connections=1)
        try:
            return await pool.deliver(address, address, letter)
        finally:
            await pool.close()

    def _judge(self, receipt: Receipt) -> bool:
        if isinstance(receipt, Accepted):
            self.rows.pass_("send", f"To {self._mailbox.address}, and to nobody else.")
            return True
        if isinstance(receipt, Lost):
            self.rows.tell("send", cause=receipt.reason, fix=_TRY_LATER)
        elif isinstance(receipt, Deferred):
            cause = f"{self._name} takes no mail just now."
            self.rows.tell("send", cause=cause, fix=_TRY_LATER, raw=receipt.text)
        elif isinstance(receipt, Rejected):
            cause = f"{self._name} did not take the test mail."
            self.rows.tell("send", cause=cause, fix=_ASK_SERVICE, raw=receipt.text)
        return False

    def _skip_reading(self) -> None:
        self.rows.skip(
            "imap",
            f"Skipped, because {self._name} only sends. Answers arrive where mail for {self._mailbox.address} is received; "
            "enter them here, so that follow-ups stop.",
        )
        self.rows.skip("find", "Skipped as well. Look for the test mail in your inbox yourself.")

    def _tell(self, key: str, error: TransportError, otherwise: str) -> None:
        """Our own sentences say first what happened and then what to do."""
        cause, _, fix = str(error).partition(". ")
        self.rows.tell(key, cause=f"{cause.rstrip('.')}.", fix=fix or otherwise)
