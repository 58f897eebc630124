"""Providers' answers as their own pages show them, and a mail to hand over."""

import asyncio
from datetime import UTC, datetime

from mailboxes.composing import Attachment, IdentityFooter, OutgoingMail, compose
from mailboxes.providers.base import ApiEndpoint
from mailboxes.providers.pool import ApiPool
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
