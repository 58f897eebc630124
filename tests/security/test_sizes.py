"""Nothing above 10 MB is read, and the person is told so (acceptance API-9)."""

import asyncio

import pytest
from django.test import Client
from django.urls import reverse

from config.body_limit import BodyLimit

MEGABYTE = 1024 * 1024


@pytest.mark.django_db
@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
def test_a_form_beyond_10_mb_gets_a_page_that_says_so(owner_client, kind):
    path = reverse("jobs:resume-list")
    response = owner_client.post(path, b"x" * (10 * MEGABYTE + 1), content_type=kind)
    page = response.content.decode()
    assert response.status_code == 413
    assert "We take at most 10 MB at once, so nothing was uploaded or changed." in page
    assert 'aria-label="Main"' in page
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_a_visitors_large_form_gets_the_page_too(client):
    path = reverse("account_login")
    response = client.post(
        path, b"x" * (10 * MEGABYTE + 1), content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 413
    assert "We take at most 10 MB" in response.content.decode()


@pytest.mark.django_db
def test_programs_get_json():
    client = Client(enforce_csrf_checks=True)
    response = client.post(
        "/webhooks/generic/00000000-0000-4000-8000-000000000000/",
        b"x" * (10 * MEGABYTE + 1),
        content_type="application/json",
    )
    assert response.status_code == 413
    assert response.json() == {
        "error": {
            "code": "too_large",
            "message": "The post is larger than 10 MB. Split it and send again.",
            "details": {},
        }
    }


@pytest.mark.django_db
def test_exactly_10_mb_are_taken(client):
    path = reverse("account_login")
    body = b"x" * (10 * MEGABYTE)
    kind = "application/x-www-form-urlencoded"
    assert client.post(path, body, content_type=kind).status_code == 200


def run(messages, *, headers=(), limit=10):
    """Pass messages through the layer; return what the application read, the length it sees, and what was asked for."""
    asked = []

    async def receive():
        asked.append(messages.pop(0))
        return asked[-1]

    read = []

    async def app(scope, receive, send):
        while True:
            message = await receive()
            read.append(message)
            if message["type"] == "http.disconnect":
                break
        read.append(dict(scope["headers"]).get(b"content-length"))

    scope = {"type": "http", "headers": list(headers)}
    asyncio.run(BodyLimit(app, limit=limit)(scope, receive, None))
    *got, length = read
    bodies = [message["body"] for message in got if message["type"] == "http.request"]
    return bodies, length, len(asked)


def part(body, more=True):
    return {"type": "http.request", "body": body, "more_body": more}


GONE = {"type": "http.disconnect"}


def test_a_body_within_the_limit_passes_as_it_is():
    found = run([part(b"12345"), part(b"67890", False), GONE], headers=[(b"content-length", b"10")])
    assert found == ([b"12345", b"67890"], b"10", 3)


def test_an_announced_length_beyond_the_limit_is_not_read():
    found = run([part(b"x" * 20, False), GONE], headers=[(b"content-length", b"20")])
    assert found == ([b""], b"20", 2)


def test_a_chunked_body_is_cut_where_the_limit_is():
    found = run([part(b"x" * 8), part(b"x" * 8), part(b"x" * 8), part(b"", False), GONE])
    assert found == ([b"x" * 8, b""], b"16", 5)


def test_other_connections_pass():
    seen = []

    async def app(scope, receive, send):
        seen.append((scope["type"], receive))

    asyncio.run(BodyLimit(app, limit=1)({"type": "lifespan"}, "receive", None))
    assert seen == [("lifespan", "receive")]
