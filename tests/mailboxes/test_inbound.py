"""Received mail: any bytes are read without falling over, and each mail is kept once."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailboxes.html_text import html_to_text
from mailboxes.inbound import read_mail, store_inbound
from mailboxes.models import InboundMessage
from tests.factories.outreach import MailboxFactory
from tests.fakes.webhooks import complaint_report, delivery_report, mail

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def read(raw):
    return read_mail(raw, received_at=NOW)


def test_an_ordinary_answer_is_read():
    found = read(
        mail(
            "Grüße, ja!\n\n> Hello\n",
            sender="Maria Marín <Maria@Northwind.test>",
            message_id="<r1@northwind.test>",
            in_reply_to="<m2@x.test>",
            references="<m1@x.test> <m2@x.test> <m1@x.test>",
        )
    )
    assert (found.from_address, found.from_name) == ("maria@northwind.test", "Maria Marín")
    assert (found.message_id, found.in_reply_to) == ("<r1@northwind.test>", "<m2@x.test>")
    assert found.references == ("<m1@x.test>", "<m2@x.test>")
    assert found.to_addresses == ("olga@sandbox.test",)
    assert found.subject == "Re: About the backend role"
    assert found.sent_at == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert found.text.startswith("Grüße, ja!")
    assert found.reports == ()


def test_a_name_cannot_forge_an_address():
    raw = b"From: =?utf-8?q?ceo=40big=2Etest=3E=2C_x?= <maria@northwind.test>\r\n\r\nHi"
    assert read(raw).from_address == "maria@northwind.test"
    assert read(b'From: "a@b.test" <maria@northwind.test>\r\n\r\nHi').from_address == (
        "maria@northwind.test"
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 5000,
        b"no headers at all",
        b"From: \r\nTo:\r\nDate: never\r\n\r\n",
        b"Subject: =?utf-9?b?!!!?= =?x\r\nFrom: =?utf-8?b?AAAA?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe\x00caf\xe9",
        b'Content-Type: text/plain; charset="\x00"\r\n\r\nx',
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!not base64!!!",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x\r\n--x--",
        b"Content-Type: message/rfc822\r\n\r\n" * 3000,
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
            for n in range(2000)
        ),
        b"Content-Type: message/delivery-status\r\n\r\nAction\r\n\r\n: failed",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n\xff\r\n--x--",
        b"Date: Sat, 99 Nov 99999 99:99:99 +9999\r\n\r\n",
        b"References: " + b"<a@b.test> " * 50_000 + b"\r\n\r\nx",
        b"To: " + b"a@b.test, " * 20_000 + b"\r\n\r\nx",
        b"X-" + b"a" * 1_000_000 + b": b\r\n\r\nx",
        b"Content-Type: text/html\r\n\r\n" + b"<div>" * 50_000 + b"x",
        b"Content-Type: text/html\r\n\r\n<" + b"!" * 200_000,
    ],
)
@pytest.mark.django_db
def test_hostile_bytes_are_kept_and_read_as_far_as_possible(raw, workspace):
    started = time.process_time()
    row, _, created = store_inbound(workspace, raw, source="test", mailbox=None, received_at=NOW)
    assert created is True
    assert time.process_time() - started < 5
    row.refresh_from_db()
    assert bytes(row.raw) == raw
    assert "\x00" not in row.text + row.subject + row.from_address + row.visible_text
    assert len(row.references) <= 100


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.binary(max_size=3000),
        st.lists(
            st.sampled_from(
                [
                    b"From: ",
                    b"Content-Type: multipart/report; boundary=b\r\n",
                    b"\r\n",
                    b"--b\r\n",
                    b"--b--",
                    b"Content-Type: message/delivery-status\r\n\r\n",
                    b"Final-Recipient: rfc822; a@b.test\r\n",
                    b"Action: failed\r\n",
                    b"Status: 5.1.1\r\n",
                    b"=?utf-8?q?=00?=",
                    b"\xff",
                    b"\x00",
                    b"<a@b.test>",
                    b"Content-Transfer-Encoding: quoted-printable\r\n",
                    b"charset=utf-16",
                    b"Message-ID: ",
                ]
            ),
            max_size=40,
        ).map(b"".join),
    )
)
def test_no_bytes_make_the_reader_fail(raw):
    found = read(raw)
    for text in (found.text, found.subject, found.from_name, found.message_id):
        text.encode()
        assert "\x00" not in text


def test_a_date_in_the_future_or_without_zone_is_mended():
    assert read(b"Date: Sat, 21 Nov 2037 10:00:00 +0000\r\n\r\n").sent_at == NOW
    assert read(b"Date: Sat, 21 Nov 2026 10:00:00\r\n\r\n").sent_at.utcoffset() is not None
    assert read(b"\r\n").sent_at == NOW


def test_html_alone_becomes_text_with_marked_quotes():
    html = (
        "<html><head><style>p {}</style></head><body><p>Yes,<br>gladly.</p>"
        "<script>alert(1)</script><blockquote><div>Hello</div></blockquote></body></html>"
    )
    assert html_to_text(html) == "Yes,\ngladly.\n\n> Hello"
    raw = f"From: m@x.test\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}".encode()
    assert read(raw).text == "Yes,\ngladly.\n\n> Hello"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a<!-- <p>hidden</p> -->b", "ab"),
        ("a<!-- never closed", "a"),
        ("<![CDATA[x]]>y<?php z ?>", "y"),
        ("1 < 2 &amp; 3 &gt; 2", "1 < 2 & 3 > 2"),
        ("<script>var a = '<p>';</script>x", "x"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
    ],
)
def test_markup_of_all_kinds_gives_its_words(markup, text):
    assert html_to_text(markup) == text


@pytest.mark.parametrize(
    "piece", ["<div>", "<!", "<!--", "<a ", "</", "<blockquote>", "&", "<p", "<b>x"]
)
def test_hostile_markup_is_read_in_linear_time(piece):
    started = time.process_time()
    html_to_text(piece * 100_000)
    assert time.process_time() - started < 3


def test_a_delivery_report_is_read_for_its_recipient():
    (report,) = read(delivery_report(about="<m1@x.test>")).reports
    assert (report.type, report.recipient, report.status) == (
        "bounced",
        "maria@northwind.test",
        "5.1.1",
    )
    assert report.message_id == "<m1@x.test>"
    assert report.diagnostic.startswith("550 5.1.1")
    (delayed,) = read(delivery_report(action="delayed", status="4.4.1")).reports
    assert delayed.type == "deferred"


def test_a_complaint_is_read_for_its_recipient():
    (report,) = read(complaint_report(about="<m1@x.test>")).reports
    assert (report.type, report.recipient, report.message_id) == (
        "complained",
        "maria@northwind.test",
        "<m1@x.test>",
    )


@pytest.mark.parametrize(
    ("sender", "subject", "kind"),
    [
        ("MAILER-DAEMON@mx.test", "anything", "bounce"),
        ("postmaster@mx.test", "Undeliverable: Role", "bounce"),
        ("noreply@mx.test", "Delivery Status Notification (Failure)", "bounce"),
        ("postmaster@mx.test", "Re: Role", "human"),
        ("maria@northwind.test", "Re: Undelivered parcels team", "human"),
    ],
)
@pytest.mark.django_db
def test_reports_without_machine_parts_are_known_too(sender, subject, kind, workspace):
    raw = mail("Your message could not be delivered.", sender=sender, subject=subject)
    row, _, _ = store_inbound(workspace, raw, source="test", mailbox=None, received_at=NOW)
    assert row.auto_reply == kind


@pytest.mark.django_db
def test_the_same_bytes_are_one_mail_in_a_workspace_and_another_in_the_next(workspace, stranger):
    raw = mail()
    mailbox = MailboxFactory(workspace=workspace)
    kept = {"source": "test", "received_at": NOW}
    first, _, is_new = store_inbound(workspace, raw, mailbox=mailbox, **kept)
    again, _, is_new_again = store_inbound(workspace, raw, mailbox=mailbox, **kept)
    assert (is_new, is_new_again, first.pk) == (True, False, again.pk)
    store_inbound(stranger.workspace, raw, mailbox=None, **kept)
    assert InboundMessage.objects.count() == 2
