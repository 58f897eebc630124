"""What people do with mail that has not left (later, cancel, restore), and why a mail is not leaving right now."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from jobs.models import Application, Job
from mailboxes.capacity import cap_for, gap_after_send, may_send
from mailboxes.models import Mailbox, MailboxDay
from mailboxes.suppression import live_suppression
from outreach import obstacles
from outreach.claiming import DueMessage, wait_for_company, wait_for_window
from outreach.models import Enrollment, Message, Package
from outreach.scheduling import next_sending_moment, pace_for, zone_for

Status = Message.Status

BY_PERSON = "Cancelled by you."
_WAITING = (Status.APPROVED, Status.SCHEDULED, Status.HELD)
_ON_THE_WIRE = (Status.SENDING, *Message.LEFT, Status.FAILED)


class OutboxError(Exception):
    """The message cannot be changed that way; the text is a sentence for the person."""


@dataclass(frozen=True)
class Check:
    """One condition for leaving. `link` names the place that mends it ("" for none); of all, at most one is primary."""

    name: str
    is_ok: bool
    sentence: str
    link: str = ""
    is_primary: bool = False


def cancel_message(message: Message) -> bool:
    """Cancel a message that has not begun to leave; return False when it was cancelled already.

    Raises OutboxError when it is too late. Safe against senders: of two, one succeeds.
    """
    for _ in range(3):  # a sender may claim or release it meanwhile
        message.refresh_from_db()
        if message.status == Status.CANCELLED:
            return False
        if message.status in _ON_THE_WIRE:
            raise OutboxError(
                "This mail has already left or is leaving now, so it cannot be cancelled."
            )
        before = Status.SCHEDULED if message.status == Status.CLAIMED else message.status
        if message.move_to(
            Status.CANCELLED,
            cancelled_from=before,
            status_reason=BY_PERSON,
            lease_until=None,
            lease_epoch=None,
        ):
            return True
    raise OutboxError("This mail is being sent at this very moment. Look again in a minute.")


@transaction.atomic
def restore_message(message: Message, *, now: datetime) -> bool:
    """Undo cancel_message; return False when the message is not cancelled.

    A finished sequence goes on. Raises OutboxError when a person did not cancel it, or when its text or its approval has
    changed since.
    """
    message.refresh_from_db()
    if message.status != Status.CANCELLED:
        return False
    if not message.cancelled_from:
        raise OutboxError(f"This mail cannot be brought back: {message.status_reason}")
    fields = {"cancelled_from": "", "status_reason": ""}
    if message.cancelled_from == Status.DRAFT:
        return message.move_to(Status.DRAFT, **fields)
    _refuse_unless_approved(message)
    _reopen(message)
    if message.cancelled_from == Status.APPROVED:
        return message.move_to(Status.APPROVED, **fields)
    due_at = max(message.due_at or now, now)
    return message.move_to(Status.SCHEDULED, **fields, due_at=_in_window(message, due_at))


def _refuse_unless_approved(message: Message) -> None:
    approval = message.approval
    approved = (message.approved_hash, message.approved_attachment_hash)
    is_as_approved = approved == (message.text_hash, message.attachment_hash)
    if approval is None or approval.voided_at or not is_as_approved:
        raise OutboxError("The approval was withdrawn since. Approve the package again to send it.")


def _reopen(message: Message) -> None:
    """Let a finished sequence and its package go on; raise OutboxError for one that was stopped."""
    enrollment, package = message.enrollment, message.enrollment.package
    if enrollment.status == Enrollment.Status.STOPPED:
        raise OutboxError(
            f"Writing to this person was stopped: {enrollment.get_stop_reason_display()}."
        )
    if enrollment.status == Enrollment.Status.FINISHED:
        enrollment.move_to(Enrollment.Status.ACTIVE)
    if package.status == Package.Status.DONE:
        package.move_to(Package.Status.APPROVED)


def send_later(message: Message, moment: datetime, *, now: datetime) -> datetime:
    """Move a scheduled or held message to `moment` (moved into its window, never before `now`); return the new time.

    A held message is released by this. Raises OutboxError when the message is not waiting.
    """
    message.refresh_from_db()
    if message.status == Status.APPROVED:
        raise OutboxError(
            "This mail follows another one: its time is counted from when that one leaves."
        )
    if message.status not in {Status.SCHEDULED, Status.HELD}:
        raise OutboxError("Only a mail that is waiting can be moved to another time.")
    due_at = _in_window(message, max(moment, now))
    if message.status == Status.HELD:
        # Losses of senders are counted anew: a person has looked at it.
        moved = message.move_to(Status.SCHEDULED, due_at=due_at, status_reason="", lost_claims=0)
    else:
        rows = Message.objects.filter(pk=message.pk, status=Status.SCHEDULED)
        moved = bool(rows.update(due_at=due_at, status_reason=""))
        message.refresh_from_db()
    if not moved:
        raise OutboxError("This mail is being sent at this very moment. Look again in a minute.")
    return due_at


def dismiss_failure(message: Message, *, now: datetime) -> bool:
    """Let a failed mail be no news any more; it stays as it is. False for any other and for one dismissed before."""
    failed = Message.objects.filter(pk=message.pk, status=Status.FAILED, dismissed_at=None)
    return bool(failed.update(dismissed_at=now))


def undismiss_failure(message: Message) -> bool:
    """Undo dismiss_failure; False when it was not dismissed."""
    dismissed = Message.objects.filter(pk=message.pk, dismissed_at__isnull=False)
    return bool(dismissed.update(dismissed_at=None))


def why_not_sending(message: Message, now: datetime) -> list[Check]:
    """Return every condition for this mail to leave at `now`, in the order in which they are asked.

    The first that fails is primary. A mail that has left, failed or was cancelled has none: an empty list.
    """
    if message.status not in {*_WAITING, Status.DRAFT, Status.CLAIMED}:
        return []
    checks = [
        _approval(message),
        _hand(message),
        _person(message),
        _suppression(message, now),
        _opening(message),
        _wall("Platform", obstacles.platform(message), "RoleFerry is sending."),
        _workspace(message),
        _check(
            "Campaign",
            obstacles.campaign(message),
            fine="The sequence is not paused.",
            link="sequence",
        ),
        *_mailbox(message, now),
        _wall("Plan", obstacles.plan(message, now), "The plan has room today."),
        _step_before(message),
        _hold(message, now),
        _window(message, now),
        _company(message, now),
        _wall("People", obstacles.crowd(message), "Few people were written to about this opening."),
        _wall(
            "Recipient's domain",
            obstacles.recipient_domain(message, now),
            "It has had few of our mails in this hour.",
        ),
        _due(message, now),
    ]
    first = next((number for number, check in enumerate(checks) if not check.is_ok), None)
    return [
        Check(check.name, check.is_ok, check.sentence, check.link, number == first)
        for number, check in enumerate(checks)
    ]


def _check(name: str, problem: str, *, fine: str, link: str = "") -> Check:
    return Check(name, not problem, problem or fine, link if problem else "")


def _wall(name: str, problem: str, fine: str) -> Check:
    return _check(name, problem, fine=fine)


def _approval(message: Message) -> Check:
    approval, problem = message.approval, ""
    if approval is None or message.status == Status.DRAFT:
        problem = "Nobody has approved this text yet."
    elif approval.voided_at:
        problem = f"The approval was withdrawn: {approval.void_reason}"
    return _check("Approval", problem, fine="You approved exactly this text.", link="package")


def _hand(message: Message) -> Check:
    held = message.status == Status.HELD
    problem = (message.status_reason or "It is held until you decide.") if held else ""
    return _check("Held for you", problem, fine="Nobody holds it.", link="message")


def _person(message: Message) -> Check:
    enrollment = message.enrollment
    problem = (
        ""
        if enrollment.status == Enrollment.Status.ACTIVE
        else (
            f"Writing to this person: {enrollment.get_status_display().lower()}"
            + (f" ({enrollment.get_stop_reason_display()})." if enrollment.stop_reason else ".")
        )
    )
    return _check("Sequence", problem, fine="The sequence is running.", link="contact")


def _suppression(message: Message, now: datetime) -> Check:
    row = live_suppression(message.workspace, message.recipient, now)
    problem = f"Do not contact: {row.get_reason_display().lower()}." if row else ""
    fine = "The address is not on the do-not-contact list."
    return _check("Do-not-contact list", problem, fine=fine, link="suppressions")


def _opening(message: Message) -> Check:
    application, problem = message.enrollment.application, ""
    if application.job.liveness == Job.Liveness.CLOSED:
        problem = "The opening has closed."
    elif application.status in {Application.Status.REJECTED, Application.Status.WITHDRAWN}:
        problem = f"The application is {application.get_status_display().lower()}."
    return _check("Opening", problem, fine="The opening is live.", link="application")


def _workspace(message: Message) -> Check:
    paused = message.workspace.sending_paused_at is not None
    reason = message.workspace.sending_paused_reason
    problem = f"Sending is paused for this workspace. {reason}".strip() if paused else ""
    return _check("Sending", problem, fine="Sending is on.", link="workspace")


def _mailbox(message: Message, now: datetime) -> list[Check]:
    """Return the checks of the mailbox, its room today and its gap."""
    boxes = Mailbox.objects.filter(workspace=message.workspace, is_sandbox=message.is_sample)
    if message.enrollment.mailbox_id:
        boxes = boxes.filter(pk=message.enrollment.mailbox_id)
    known = list(boxes.select_related("workspace").order_by("pk"))
    able = [box for box in known if may_send(box)]
    closed = {box.pk for box in obstacles.quarantined(able)}
    problem, link = "", "mailboxes"
    if not known:
        problem = "No mailbox is connected that could send it."
    elif not able:
        problem = f"{known[0].address} may not send now: " + (
            known[0].status_reason or f"its health is {known[0].health}."
        )
    elif len(closed) == len(able):
        # Only operations can open it again.
        problem, link = f"RoleFerry has closed the domain of {able[0].address} for now.", ""
    mailbox = _check("Mailbox", problem, fine="A mailbox is ready.", link=link)
    if problem:
        return [mailbox]
    able = [box for box in able if box.pk not in closed]
    day = now.date()
    used = dict(
        MailboxDay.objects.filter(mailbox__in=able, day=day).values_list("mailbox_id", "reserved")
    )
    roomy = [box for box in able if used.get(box.pk, 0) < cap_for(box, day)]
    full = "" if roomy else obstacles.room(able[0], now)
    free = [
        box
        for box in roomy or able
        if box.is_sandbox or box.last_sent_at is None or box.last_sent_at + gap_after_send() <= now
    ]
    pause = "" if free else f"{able[0].address} leaves at least 90 seconds between two mails."
    return [
        mailbox,
        _check("Room today", full, fine="The mailbox has room today.", link="mailboxes"),
        _check("Gap", pause, fine="The mailbox is free."),
    ]


def _step_before(message: Message) -> Check:
    problem = ""
    if message.status == Status.APPROVED:
        mails = message.enrollment.mails.filter(step_number__lt=message.step_number)
        alive = mails.exclude(status=Status.CANCELLED).order_by("-step_number").first()
        problem = "It waits for the mail before it to leave."
        if alive is None:
            problem = "The mail before it was cancelled. Bring that one back, or cancel this one."
    return _check("Step before", problem, fine="The step before is done.", link="package")


def _hold(message: Message, now: datetime) -> Check:
    until = message.approval.hold_until if message.approval else now
    problem = "The time to change your mind is not over yet." if until > now else ""
    return _check("Hold", problem, fine="The hold is over.")


def _window(message: Message, now: datetime) -> Check:
    wait = wait_for_window(_due_message(message), now)
    return _check("Working hours", wait[1] if wait else "", fine="The recipient is at work.")


def _company(message: Message, now: datetime) -> Check:
    last = (
        Message.objects.filter(
            workspace=message.workspace,
            enrollment__contact__company=message.enrollment.contact.company_id,
            status__in=[Status.SENDING, *Message.LEFT],
        )
        .exclude(pk=message.pk)
        .aggregate(last=Max("sending_at"))["last"]
    )
    wait = wait_for_company(_due_message(message), last, now)
    return _check("Company", wait[1] if wait else "", fine="The company heard nothing just now.")


def _due(message: Message, now: datetime) -> Check:
    waits = message.due_at is not None and message.due_at > now
    problem = (message.status_reason or "Its time has not come yet.") if waits else ""
    return _check("Time", problem, fine="It is due and leaves with the next turn.")


def _due_message(message: Message) -> DueMessage:
    return DueMessage(
        id=message.pk,
        workspace_id=message.workspace_id,
        is_sample=message.is_sample,
        attempts=message.attempts,
        mailbox_id=message.enrollment.mailbox_id,
        company_id=message.enrollment.contact.company_id,
        contact_zone=message.enrollment.contact.time_zone,
        workspace_zone=message.workspace.time_zone,
        pace=message.workspace.pace,
        application_id=message.enrollment.application_id,
        contact_id=message.enrollment.contact_id,
        domain=message.recipient_domain.lower(),
        lost_claims=message.lost_claims,
    )


def _in_window(message: Message, moment: datetime) -> datetime:
    if not pace_for(message.workspace, message.is_sample).has_window:
        return moment
    zone = zone_for(message.enrollment.contact.time_zone, message.workspace.time_zone)
    return next_sending_moment(moment, zone)
