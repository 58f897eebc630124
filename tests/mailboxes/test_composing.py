"""The bytes of a mail: what a strict reader finds in them, and what cannot be put into them."""

import base64
import dataclasses
import email
import email.policy
import re
import shutil
import subprocess
from datetime import UTC, datetime
from email.header import decode_header, make_header

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from mailboxes.addresses import AddressError
from mailboxes.composing import (
    Attachment,
    IdentityFooter,
    OutgoingMail,
    SigningError,
    compose,
    dkim_sign,
    make_message_id,
    needs_smtputf8,
    reply_address,
    token_from_reply_address,
)
from mailboxes.headers import HeaderInjectionError
from mailboxes.receipts import Accepted
from tests.fakes.smtp_sink import SmtpSink
from tests.mailboxes.test_transport import deliver

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
        b" <mailto:stop+abcdef@acme.test>",
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


# Header injection: every place, every trick.

INJECTIONS = [
    "x\r\nBcc: evil@evil.test",
    "x\nBcc: evil@evil.test",
    "x\rBcc: evil@evil.test",
    "x\r\n\r\nbody",
    "x\r\n Bcc: folded@evil.test",
    "x\x00y",
    "\r\n",
    "\n",
    "x\n",
    "x\x0bBcc: evil@evil.test",
    "x\x0cBcc: evil@evil.test",
    "x\x1cBcc: evil@evil.test",
    "x\x85Bcc: evil@evil.test",
    "x\u2028Bcc: evil@evil.test",
    "x\u2029Bcc: evil@evil.test",
    "x\x7f",
    "x\x1b[2J",
    "x\ud800",
    "é\r\nBcc: evil@evil.test",
    "x" * 10_001,
]


def placed(value):
    """Every way to bring ``value`` into a header of a mail."""
    return {
        "from_name": changed(from_name=value),
        "from_address": changed(from_address=f"a{value}@acme.test"),
        "from_domain": changed(from_address=f"a@acme{value}.test"),
        "reply_to": changed(reply_to=f"a{value}@acme.test"),
        "to_name": changed(to_name=value),
        "to_address": changed(to_address=f"a{value}@acme.test"),
        "subject": changed(subject=value),
        "message_id": changed(message_id=f"<a{value}@acme.test>"),
        "in_reply_to": changed(in_reply_to=f"<a{value}@acme.test>"),
        "references": changed(references=("<a@b.test>", f"<a{value}@acme.test>")),
        "unsubscribe_url": changed(list_unsubscribe_url=f"https://roleferry.test/u/{value}"),
        "unsubscribe_mailto": changed(list_unsubscribe_mailto=f"a{value}@acme.test"),
        "extra_name": changed(extra_headers=((f"X-{value}", "1"),)),
        "extra_value": changed(extra_headers=(("X-RoleFerry-Message", value),)),
        "attachment_name": changed(attachments=(Attachment(filename=value, content=b"x"),)),
        "attachment_type": changed(
            attachments=(Attachment(filename="x", content=b"x", content_type=f"a/b{value}"),)
        ),
    }


@pytest.mark.parametrize("place", placed(""))
@pytest.mark.parametrize("value", INJECTIONS, ids=[ascii(value[:12]) for value in INJECTIONS])
def test_no_header_can_be_forged(place, value):
    with pytest.raises((HeaderInjectionError, AddressError)) as refusal:
        compose(placed(value)[place])
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert not set("\r\n\x00") & set(sentence)
    assert "evil" not in sentence or isinstance(refusal.value, AddressError)


HEADER_NAMES = sorted(
    [
        "from", "to", "subject", "date", "message-id", "reply-to", "in-reply-to", "references", "list-unsubscribe",
        "list-unsubscribe-post", "x-roleferry-message", "mime-version", "content-type",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(sorted(set(placed("")) - {"extra_name"})))
def test_whatever_is_put_in_the_headers_stay_the_same_set(value, place):
    try:
        raw = compose(placed(value)[place])
    except (HeaderInjectionError, AddressError):
        return
    lines = header_lines(raw)
    assert (
        sorted(line.split(b":")[0].decode().lower() for line in lines if line[:1] not in b" \t")
        == HEADER_NAMES
    )
    assert raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r")
    assert b"\x00" not in raw


@pytest.mark.parametrize("value", [">, <http://evil.test", 'x" onclick="', "x y", "x,y", "ü", "x>"])
def test_the_unsubscribe_address_stays_one_address(value):
    with pytest.raises(HeaderInjectionError, match="one https address"):
        compose(changed(list_unsubscribe_url=f"https://roleferry.test/{value}"))


@pytest.mark.parametrize(
    "url",
    [
        "http://roleferry.test/u/1",
        "javascript:alert(1)",
        "https://",
        "//x.test/",
        "http://127.0.0.1.evil.test/u",
    ],
)
def test_the_unsubscribe_address_is_https(url):
    with pytest.raises(HeaderInjectionError, match="https"):
        compose(changed(list_unsubscribe_url=url))


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
    assert b"\r\nList-Unsubscribe: <mailto:stop+abcdef@acme.test>\r\n" in raw
    assert b"List-Unsubscribe-Post" not in raw
    assert b"List-Unsubscribe" not in compose(
        changed(list_unsubscribe_url="", list_unsubscribe_mailto="")
    )


@pytest.mark.parametrize(
    "name",
    [
        "From",
        "BCC",
        "Message-ID",
        "Content-Type",
        "Resent-To",
        "DKIM-Signature",
        "List-Unsubscribe-Post",
        "X Y",
        "X:",
        "",
        "Ü",
    ],
)
def test_owned_and_malformed_header_names_are_refused(name):
    with pytest.raises(HeaderInjectionError):
        compose(changed(extra_headers=((name, "x"),)))


def test_an_extra_header_comes_once():
    with pytest.raises(HeaderInjectionError, match="twice"):
        compose(changed(extra_headers=(("X-One", "a"), ("x-one", "b"))))


@pytest.mark.parametrize(
    "message_id", ["x@acme.test", "<x>", "<a@b> <c@d>", "<a b@c>", "", "<ü@acme.test>"]
)
def test_malformed_message_ids_are_refused(message_id):
    with pytest.raises(HeaderInjectionError, match="Message-ID"):
        compose(changed(message_id=message_id))


def test_a_date_needs_a_zone():
    with pytest.raises(ValueError, match="time zone"):
        compose(changed(date=datetime(2026, 1, 1)))  # noqa: DTZ001


# International addresses, attachments.


def test_smtputf8_is_needed_only_by_a_local_part():
    assert needs_smtputf8(MAIL) is False
    assert needs_smtputf8(changed(from_name="Jané", to_address="bob@bücher.example")) is False
    assert compose(changed(from_name="Jané", to_address="bob@bücher.example")).isascii()
    outgoing = changed(to_address="jürgen@corp.example")
    assert needs_smtputf8(outgoing) is True
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


# Identifiers and reply addresses.


def test_message_ids_are_unique_and_well_formed():
    made = {make_message_id("Bücher.example") for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"<[0-9a-f]{32}@xn--bcher-kva\.example>", one) for one in made)
    with pytest.raises(AddressError):
        make_message_id("x\r\ny.test")


def test_reply_addresses_carry_a_token_there_and_back():
    address = reply_address("Jane@Acme.test", "0123456789abcdef")
    assert address == "Jane+rf-0123456789abcdef@acme.test"
    assert token_from_reply_address(address) == "0123456789abcdef"
    assert token_from_reply_address(address.upper()) == "0123456789abcdef"
    tagged = reply_address("jane+work@acme.test", "abcdefgh")
    assert token_from_reply_address(tagged) == "abcdefgh"


@pytest.mark.parametrize("token", ["", "short", "UPPERCASE", "with space", "x" * 41, "tok\r\nen12"])
def test_other_tokens_are_refused(token):
    with pytest.raises(ValueError, match="token"):
        reply_address("jane@acme.test", token)


def test_a_reply_address_too_long_to_work_is_refused():
    with pytest.raises(AddressError):
        reply_address("j" * 50 + "@acme.test", "0123456789abcdef")


@pytest.mark.parametrize(
    "address",
    [
        "jane@acme.test",
        "jane+work@acme.test",
        "jane+rf-@acme.test",
        "jane+rf-a!@acme.test",
        "not an address",
        "",
    ],
)
def test_other_addresses_have_no_token(address):
    assert token_from_reply_address(address) is None


# DKIM.


@pytest.fixture(scope="module")
def signing_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(key, form=serialization.PrivateFormat.PKCS8):
    return key.private_bytes(
        serialization.Encoding.PEM, form, serialization.NoEncryption()
    ).decode()


def verified(raw, key):
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    return dkim.verify(
        raw, dnsfunc=lambda name, timeout=5: record if name == b"s1._domainkey.acme.test." else None
    )


@pytest.mark.parametrize(
    "form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL]
)
def test_signatures_verify_and_cover_what_they_must(signing_key, form):
    raw = compose(changed(subject="Grüße", text="é" * 100 + "\n.\n"))
    signed = dkim_sign(raw, "s1", "acme.test", pem_of(signing_key, form))
    assert signed.endswith(raw)
    assert signed.count(b"\r\n") == signed.count(b"\n")
    covered = re.sub(rb"\s", b"", re.search(rb"h=([^;]+);", signed).group(1)).split(b":")
    assert {
        b"list-unsubscribe",
        b"list-unsubscribe-post",
        b"from",
        b"to",
        b"subject",
        b"date",
        b"message-id",
    } <= set(covered)
    assert covered.count(b"from") == 2
    assert verified(signed, signing_key) is True
    # Relaxed canonicalisation outlives what relays do to white space.
    assert verified(signed.replace(b"Subject: ", b"Subject:   "), signing_key) is True


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        (b"<https://roleferry.test/u/6b1f/abcdef>,", b"<https://evil.test/>,"),
        (b"From: Jane Doe", b"From: Evil <evil@evil.test>\r\nFrom: Jane Doe"),
        (b"To: Bob", b"To: Rob"),
        (b"Kind regards", b"Rude regards"),
    ],
)
def test_a_changed_mail_no_longer_verifies(signing_key, old, new):
    signed = dkim_sign(compose(MAIL), "s1", "acme.test", pem_of(signing_key))
    assert old in signed
    assert verified(signed.replace(old, new, 1), signing_key) is False


def test_keys_that_cannot_sign_are_refused():
    for pem in ("nonsense", pem_of(ec.generate_private_key(ec.SECP256R1()))):
        with pytest.raises(SigningError, match="DKIM"):
            dkim_sign(compose(MAIL), "s1", "acme.test", pem)
    with pytest.raises(HeaderInjectionError):
        dkim_sign(compose(MAIL), "s1;\r\nX: y", "acme.test", "nonsense")


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
