"""Header injection: every place, every trick."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailboxes.addresses import AddressError
from mailboxes.composing import Attachment, compose
from mailboxes.headers import HeaderInjectionError
from tests.mailboxes.outgoing_mail import changed, header_lines

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
