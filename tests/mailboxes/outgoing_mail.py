"""One complete outgoing mail, variations of it, and a strict reader's view of its bytes."""

import dataclasses
import email
import email.policy
from datetime import UTC, datetime

from mailboxes.composing import IdentityFooter, OutgoingMail, compose

TEXT = (
    "Hi Bob,\n\nI read that Corp is looking for a data engineer in Leeds. For the last four years I have run the "
    "pipelines of a parcel company, and cut the nightly load from five hours to forty minutes.\n\n"
    "My work is described at https://jane.example/work?a=1&b=2. Would you have a quarter of an hour next week "
    "to talk about the role?\n\nKind regards,\nJane Doe"
)
MAIL = OutgoingMail(
    from_name="Jane Doe",
    from_address="jane@acme.test",
    reply_to="jane+rf-0123456789ab@acme.test",
    to_name="Bob Ray",
    to_address="bob@corp.example",
    subject="Data engineer in Leeds: a question about the role",
    text=TEXT,
    message_id="<0123456789abcdef@acme.test>",
    date=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
    in_reply_to="<first@acme.test>",
    references=("<first@acme.test>", "<second@acme.test>"),
    list_unsubscribe_url="https://roleferry.test/u/6b1f/abcdef",
    list_unsubscribe_mailto="stop+abcdef@acme.test",
    footer=IdentityFooter(
        sender_name="Jane Doe",
        postal_address="1 Mill Lane\nLeeds LS1 1AA",
        unsubscribe_sentence="If you would rather not hear from me again:",
    ),
    extra_headers=(("X-RoleFerry-Message", "6f2c1d"),),
)


def changed(**values):
    return dataclasses.replace(MAIL, **values)


def parsed(outgoing):
    message = email.message_from_bytes(compose(outgoing), policy=email.policy.default)
    assert [part.defects for part in message.walk()] == [[]] * len(list(message.walk()))
    return message


def text_of(message, kind="plain"):
    return message.get_body((kind,)).get_content().replace("\r\n", "\n")


def header_lines(raw):
    return raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
