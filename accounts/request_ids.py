"""The id that ties the log lines of one request together (no models: logging loads before the apps do)."""

from contextvars import ContextVar

request_id_var: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """Return the id of the request at work, or an empty string outside of one."""
    return request_id_var.get()
