"""A provider that posts signed events."""

import base64
import json
import time
from email.message import EmailMessage

from django.test import Client

from mailboxes.models import ProviderDelivery
from mailboxes.tasks import apply_delivery
from mailboxes.webhooks.generic import sign


def event(kind="delivered", *, number=1, at="2026-11-21T10:00:00+00:00", **fields):
    return {"event_id": f"e{number}", "type": kind, "timestamp": at, **fields}


def post(endpoint, body, *, secret=None, timestamp=None, client=None, **headers):
    """Post a body (bytes, or a list of events) as the endpoint's provider would; return the answer."""
    raw = body if isinstance(body, bytes) else json.dumps({"events": body}).encode()
    timestamp = int(time.time()) if timestamp is None else timestamp
    given = {
        "X-RoleFerry-Timestamp": str(timestamp),
        "X-RoleFerry-Signature": sign(
            endpoint.secret if secret is None else secret, timestamp, raw
        ),
        **headers,
    }
    return (client or Client()).post(
        f"/webhooks/{endpoint.provider}/{endpoint.public_id}/",
        data=raw,
        content_type="application/json",
        headers=given,
    )


def hear(endpoint, events):
    """Post events and apply them at once; return the stored post."""
    before = set(ProviderDelivery.objects.values_list("pk", flat=True))
    assert post(endpoint, events).status_code == 204
    for delivery in ProviderDelivery.objects.exclude(pk__in=before):
        apply_delivery(delivery.pk)
    return ProviderDelivery.objects.exclude(pk__in=before).first()


def mail(
    text="Yes, let us talk.", *, sender="maria@northwind.test", to="olga@sandbox.test", **headers
):
    """Return the bytes of a received mail; keyword names become headers (in_reply_to is In-Reply-To)."""
    message = EmailMessage()
    message["From"], message["To"] = sender, to
    named = {"Subject": "Re: About the backend role", "Date": "Sat, 21 Nov 2026 10:00:00 +0000"}
    named.update({name.replace("_", "-").title(): value for name, value in headers.items()})
    for name, value in named.items():
        message[name] = value
    message.set_content(text)
    return message.as_bytes()


def inbound(raw, *, number=1, **fields):
    return event("inbound", number=number, raw_mime=base64.b64encode(raw).decode(), **fields)


def delivery_report(*, recipient="maria@northwind.test", status="5.1.1", about="", action="failed"):
    """Return the bytes of a bounce as mail servers send it (RFC 3464)."""
    return f"""From: MAILER-DAEMON@mx.northwind.test
To: olga@sandbox.test
Subject: Undelivered Mail Returned to Sender
Return-Path: <>
Date: Sat, 21 Nov 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

Your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.northwind.test

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{recipient}>: User unknown

--b1
Content-Type: message/rfc822

Message-ID: {about}
To: {recipient}
Subject: About the backend role

Hello
--b1--
""".replace("\n", "\r\n").encode()


def complaint_report(*, recipient="maria@northwind.test", about=""):
    """Return the bytes of a spam complaint (RFC 5965)."""
    return f"""From: feedback@provider.test
To: olga@sandbox.test
Subject: Complaint
Date: Sat, 21 Nov 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b1"

--b1
Content-Type: text/plain

This is an abuse report.

--b1
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1.0
Version: 1
Original-Rcpt-To: <{recipient}>

--b1
Content-Type: message/rfc822

Message-ID: {about}
To: {recipient}
Subject: About the backend role

Hello
--b1--
""".replace("\n", "\r\n").encode()
