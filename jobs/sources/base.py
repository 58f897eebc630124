"""What every job source hands over, whatever the board calls it.

An adapter is pure: it turns a URL into a board reference and the bytes of an answer into
normalised jobs. It opens no socket and stores nothing, so a saved answer and a live one take the
same path.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from jobs.salary import Salary
from jobs.sanitizing import clean_description, strip_invisible_characters

# A board with more rows than this is not a company's careers page; the rest is reported, not read.
MAX_ROWS = 20_000
# Boards state instants after 1990; anything else is a wrong unit (seconds for milliseconds).
EARLIEST_YEAR, LATEST_YEAR = 1990, 2100
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class BoardStatus(StrEnum):
    """What an answer says about the board itself."""

    LIVE = "live"
    EMPTY = "empty"
    DEAD = "dead"
    UNAVAILABLE = "unavailable"
    UNCHANGED = "unchanged"


class RowError(ValueError):
    """One row of a board cannot be read; the message is a sentence for the operator."""


class UnlistedSourceError(ValueError):
    """An address belongs to no board RoleFerry is allowed to read; the message says what to do."""


@dataclass(frozen=True)
class BoardRef:
    """One company's board at one vendor: `kind` names the adapter, `token` the company."""

    kind: str
    token: str
    region: str = ""
    job_id: str = ""


@dataclass(frozen=True)
class NormalizedJob:
    """One opening in RoleFerry's words.

    `locations` holds every place in the board's order, `location` the one the board puts first.
    Salary amounts are in whole units of `salary_currency` (ISO 4217) per `salary_period` (hour,
    day, week, fortnight, half_month, month or year); `salary_text` is what the board displays.
    `is_remote` is the board's own flag, None when it has none. `hidden_text` lists passages a
    human reader would not have seen. Instants are timezone-aware.
    """

    source_kind: str
    board_token: str
    external_id: str
    title: str
    company_name: str = ""
    url: str = ""
    apply_url: str = ""
    location: str = ""
    locations: tuple[str, ...] = ()
    remote_policy: str = ""
    is_remote: bool | None = None
    employment_type: str = ""
    department: str = ""
    departments: tuple[str, ...] = ()
    team: str = ""
    requisition_id: str = ""
    salary_min: Decimal | None = None
    salary_max: Decimal | None = None
    salary_currency: str = ""
    salary_period: str = ""
    salary_text: str = ""
    posted_at: datetime | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    description_html: str = ""
    description_text: str = ""
    hidden_text: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def with_salary(self, salary: Salary | None) -> NormalizedJob:
        """Return a copy that states `salary`, or this job when there is none."""
        if salary is None:
            return self
        return replace(
            self,
            salary_min=salary.minimum,
            salary_max=salary.maximum,
            salary_currency=salary.currency,
            salary_period=salary.period,
        )


@dataclass(frozen=True)
class BoardResult:
    """Everything one answer of a board said.

    `hidden` counts rows the company does not list publicly. `errors` holds (row index, sentence)
    for rows that could not be read; such a row never stops the others, and while there are any,
    a job missing from `jobs` must not be taken for closed. `announced` is how many rows the board
    says it has, None when it does not say. `robots` is "allowed" or "disallowed" when the site's rules
    for robots were asked, and empty otherwise.
    """

    status: BoardStatus
    jobs: tuple[NormalizedJob, ...] = ()
    hidden: int = 0
    errors: tuple[tuple[int, str], ...] = ()
    etag: str = ""
    message: str = ""
    announced: int | None = None
    robots: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether a job that is absent here is really gone."""
        rows = len(self.jobs) + self.hidden
        return (
            self.status in (BoardStatus.LIVE, BoardStatus.EMPTY)
            and not self.errors
            and (self.announced is None or self.announced <= rows)
        )


class BoardAdapter(Protocol):
    """One vendor of job boards."""

    kind: str
    name: str
    terms_url: str

    def board_from_url(self, url: str) -> BoardRef | None:
        """Return the board a public address belongs to, or None if it is not this vendor's."""

    def api_url(self, ref: BoardRef) -> str:
        """Return the https address of the board's public data."""

    def recognises(self, document: object) -> BoardRef | None:
        """Return the board a decoded JSON answer came from, or None if it is not this shape."""

    def parse(self, body: bytes, status: int, content_type: str, ref: BoardRef) -> BoardResult:
        """Turn one answer (HTTP status 0 for none) into a result; never raises for bad data."""


def parse_address(url: str) -> SplitResult | None:
    """Return the parts of an http(s) address with a lower-case host, or None."""
    candidate = url.strip()
    if candidate and "://" not in candidate:
        candidate = f"https://{candidate}"
    try:
        parts = urlsplit(candidate)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    return parts._replace(netloc=host)


def path_segments(parts: SplitResult) -> list[str]:
    """Return the non-empty pieces of an address's path, percent-decoded."""
    return [unquote(piece) for piece in parts.path.split("/") if piece]


def is_token(value: str) -> bool:
    """Whether `value` can name a board: letters, digits and "-_.+& ", at least one a letter or digit."""
    allowed = all(ch.isalnum() or ch in "-_.+& " for ch in value)
    return len(value) <= 120 and allowed and any(map(str.isalnum, value))


def text_of(value: object) -> str:
    """Return a trimmed one-line text for a JSON string or whole number, "" for anything else.

    Runs of spaces inside stay as the company wrote them; invisible characters go.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    visible = strip_invisible_characters(str(value))[0]
    return " ".join(piece for piece in _LINE_BREAKS.split(visible) if piece.strip()).strip()


def dict_of(value: object) -> dict[str, Any]:
    """Return `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[Any]:
    """Return `value` if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def unique_texts(values: Iterable[object]) -> tuple[str, ...]:
    """Return the non-empty texts among `values`, each once, in order."""
    return tuple(dict.fromkeys(filter(None, map(text_of, values))))


def web_address(value: object) -> str:
    """Return `value` if it is an http(s) address with a host, else ""."""
    address = value.strip() if isinstance(value, str) else ""
    if any(ch.isspace() or ord(ch) < 0x20 for ch in address) or "://" not in address:
        return ""
    return address if parse_address(address) else ""


def amount_of(value: object) -> Decimal | None:
    """Return a positive, finite amount from a JSON number or numeric string, else None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    try:
        amount = Decimal(str(value).strip().replace(",", ""))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 < amount < Decimal(10) ** 12 else None


def instant_of(value: object) -> datetime | None:
    """Return an aware instant from an ISO 8601 text (also "... UTC"), else None.

    A text without a zone is read as UTC, a bare date as its first moment in UTC.
    """
    text = text_of(value).removesuffix(" UTC")
    if not text or text.isdigit():
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return plausible(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def instant_of_millis(value: object) -> datetime | None:
    """Return the instant `value` milliseconds after 1970-01-01 UTC, else None."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    seconds, millis = divmod(value, 1000)
    try:
        moment = datetime.fromtimestamp(seconds, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return plausible(moment.replace(microsecond=millis * 1000))


def plausible(moment: datetime) -> datetime | None:
    """Return `moment` unless its year says that it was read in the wrong unit."""
    return moment if EARLIEST_YEAR <= moment.year <= LATEST_YEAR else None


def remote_policy_of(stated: object, *, is_remote: bool | None, locations: Iterable[str]) -> str:
    """Return remote, hybrid, onsite or "": the stated workplace first, then the flag, then places."""
    workplace = text_of(stated).casefold().replace("-", "").replace("_", "").replace(" ", "")
    known = {"remote": "remote", "hybrid": "hybrid", "onsite": "onsite", "inoffice": "onsite"}
    if workplace in known:
        return known[workplace]
    if is_remote:
        return "remote"
    named = " ".join(locations).casefold()
    if "hybrid" in named:
        return "hybrid"
    return "remote" if "remote" in named else ""


def finish_job(job: NormalizedJob, *, html: str, needs_url: bool = True) -> NormalizedJob:
    """Return `job` with its description cleaned for storing.

    Raises RowError when it lacks its id, its title or (if it `needs_url`) its address.
    """
    if not job.external_id:
        raise RowError("The row has no id, so it cannot be told apart from others.")
    if not job.title:
        raise RowError("The row has no title, so it cannot be shown.")
    if needs_url and not job.url:
        raise RowError("The row has no web address, so nobody could apply.")
    cleaned = clean_description(html)
    return replace(
        job,
        description_html=cleaned.html,
        description_text=cleaned.text,
        hidden_text=cleaned.hidden,
    )


def decode_json(body: bytes) -> object:
    """Return the JSON document in `body`; raises ValueError when there is none."""
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("The answer is nested too deeply to be a job board.") from error


def judge_answer(body: bytes, status: int, *, name: str) -> BoardResult | None:
    """Return the result of an answer that carries no list, or None when the list must be read.

    404 and 410 mean the board is gone. Everything else but 200 says nothing about its jobs.
    """
    if status == 304:
        return BoardResult(BoardStatus.UNCHANGED, message=f"{name} has no change since last time.")
    if status in (404, 410) or body.strip().lower() == b"not found":
        return BoardResult(
            BoardStatus.DEAD,
            message=f"{name} has no such board; check the company's address or remove it.",
        )
    if status != 200:
        return unavailable(name, f"it answered with status {status}" if status else "no answer")
    return None


def open_answer(body: bytes, status: int, *, name: str) -> object:
    """Return an answer's decoded JSON, or the BoardResult of one that carries no list to read."""
    judged = judge_answer(body, status, name=name)
    if judged is not None:
        return judged
    try:
        return decode_json(body)
    except ValueError:
        return unavailable(name, "it answered with something else than job data")


def unavailable(name: str, why: str) -> BoardResult:
    """Return the result of an answer that says nothing about the board's jobs."""
    return BoardResult(
        BoardStatus.UNAVAILABLE,
        message=f"{name} could not be read: {why}. Known jobs stay as they are; we try again later.",
    )


def read_rows(
    rows: list[Any], read: Callable[[dict[str, Any]], NormalizedJob | None]
) -> BoardResult:
    """Read every row on its own; `read` returns None for a row the company does not list."""
    jobs: dict[str, NormalizedJob] = {}
    errors: list[tuple[int, str]] = []
    hidden = 0
    for index, row in enumerate(rows[:MAX_ROWS]):
        if not isinstance(row, dict):
            errors.append((index, "The row is not an object, so it was left out."))
            continue
        try:
            job = read(row)
        except RowError as error:
            errors.append((index, str(error)))
            continue
        if job is None:
            hidden += 1
        elif job.external_id in jobs:
            errors.append((index, f"The id {job.external_id} appears twice; the first row counts."))
        else:
            jobs[job.external_id] = job
    if len(rows) > MAX_ROWS:
        errors.append((MAX_ROWS, f"The board has {len(rows)} rows; only {MAX_ROWS} were read."))
    # Rows that all failed are not an empty board: its jobs must not be closed.
    status = BoardStatus.LIVE if jobs or errors else BoardStatus.EMPTY
    return BoardResult(status, tuple(jobs.values()), hidden, tuple(errors))
