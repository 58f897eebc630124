"""The workspace's own do-not-contact list: adding by hand or by the hundred, finding, and what each stops at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import auditing
from accounts.models import User, Workspace
from mailboxes.addresses import AddressError, parse_address
from mailboxes.models import Suppression
from mailboxes.suppression import (
    OPENED_BY_MEMBERS,
    covering,
    domains_above,
    live_at,
    recipient_hash,
    suppress,
)
from outreach.contact_files import ContactFile
from outreach.models import Enrollment, Message
from outreach.stopping import stop_for_suppression

Reason = Suppression.Reason
Scope = Suppression.Scope

# Judged and stored while the person waits: this many take well under a second.
MOST_ROWS = 2_000
SOURCE_LENGTH = 200
# What people call the column, in lower case.
HEADINGS = frozenset({"address", "email", "e-mail", "email address", "e-mail address", "domain"})


@dataclass(frozen=True)
class Target:
    """Whom not to write to: one address, or everybody under one domain. Exactly one of the two is set."""

    email: str = ""
    domain: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes two entries the same: the hash of the address, and the domain."""
        return (recipient_hash(self.email) if self.email else "", self.domain)


@dataclass(frozen=True)
class Line:
    """One line of a file: its number, whom it names, or why it cannot be used."""

    number: int
    text: str
    target: Target | None = None
    note: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Closed:
    """How many entries are new, how many stood there before, and how many waiting mails were cancelled."""

    added: int
    known: int
    mails: int


def read_target(text: str) -> Target:
    """Return whom a person names: "maria@acme.eu", "acme.eu" or "@acme.eu". Raises AddressError with a sentence."""
    cleaned = text.strip().strip("<>").rstrip(".")
    if "@" in cleaned[1:]:
        parsed = parse_address(cleaned)
        return Target(email=f"{parsed.local}@{parsed.domain}")
    name = cleaned.lstrip("@")
    if "." not in name:
        raise AddressError(
            f"“{name[:80]}” is neither an address nor a domain. Write maria@company.com or company.com."
        )
    try:
        return Target(domain=parse_address(f"postmaster@{name}").domain)
    except AddressError as error:
        raise AddressError(f"“{name[:80]}” is not a domain. Write it as in company.com.") from error


def judge_lines(file: ContactFile) -> list[Line]:
    """Return every line of a file as a target or with the reason why not; its first column names, its second says why.

    A file without a heading is read from its first line. A second line for one target is refused.
    """
    lines = list(enumerate(file.lines, start=2))
    if file.header[0].strip().lower() not in HEADINGS:
        lines.insert(0, (1, file.header))
    judged: list[Line] = []
    seen: set[tuple[str, str]] = set()
    for number, cells in lines:
        line = _judge(number, cells)
        key = line.target.key if line.target is not None else None
        if key in seen:
            line = Line(number, line.text, problem="This stands in the file twice.")
        elif key is not None:
            seen.add(key)
        judged.append(line)
    return judged


def _judge(number: int, cells: tuple[str, ...]) -> Line:
    text = cells[0][:254]
    note = cells[1][:SOURCE_LENGTH] if len(cells) > 1 else ""
    try:
        return Line(number, text, read_target(text), note)
    except AddressError as error:
        return Line(number, text, problem=str(error))


@transaction.atomic
def close(workspace: Workspace, target: Target, *, source: str, now: datetime) -> Closed:
    """Add one entry and cancel at once what was waiting for it. Safe to repeat."""
    known = _live_manual(workspace).filter(_named([target])).exists()
    row = suppress(
        reason=Reason.MANUAL,
        scope=Scope.WORKSPACE,
        email=target.email,
        domain=target.domain,
        workspace=workspace,
        source=source,
        now=now,
    )
    stopped = stop_for_suppression(row, now=now)
    return Closed(int(not known), int(known), sum(len(result.mails) for result in stopped))


@transaction.atomic
def close_all(
    workspace: Workspace, wanted: Iterable[tuple[Target, str]], *, source: str, now: datetime
) -> Closed:
    """Add many entries, each with its own note in place of `source` where it has one; a few queries whatever the number."""
    notes = {target.key: (target, note) for target, note in wanted}
    targets = [target for target, _ in notes.values()]
    standing = set(
        _live_manual(workspace).filter(_named(targets)).values_list("address_hash", "domain")
    )
    rows = [
        Suppression(
            workspace=workspace,
            scope=Scope.WORKSPACE,
            reason=Reason.MANUAL,
            address=target.email[:254],
            address_hash=key[0],
            domain=key[1],
            source=(note or source)[:SOURCE_LENGTH],
        )
        for key, (target, note) in notes.items()
        if key not in standing
    ]
    # A second import at the same moment may have added the same entry: that is the same outcome.
    Suppression.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    mails = 0
    for row in _reaching_somebody(workspace, targets):
        mails += sum(len(result.mails) for result in stop_for_suppression(row, now=now))
    return Closed(len(rows), len(notes) - len(rows), mails)


def _live_manual(workspace: Workspace) -> "QuerySet[Suppression]":
    rows: QuerySet[Suppression] = Suppression.objects.for_workspace(workspace)
    return rows.filter(reason=Reason.MANUAL, released_at=None)


def _named(targets: Iterable[Target]) -> Q:
    keys = [target.key for target in targets]
    return Q(address_hash__in=[key for key, _ in keys if key]) | Q(
        domain__in=[domain for _, domain in keys if domain]
    )


def _reaching_somebody(workspace: Workspace, targets: list[Target]) -> list[Suppression]:
    """Return the rows of the targets that name somebody who is being written to."""
    running = (
        Enrollment.objects.for_workspace(workspace)
        .filter(status__in=[Enrollment.Status.ACTIVE, Enrollment.Status.HELD])
        .values_list("contact__email_hash", "contact__email")
    )
    pending = (
        Message.objects.for_workspace(workspace)
        .filter(status__in=Message.PENDING)
        .values_list("recipient_hash", "recipient")
    )
    hashes, domains = set(), set()
    for address_hash, email in {*running, *pending}:
        hashes.add(address_hash)
        domains.update(domains_above(email.rpartition("@")[2]))
    hit = [
        target
        for target in targets
        if target.key[0] in hashes or (target.domain and target.domain in domains)
    ]
    return list(_live_manual(workspace).filter(_named(hit)).order_by("pk")) if hit else []


def entries(workspace: Workspace, *, now: datetime, text: str = "") -> "QuerySet[Suppression]":
    """Return the live entries of the list; `text` is a whole address or a domain, and then those for everyone count too.

    Entries for everyone are shown only to somebody who already knows the address: they are other people's business.
    Raises AddressError when `text` is neither.
    """
    rows: QuerySet[Suppression] = Suppression.objects.filter(live_at(now))
    if not text:
        return rows.filter(workspace=workspace)
    target = read_target(text)
    condition = covering(target.email) if target.email else Q(domain=target.domain)
    return rows.filter(condition).filter(Q(workspace=workspace) | Q(workspace=None))


@transaction.atomic
def put_back(row: Suppression, *, actor: User, now: datetime) -> bool:
    """Undo a removal, audited like it; False when the entry, or another one like it, closes the door already."""
    same = _live(row).exclude(pk=row.pk)
    if row.released_at is None or same.exists():
        return False
    Suppression.objects.filter(pk=row.pk).update(released_at=None, released_reason="")
    row.refresh_from_db()
    auditing.record(
        "suppression.put_back",
        row,
        actor=actor,
        reason="The removal was undone",
        workspace=row.workspace,
    )
    stop_for_suppression(row, now=now)
    return True


def _live(row: Suppression) -> "QuerySet[Suppression]":
    """Return the live entries that close the same door for the same reason."""
    rows: QuerySet[Suppression] = Suppression.objects.filter(
        workspace=row.workspace_id,
        address_hash=row.address_hash,
        domain=row.domain,
        reason=row.reason,
        released_at=None,
    )
    return rows


def why_not_removable(row: Suppression) -> str:
    """Return why the workspace cannot remove an entry, or "" when it can."""
    if row.reason in {Reason.UNSUBSCRIBED, Reason.ASKED}:
        return "They asked not to be written to; only they can take it back."
    if row.scope == Scope.PLATFORM:
        return "It protects everyone on RoleFerry. Ask support if it is wrong."
    if row.reason not in OPENED_BY_MEMBERS:
        return "A bounce or a spam report made it. Ask support if the address is good."
    return ""
