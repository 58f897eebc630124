"""Handing mail to a provider's web interface with the same promises as mailboxes.smtp_pool.SmtpPool."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from anymail.exceptions import AnymailError

from mailboxes.models import Mailbox
from mailboxes.providers.answers import never_left, receipt_for
from mailboxes.providers.backends import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    Letter,
    backend_for,
    letter_of,
)
from mailboxes.providers.base import ApiEndpoint
from mailboxes.receipts import (
    Accepted,
    Lost,
    Receipt,
    Stage,
    TransientTransportError,
    Withdrawn,
)
from mailboxes.smtp_pool import PoolHealth
from mailboxes.transport import BeforeData, check_envelope_address, prepare_content

# RFC 5321's word for "taken"; the ledger counts codes and does not care who says it.
_TAKEN = 250
_QUEUED_BY_SENDGRID = 202


class ApiPool:
    """The requests of one mailbox, for one event loop: at most ``max_connections`` are under way.

    Every mail has a request and a connection of its own: on a kept connection nobody could tell a mail that was
    dropped from one that was taken.
    """

    def __init__(
        self,
        endpoint: ApiEndpoint,
        *,
        max_connections: int = 2,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self.endpoint = endpoint
        self.health = PoolHealth()
        self._answer_seconds = answer_seconds
        self._slots = asyncio.Semaphore(max_connections)
        self._threads = ThreadPoolExecutor(max_connections, "mail-api")

    async def __aenter__(self) -> "ApiPool":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def deliver(
        self, envelope_from: str, rcpt: str, data: bytes, *, before_data: BeforeData | None = None
    ) -> Receipt:
        """Hand over one mail for one recipient and return what became of it.

        ``before_data`` is awaited right before the request leaves; until then nothing has left. Raises
        TransientTransportError while the provider wants to be left alone, AccountRefusedError when it refuses the
        mailbox (in both cases it has not taken the mail), and RefusedMessageError for an unsafe message. A request
        that was cut off, answered late or with a 5xx is Lost at the final dot: it may have been taken.
        """
        prepare_content(data)
        check_envelope_address(envelope_from)
        check_envelope_address(rcpt)
        async with self._slots:
            now = asyncio.get_running_loop().time()
            if now < self.health.resting_until:
                raise TransientTransportError(self.health.last_error, stage=Stage.CONNECT)
            # Built first: a mail that cannot be put into a request never counts as sent.
            letter = letter_of(data, envelope_from, rcpt, self.endpoint.provider)
            if before_data is not None and not await before_data():
                return Withdrawn()
            receipt = await self._hand_over(letter)
        self.health.accepted += isinstance(receipt, Accepted)
        return receipt

    async def close(self) -> None:
        """Let go of the threads. A request that is under way is not waited for: its caller has given it up."""
        self._threads.shutdown(wait=False)

    async def _hand_over(self, letter: Letter) -> Receipt:
        loop = asyncio.get_running_loop()
        # The client's own patience is for each piece of an answer; this is for the whole.
        patience = CONNECT_SECONDS + 2 * self._answer_seconds
        try:
            async with asyncio.timeout(patience):
                receipt, rest = await loop.run_in_executor(self._threads, self._send, letter)
        except TimeoutError:
            return Lost(Stage.DOT, "The provider did not answer in time.")
        if rest:
            self.health.resting_until = loop.time() + rest
            self.health.last_error = "The provider asked us to slow down, so its mail waits."
        return receipt

    def _send(self, letter: Letter) -> tuple[Receipt, float]:
        """Send in a thread."""
        backend = backend_for(self.endpoint, answer_seconds=self._answer_seconds)
        try:
            backend.send_messages([letter])
        except AnymailError as error:
            return receipt_for(self.endpoint.provider, error)
        except Exception as error:  # noqa: BLE001 - the ledger must know, whatever broke: not clearly before means after
            if never_left(error):
                return Lost(Stage.CONNECT, "The provider could not be reached."), 0.0
            return Lost(Stage.DOT, f"The request broke ({type(error).__name__})."), 0.0
        if not _says_taken(self.endpoint, letter):
            return Lost(Stage.DOT, "The provider's answer does not say that it took the mail."), 0.0
        return Accepted(_TAKEN, "Taken by the provider", _provider_id(self.endpoint, letter)), 0.0


def _says_taken(endpoint: ApiEndpoint, letter: Letter) -> bool:
    """Return whether a good answer is the one for a taken mail: SendGrid's 200 means "valid, but not sent"."""
    if endpoint.provider == Mailbox.Provider.SENDGRID:
        return bool(letter.anymail_status.esp_response.status_code == _QUEUED_BY_SENDGRID)
    return bool(_provider_id(endpoint, letter))


def _provider_id(endpoint: ApiEndpoint, letter: Letter) -> str:
    """Return the provider's own name for the mail it took."""
    status = letter.anymail_status
    if endpoint.provider == Mailbox.Provider.SENDGRID:
        return str(status.esp_response.headers.get("X-Message-Id", ""))[:200]
    # One recipient has one name; where the provider writes the address its own way, anymail lists an unknown beside it.
    found = status.message_id if isinstance(status.message_id, set) else {status.message_id}
    return next((str(name)[:200] for name in found if name), "")
