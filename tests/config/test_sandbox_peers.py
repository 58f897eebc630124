"""The people behind practice addresses: which word makes them bounce, answer or stay away."""

import base64
import email
import email.policy
from datetime import UTC, datetime

import pytest

from config.embedded.sandbox_peers import Behaviour, TakenMail, afterwards, at_recipient, events_of
from tests.config.practice_mail import mail_to


@pytest.mark.parametrize(("local", "status"), [("bounce", "5.1.1"), ("soft", "4.2.2")])
def test_bounces_carry_status_and_diagnostic(local, status):
    (event,) = events_of(
        TakenMail(f"{local}@corp.test", mail_to(f"{local}@corp.test")), now=datetime.now(UTC)
    )
    assert event["bounce"]["status"] == status
    assert f"<{local}@corp.test>" in event["bounce"]["diagnostic"]
    assert status in event["bounce"]["diagnostic"]
    assert event["message_id"] == "<first@acme.test>"


def inbound_of(local):
    mail = TakenMail(f"{local}@corp.test", mail_to(f"{local}@corp.test"))
    event = events_of(mail, now=datetime(2026, 11, 23, 8, 0, tzinfo=UTC))[-1]
    raw = base64.b64decode(event["raw_mime"])
    message = email.message_from_bytes(raw, policy=email.policy.default)
    return event, message, message.get_body(("plain",)).get_content().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("local", "phrase"),
    [
        ("anna.interested", "send me your resume"),
        ("anna.meeting", "for a call"),
        ("anna.decline", "move forward with other candidates"),
        ("anna.stop", "do not write to me again"),
    ],
)
def test_a_person_answers_in_the_thread(local, phrase):
    event, message, text = inbound_of(local)
    assert (event["message_id"], event["recipient"]) == (
        message["Message-ID"],
        "jane+rf-0123456789@acme.test",
    )
    assert message["From"].addresses[0].addr_spec == f"{local}@corp.test"
    assert message["From"].addresses[0].display_name == "Anna Ray"
    assert message["To"].addresses[0].addr_spec == "jane+rf-0123456789@acme.test"
    assert message["Subject"] == "Re: Grüße: the data role"
    assert message["In-Reply-To"] == "<first@acme.test>"
    assert message["References"].split() == ["<zero@acme.test>", "<first@acme.test>"]
    assert message["Auto-Submitted"] is None
    assert text.startswith("Hi Jane,\n\n")
    assert phrase in text
    assert "\nBest regards,\nAnna Ray\n" in text
    assert (
        "\nOn Sat, 21 Nov 2026 09:30:00 +0000, Jane Doe <jane@acme.test> wrote:\n> Hi Anna,\n>\n"
        in text
    )
    assert "> is the role still open? ✓" in text


def test_an_absent_person_answers_by_machine():
    _, message, text = inbound_of("anna.ooo")
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["Subject"] == "Automatic reply: Grüße: the data role"
    assert message["In-Reply-To"] == "<first@acme.test>"
    assert "back on Monday, 30 November 2026" in text
    assert "role still open" not in text


def test_the_same_mail_gives_the_same_event_ids():
    mail = TakenMail("anna.reply@corp.test", mail_to("anna.reply@corp.test"))
    other = TakenMail(
        "anna.reply@corp.test", mail_to("anna.reply@corp.test", message_id="<second@acme.test>")
    )

    def ids(taken, second):
        return [
            e["event_id"]
            for e in events_of(taken, now=datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC))
        ]

    assert ids(mail, 1) == ids(mail, 2)
    assert not set(ids(mail, 1)) & set(ids(other, 1))


def test_words_are_whole_and_the_first_counts():
    assert afterwards("anna.stop.reply@x.test") == Behaviour.STOP
    assert afterwards("stopford@x.test") == Behaviour.DELIVER
    assert afterwards("anna@stop.test") == Behaviour.DELIVER
    assert at_recipient("anna.reject@x.test") == Behaviour.REJECT
    assert at_recipient("anna@x.test") is None
