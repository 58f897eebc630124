"""The sandbox's people and our ears understand each other: every behaviour ends where the page says (B-5 D20)."""

from datetime import UTC, datetime

import pytest

from config.embedded.sandbox_peers import TakenMail, events_of
from mailboxes.composing import OutgoingMail, compose, reply_address
from outreach.models import Reply
from outreach.tasks import apply_mail_news
from tests.factories.outreach import WebhookEndpointFactory
from tests.factories.scenes import being_written_to, first_mail, mailbox_for, package_for, statuses
from tests.fakes.webhooks import hear

pytestmark = pytest.mark.django_db

GOES_ON = ["scheduled", "approved"]
IS_OVER = ["cancelled", "cancelled"]


@pytest.mark.parametrize(
    ("local", "kind", "person", "mails", "application"),
    [
        ("lee", None, "active", ["delivered", *GOES_ON], "applied"),
        ("lee.meeting", "meeting", "stopped", ["delivered", *IS_OVER], "replied"),
        ("lee.reply", "interested", "stopped", ["delivered", *IS_OVER], "replied"),
        ("lee.decline", "rejected", "stopped", ["delivered", *IS_OVER], "replied"),
        ("lee.stop", "unsubscribe", "stopped", ["delivered", *IS_OVER], "replied"),
        ("lee.ooo", "out_of_office", "held", ["delivered", *GOES_ON], "applied"),
        ("lee.bounce", None, "stopped", ["bounced", *IS_OVER], "applied"),
        ("lee.complain", None, "stopped", ["complained", *IS_OVER], "applied"),
        ("lee.soft", None, "active", ["bounced", *GOES_ON], "applied"),
    ],
)
def test_each_behaviour_ends_where_it_should(profile, local, kind, person, mails, application):
    mailbox = mailbox_for(profile.workspace)
    lee = being_written_to(package_for(profile), mailbox, email=f"{local}@northwind.test")
    message, now = first_mail(lee), datetime.now(UTC)
    outgoing = OutgoingMail(
        from_address=mailbox.address,
        to_address=message.recipient,
        reply_to=reply_address(mailbox.address, message.public_id.hex),
        subject=message.subject,
        text=message.body,
        message_id=message.message_id,
        date=now,
    )
    taken = TakenMail(recipient=message.recipient, raw=compose(outgoing))
    endpoint = WebhookEndpointFactory(mailbox=mailbox, workspace=mailbox.workspace)
    hear(endpoint, events_of(taken, now=now))
    apply_mail_news()
    lee.refresh_from_db()
    lee.application.refresh_from_db()
    reply = Reply.objects.first()
    assert (reply.kind if reply else None) == kind
    assert (lee.status, lee.application.status) == (person, application)
    assert statuses(lee) == mails
