"""The bytes of a mail: what a strict reader finds in them."""

import dataclasses
import email
import email.policy
import hashlib
import re
import shutil
import subprocess
from datetime import UTC, datetime
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailboxes.composing import Attachment, compose
from mailboxes.receipts import Accepted
from tests.fakes.smtp_sink import SmtpSink
from tests.mailboxes.outgoing_mail import MAIL, TEXT, changed, header_lines, parsed, text_of
from tests.mailboxes.smtp_dialogue import deliver


def test_headers_are_these_and_each_once():
    lines = header_lines(compose(MAIL))
    assert lines[:13] == [
        b"From: Jane Doe <jane@acme.test>",
        b"To: Bob Ray <bob@corp.example>",
        b"Subject: Data engineer in Leeds: a question about the role",
        b"Date: Sat, 21 Nov 2026 09:30:00 +0000",
        b"Message-ID: <0123456789abcdef@acme.test>",
        b"Reply-To: jane+rf-0123456789ab@acme.test",
        b"In-Reply-To: <first@acme.test>",
        b"References: <first@acme.test> <second@acme.test>",
        b"List-Unsubscribe: <https://roleferry.test/u/6b1f/abcdef>,",
        b" <mailto:stop+abcdef@acme.test?subject=unsubscribe>",
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        b"X-RoleFerry-Message: 6f2c1d",
        b"MIME-Version: 1.0",
    ]
    names = [line.split(b":")[0].lower() for line in lines if line[:1] not in b" "]
    assert len(names) == len(set(names))


def test_the_text_and_its_html_say_the_same():
    message = parsed(MAIL)
    assert message.get_content_type() == "multipart/alternative"
    plain, rich = message.iter_parts()
    assert text_of(plain) == (
        TEXT + "\n\n-- \nJane Doe\n1 Mill Lane\nLeeds LS1 1AA\n"
        "If you would rather not hear from me again: https://roleferry.test/u/6b1f/abcdef\n"
    )
    page = text_of(rich, "html")
    assert page.count("<p>") == 5
    assert "<p>Hi Bob,</p>" in page
    assert (
        '<a href="https://jane.example/work?a=1&amp;b=2">https://jane.example/work?a=1&amp;b=2</a>. Would'
        in page
    )
    assert "Kind regards,<br>\nJane Doe</p>" in page
    assert '<a href="https://roleferry.test/u/6b1f/abcdef">' in page


def test_html_escapes_everything():
    page = (
        parsed(
            changed(
                subject="<script>alert(1)</script>",
                text='<img src=x onerror=alert(1)> "https://a.test/"onmouseover="x" &amp;',
                language='en"><script>',
            )
        )
        .get_body(("html",))
        .get_content()
    )
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert (
        '<a href="https://a.test/">https://a.test/</a>&quot;onmouseover=&quot;x&quot; &amp;amp;'
        in page
    )


def test_lines_end_in_crlf_and_keep_within_the_limit():
    raw = compose(
        changed(text="ä" * 5000 + "\n" + "w" * 5000 + "\r\nx\ry\n.\n..\n", subject="é" * 900)
    )
    assert raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert raw.isascii()


@pytest.mark.parametrize(
    "text",
    ["", "\n", ".\n.\n", "trailing  \n\ttab\t\n", "a\x00b", "ä" * 400, "=3D =\n", "From me\n"],
)
def test_any_text_comes_back_unchanged(text):
    received = text_of(parsed(changed(text=text, footer=None)))
    assert received == text.rstrip("\n") + "\n"


def test_the_same_mail_gives_the_same_bytes():
    assert compose(MAIL) == compose(changed())
    assert compose(MAIL) != compose(changed(message_id="<other@acme.test>"))


# Digests of what the first, slower version built.
@pytest.mark.parametrize(
    ("values", "digest"),
    [
        ({}, "946948fcd6265e2c"),
        (
            {"subject": "Grüße", "text": "é" * 100 + "\n.\n", "from_name": "Jané"},
            "4c40fc17849419a4",
        ),
        ({"footer": None}, "a23edb0dfd7388ec"),
        ({"list_unsubscribe_url": ""}, "58619668bcb2ff79"),
        (
            {
                "text": "a\r\nb\rc <x> & \" ' https://a.test/?x=1&y=2). http://b.test\n\n \t\n\n end  ",
                "subject": "<b>&'\"",
            },
            "ec9b0a4aa8bd5b2d",
        ),
        ({"text": "x" * 2000 + " tab\there\n" * 50}, "10c2c05ea9ca40cc"),
        ({"text": "\n\n\nhello\n\n\n\nworld\n\n\n"}, "c097d7c8afa75451"),
        ({"footer": None, "text": ""}, "7cf1391a3d27f30b"),
    ],
)
def test_what_is_built_faster_is_built_the_same(values, digest):
    raw = compose(changed(list_unsubscribe_mailto="", **values))
    assert hashlib.sha256(raw).hexdigest()[:16] == digest


def test_a_boundary_inside_the_text_is_avoided():
    boundary = re.search(rb'boundary="([^"]+)"', compose(MAIL)).group(1).decode()
    message = parsed(changed(text=f"--{boundary}--\n", footer=None))
    assert message.get_boundary() != boundary
    assert text_of(message) == f"--{boundary}--\n"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Jane Doe",
        "Doe, Jane",
        'Jane "JD" Doe',
        "Jané Doe",
        "山田 太郎",
        "J. (x) <y> @z;",
        "=?utf-8?q?x?=",
        "back\\slash",
    ],
)
def test_display_names_survive(name):
    message = parsed(changed(from_name=name))
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "jane@acme.test")


def test_a_very_long_display_name_survives_in_pieces():
    name = "Jané " * 60 + "n" * 300
    (line,) = re.findall(
        rb"From: (.*?) <jane@acme.test>\r\n(?! )", compose(changed(from_name=name)), re.DOTALL
    )
    assert str(make_header(decode_header(line.decode().replace("\r\n", "\n")))) == name


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "short",
        "Ünïcode — ✓",
        "=?utf-8?q?no?=",
        "w" * 1500,
        "two  spaces",
        "日本語" * 60,
        "word " * 60 + "end",
        "x" * 70 + "é",
    ],
)
def test_subjects_survive(subject):
    message = parsed(changed(subject=subject))
    assert message["Subject"] == subject
    assert max(len(line) for line in header_lines(compose(changed(subject=subject)))) <= 998


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200))
def test_any_printable_subject_survives(subject):
    raw = compose(changed(subject=subject, text="x", footer=None))
    value = email.message_from_bytes(raw, policy=email.policy.default)["Subject"]
    assert value == subject.strip()
    assert len([line for line in header_lines(raw) if line.lower().startswith(b"subject:")]) == 1


def test_the_unsubscribe_address_may_be_plain_http_on_this_machine():
    raw = compose(
        changed(list_unsubscribe_url="http://127.0.0.1:8000/u/1", list_unsubscribe_mailto="")
    )
    assert (
        b"\r\nList-Unsubscribe: <http://127.0.0.1:8000/u/1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        in raw
    )


def test_one_click_is_not_promised_by_mail_alone():
    raw = compose(changed(list_unsubscribe_url=""))
    assert b"\r\nList-Unsubscribe: <mailto:stop+abcdef@acme.test?subject=unsubscribe>\r\n" in raw
    assert b"List-Unsubscribe-Post" not in raw
    assert b"List-Unsubscribe" not in compose(
        changed(list_unsubscribe_url="", list_unsubscribe_mailto="")
    )


def test_a_date_needs_a_zone():
    with pytest.raises(ValueError, match="time zone"):
        compose(changed(date=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_only_a_local_part_needs_more_than_ascii():
    assert compose(changed(from_name="Jané", to_address="bob@bücher.example")).isascii()
    outgoing = changed(to_address="jürgen@corp.example")
    assert "To: Bob Ray <jürgen@corp.example>\r\n".encode() in compose(outgoing)


def test_attachments_travel_whole():
    content = bytes(range(256)) * 40
    message = parsed(
        changed(
            attachments=(
                Attachment(
                    filename="Lebenslauf Jané.pdf", content=content, content_type="application/pdf"
                ),
                Attachment(filename="../../etc/passwd", content=b""),
            )
        )
    )
    assert message.get_content_type() == "multipart/mixed"
    first, second = message.iter_attachments()
    assert (first.get_filename(), first.get_content_type()) == (
        "Lebenslauf Jané.pdf",
        "application/pdf",
    )
    assert first.get_content() == content
    assert (second.get_filename(), second.get_content()) == ("passwd", b"")
    assert text_of(message).startswith("Hi Bob,")


def test_the_server_gets_what_was_composed():
    raw = compose(
        changed(text=".\n..\n.x\n" + TEXT + "\n" + "é" * 2000, to_address="jürgen@corp.example")
    )
    with SmtpSink() as sink:
        assert isinstance(deliver(sink, raw=raw, recipient="jürgen@corp.example"), Accepted)
    assert sink.accepted[0].raw == raw
    assert sink.accepted[0].message_id == MAIL.message_id


@pytest.mark.skipif(
    shutil.which("spamassassin") is None, reason="Debian's package spamassassin is not installed"
)
@pytest.mark.parametrize(
    "outgoing",
    [MAIL, changed(subject="Größere Rolle", text=TEXT + "\n\nGrüße", from_name="Jané Doe")],
    ids=["plain", "unicode"],
)
def test_spamassassin_finds_nothing_wrong(outgoing, tmp_path):
    outgoing = dataclasses.replace(outgoing, date=datetime.now(UTC))
    judged = subprocess.run(
        ["spamassassin", "-L", "-t"],
        input=compose(outgoing),
        capture_output=True,
        check=True,
        timeout=120,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    ).stdout.decode()
    status = re.search(r"score=(-?[\d.]+) .*?tests=([\w,\s]+)", judged, re.DOTALL)
    assert float(status.group(1)) <= 1.0, status.group(2)
