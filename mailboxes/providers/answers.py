"""What a provider's answer means for one mail: taken, postponed, refused, the account's own trouble, or nobody can tell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests  # noqa: TID251 - anymail speaks through it, to hosts we name
from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailRecipientsRefused,
    AnymailRequestsAPIError,
)
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from mailboxes.models import Mailbox
from mailboxes.providers.base import API_PROVIDERS
from mailboxes.receipts import Deferred, Lost, PermanentTransportError, Receipt, Rejected, Stage

TOO_MANY = 429
# Words kept of what a provider said; the ledger's columns hold a sentence, not a page.
WORDS_LONGEST = 300
# A provider that names no time is left alone this long; one that names days is asked again after an hour.
REST_SECONDS, LONGEST_REST_SECONDS = 60.0, 3600.0

# Statuses and codes that speak of the key, the sender or the account. Resending the same mail cannot help and the next
# mail would fare the same, so the mailbox stops and its mail waits.
_ACCOUNT_STATUSES = frozenset({401, 402, 403})
_ACCOUNT_CODES: dict[str, frozenset[str]] = {
    # postmarkapp.com/developer/api/overview#error-codes: token, sender signature, credits, approval, stream, inactive.
    Mailbox.Provider.POSTMARK: frozenset(
        ("10", "400", "401", "402", "405", "411", "412", "413", "1235", "1236")
    ),
    # SES v2 SendEmail, "Errors".
    Mailbox.Provider.SES: frozenset(
        (
            "AccountSuspendedException",
            "SendingPausedException",
            "MailFromDomainNotVerifiedException",
            "NotFoundException",
        )
    ),
}
_THROTTLE_CODES = frozenset(("TooManyRequestsException", "LimitExceededException", "Throttling"))
# Amazon sends "Email address is not verified … failed the check" as MessageRejected: the sender is meant.
_SENDER_WORDS = re.compile(
    r"not verified|verified sender identity|domain not found|not allowed to send|sender signature",
    re.IGNORECASE,
)
_BAD_RECIPIENT = re.compile(
    r"'to' (?:address|parameter)|to parameter|does not contain a valid address", re.I
)


@dataclass(frozen=True)
class Answer:
    """A provider's refusal: HTTP status, its own code, its words, and how long it wants to be left alone."""

    status: int
    code: str
    words: str
    rest: float = REST_SECONDS


class AccountRefusedError(PermanentTransportError):
    """The provider refuses the key, the sender or the account; nothing was taken."""


def receipt_for(provider: str, error: AnymailError) -> tuple[Receipt, float]:
    """Return what a failed send means, and for how many seconds the provider asked to be left alone.

    Raises AccountRefusedError when the mailbox itself is refused. Anything but a clear answer is Lost at the final
    dot, that is ambiguous: the provider may have taken the mail.
    """
    if isinstance(error, AnymailRecipientsRefused):
        # Postmark closes an address after a hard bounce or a complaint; so do we (5.1.1: bad destination mailbox).
        words = f"{_name(provider)} does not deliver to this address any more."
        return Rejected(Stage.RCPT, 550, "5.1.1", words), 0.0
    if not isinstance(error, AnymailAPIError):
        # Raised while the request was being built: nothing has left.
        return Rejected(Stage.DATA, 554, "5.6.0", str(error)[:WORDS_LONGEST]), 0.0
    if never_left(error):
        return Lost(Stage.CONNECT, f"{_name(provider)} could not be reached."), 0.0
    answer = _answer(error)
    if answer is None or answer.status < 400 or answer.status >= 500:
        said = (
            f"it answered {answer.status}" if answer else "its answer did not come or was not one"
        )
        return Lost(Stage.DOT, f"{_name(provider)} may have taken the mail: {said}."), 0.0
    if answer.status == TOO_MANY or answer.code in _THROTTLE_CODES:
        return Deferred(Stage.DATA, TOO_MANY, "", _sentence(answer)), answer.rest
    if _is_about_the_account(provider, answer):
        raise AccountRefusedError(
            f"{_name(provider)} does not let this mailbox send: {_sentence(answer)}",
            stage=Stage.LOGIN,
        )
    # 5.1.3: bad destination mailbox address syntax (RFC 3463); 5.6.0: the mail itself.
    is_recipient = bool(_BAD_RECIPIENT.search(answer.words))
    stage, enhanced = (Stage.RCPT, "5.1.3") if is_recipient else (Stage.DATA, "5.6.0")
    return Rejected(stage, 554, enhanced, _sentence(answer)), 0.0


def never_left(error: BaseException) -> bool:
    """Return whether the connection was surely not made, so that no request can have arrived."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        cause = waiting.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        if isinstance(cause, requests.ConnectTimeout | ConnectTimeoutError | NewConnectionError):
            return True
        if type(cause).__name__ in {"ConnectTimeoutError", "EndpointConnectionError"}:  # botocore's
            return True
        waiting += [cause.__cause__, getattr(cause, "reason", None), *cause.args]
    return False


def _answer(error: AnymailAPIError) -> Answer | None:
    response = error.response
    if isinstance(error, AnymailRequestsAPIError):
        if response is None:
            return None
        code, words = _from_json(response)
        return Answer(response.status_code, code, words, _rest(response.headers))
    if isinstance(response, Mapping):  # botocore's ClientError
        about, meta = response.get("Error", {}), response.get("ResponseMetadata", {})
        status = int(meta.get("HTTPStatusCode") or 0)
        headers = meta.get("HTTPHeaders") or {}
        return Answer(
            status, str(about.get("Code", "")), str(about.get("Message", "")), _rest(headers)
        )
    return None


def _from_json(response: requests.Response) -> tuple[str, str]:
    """Return the provider's own code and words."""
    try:
        body = response.json()
    except ValueError:
        return "", response.text
    if not isinstance(body, dict):
        return "", ""
    errors = body.get("errors")  # SendGrid
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return "", str(errors[0].get("message") or "")
    words = body.get("Message") or body.get("message") or body.get("error") or ""
    return str(body.get("ErrorCode", "")), str(words)


def _rest(headers: Mapping[str, str]) -> float:
    """Return the seconds of Retry-After, in either of its forms (RFC 9110 section 10.2.3)."""
    raw = str(headers.get("Retry-After") or headers.get("retry-after") or "").strip()
    if raw.isdecimal():
        seconds = float(raw)
    else:
        try:
            seconds = (parsedate_to_datetime(raw) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return REST_SECONDS
    return min(max(seconds, 1.0), LONGEST_REST_SECONDS)


def _is_about_the_account(provider: str, answer: Answer) -> bool:
    return (
        answer.status in _ACCOUNT_STATUSES
        or answer.code in _ACCOUNT_CODES.get(provider, frozenset())
        or bool(_SENDER_WORDS.search(answer.words))
    )


def _sentence(answer: Answer) -> str:
    return _tidy(f"{answer.words or 'no words'} ({answer.code or answer.status})")


def _tidy(words: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())[:WORDS_LONGEST]


def _name(provider: str) -> str:
    return API_PROVIDERS[provider].name
