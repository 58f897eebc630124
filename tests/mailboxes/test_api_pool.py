"""Mail handed to providers' web interfaces, against a server on loopback that answers as their pages describe."""

import asyncio
import base64
import json
import re
import socket
import time
from email import message_from_bytes, policy

import pytest

from mailboxes.providers.answers import AccountRefusedError
from mailboxes.providers.base import ApiCredentialsError, endpoint_for, endpoint_from
from mailboxes.providers.pool import ApiPool
from mailboxes.receipts import (
    Accepted,
    Deferred,
    Lost,
    RefusedMessageError,
    Rejected,
    Stage,
    TransientTransportError,
    Withdrawn,
)
from tests.fakes.web import Reply, web_server
from tests.mailboxes.api_cases import (
    ACCOUNT,
    AMBIGUOUS,
    BUSY,
    CREDENTIALS,
    IDS,
    KINDS,
    MESSAGE_ID,
    PDF,
    RECIPIENT,
    REFUSED,
    SENDER,
    TAKEN,
    a_mail,
    against,
    deliver,
    endpoint,
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_that_was_taken(kind):
    asked = []

    async def before_data():
        asked.append(len(requests))
        return True

    with web_server(lambda request: TAKEN[kind]) as (url, requests):
        receipt, pool = deliver(kind, url, before_data=before_data)
    assert receipt == Accepted(250, "Taken by the provider", IDS[kind])
    assert asked == [0]
    assert len(requests) == 1
    assert pool.health.accepted == 1


@pytest.mark.parametrize("kind", ["mailgun", "ses"])
def test_a_finished_mail_arrives_octet_for_octet(kind):
    _, (request,) = against(kind, TAKEN[kind])
    mail = a_mail()
    if kind == "mailgun":
        assert request.path == "/v3/mg.real-company.com/messages.mime"
        assert mail in request.body
        assert f'name="to"\r\n\r\n{RECIPIENT}\r\n'.encode() in request.body
        assert request.headers["Authorization"] == (
            "Basic " + base64.b64encode(b"api:mg-secret").decode()
        )
    else:
        assert request.path == "/v2/email/outbound-emails"
        assert base64.b64decode(request.json["Content"]["Raw"]["Data"]) == mail
        assert request.json["Destination"] == {"ToAddresses": [RECIPIENT]}
        assert "Credential=AKIAEXAMPLE/" in request.headers["Authorization"]
        assert "eu-central-1/ses/" in request.headers["Authorization"]
        assert b"ses-secret" not in request.body


def headers_of(kind, sent):
    if kind == "postmark":
        return {h["Name"]: h["Value"] for h in sent["Headers"]}
    return sent["headers"]


@pytest.mark.parametrize("kind", ["postmark", "sendgrid"])
def test_a_mail_in_parts_keeps_every_part_and_field(kind):
    _, (request,) = against(kind, TAKEN[kind])
    sent, mail = request.json, message_from_bytes(a_mail(), policy=policy.SMTP)
    headers = headers_of(kind, sent)
    for name in (
        "Message-ID",
        "In-Reply-To",
        "References",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
    ):
        assert headers[name] == str(mail[name]), name
    assert headers["Message-ID"] == MESSAGE_ID
    assert not {name.lower() for name in headers} & {"from", "to", "subject", "reply-to", "date"}
    plain = mail.get_body(("plain",)).get_content()
    rich = mail.get_body(("html",)).get_content()
    if kind == "postmark":
        assert request.path == "/email"
        assert request.headers["X-Postmark-Server-Token"] == "pm-secret"
        assert headers["X-PM-KeepID"] == "true"
        assert (sent["TextBody"], sent["HtmlBody"]) == (plain, rich)
        assert sent["Subject"] == "Grüße – a platform engineer"
        assert sent["ReplyTo"] == "olga+rf-0123456789abcdef@real-company.com"
        assert sent["Metadata"] == {"roleferry-id": MESSAGE_ID.strip("<>")}
        assert (sent["TrackOpens"], sent["TrackLinks"]) == (False, "None")
        assert sent["MessageStream"] == "outbound"
        (file,) = sent["Attachments"]
        assert (file["Name"], file["ContentType"]) == ("Résumé Olga.pdf", "application/pdf")
        assert base64.b64decode(file["Content"]) == PDF
    else:
        assert request.path == "/v3/mail/send"
        assert request.headers["Authorization"] == "Bearer SG.secret"
        assert [part["value"] for part in sent["content"]] == [plain, rich]
        assert sent["reply_to_list"] == [{"email": "olga+rf-0123456789abcdef@real-company.com"}]
        assert sent["personalizations"] == [{"to": [{"email": RECIPIENT, "name": "María Núñez"}]}]
        assert sent["from"] == {"email": SENDER, "name": "Olga Müller"}
        assert sent["custom_args"] == {"roleferry-id": MESSAGE_ID.strip("<>")}
        assert sent["tracking_settings"]["open_tracking"] == {"enable": False}
        (file,) = sent["attachments"]
        assert base64.b64decode(file["content"]) == PDF


@pytest.mark.parametrize(
    ("kind", "reply"), [(kind, reply) for kind, replies in ACCOUNT.items() for reply in replies]
)
def test_a_refused_account_stops_the_mailbox_and_fails_no_mail(kind, reply):
    with pytest.raises(AccountRefusedError, match="does not let this mailbox send"):
        against(kind, reply)


@pytest.mark.parametrize("kind", KINDS)
def test_a_busy_provider_is_left_alone_for_as_long_as_it_says(kind):
    asked = []

    async def before_data():
        asked.append(1)
        return True

    async def go(url):
        async with ApiPool(endpoint(kind, url)) as pool:
            receipt = await pool.deliver(SENDER, RECIPIENT, a_mail(), before_data=before_data)
            left = pool.health.resting_until - asyncio.get_running_loop().time()
            with pytest.raises(TransientTransportError, match="slow down"):
                await pool.deliver(SENDER, RECIPIENT, a_mail(), before_data=before_data)
            return receipt, left

    with web_server(lambda request: BUSY[kind]) as (url, requests):
        receipt, left = asyncio.run(go(url))
    assert (type(receipt), receipt.code) == (Deferred, 429)
    assert 5 < left <= 7
    assert len(requests) == len(asked) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_refused_mail_fails_with_the_providers_words(kind):
    receipt, requests = against(kind, REFUSED[kind])
    assert isinstance(receipt, Rejected)
    assert receipt.code == 554
    assert re.search("Invalid|valid address|control", receipt.text)
    assert receipt.stage == (Stage.RCPT if kind in {"mailgun", "sendgrid"} else Stage.DATA)
    assert len(requests) == 1


def test_an_address_that_postmark_closed():
    words = (
        "You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: "
        f"{RECIPIENT}. Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a manual suppression."
    )
    receipt, _ = against("postmark", Reply(422, {"ErrorCode": 406, "Message": words}))
    assert receipt == Rejected(
        Stage.RCPT, 550, "5.1.1", "Postmark does not deliver to this address any more."
    )


@pytest.mark.parametrize("reply", AMBIGUOUS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_clear_answer_is_ambiguous_and_asked_once(kind, reply):
    receipt, requests = against(kind, reply)
    assert isinstance(receipt, Lost)
    assert receipt.ambiguous
    assert len(requests) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_slow_answer_is_ambiguous(kind):
    began = time.monotonic()
    receipt, requests = against(kind, Reply(200, wait=2.0), answer_seconds=0.3)
    assert isinstance(receipt, Lost)
    assert receipt.ambiguous
    assert len(requests) == 1
    assert time.monotonic() - began < 6


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_that_cannot_be_reached_has_surely_not_taken_it(kind):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    receipt, _ = deliver(kind, url)
    assert isinstance(receipt, Lost)
    assert receipt.stage == Stage.CONNECT
    assert not receipt.ambiguous


def test_a_mail_that_may_not_go_does_not_leave():
    async def no():
        return False

    async def broken():
        raise RuntimeError("the ledger is away")

    receipt, requests = against("postmark", TAKEN["postmark"], before_data=no)
    assert receipt == Withdrawn()
    assert requests == []
    with (
        web_server(lambda request: TAKEN["postmark"]) as (url, requests),
        pytest.raises(RuntimeError, match="ledger"),
    ):
        deliver("postmark", url, before_data=broken)
    assert requests == []


def test_an_unsafe_mail_does_not_leave():
    async def go(url, *parcel):
        async with ApiPool(endpoint("postmark", url)) as pool:
            with pytest.raises(RefusedMessageError):
                await pool.deliver(*parcel)

    with web_server(lambda request: TAKEN["postmark"]) as (url, requests):
        asyncio.run(go(url, SENDER, "x>@northwind.example", a_mail()))
        asyncio.run(go(url, SENDER, RECIPIENT, b"Subject: a\nb\r\n\r\n"))
    assert requests == []


def test_never_more_at_once_than_allowed():
    under_way, most = [], []

    def answer(request):
        under_way.append(1)
        most.append(len(under_way))
        time.sleep(0.05)
        under_way.pop()
        return TAKEN["mailgun"]

    with web_server(answer) as (url, requests):
        receipts, _ = deliver("mailgun", url, times=8, max_connections=2)
    assert [type(receipt) for receipt in receipts] == [Accepted] * 8
    assert len(requests) == 8
    assert max(most) <= 2


def test_a_slow_provider_does_not_hold_the_event_loop():
    async def go(url):
        async with ApiPool(endpoint("postmark", url)) as pool:
            sending = asyncio.create_task(pool.deliver(SENDER, RECIPIENT, a_mail()))
            turns = 0
            while not sending.done():
                await asyncio.sleep(0.01)
                turns += 1
            return turns

    slow = Reply(200, TAKEN["postmark"].body, wait=0.5)
    with web_server(lambda request: slow) as (url, _):
        assert asyncio.run(go(url)) > 10


def test_credentials_are_checked_and_hidden():
    assert "secret" not in repr(endpoint("postmark", ""))
    with pytest.raises(ApiCredentialsError, match="Sending domain"):
        endpoint_for("mailgun", {"api_key": "x", "region": "eu"})
    for domain in ("mg.real.com/../x", "a@b", "x?y"):
        with pytest.raises(ApiCredentialsError):
            endpoint_for("mailgun", {**CREDENTIALS["mailgun"], "domain": domain})
    for region in ("eu-central-1.evil.com/", "", "EU", "localhost"):
        with pytest.raises(ApiCredentialsError):
            endpoint_for("ses", {**CREDENTIALS["ses"], "region": region})
    with pytest.raises(ApiCredentialsError, match="space"):
        endpoint_for("postmark", {"server_token": "a\r\nX: y", "message_stream": "outbound"})
    for kept in ("", "[]", "not json"):
        with pytest.raises(ApiCredentialsError, match="no key any more"):
            endpoint_from("postmark", kept)
    kept = endpoint_from("sendgrid", json.dumps(CREDENTIALS["sendgrid"]))
    assert kept == endpoint("sendgrid", "")
