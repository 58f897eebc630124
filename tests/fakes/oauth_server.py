"""An authorisation server as RFC 6749 and RFC 7636 describe it, on loopback, for both providers' paths."""

import base64
import hashlib
import json
import secrets
import threading
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.web import Reply, web_server


class OAuthServer:
    """Codes are given by `consent`, which plays the person and the browser; everything else is asked over HTTP."""

    def __init__(
        self, client_id="client-1", client_secret="secret-1", address="olga@real-company.com"
    ):
        self.client_id, self.client_secret, self.address = client_id, client_secret, address
        self.url, self.requests = "", []
        self.codes, self.refresh_tokens, self.access_tokens = {}, set(), set()
        self.revoked = []
        self.scope = None  # None: as asked
        self.claims = {}
        self.gives_refresh_token = True
        self.reply = None  # what the token address says instead
        self.refresh_wait = 0.0
        self._lock = threading.Lock()

    def consent(self, url, **changes):
        """Play a person who agrees at `url`; return the query that the browser brings back."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["client_id"] == self.client_id
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, **changes}
        return {"code": code, "state": asked["state"], "scope": asked["scope"]}

    def tokens_asked(self, grant):
        """How often the token address was asked with this grant."""
        return sum(
            r.form.get("grant_type") == grant for r in self.requests if r.path.endswith("token")
        )

    def answer(self, request):
        if request.path.endswith("/token"):
            return self.reply or self._token(request.form)
        if request.path.endswith("/revoke"):
            self.revoked.append(request.form["token"])
            return Reply(200, {})
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.access_tokens:
            return Reply(401, {"error": "invalid_token"})
        return Reply(
            200, {"sub": "1", "email": self.address, "email_verified": True, **self.claims}
        )

    def _token(self, form):
        if (form.get("client_id"), form.get("client_secret")) != (
            self.client_id,
            self.client_secret,
        ):
            return Reply(401, {"error": "invalid_client"})
        with self._lock:
            if form["grant_type"] == "refresh_token":
                if form["refresh_token"] not in self.refresh_tokens:
                    return Reply(400, {"error": "invalid_grant"})
                return self._give(wait=self.refresh_wait)
            asked = self.codes.pop(form["code"], None)
        if asked is None or asked["redirect_uri"] != form["redirect_uri"]:
            return Reply(400, {"error": "invalid_grant"})
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return Reply(400, {"error": "invalid_grant", "error_description": "PKCE"})
        return self._give(asked)

    def _give(self, asked=None, *, wait=0.0):
        access = f"access-{secrets.token_urlsafe(8)}"
        self.access_tokens.add(access)
        answer = {"access_token": access, "expires_in": 3600, "token_type": "Bearer"}
        if asked:
            answer["scope"] = asked["scope"] if self.scope is None else self.scope
            answer["id_token"] = self._id_token(asked)
            if self.gives_refresh_token:
                answer["refresh_token"] = f"refresh-{secrets.token_urlsafe(8)}"
                self.refresh_tokens.add(answer["refresh_token"])
        return Reply(200, answer, wait=wait)

    def _id_token(self, asked):
        claims = {
            "aud": self.client_id,
            "exp": 4_000_000_000,
            "nonce": asked["nonce"],
            "preferred_username": self.address,
            **self.claims,
        }
        parts = [{"alg": "RS256"}, claims]
        encoded = [
            base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts
        ]
        return ".".join([*encoded, "signature"])


@contextmanager
def oauth_server(settings, kind="google", **options):
    """Run one and point the settings of `kind` at it."""
    server = OAuthServer(**options)
    with web_server(server.answer) as (url, requests):
        server.url, server.requests = url, requests
        settings.OAUTH_STAND_INS = {kind: url}
        setattr(settings, f"{kind.upper()}_OAUTH_CLIENT_ID", server.client_id)
        setattr(settings, f"{kind.upper()}_OAUTH_CLIENT_SECRET", server.client_secret)
        yield server
