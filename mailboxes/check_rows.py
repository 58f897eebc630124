"""The rows of a live check: what each says while it waits, runs, is well, has failed, or was not asked for."""

from typing import Any

from mailboxes.diagnosing import diagnose
from mailboxes.failures import Failure
from mailboxes.models import ConnectionCheck

TITLES = {
    "dns": "Find the servers",
    "connect": "Connect to the outgoing server",
    "tls": "Encrypt the connection",
    "login": "Log in",
    "send": "Send a mail to yourself",
    "imap": "Open your mailbox for reading",
    "find": "Find the test mail in it",
}
# Without these nothing can be sent.
NEEDED = ("dns", "connect", "tls", "login", "send")
RAW_LIMIT = 1000

Verdict = ConnectionCheck.Verdict


def fresh_rows() -> list[dict[str, Any]]:
    """Return the rows of a check that has not begun."""
    return [{"key": key, "title": title, "status": "waiting"} for key, title in TITLES.items()]


class Rows:
    """Writes the rows of one check as they change, so that a page that polls sees each turn at once."""

    def __init__(self, check: ConnectionCheck) -> None:
        self._check = check
        self._check.rows = fresh_rows()

    def run(self, key: str) -> None:
        """Say that this row is at work."""
        self._set(key, status="running")

    def pass_(self, key: str, note: str = "") -> None:
        """Say that this row is well."""
        self._set(key, status="ok", note=note)

    def skip(self, key: str, note: str) -> None:
        """Say why this row was not asked for."""
        self._set(key, status="skipped", note=note)

    def fail(self, failure: Failure, *, is_warning: bool = False) -> None:
        """Say cause, fix and the server's own answer."""
        found = diagnose(failure)
        self._set(
            failure.row,
            status="warning" if is_warning else "failed",
            cause=found.cause,
            fix=found.fix,
            key_of_cause=found.key,
            raw=raw_answer(failure),
        )

    def is_well(self, *keys: str) -> bool:
        """Whether none of the rows failed and all of them were tried or skipped on purpose."""
        wanted = keys or tuple(TITLES)
        return all(
            row["status"] in {"ok", "skipped", "warning"}
            for row in self._check.rows
            if row["key"] in wanted
        )

    def tell(self, key: str, *, cause: str, fix: str, raw: str = "") -> None:
        """Say cause and fix of a failure that came with its own words."""
        self._set(key, status="failed", cause=cause, fix=fix, raw=raw[:RAW_LIMIT])

    def result(self) -> tuple[str, str]:
        """Return the verdict, and the cause of the first failure if there is one."""
        failed = [row for row in self._check.rows if row["status"] == "failed"]
        problem = str(failed[0]["cause"]) if failed else ""
        if self.is_well():
            return Verdict.PASSED, problem
        return (Verdict.SENDING if self.is_well(*NEEDED) else Verdict.FAILED), problem

    def _set(self, key: str, **values: str) -> None:
        row = next(row for row in self._check.rows if row["key"] == key)
        row.update(values)
        self._check.save(update_fields=["rows", "updated_at"])


def raw_answer(failure: Failure) -> str:
    """Return the server's or the system's own words."""
    said = " ".join(filter(None, [str(failure.code or ""), failure.enhanced, failure.text]))
    if not said and failure.error is not None:
        cause = failure.error.__cause__ or failure.error
        said = f"{type(cause).__name__}: {cause}"
    return said[:RAW_LIMIT]
