"""Talking to a provider's token address: codes and refresh tokens in, access tokens out. Nothing here is ever logged."""

import json
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from mailboxes.oauth_providers import OAuthProvider, address_at, registration_of

logger = logging.getLogger(__name__)

# A person or a sender waits; these servers answer within a second.
SECONDS = 10.0
# Tokens are a few kilobytes at most; nobody may feed us more.
LARGEST_ANSWER = 64 * 1024
# What a provider that names no lifetime is taken to mean (RFC 6749 section 5.1 only recommends to name it).
LIFETIME_UNNAMED = 3600


class OAuthError(Exception):
    """The provider could not be used; the message is a sentence for the owner of the mailbox."""


class OAuthRefusedError(OAuthError):
    """The provider, or our own check, said no: the person has to start again."""


class OAuthUnavailableError(OAuthError):
    """The provider cannot be asked now; trying later may help."""


class GrantEndedError(OAuthRefusedError):
    """`invalid_grant` (RFC 6749 section 5.2): the code or refresh token is used up, too old, or was withdrawn."""


@dataclass(frozen=True)
class Tokens:
    """A good answer of a token address; `refresh_token` is empty when the old one goes on."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    id_token: str = field(repr=False)
    expires_at: datetime
    scope: str


def ask_for_tokens(provider: OAuthProvider, form: dict[str, str], *, now: datetime) -> Tokens:
    """Exchange a grant for tokens.

    Raises GrantEndedError, OAuthUnavailableError (also when it is our registration that is refused: the person can do
    nothing about that) and NotConfiguredError.
    """
    registration = registration_of(provider)
    status, answer = _call(
        provider,
        "POST",
        address_at(provider, provider.token_url),
        data={
            **form,
            "client_id": registration.client_id,
            "client_secret": registration.client_secret,
        },
    )
    if status != 200:
        raise _failure(provider, status, answer)
    access_token = answer.get("access_token")
    if not isinstance(access_token, str) or not access_token:
        raise OAuthUnavailableError(f"{provider.name}'s answer could not be read. Try again later.")
    return Tokens(
        access_token=access_token,
        refresh_token=str(answer.get("refresh_token") or ""),
        id_token=str(answer.get("id_token") or ""),
        expires_at=now + timedelta(seconds=_lifetime(answer.get("expires_in"))),
        scope=str(answer.get("scope") or ""),
    )


def ask(provider: OAuthProvider, url: str, access_token: str) -> dict[str, Any]:
    """Return what an address that wants the access token says. Raises OAuthUnavailableError."""
    status, answer = _call(
        provider,
        "GET",
        address_at(provider, url),
        headers={"Authorization": f"Bearer {access_token}"},
    )
    if status != 200:
        raise _failure(provider, status, answer)
    return answer


def tell(url: str, form: dict[str, str]) -> bool:
    """Post a form and return whether it was taken; never raises."""
    try:
        with _client() as client:
            return client.post(url, data=form).is_success
    except httpx.HTTPError as error:
        logger.warning("A revocation was not taken", extra={"error": type(error).__name__})
        return False


def _failure(provider: OAuthProvider, status: int, answer: dict[str, Any]) -> OAuthError:
    code = str(answer.get("error") or "")[:60]
    if code == "invalid_grant":
        return GrantEndedError(
            f"{provider.name} says the consent is too old or was used before. Start again."
        )
    logger.warning(
        "A token address refused", extra={"provider": provider.kind, "status": status, "code": code}
    )
    return OAuthUnavailableError(
        f"{provider.name} could not be asked (it answered {status}{f' {code}' if code.isidentifier() else ''}). Try again later."
    )


def _lifetime(value: object) -> int:
    try:
        seconds = int(str(value))
    except ValueError:
        return LIFETIME_UNNAMED
    return seconds if 0 < seconds <= 366 * 86400 else LIFETIME_UNNAMED


def _client() -> httpx.Client:
    # No proxy or .netrc of the machine, no redirect: a secret goes to the address we know or nowhere.
    return httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False)


def _call(
    provider: OAuthProvider, method: str, url: str, **kwargs: Any
) -> tuple[int, dict[str, Any]]:
    unreadable = OAuthUnavailableError(
        f"{provider.name}'s answer could not be read. Try again later."
    )
    try:
        with _client() as client, client.stream(method, url, **kwargs) as response:
            body = b""
            for piece in response.iter_bytes():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise unreadable
    except httpx.HTTPError as error:
        raise OAuthUnavailableError(
            f"{provider.name} did not answer. Nothing is lost; try again later."
        ) from error
    try:
        answer = json.loads(body)
    except ValueError:
        answer = {}
    if isinstance(answer, dict):
        return response.status_code, answer
    raise unreadable
