"""What can become of a message handed to a server, and how a server can be unusable.

The outcome types say what the ledger must know: whether the server has taken the message, surely has
not, or whether nobody can tell. Only a loss after the final dot was begun is of the last kind.
"""

from dataclasses import dataclass
from enum import StrEnum

from mailboxes.smtp_wire import Reply


class Stage(StrEnum):
    """Where in the conversation something happened."""

    CONNECT = "connect"
    HELLO = "hello"
    TLS = "tls"
    LOGIN = "login"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"
    DOT = "dot"


class TransportError(Exception):
    """The server cannot be used now; the message is a sentence for the owner of the mailbox."""

    def __init__(self, sentence: str, *, stage: Stage, reply: Reply | None = None) -> None:
        super().__init__(sentence)
        self.stage = stage
        self.reply = reply


class TransientTransportError(TransportError):
    """Trying later may help: no connection, no answer in time, a 4xx reply."""


class PermanentTransportError(TransportError):
    """Trying again with the same settings cannot help: log-in refused, certificate not valid."""


class RefusedMessageError(ValueError):
    """The message or its envelope is unsafe to put on the wire; nothing was sent."""


@dataclass(frozen=True)
class Accepted:
    """The server took responsibility for the message. ``queue_id`` is its own name for it, if told."""

    code: int
    text: str
    queue_id: str = ""


@dataclass(frozen=True)
class Deferred:
    """A 4xx reply: surely not accepted, a later try may succeed (RFC 5321 section 4.2.1)."""

    stage: Stage
    code: int
    enhanced: str
    text: str


@dataclass(frozen=True)
class Rejected:
    """A 5xx reply, or our own refusal because the server lacks what the message needs: final."""

    stage: Stage
    code: int
    enhanced: str
    text: str


@dataclass(frozen=True)
class Withdrawn:
    """``before_data`` said no; the server was told to forget the envelope."""


@dataclass(frozen=True)
class Lost:
    """The conversation broke. ``ambiguous``: the server may have accepted; never resend by itself."""

    stage: Stage
    reason: str

    @property
    def ambiguous(self) -> bool:
        # RFC 5321 section 4.1.1.4: without the final dot the server must not deliver.
        return self.stage == Stage.DOT


Receipt = Accepted | Deferred | Rejected | Withdrawn | Lost
