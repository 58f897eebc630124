"""Stop reading a request's body where the limit is, before Django has written it to disk (acceptance API-9)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

END_OF_BODY = {"type": "http.request", "body": b"", "more_body": False}


class BodyLimit:
    """An ASGI layer that hands on at most `limit` bytes of a body.

    Django's handler reads every body to its end first. Beyond the limit, announced or counted (a chunked body
    announces nothing), the rest is dropped, and the length that Django sees makes
    accounts.middleware.RequestSizeMiddleware answer 413.
    """

    def __init__(self, app: App, *, limit: int) -> None:
        """Keep the application and the limit in bytes."""
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.app(scope, _Reader(scope, receive, self.limit), send)


class _Reader:
    """`receive` of one request, counting."""

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        self.scope = scope
        self.receive = receive
        self.limit = limit
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        self.announced = int(announced) if announced.isdigit() else 0
        self.counted = 0
        self.is_cut = False

    async def __call__(self) -> Message:
        """Return the next message; of a body that is too large its end at once, and then only the disconnect."""
        if self.announced > self.limit and not self.is_cut:
            return self._cut(self.announced)
        while True:
            message = await self.receive()
            if message["type"] != "http.request":
                return message
            if self.is_cut:
                continue
            self.counted += len(message.get("body", b""))
            if self.counted > self.limit:
                return self._cut(self.counted)
            return message

    def _cut(self, length: int) -> Message:
        self.is_cut = True
        headers = [pair for pair in self.scope["headers"] if pair[0] != b"content-length"]
        self.scope["headers"] = [*headers, (b"content-length", str(length).encode())]
        return END_OF_BODY
