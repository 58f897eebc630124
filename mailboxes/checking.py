"""Live checks from beginning to end: keep what was typed under seal, run the rows, and keep a mailbox that proved itself."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Workspace
from mailboxes import connecting
from mailboxes.api_check import ApiCheck
from mailboxes.check_rows import Rows, fresh_rows
from mailboxes.connecting import ConnectionRefusedBySenseError, SmtpDetails
from mailboxes.live_check import Learned, LiveCheck, Tools, place_of, place_of_mailbox
from mailboxes.models import ConnectionCheck, Mailbox
from mailboxes.receipts import TransportError

# Long enough to switch something on at the provider and test again; then a typed password is forgotten.
SECRETS_KEPT = timedelta(hours=1)
# Each check sends one mail and logs in twice; more in an hour serves nobody but a guesser of passwords.
CHECKS_AN_HOUR = 20
REFUSED_FIX = "The mailbox itself works. Settle that, then test again."
TRY_LATER = "Test again in some minutes."
_SECRET = ("password", "imap_password")
_LEARNED = ("sent_folder", "files_sent_copies")

Verdict = ConnectionCheck.Verdict


class TooManyChecksError(Exception):
    """The workspace has checked too often; the message says when to go on."""


class NothingToCheckError(Exception):
    """The check has nothing to go by any more; the message says what to do."""


@transaction.atomic
def open_check(
    workspace: Workspace,
    *,
    now: datetime,
    details: SmtpDetails | None = None,
    mailbox: Mailbox | None = None,
    is_new: bool = False,
) -> ConnectionCheck:
    """Return a new check of typed details or of a kept mailbox. Raises TooManyChecksError.

    `is_new`: the mailbox was kept a moment ago on the word of its provider, and this is its first trial.
    """
    _refuse_if_too_many(workspace, now)
    typed = asdict(details) if details else {}
    return ConnectionCheck.objects.create(
        workspace=workspace,
        mailbox=mailbox,
        details={key: typed[key] for key in typed if key not in (*_SECRET, *_LEARNED)}
        or {"address": str(mailbox), "is_new": is_new},
        secrets=json.dumps({key: typed[key] for key in _SECRET}) if typed else "",
        rows=fresh_rows(),
    )


def reopen_check(check: ConnectionCheck, *, now: datetime) -> ConnectionCheck:
    """Return a new check of the same things. Raises TooManyChecksError, and NothingToCheckError without its password."""
    if check.mailbox is not None:
        is_new = bool(check.details.get("is_new"))
        return open_check(check.workspace, now=now, mailbox=check.mailbox, is_new=is_new)
    return open_check(check.workspace, now=now, details=details_of(check))


def details_of(check: ConnectionCheck) -> SmtpDetails:
    """Return what was typed. Raises NothingToCheckError when the password is forgotten."""
    if not check.secrets:
        raise NothingToCheckError("The password is no longer kept. Enter it again to go on.")
    return SmtpDetails(**check.details, **json.loads(check.secrets))


def run_check(
    check: ConnectionCheck,
    *,
    now: datetime,
    report: Callable[[int], object] = lambda step: None,
    tools: Tools | None = None,
) -> None:
    """Run all rows and keep what comes of it. Safe to call twice: a finished check stays as it is."""
    if check.verdict != Verdict.RUNNING:
        return
    learned = _learned(check, now, tools, report)
    with transaction.atomic():
        if check.mailbox is None:
            _keep_new(check, learned, now)
        else:
            _note(check.mailbox, learned, now, is_new=bool(check.details.get("is_new")))
        check.verdict, check.finished_at = learned.verdict, now
        check.save()


def _learned(
    check: ConnectionCheck,
    now: datetime,
    tools: Tools | None,
    report: Callable[[int], object],
) -> Learned:
    """Run the rows that fit how the mailbox sends. Raises NothingToCheckError."""
    mailbox = check.mailbox
    if mailbox is not None and mailbox.provider in Mailbox.API_PROVIDERS:
        return ApiCheck(check, mailbox, now=now, tools=tools, report=report).run()
    try:
        place = place_of_mailbox(mailbox) if mailbox else place_of(details_of(check))
    except TransportError as error:  # the consent was withdrawn, or its provider cannot be asked
        rows = Rows(check)
        cause, _, fix = str(error).partition("; ")
        rows.tell("login", cause=f"{cause.rstrip('.')}.", fix=fix.capitalize() or TRY_LATER)
        return Learned(problem=str(error))
    return LiveCheck(check, place, now=now, tools=tools, report=report).run()


@transaction.atomic
def go_on_without_reading(check: ConnectionCheck, *, now: datetime) -> Mailbox:
    """Keep a mailbox that can send though it cannot be read. Safe to repeat. Raises NothingToCheckError."""
    row = ConnectionCheck.objects.select_for_update(of=("self",)).get(pk=check.pk)
    if row.mailbox is not None:
        return row.mailbox
    if row.verdict != Verdict.SENDING:
        raise NothingToCheckError("This mailbox has not proved that it can send. Test it again.")
    row.mailbox = connecting.connect_smtp(
        row.workspace, replace(details_of(row), imap_host=""), now=now
    )
    row.secrets = ""
    row.save()
    return row.mailbox


def forget_secrets(*, now: datetime) -> int:
    """Empty typed passwords after an hour, also those of checks whose worker was lost; return how many."""
    old = ConnectionCheck.objects.filter(created_at__lte=now - SECRETS_KEPT).exclude(secrets="")
    return old.update(secrets="")


def _keep_new(check: ConnectionCheck, learned: Learned, now: datetime) -> None:
    if learned.verdict != Verdict.PASSED:
        return
    details = replace(
        details_of(check),
        sent_folder=learned.sent_folder,
        files_sent_copies=learned.files_sent_copies,
    )
    try:
        with transaction.atomic():
            check.mailbox = connecting.connect_smtp(check.workspace, details, now=now)
    except (
        ConnectionRefusedBySenseError
    ) as error:  # the plan is full, say: it works, but may not be kept
        learned.verdict = Verdict.FAILED
        refused = {"status": "failed", "cause": str(error), "fix": REFUSED_FIX, "note": ""}
        check.rows[-1] |= refused
        return
    check.secrets = ""


def _note(mailbox: Mailbox, learned: Learned, now: datetime, *, is_new: bool) -> None:
    """Keep what a check of a kept mailbox taught; one that works again goes on by itself.

    A new one that cannot send is planned nothing on before it can.
    """
    values: dict[str, object] = {"last_error": learned.problem[:400]}
    if learned.verdict != Verdict.FAILED:
        values["last_ok_at"] = now
    if learned.files_sent_copies is not None:
        values |= {
            "sent_folder": learned.sent_folder,
            "files_sent_copies": learned.files_sent_copies,
        }
    Mailbox.objects.filter(pk=mailbox.pk).update(**values)
    mailbox.refresh_from_db()
    if learned.verdict != Verdict.FAILED and mailbox.status == Mailbox.Status.BROKEN:
        connecting.resume(mailbox)
    elif is_new and learned.verdict == Verdict.FAILED and mailbox.status in Mailbox.SENDING:
        mailbox.move_to(Mailbox.Status.BROKEN, status_reason=learned.problem[:300])


def _refuse_if_too_many(workspace: Workspace, now: datetime) -> None:
    recent = ConnectionCheck.objects.for_workspace(workspace).filter(
        created_at__gt=now - timedelta(hours=1)
    )
    if recent.count() >= CHECKS_AN_HOUR:
        raise TooManyChecksError(
            f"Mailboxes were tested {CHECKS_AN_HOUR} times within the hour. Wait a while, then test again."
        )
