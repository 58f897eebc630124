"""Contacts from a CSV file: which column is what, what each row would do, and the rows that cannot be used."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Workspace
from jobs.companies import companies_by_name
from mailboxes.addresses import AddressError, normalise_address
from outreach.contacts import ContactData, keep_contact, split_name
from outreach.models import Contact

MAX_FILE_BYTES = 2 * 1024 * 1024
MAX_ROWS = 5_000
MAX_COLUMNS = 60
# What people call the columns; compared in lower case with spaces for underscores.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "full name", "contact", "contact name", "person"),
    "first_name": ("first name", "firstname", "given name", "first"),
    "last_name": ("last name", "lastname", "surname", "family name", "last"),
    "email": ("email", "e-mail", "email address", "e-mail address", "mail", "work email"),
    "title": ("title", "job title", "position", "role"),
    "company": ("company", "company name", "organization", "organisation", "employer", "account"),
    "linkedin_url": ("linkedin", "linkedin url", "profile", "profile url"),
    "source": ("source", "where from", "origin"),
    "notes": ("notes", "note", "comment", "comments"),
}
LABELS = {
    "name": "Full name",
    "first_name": "First name",
    "last_name": "Last name",
    "email": "E-mail",
    "title": "Title",
    "company": "Company",
    "linkedin_url": "LinkedIn address",
    "source": "Source",
    "notes": "Notes",
}
_LIMITS = {
    "first_name": 100,
    "last_name": 100,
    "title": 200,
    "company": 200,
    "source": 100,
    "linkedin_url": 300,
}
# A cell that begins with one of these runs as a formula in a spreadsheet (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class FileUnreadableError(Exception):
    """The file is not a list we can read; the text is a sentence for the person."""


@dataclass(frozen=True)
class Row:
    """One line of the file: its number, its cells, and either who it names or why it cannot be used."""

    number: int
    cells: tuple[str, ...]
    company: str = ""
    data: ContactData | None = None
    problem: str = ""


@dataclass(frozen=True)
class ContactFile:
    """A file that was read: its header and its lines, which are not judged yet."""

    header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ImportResult:
    """How many people are new, how many were known, and the ids of all of them."""

    created: int
    known: int
    refused: int
    contact_ids: tuple[int, ...]


def read_file(raw: bytes) -> ContactFile:
    """Return header and lines of a CSV file: UTF-8 (or Windows-1252), separated by comma, semicolon or tab.

    Raises FileUnreadableError for a file that is too large, no text, empty, or has no rows.
    """
    if len(raw) > MAX_FILE_BYTES:
        size = len(raw) / 1024 / 1024
        raise FileUnreadableError(f"This file is {size:.1f} MB, the limit is 2 MB. Split it.")
    if b"\x00" in raw:
        raise FileUnreadableError(
            "This is not a CSV file. Save the list as CSV and choose it again."
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        lines = [tuple(cell.strip() for cell in line[:MAX_COLUMNS]) for line in reader]
    except csv.Error as error:
        raise FileUnreadableError(f"This CSV file is broken: {error}. Export it again.") from error
    lines = [line for line in lines if any(line)]
    if len(lines) < 2:
        raise FileUnreadableError("This file has a header at most. Add one row for each person.")
    if len(lines) - 1 > MAX_ROWS:
        count = f"{len(lines) - 1:,}"
        raise FileUnreadableError(
            f"This file has {count} rows, the limit is {MAX_ROWS:,}. Split it."
        )
    return ContactFile(lines[0], tuple(lines[1:]))


def guess_mapping(header: Iterable[str]) -> dict[str, int]:
    """Return which column holds which field, as far as the header's words tell; each column serves once."""
    words = [" ".join(name.lower().replace("_", " ").split()) for name in header]
    found: dict[str, int] = {}
    for field, names in COLUMNS.items():
        place = next((i for i, word in enumerate(words) if word in names), None)
        if place is not None and place not in found.values():
            found[field] = place
    return found


def judge_rows(
    file: ContactFile, mapping: Mapping[str, int], *, source: str, lawful_basis: str
) -> list[Row]:
    """Return every line as a person or with the reason why not; nothing is stored.

    `source` stands in where the file names none. A second line for one address of one company is refused.
    """
    rows: list[Row] = []
    seen: set[tuple[str, str]] = set()
    for number, cells in enumerate(file.lines, start=2):
        values = {
            field: cells[place] if place < len(cells) else "" for field, place in mapping.items()
        }
        row = _judge(number, cells, values, source=source, lawful_basis=lawful_basis)
        if row.data is not None and row.data.email:
            key = (row.company.lower(), row.data.email.lower())
            if key in seen:
                row = Row(number, cells, problem="This address stands in the file twice.")
            seen.add(key)
        rows.append(row)
    return rows


def _judge(
    number: int,
    cells: tuple[str, ...],
    values: Mapping[str, str],
    *,
    source: str,
    lawful_basis: str,
) -> Row:
    first, last = split_name(values.get("name", ""))
    fields = {
        "first_name": values.get("first_name") or first,
        "last_name": values.get("last_name") or last,
        "title": values.get("title", ""),
        "linkedin_url": values.get("linkedin_url", ""),
        "source": values.get("source") or source,
    }
    company = values.get("company", "")
    try:
        email = normalise_address(values["email"]) if values.get("email") else ""
    except AddressError as error:
        return Row(number, cells, problem=str(error))
    problem = _problem({**fields, "company": company}, email)
    if problem:
        return Row(number, cells, problem=problem)
    data = ContactData(
        **fields, email=email, lawful_basis=lawful_basis, notes=values.get("notes", "")[:2000]
    )
    return Row(number, cells, company, data)


def _problem(fields: Mapping[str, str], email: str) -> str:
    """Return the first thing that is wrong with a row, or nothing."""
    linkedin = fields["linkedin_url"]
    rules = [
        (not fields["company"], "The company is missing."),
        (
            not email and not linkedin,
            "There is neither an e-mail address nor a LinkedIn address.",
        ),
        (
            bool(linkedin) and not linkedin.startswith("https://"),
            "The LinkedIn address must begin with https://.",
        ),
        (not fields["source"], "It does not say where the address is from."),
        *(
            (len(fields[name]) > limit, f"{LABELS[name]} is longer than {limit} characters.")
            for name, limit in _LIMITS.items()
        ),
        (len(email) > 254, "The e-mail address is longer than 254 characters."),
    ]
    return next((sentence for is_broken, sentence in rules if is_broken), "")


def import_rows(workspace: Workspace, rows: Iterable[Row], *, now: datetime) -> ImportResult:
    """Store the usable rows, each person once; a second import of the same file adds nobody."""
    judged = list(rows)
    usable = [(row.company, row.data) for row in judged if row.data is not None]
    companies = companies_by_name(workspace, [company for company, _ in usable])
    created, ids = 0, []
    for company, data in usable:
        contact, is_new = keep_contact(workspace, companies[company], data, now=now)
        created += is_new
        ids.append(contact.pk)
    known = len(usable) - created
    return ImportResult(created, known, len(judged) - len(usable), tuple(ids))


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def errors_csv(file: ContactFile, rows: Iterable[Row]) -> str:
    """Return the refused lines as CSV with the reason in a last column, ready to mend and import again."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*map(safe_cell, file.header), "Problem"])
    width = len(file.header)
    for row in rows:
        if row.problem:
            cells = [*row.cells, *[""] * (width - len(row.cells))][:width]
            writer.writerow([*map(safe_cell, cells), row.problem])
    return out.getvalue()


def contacts_csv(contacts: Iterable[Contact]) -> str:
    """Return contacts as CSV in the columns that the import understands."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(LABELS[name] for name in LABELS if name != "name")
    for c in contacts:
        cells = [c.first_name, c.last_name, c.email, c.title, c.company.name]
        writer.writerow(map(safe_cell, [*cells, c.linkedin_url, c.source, c.notes]))
    return out.getvalue()
