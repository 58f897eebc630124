"""Proving a provider's key by a question that changes nothing, and asking whether the provider took a mail."""

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from urllib.parse import quote

import httpx

from mailboxes.models import Mailbox
from mailboxes.providers.backends import METADATA_KEY, metadata_of
from mailboxes.providers.base import (
    API_PROVIDERS,
    ApiCredentialsError,
    ApiEndpoint,
    ProviderUnavailableError,
    base_address,
)

# A person or the recovery waits for the answer.
SECONDS = 10.0
LARGEST_ANSWER = 256 * 1024
# Clocks of provider and database may differ; a look-up begins this much before the mail was handed over.
CLOCK_SLACK = timedelta(minutes=5)


def prove(endpoint: ApiEndpoint) -> None:
    """Ask the provider something harmless with these credentials.

    Raises ApiCredentialsError with cause and fix, or ProviderUnavailableError.
    """
    match endpoint.provider:
        case Mailbox.Provider.POSTMARK:
            _ask(endpoint, "/server")
        case Mailbox.Provider.SENDGRID:
            if "mail.send" not in _ask(endpoint, "/v3/scopes").get("scopes", []):
                raise ApiCredentialsError(
                    "This SendGrid key may not send. Give it “Mail Send” under Restricted Access, or make a new one."
                )
        case Mailbox.Provider.MAILGUN:
            domain = _ask(endpoint, f"/v3/domains/{quote(endpoint['domain'])}").get("domain", {})
            if domain.get("state") != "active":
                raise ApiCredentialsError(
                    f"Mailgun does not send for {endpoint['domain']} yet. Finish its DNS records at Mailgun, then connect again."
                )
        case _:
            import_module("mailboxes.providers.ses").prove(endpoint)


def was_taken(endpoint: ApiEndpoint, message_id: str, since: datetime) -> bool:
    """Return whether the provider's records name the mail handed over at `since` or later.

    False proves nothing: records lag behind, most of all while a provider has the trouble that loses answers.
    Mailgun finds events by Message-ID, Postmark a mail by the metadata we gave it; SendGrid's search costs extra and
    Amazon has none. Raises TransportError when the provider cannot be asked.
    """
    if endpoint.provider == Mailbox.Provider.MAILGUN:
        return bool(_mailgun_events(endpoint, message_id, since))
    if endpoint.provider == Mailbox.Provider.POSTMARK:
        return bool(_postmark_messages(endpoint, message_id))
    return False


def _mailgun_events(endpoint: ApiEndpoint, message_id: str, since: datetime) -> list[Any]:
    query = {
        "message-id": message_id.strip("<>"),
        "event": "accepted OR delivered OR failed",
        "begin": str(int((since - CLOCK_SLACK).timestamp())),
        "ascending": "yes",
        "limit": "1",
    }
    return _list(
        endpoint, _ask(endpoint, f"/v3/{quote(endpoint['domain'])}/events", query), "items"
    )


def _postmark_messages(endpoint: ApiEndpoint, message_id: str) -> list[Any]:
    query = {
        "count": "1",
        "offset": "0",
        f"metadata_{METADATA_KEY}": metadata_of(message_id),
        "messagestream": endpoint["message_stream"],
    }
    return _list(endpoint, _ask(endpoint, "/messages/outbound", query), "Messages")


def _list(endpoint: ApiEndpoint, answer: dict[str, Any], name: str) -> list[Any]:
    found = answer.get(name)
    if not isinstance(found, list):
        raise _unreadable(endpoint)
    return found


def _ask(endpoint: ApiEndpoint, path: str, query: dict[str, str] | None = None) -> dict[str, Any]:
    name = API_PROVIDERS[endpoint.provider].name
    auth = ("api", endpoint["api_key"]) if endpoint.provider == Mailbox.Provider.MAILGUN else None
    try:
        # No proxy or .netrc of the machine, no redirect: a key goes to its provider or nowhere.
        with (
            httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "GET",
                base_address(endpoint) + path,
                params=query,
                headers=_headers(endpoint),
                auth=auth,
            ) as response,
        ):
            if response.status_code in {401, 403, 404}:
                raise ApiCredentialsError(_refused(endpoint, response.status_code))
            if response.status_code != 200:
                raise ProviderUnavailableError(
                    f"{name} could not be asked (it answered {response.status_code}). Try again later."
                )
            body = b""
            for piece in response.iter_bytes():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise _unreadable(endpoint)
    except httpx.HTTPError as error:
        raise ProviderUnavailableError(f"{name} did not answer. Try again later.") from error
    return _decoded(endpoint, response, body)


def _decoded(endpoint: ApiEndpoint, response: httpx.Response, body: bytes) -> dict[str, Any]:
    try:
        answer = httpx.Response(response.status_code, content=body).json()
    except ValueError as error:
        raise _unreadable(endpoint) from error
    if not isinstance(answer, dict):
        raise _unreadable(endpoint)
    return answer


def _headers(endpoint: ApiEndpoint) -> dict[str, str]:
    headers = {"Accept": "application/json"}
    if endpoint.provider == Mailbox.Provider.POSTMARK:
        headers["X-Postmark-Server-Token"] = endpoint["server_token"]
    if endpoint.provider == Mailbox.Provider.SENDGRID:
        headers["Authorization"] = f"Bearer {endpoint['api_key']}"
    return headers


def _refused(endpoint: ApiEndpoint, status: int) -> str:
    name = API_PROVIDERS[endpoint.provider].name
    if endpoint.provider == Mailbox.Provider.MAILGUN and status != 401:
        return f"{name} does not know {endpoint['domain']} in this region, or this key is for another domain. Check the domain and the region."
    return f"{name} refused the key. Copy it again, or make a new one there."


def _unreadable(endpoint: ApiEndpoint) -> ProviderUnavailableError:
    name = API_PROVIDERS[endpoint.provider].name
    return ProviderUnavailableError(f"{name}'s answer could not be read. Try again later.")
