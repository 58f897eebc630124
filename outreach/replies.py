"""What an answer changes, in one transaction, each effect kept on the reply so that it can be undone.

A human answer stops writing to that person, holds the colleagues, and moves the application to Replied, never further
by itself. An absence notice only waits. A delivery report is never an answer (acceptance A-29 D1 to D3, B-5 D1, D4).
"""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import Notification, User, Workspace
from jobs.applications import add_event, advance_application, restore_status
from jobs.models import Application
from mailboxes.models import InboundMessage, Suppression
from mailboxes.suppression import suppress, withdraw
from outreach import stopping
from outreach.links import application_path
from outreach.models import Enrollment, Message, Reply
from outreach.reply_classes import Classified, classify
from outreach.reply_matching import Match, find_match, is_own_mail
from outreach.scheduling import add_working_days, zone_for

AutoReply = InboundMessage.AutoReply
Kind = Reply.Kind
Reason = Enrollment.StopReason
Status = Application.Status

# Acceptance B-5 D4: without a day of return, two weeks cover most absences.
ABSENCE_WITHOUT_DATE = timedelta(days=14)
PRACTICE_ABSENCE = timedelta(seconds=20)
MORNING = time(9)
EXCERPT_LENGTH = 160
# What the classes suggest; a person decides (ux.md: only forward, by button).
PROPOSALS = {Kind.REJECTED: Status.REJECTED, Kind.MEETING: Status.INTERVIEWING}
_STOP_SUBJECT = re.compile(r"\s*(?:unsubscribe|stop|remove(?: me)?|abmelden)\W*", re.IGNORECASE)


@transaction.atomic
def apply_inbound(inbound_id: int, *, now: datetime) -> Reply | None:
    """Apply one received mail; return its reply, or None when there is none or another worker has it.

    Safe to call any number of times, at once or later: the mail's row is the lock, and it is done once.
    """
    inbound = (
        InboundMessage.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related("workspace", "mailbox")
        .filter(pk=inbound_id, processed_at=None)
        .first()
    )
    if inbound is None:
        return None
    match, outcome = _match(inbound)
    reply = None
    if match is not None:
        stopping.lock_companies([match.enrollment.contact.company_id])
        reply = _record(inbound, match, now=now)
        outcome = f"reply: {reply.kind}"
    InboundMessage.objects.filter(pk=inbound.pk).update(processed_at=now, outcome=outcome)
    return reply


def waiting_inbound(limit: int = 200) -> list[int]:
    """Return the oldest received mails that wait, for the sweep."""
    rows = InboundMessage.objects.filter(processed_at=None).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def kind_of(reply: Reply) -> str:
    """Return the class that counts: a person's correction, else ours."""
    return reply.corrected_kind or reply.kind


@transaction.atomic
def undo_reply(reply: Reply, *, actor: User, now: datetime) -> bool:
    """Put back everything the reply had changed, as far as nothing graver came since; return whether it was undone now.

    The mail and its reply stay, marked as undone; the history keeps both lines.
    """
    row = Reply.objects.select_for_update(of=("self",), no_key=True).get(pk=reply.pk)
    if row.undone_at is not None:
        return False
    stopping.lock_companies([row.enrollment.contact.company_id])
    # The suppression goes first, or the sequence would stay stopped for it.
    effects = sorted(row.effects, key=lambda effect: effect["kind"] != "suppressed")
    for effect in effects:
        _undo(effect, row, actor=actor, now=now)
    Reply.objects.filter(pk=row.pk).update(undone_at=now)
    text = f"Undid what the answer of {row.enrollment.contact} had changed"
    add_event(row.enrollment.application, "undone", text, now=now, actor=actor)
    reply.refresh_from_db()
    return True


def _match(inbound: InboundMessage) -> tuple[Match | None, str]:
    if inbound.auto_reply == AutoReply.BOUNCE:
        return None, "delivery report"
    if is_own_mail(inbound):
        return None, "our own mail"
    return find_match(inbound), "answers no mail of ours"


def _record(inbound: InboundMessage, match: Match, *, now: datetime) -> Reply:
    classified = _classify(inbound)
    is_human = inbound.auto_reply == AutoReply.HUMAN
    reply: Reply = Reply.objects.create(
        workspace_id=inbound.workspace_id,
        inbound=inbound,
        enrollment=match.enrollment,
        message=match.message,
        matched_by=match.matched_by,
        kind=classified.kind,
        confidence=min(classified.confidence, match.confidence),
        evidence=classified.evidence[:500],
        is_human=is_human,
    )
    if is_human:
        reply.effects = _human_effects(reply, inbound, match, now=now)
    elif classified.kind == Kind.OUT_OF_OFFICE:
        reply.effects = _absence_effects(inbound, match, now=now)
    reply.save(update_fields=["effects"])
    return reply


def _classify(inbound: InboundMessage) -> Classified:
    if inbound.auto_reply == AutoReply.OUT_OF_OFFICE:
        return Classified(
            kind=Kind.OUT_OF_OFFICE, confidence=0.95, evidence=inbound.auto_reply_evidence
        )
    if inbound.auto_reply == AutoReply.AUTOMATIC:
        return Classified(
            kind=Kind.AUTOMATIC, confidence=0.95, evidence=inbound.auto_reply_evidence
        )
    if _STOP_SUBJECT.fullmatch(inbound.subject):
        # RFC 2369: the mailto form of List-Unsubscribe.
        return Classified(kind=Kind.UNSUBSCRIBE, confidence=0.95, evidence=inbound.subject)
    return classify(inbound.visible_text)


def _human_effects(
    reply: Reply, inbound: InboundMessage, match: Match, *, now: datetime
) -> list[dict[str, Any]]:
    enrollment = match.enrollment
    asks_to_stop = reply.kind == Kind.UNSUBSCRIBE
    reason = Reason.UNSUBSCRIBED if asks_to_stop else Reason.REPLIED
    stopped = stopping.stop_enrollment(enrollment, reason, now=now)
    results = [stopped, *_hold_colleagues(enrollment, now=now)]
    effects = [result.as_effect() for result in results if result is not None]
    answered_at = inbound.sent_at or inbound.received_at
    effects += _note_answer(match.message, answered_at)
    if asks_to_stop:
        effects += _suppress(match.message, inbound, now=now)
    effects += _move(enrollment.application, reply, match, now=now)
    _tell(enrollment, inbound, reply, now=now)
    return effects


def _hold_colleagues(enrollment: Enrollment, *, now: datetime) -> list[stopping.StopResult | None]:
    """Hold everyone else at the person's company or on the same application until a person decides."""
    near = Q(application=enrollment.application_id) | Q(
        contact__company=enrollment.contact.company_id
    )
    colleagues = (
        Enrollment.objects.for_workspace(enrollment.workspace)
        .filter(near, status__in=(Enrollment.Status.ACTIVE, Enrollment.Status.HELD))
        # Where nothing is left to send there is nothing to hold, and nobody needs to be asked about it.
        .filter(pk__in=Message.objects.filter(status__in=Message.PENDING).values("enrollment"))
        .exclude(pk=enrollment.pk)
        .select_related("contact")
        .order_by("pk")
    )
    return [
        stopping.hold_enrollment(colleague, None, reason=Reason.COLLEAGUE_REPLIED, now=now)
        for colleague in colleagues
    ]


def _note_answer(message: Message, answered_at: datetime) -> list[dict[str, Any]]:
    first = Message.objects.filter(pk=message.pk, replied_at=None).update(replied_at=answered_at)
    return [{"kind": "answered", "message": message.pk}] if first else []


def _suppress(message: Message, inbound: InboundMessage, *, now: datetime) -> list[dict[str, Any]]:
    """Close the address; only a closure that was not there before can be undone with this answer."""
    asked = Suppression.objects.for_workspace(inbound.workspace).filter(
        reason=Suppression.Reason.ASKED,
        address_hash=message.recipient_hash,
        released_at=None,
    )
    was_closed = asked.exists()
    row = suppress(
        email=message.recipient,
        reason=Suppression.Reason.ASKED,
        scope=Suppression.Scope.WORKSPACE,
        workspace=inbound.workspace,
        source=f"answer {inbound.public_id}",
        now=now,
    )
    return [] if was_closed else [{"kind": "suppressed", "suppression": row.pk}]


def _move(
    application: Application, reply: Reply, match: Match, *, now: datetime
) -> list[dict[str, Any]]:
    """Move the application to Replied and note what the class suggests beyond; unclear matches only suggest."""
    effects: list[dict[str, Any]] = []
    if match.is_only and application.applied_at is None:
        # The answer may be here before the sweep that notes the first mail.
        advance_application(
            application, Status.APPLIED, now=match.message.sent_at or now, text="A mail was sent"
        )
    before, was_reply_status = application.status, application.reply_status
    if not match.is_only:
        effects.append({"kind": "proposal", "to": str(Status.REPLIED)})
    else:
        if advance_application(application, Status.REPLIED, now=now, text="they answered"):
            effects.append({"kind": "moved", "from": before, "to": str(Status.REPLIED)})
        if was_reply_status != Application.ReplyStatus.REPLIED:
            Application.objects.filter(pk=application.pk).update(
                reply_status=Application.ReplyStatus.REPLIED, last_action_at=now
            )
            effects.append({"kind": "reply_status", "was": was_reply_status})
    proposal = PROPOSALS.get(Kind(reply.kind))
    if proposal:
        effects.append({"kind": "proposal", "to": str(proposal)})
    return effects


def _tell(enrollment: Enrollment, inbound: InboundMessage, reply: Reply, *, now: datetime) -> None:
    said = excerpt(inbound.visible_text)
    quote = f": “{said}”" if said else " without words"
    add_event(
        enrollment.application,
        "replied",
        f"{enrollment.contact} answered{quote}",
        now=now,
        data={"reply": str(reply.public_id)},
    )
    Notification.objects.create(
        workspace_id=enrollment.workspace_id,
        kind="reply",
        text=f"{enrollment.contact} answered{quote}"[:300],
        url=application_path(enrollment.application),
    )


def excerpt(text: str) -> str:
    """Return the beginning of a text on one line, at most EXCERPT_LENGTH characters."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT_LENGTH else f"{line[: EXCERPT_LENGTH - 1].rstrip()}…"


def _absence_effects(
    inbound: InboundMessage, match: Match, *, now: datetime
) -> list[dict[str, Any]]:
    until = hold_until(match.enrollment, inbound, now=now)
    held = stopping.hold_enrollment(match.enrollment, until, reason=Reason.OUT_OF_OFFICE, now=now)
    if held is None:
        return []
    add_event(
        match.enrollment.application,
        "out_of_office",
        f"{match.enrollment.contact} is away; the next mail waits until {until:%-d %b %Y}",
        now=now,
    )
    return [held.as_effect()]


def hold_until(enrollment: Enrollment, inbound: InboundMessage, *, now: datetime) -> datetime:
    """Return when an absent person may be written to again: return day and one working day, else 14 days; in UTC.

    Sample mail in a workspace that practises waits PRACTICE_ABSENCE only.
    """
    workspace = enrollment.workspace
    if enrollment.is_sample and workspace.pace == Workspace.Pace.PRACTICE:
        return now + PRACTICE_ABSENCE
    if inbound.return_date is None:
        return now + ABSENCE_WITHOUT_DATE
    zone = zone_for(enrollment.contact.time_zone, workspace.time_zone)
    back = datetime.combine(inbound.return_date, MORNING, tzinfo=zone)
    return max(add_working_days(back, 1, zone), now).astimezone(UTC)


def _undo(effect: dict[str, Any], reply: Reply, *, actor: User, now: datetime) -> None:
    kind = effect["kind"]
    application = reply.enrollment.application
    if kind in {"stopped", "held"}:
        stopping.restore(effect, workspace=reply.workspace, now=now)
    elif kind == "suppressed":
        row = Suppression.objects.get(pk=effect["suppression"])
        withdraw(row, actor=actor, reason="The answer was undone: it did not ask to stop", now=now)
    elif kind == "answered":
        Message.objects.filter(pk=effect["message"]).update(replied_at=None)
    elif kind == "reply_status":
        Application.objects.filter(pk=application.pk).update(reply_status=effect["was"])
    elif kind == "moved":
        application.refresh_from_db()
        if application.status == effect["to"]:
            text = "the answer was undone"
            restore_status(application, effect["from"], now=now, actor=actor, text=text)
