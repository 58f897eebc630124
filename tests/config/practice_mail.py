"""A composed mail from Jane to a practice recipient."""

from datetime import UTC, datetime

from mailboxes.composing import OutgoingMail, compose


def mail_to(recipient, **changes):
    facts = {
        "from_name": "Jane Doe",
        "from_address": "jane@acme.test",
        "reply_to": "jane+rf-0123456789@acme.test",
        "to_name": "Anna Ray",
        "to_address": recipient,
        "subject": "Grüße: the data role",
        "text": "Hi Anna,\n\nis the role still open? ✓\n",
        "message_id": "<first@acme.test>",
        "references": ("<zero@acme.test>",),
        "date": datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
    }
    return compose(OutgoingMail(**{**facts, **changes}))
