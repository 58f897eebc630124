"""Getting into a mailbox by OAuth: the way to consent and back (RFC 6749 section 4.1, RFC 7636), and what it yields."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from accounts.models import Workspace
from mailboxes.addresses import AddressError, parse_address
from mailboxes.keeping import keep
from mailboxes.models import Mailbox
from mailboxes.oauth_providers import OAuthProvider, address_at, registration_of
from mailboxes.oauth_tokens import OAuthError, OAuthRefusedError, ask, ask_for_tokens, tell

SESSION_KEY = "mailbox_oauth"
# Somebody who needs longer than this to consent has gone away; the codes themselves live about as long (RFC 6749 4.1.2).
JOURNEY = timedelta(minutes=10)
# RFC 7636 section 4.1: 43 to 128 characters; 48 bytes make 64.
VERIFIER_BYTES = 48


@dataclass(frozen=True)
class Consent:
    """What a person's consent gave us."""

    address: str
    refresh_token: str = field(repr=False)
    access_token: str = field(repr=False)
    expires_at: datetime


def redirect_uri(provider: OAuthProvider) -> str:
    """Return the one address that the provider may send people back to; it must be registered there letter by letter."""
    return settings.SITE_URL.rstrip("/") + reverse(f"mailboxes:oauth-back-{provider.kind}")


def begin(
    provider: OAuthProvider,
    workspace: Workspace,
    session: MutableMapping[str, Any],
    *,
    now: datetime,
    hint: str = "",
) -> str:
    """Remember a journey in the session and return the provider's address for it.

    A later `begin` for the same provider replaces the earlier one. `hint` is the address to propose there. Raises
    NotConfiguredError.
    """
    registration = registration_of(provider)
    state, nonce, verifier = (secrets.token_urlsafe(n) for n in (32, 16, VERIFIER_BYTES))
    session[SESSION_KEY] = {
        **session.get(SESSION_KEY, {}),
        provider.kind: {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "workspace": workspace.pk,
            "until": (now + JOURNEY).timestamp(),
        },
    }
    query = {
        "response_type": "code",
        "client_id": registration.client_id,
        "redirect_uri": redirect_uri(provider),
        "scope": " ".join(provider.scopes),
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
        **dict(provider.extra),
        **({"login_hint": hint} if hint else {}),
    }
    return f"{address_at(provider, provider.authorize_url)}?{urlencode(query)}"


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def finish(
    provider: OAuthProvider,
    workspace: Workspace,
    session: MutableMapping[str, Any],
    answer: Mapping[str, str],
    *,
    now: datetime,
) -> Consent:
    """Return what the person consented to; `answer` is the query they came back with.

    The journey is used up whatever happens. Raises OAuthRefusedError (nothing was given: start again) or
    OAuthUnavailableError (try later), each with a sentence.
    """
    journeys = dict(session.get(SESSION_KEY, {}))
    journey = journeys.pop(provider.kind, None)
    session[SESSION_KEY] = journeys
    _check_journey(provider, workspace, journey, answer.get("state", ""), now)
    if answer.get("error"):
        raise OAuthRefusedError(_refusal(provider, answer["error"]))
    form = {
        "grant_type": "authorization_code",
        "code": answer.get("code", ""),
        "redirect_uri": redirect_uri(provider),
        "code_verifier": journey["verifier"],
    }
    if not form["code"]:
        raise OAuthRefusedError(f"{provider.name} sent you back without a code. Start again.")
    tokens = ask_for_tokens(provider, form, now=now)
    _check_scopes(provider, tokens.scope)
    if not tokens.refresh_token:
        raise OAuthRefusedError(
            f"{provider.name} gave access for an hour only. Withdraw RoleFerry's access at {provider.withdraw_url} and connect again."
        )
    address = _address(provider, tokens.access_token, tokens.id_token, journey["nonce"], now)
    return Consent(address, tokens.refresh_token, tokens.access_token, tokens.expires_at)


def connect(
    workspace: Workspace, provider: OAuthProvider, consent: Consent, *, now: datetime
) -> Mailbox:
    """Keep a consented mailbox; it starts at the bottom of its ramp. Safe to repeat: it renews the access.

    Raises AddressRefusedError for an address that cannot be this workspace's own.
    """
    return keep(
        workspace,
        consent.address,
        {
            "provider": provider.kind,
            "smtp_host": provider.smtp_host,
            "smtp_port": 587,
            "smtp_security": Mailbox.Security.STARTTLS,
            "smtp_username": consent.address,
            "imap_host": provider.imap_host,
            "imap_port": 993,
            "imap_security": Mailbox.Security.TLS,
            "imap_username": "",
            "imap_password": "",
            "oauth_refresh_token": consent.refresh_token,
            "oauth_access_token": consent.access_token,
            "oauth_expires_at": consent.expires_at,
        },
        now=now,
    )


def revoke(provider: OAuthProvider, refresh_token: str) -> bool:
    """Ask the provider to forget the access; False when it has no such address or did not take it (never raises)."""
    if not provider.revoke_url or not refresh_token:
        return False
    return tell(address_at(provider, provider.revoke_url), {"token": refresh_token})


def _check_journey(
    provider: OAuthProvider,
    workspace: Workspace,
    journey: dict[str, Any] | None,
    state: str,
    now: datetime,
) -> None:
    # Compared as bytes: a hostile state may hold letters that compare_digest refuses in text.
    if journey is None or not hmac.compare_digest(journey["state"].encode(), state.encode()):
        raise OAuthRefusedError(
            f"This answer from {provider.name} does not belong to a connection you began here, so nothing was connected. Start again."
        )
    if journey["workspace"] != workspace.pk:
        raise OAuthRefusedError(
            "You changed the workspace on the way, so nothing was connected. Start again in the right one."
        )
    if now.timestamp() > journey["until"]:
        raise OAuthRefusedError("The connection was begun more than ten minutes ago. Start again.")


def _refusal(provider: OAuthProvider, error: str) -> str:
    if error in {"access_denied", "consent_required"}:
        return f"You did not let RoleFerry in at {provider.name}, so nothing was connected. Start again if you change your mind."
    return f"{provider.name} ended the connection before it was made. Start again; if it happens twice, connect by SMTP."


def _check_scopes(provider: OAuthProvider, granted: str) -> None:
    """Refuse a consent with the mail part unticked; an answer that names no scope granted all (RFC 6749 section 5.1)."""
    given = set(granted.split())
    missing = [scope for scope in provider.mail_scopes if scope not in given]
    if given and missing:
        raise OAuthRefusedError(
            f"Access to mail was left unticked at {provider.name}, so this mailbox could not send. Start again and tick it."
        )


def _address(
    provider: OAuthProvider, access_token: str, id_token: str, nonce: str, now: datetime
) -> str:
    claims = (
        ask(provider, provider.userinfo_url, access_token)
        if provider.userinfo_url
        else _claims(provider, id_token, nonce, now)
    )
    if claims.get("email_verified", True) not in {True, "true"}:
        raise OAuthRefusedError(
            f"{provider.name} has not verified this address yet. Verify it there, then connect again."
        )
    raw = claims.get("email") or claims.get("preferred_username") or ""
    try:
        parsed = parse_address(str(raw))
    except AddressError as error:
        raise OAuthRefusedError(
            f"{provider.name} named no e-mail address for this account. Use an account that has a mailbox."
        ) from error
    return f"{parsed.local}@{parsed.domain}"


def _claims(provider: OAuthProvider, id_token: str, nonce: str, now: datetime) -> dict[str, Any]:
    """Read an ID token that came from the token address itself over TLS.

    OpenID Connect Core section 3.1.3.7 (6): then TLS vouches for the issuer in place of the signature. The claim may
    be wrong about a mailbox all the same; the mail server decides, because XOAUTH2 names the address beside the token.
    """
    try:
        payload = id_token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        fits = (
            claims["aud"] == registration_of(provider).client_id
            and claims["nonce"] == nonce
            and float(claims["exp"]) > now.timestamp()
        )
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error) as error:
        raise OAuthError(f"{provider.name}'s answer could not be read. Try again.") from error
    if not fits:
        raise OAuthRefusedError(
            f"{provider.name}'s answer was made for somebody else, so nothing was connected. Start again."
        )
    return dict(claims)
