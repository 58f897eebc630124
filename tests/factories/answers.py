"""Answers to mails, as the pages meet them."""

from django.utils import timezone

from mailboxes.inbound import store_inbound
from outreach import replies
from outreach.models import Enrollment, Reply
from tests.factories.scenes import first_mail
from tests.fakes.webhooks import mail


def answered(enrollment: Enrollment, text: str = "Yes, let us talk next week.", **headers) -> Reply:
    """Receive an answer to the person's first mail now, and everything that follows from it."""
    headers.setdefault("in_reply_to", first_mail(enrollment).message_id)
    raw = mail(text, sender=headers.pop("sender", enrollment.contact.email), **headers)
    now = timezone.now()
    row, _, _ = store_inbound(
        enrollment.workspace, raw, source="test", mailbox=enrollment.mailbox, received_at=now
    )
    # Where transactions really commit, the news has applied it already.
    return replies.apply_inbound(row.pk, now=now) or Reply.objects.get(inbound=row)
