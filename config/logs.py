"""JSON log lines with request and workspace ids; never mail bodies, resumes or secrets."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

from accounts.request_ids import current_request_id

STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Format a record as one JSON object a line; `extra` ids become fields of their own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON text."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := current_request_id():
            line["request_id"] = request_id
        line |= {
            k: v
            for k, v in record.__dict__.items()
            if k not in STANDARD and isinstance(v, str | int | float | bool)
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        withheld = set(_quoted_rows(record))
        return json.dumps(
            {k: _without(withheld, v) if isinstance(v, str) else v for k, v in line.items()},
            default=str,
            ensure_ascii=False,
        )


def _quoted_rows(record: logging.LogRecord) -> Iterator[str]:
    """Yield what PostgreSQL quotes of a row it refused: that may be a mail's text or a person's address."""
    given = record.args.values() if isinstance(record.args, dict) else record.args or ()
    errors = [record.exc_info[1] if record.exc_info else None, *given]
    for error in errors:
        while isinstance(error, BaseException):
            if detail := getattr(getattr(error, "diag", None), "message_detail", None):
                # Celery logs an error by its repr.
                yield from (detail, repr(detail)[1:-1])
            error = error.__cause__ or error.__context__  # noqa: PLW2901 - walking the chain


def _without(withheld: set[str], text: str) -> str:
    for detail in withheld:
        text = text.replace(detail, "(withheld)")
    return text
