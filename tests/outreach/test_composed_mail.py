"""The mails of the default sequence as a server receives them: signed, threaded, with the approved file, judged."""

import email
import email.policy
import hashlib
import re
import shutil
import subprocess
from datetime import timedelta
from io import BytesIO

import dkim
import pypdf
import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from accounts.encryption import encrypt
from mailboxes.dkim import make_key, record_name, record_value
from mailboxes.models import SendingDomain
from outreach import parcels
from outreach.approving import approve
from outreach.models import Approval, Attachment, Message
from outreach.parcels import reply_to_of, signs_for
from tests.factories.outreach import MailboxFactory
from tests.fakes.smtp_sink import SmtpSink
from tests.faults.ledger_world import dispatch
from tests.outreach.package_cases import NOW, make_package

pytestmark = pytest.mark.django_db(transaction=True)

PRIVATE, PUBLIC = make_key()
RECORDS = {f"{record_name('rf1', 'sandbox.test')}.".encode(): record_value(PUBLIC).encode()}


@pytest.fixture
def sink():
    with SmtpSink() as server:
        yield server


@pytest.fixture
def mailbox(profile, sink):
    workspace = profile.workspace
    workspace.pace = "practice"
    workspace.save()
    return MailboxFactory(workspace=workspace, address="olga@sandbox.test", smtp_port=sink.port)


@pytest.fixture
def package(profile, mailbox):
    return make_package(profile, mailbox=False)


def use_key(workspace, domain="sandbox.test", **changes):
    fields = {
        "dkim_selector": "rf1",
        "dkim_private_key": PRIVATE,
        "dkim_public_key": PUBLIC,
        "dkim_active": True,
    }
    return SendingDomain.objects.create(workspace=workspace, domain=domain, **{**fields, **changes})


def approved(package, user):
    approve(package, user, now=NOW)
    Approval.objects.update(hold_until=timezone.now() - timedelta(minutes=1))


def send_next(sink):
    """Let the next step leave at once; return what the server got."""
    waiting = Message.objects.filter(status__in=["approved", "scheduled"]).order_by("step_number")
    Message.objects.filter(pk=waiting.first().pk).update(status="scheduled", due_at=timezone.now())
    before = len(sink.accepted)
    dispatch()
    (mail,) = sink.accepted[before:]
    return mail.raw


def read(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


def is_valid(raw):
    return dkim.verify(raw, dnsfunc=lambda name, timeout=5: RECORDS.get(name))


def score_of(raw, home):
    judged = subprocess.run(
        ["spamassassin", "-L", "-t"],
        input=raw,
        capture_output=True,
        check=True,
        timeout=120,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
    ).stdout.decode()
    found = re.search(r"score=(-?[\d.]+) .*?tests=([\w,\s]+)", judged, re.DOTALL)
    return float(found.group(1)), found.group(2)


def test_every_step_is_signed_threaded_and_stoppable(package, owner, sink, mailbox):
    use_key(package.workspace, domain="Sandbox.TEST")
    approved(package, owner.user)
    raws = [send_next(sink) for _ in range(3)]
    first, second, third = map(read, raws)

    assert [is_valid(raw) for raw in raws] == [True] * 3
    assert signs_for(mailbox) is True
    messages = list(Message.objects.order_by("step_number"))
    ids = [message.message_id for message in messages]
    assert [mail["Message-ID"] for mail in (first, second, third)] == ids
    assert all(one.endswith("@sandbox.test>") for one in ids)
    assert (first["In-Reply-To"], first["References"]) == (None, None)
    assert (second["In-Reply-To"], second["References"]) == (ids[0], ids[0])
    assert (third["In-Reply-To"], third["References"]) == (ids[1], f"{ids[0]} {ids[1]}")
    for mail, message in zip((first, second, third), messages, strict=True):
        assert mail["From"] == "Olga Owner <olga@sandbox.test>"
        reply_to = f"olga+rf-{message.public_id.hex}@sandbox.test"
        assert mail["Reply-To"] == reply_to
        assert abs(mail["Date"].datetime - timezone.now()) < timedelta(minutes=5)
        unsubscribe = re.fullmatch(
            r"<(https?://\S+/u/\S+/)>, <mailto:(\S+)\?subject=unsubscribe>",
            mail["List-Unsubscribe"],
        )
        assert unsubscribe.group(2) == reply_to
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
        assert "\n-- \nOlga Owner\n1 Quay Street, 20457 Hamburg, Germany\n" in text
        assert unsubscribe.group(1) in text
        covered = re.sub(r"\s", "", mail["DKIM-Signature"])
        assert ":list-unsubscribe:list-unsubscribe-post;" in covered


@pytest.mark.skipif(
    shutil.which("spamassassin") is None, reason="Debian's package spamassassin is not installed"
)
@pytest.mark.parametrize("is_signed", [True, False], ids=["signed", "unsigned"])
def test_spamassassin_finds_nothing_wrong_with_any_step(package, owner, sink, tmp_path, is_signed):
    if is_signed:
        use_key(package.workspace)
    approved(package, owner.user)
    for number in (1, 2, 3):
        raw = send_next(sink)
        assert raw.startswith(b"DKIM-Signature: ") is is_signed
        score, rules = score_of(raw, tmp_path)
        # An unsigned mail loses a point as a list mail without a signature; a signed one loses nothing.
        assert score <= (0.0 if is_signed else 1.0), f"step {number}: {rules}"


def test_without_a_key_in_use_nothing_is_signed(package, owner, sink, stranger, mailbox):
    use_key(package.workspace, dkim_active=False)
    use_key(package.workspace, domain="other.test")
    use_key(stranger.workspace)
    approved(package, owner.user)
    assert b"DKIM-Signature" not in send_next(sink)
    assert signs_for(mailbox) is False


def test_a_key_that_cannot_sign_holds_the_mail(package, owner, sink):
    use_key(package.workspace, dkim_private_key="nonsense")
    approved(package, owner.user)
    Message.objects.filter(status="scheduled").update(due_at=timezone.now())
    dispatch()
    message = Message.objects.get(step_number=1)
    assert (message.status, message.sent_at) == ("held", None)
    assert "DKIM key" in message.status_reason
    assert sink.accepted == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("mailboxes_mailbox.display_name", "Olga\r\nBcc: evil@evil.test"),
        ("mailboxes_mailbox.display_name", "Olga\u2028X-Evil: 1"),
        ("outreach_contact.first_name", "Maria\nX-Evil: 1"),
        ("outreach_message.message_id", "<a@b.test>\r\nX-Evil: 1"),
        ("outreach_attachment.filename", "cv.pdf\r\nX-Evil: 1"),
        ("outreach_attachment.content_type", "application/pdf\nX-Evil: 1"),
    ],
)
def test_whatever_reached_the_database_forges_no_header(package, owner, sink, place, value):
    """S10 at the sink: values that slipped past every form hold the mail, with a sentence, and nothing arrives."""
    approved(package, owner.user)
    table, _, column = place.partition(".")
    with connection.cursor() as cursor:
        rows = "WHERE step_number = 1" if table == "outreach_message" else ""
        cursor.execute(f"UPDATE {table} SET {column} = %s {rows}", [value])
    Message.objects.filter(step_number=1).update(due_at=timezone.now())
    dispatch()
    message = Message.objects.get(step_number=1)
    assert (message.status, message.sent_at) == ("held", None)
    assert message.status_reason.endswith(".")
    assert "evil" not in message.status_reason.lower()
    assert sink.accepted == []


def test_the_first_mail_carries_the_file_that_was_approved(package, owner, sink):
    approved(package, owner.user)
    file = Attachment.objects.get()
    first, second = read(send_next(sink)), read(send_next(sink))

    (part,) = first.iter_attachments()
    content = part.get_content()
    assert (part.get_filename(), part.get_content_type()) == (
        "Olga Owner - Resume.pdf",
        "application/pdf",
    )
    assert hashlib.sha256(content).hexdigest() == file.sha256
    assert len(content) == file.size
    assert "Senior Backend Engineer" in pypdf.PdfReader(BytesIO(content)).pages[0].extract_text()
    assert list(second.iter_attachments()) == []


@pytest.mark.parametrize("harm", ["other bytes", "gone", "longer"])
def test_a_file_that_is_not_the_approved_one_holds_the_mail(package, owner, sink, harm):
    approved(package, owner.user)
    path = Attachment.objects.get().content.path
    if harm == "gone":
        default_storage.delete(path)
    else:
        with open(path, "wb" if harm == "other bytes" else "ab") as stored:
            stored.write(b"something else")
    Message.objects.filter(status="scheduled").update(due_at=timezone.now())
    dispatch()

    message = Message.objects.get(step_number=1)
    assert (message.status, message.sent_at) == ("held", None)
    assert "The attached file is no" in message.status_reason
    assert message.status_reason.endswith("approve it again.")
    assert sink.accepted == []


def test_the_database_lets_no_other_file_pass(package, owner):
    approved(package, owner.user)
    message = Message.objects.get(step_number=1)
    for change in ({"attachment_hash": "0" * 64}, {"attachment": None, "attachment_hash": ""}):
        with pytest.raises(IntegrityError, match="file_approved_as_is"), transaction.atomic():
            Message.objects.filter(pk=message.pk).update(**change)


def test_a_long_mailbox_name_answers_to_itself():
    public_id = Message(message_id="<a@b.test>").public_id
    assert reply_to_of("j" * 29 + "@acme.test", public_id) == "j" * 29 + "@acme.test"
    fits = reply_to_of("j" * 28 + "@acme.test", public_id)
    assert fits == f"{'j' * 28}+rf-{public_id.hex}@acme.test"
    assert len(fits.partition("@")[0]) == 64


def test_a_wish_by_mail_is_invited_only_where_it_is_heard(package, owner, sink, mailbox):
    sealed = encrypt("x")
    one = parcels.Parcel(
        **dict.fromkeys(("id", "epoch", "attempts", "mailbox_id", "smtp_port"), 0),
        **dict.fromkeys(
            (
                "first_name", "last_name", "postal_address", "display_name", "smtp_host", "smtp_security",
                "smtp_username", "provider", "api_credentials", "dkim_selector", "dkim_private_key",
                "file_path", "file_name", "file_type", "file_hash", "first_subject",
            ),
            "",
        ),
        public_id=Message(message_id="<a@b.test>").public_id,
        message_id="<a@b.test>",
        recipient="maria@harborpay.test",
        subject="s",
        body="b",
        sender_name="Olga",
        address="olga@acme.test",
        smtp_password=sealed,
        is_sandbox=False,
        is_heard=False,
        own_reply_to=None,
        earlier=[],
    )  # fmt: skip
    raw = parcels.compose_parcel(one)
    assert b"mailto:" not in raw
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
