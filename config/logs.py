"""JSON log lines with request and workspace ids; never mail bodies, resumes or secrets."""

import json
import logging
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
        return json.dumps(line, default=str, ensure_ascii=False)
