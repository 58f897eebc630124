"""Mail handed to providers' web interfaces, against a server on loopback that answers as their pages describe."""

import asyncio
import base64
import json
import re
import socket
import time
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from mailboxes.composing import Attachment, IdentityFooter, OutgoingMail, compose
from mailboxes.providers.answers import AccountRefusedError
from mailboxes.providers.base import ApiCredentialsError, ApiEndpoint, endpoint_for, endpoint_from
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

SENDER, RECIPIENT = "olga@real-company.com", "maria@northwind.example"
MESSAGE_ID = "<0123456789abcdef0123456789abcdef@real-company.com>"
CREDENTIALS = {
    "postmark": {"server_token": "pm-secret", "message_stream": "outbound"},
    "mailgun": {"api_key": "mg-secret", "domain": "mg.real-company.com", "region": "eu"},
    "sendgrid": {"api_key": "SG.secret"},
    "ses": {
        "access_key_id": "AKIAEXAMPLE",
        "secret_access_key": "ses-secret",
        "region": "eu-central-1",
    },
}
KINDS = list(CREDENTIALS)
# What each provider's own page shows for a mail it took.
TAKEN = {
    "postmark": Reply(
        200,
        {
            "To": RECIPIENT,
            "SubmittedAt": "2026-11-22T07:25:01.4178645-05:00",
            "MessageID": "0a129aee-e1cd-480d-b08d-4f48548ff48d",
            "ErrorCode": 0,
            "Message": "OK",
        },
    ),
    "mailgun": Reply(
        200, {"id": "<2026.1.abc@mg.real-company.com>", "message": "Queued. Thank you."}
    ),
    "sendgrid": Reply(202, "", {"X-Message-Id": "14c5d75ce93.dfd.64b469"}),
    "ses": Reply(200, {"MessageId": "0107018f-ses-000000"}),
}
IDS = {
    "postmark": "0a129aee-e1cd-480d-b08d-4f48548ff48d",
    "mailgun": "<2026.1.abc@mg.real-company.com>",
    "sendgrid": "14c5d75ce93.dfd.64b469",
    "ses": "0107018f-ses-000000",
}
PDF = b"%PDF-1.7\n" + bytes(range(256)) + b"\n%%EOF"


def a_mail():
    return compose(
        OutgoingMail(
            from_address=SENDER,
            from_name="Olga Müller",
            to_address=RECIPIENT,
            to_name="María Núñez",
            reply_to="olga+rf-0123456789abcdef@real-company.com",
            subject="Grüße – a platform engineer",
            text="Dear María,\n\nhere is why I write.\n\nOlga",
            message_id=MESSAGE_ID,
            date=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
            in_reply_to="<first@real-company.com>",
            references=("<zero@real-company.com>", "<first@real-company.com>"),
            list_unsubscribe_url="https://roleferry.example/u/token/",
            footer=IdentityFooter(
                sender_name="Olga Müller",
                postal_address="1 Harbour Street",
                unsubscribe_sentence="One click is enough:",
            ),
            attachments=(
                Attachment(filename="Résumé Olga.pdf", content=PDF, content_type="application/pdf"),
            ),
        )
    )


def endpoint(kind, url):
    return ApiEndpoint(kind, tuple(sorted(CREDENTIALS[kind].items())), url)


def deliver(kind, url, *, times=1, before_data=None, **options):
    async def go():
        async with ApiPool(endpoint(kind, url), **options) as pool:
            jobs = [
                pool.deliver(SENDER, RECIPIENT, a_mail(), before_data=before_data)
                for _ in range(times)
            ]
            found = await asyncio.gather(*jobs, return_exceptions=True)
            return found, pool

    found, pool = asyncio.run(go())
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return (found[0] if times == 1 else found), pool


def against(kind, reply, **options):
    with web_server(lambda request: reply) as (url, requests):
        receipt, _ = deliver(kind, url, **options)
    return receipt, requests


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


ACCOUNT = {
    "postmark": [
        Reply(401, {"ErrorCode": 10, "Message": "No Account or Server API tokens were supplied."}),
        Reply(
            422,
            {
                "ErrorCode": 400,
                "Message": "The 'From' address you supplied is not a Sender Signature.",
            },
        ),
        Reply(422, {"ErrorCode": 405, "Message": "You ran out of credits."}),
    ],
    "mailgun": [
        Reply(401, "Forbidden"),
        Reply(404, {"message": "Domain not found: mg.real-company.com"}),
    ],
    "sendgrid": [
        Reply(
            401,
            {"errors": [{"message": "The provided authorization grant is invalid", "field": None}]},
        ),
        Reply(
            403,
            {
                "errors": [
                    {"message": "The from address does not match a verified Sender Identity."}
                ]
            },
        ),
    ],
    "ses": [
        Reply(
            403,
            {"message": "The security token included in the request is invalid."},
            {"x-amzn-ErrorType": "UnrecognizedClientException"},
        ),
        Reply(400, {"message": "Sending paused"}, {"x-amzn-ErrorType": "SendingPausedException"}),
        Reply(
            400,
            {"message": "Email address is not verified."},
            {"x-amzn-ErrorType": "MessageRejected"},
        ),
    ],
}


@pytest.mark.parametrize(
    ("kind", "reply"), [(kind, reply) for kind, replies in ACCOUNT.items() for reply in replies]
)
def test_a_refused_account_stops_the_mailbox_and_fails_no_mail(kind, reply):
    with pytest.raises(AccountRefusedError, match="does not let this mailbox send"):
        against(kind, reply)


BUSY = {
    "postmark": Reply(429, {"ErrorCode": 429, "Message": "Rate limit"}, {"Retry-After": "7"}),
    "mailgun": Reply(429, {"message": "Too many"}, {"Retry-After": "7"}),
    "sendgrid": Reply(429, {"errors": [{"message": "too many requests"}]}, {"Retry-After": "7"}),
    "ses": Reply(
        429,
        {"message": "Maximum sending rate exceeded."},
        {"x-amzn-ErrorType": "TooManyRequestsException", "Retry-After": "7"},
    ),
}


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


REFUSED = {
    "postmark": Reply(422, {"ErrorCode": 300, "Message": "Invalid 'From' address: 'x'."}),
    "mailgun": Reply(
        400, {"message": "to parameter is not a valid address. please check documentation"}
    ),
    "sendgrid": Reply(
        400, {"errors": [{"message": "Does not contain a valid address.", "field": "to"}]}
    ),
    "ses": Reply(
        400,
        {"message": "Local address contains control"},
        {"x-amzn-ErrorType": "BadRequestException"},
    ),
}


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


AMBIGUOUS = [
    Reply(500, "oops"),
    Reply(502, "<html>Bad gateway</html>"),
    Reply(503, {"message": "try again"}),
    Reply(200, "not json"),
    Reply(200, ["odd"]),
    Reply(200, {}),
    Reply(302, "", {"Location": "http://127.0.0.1:1/elsewhere"}),
    Reply(hang_up=True),
]


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
