"""The signed webhook: what gets in, what does not, and that nothing forged leaves a trace (A-29 D9, quality F13, F16, F18)."""

import json
import time

import pytest

from mailboxes.models import DeliveryEvent, ProviderDelivery
from mailboxes.webhooks.generic import sign
from tests.factories.outreach import MailboxFactory, WebhookEndpointFactory
from tests.fakes.webhooks import event, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint(db):
    return WebhookEndpointFactory()


def nothing_stored():
    return not ProviderDelivery.objects.exists() and not DeliveryEvent.objects.exists()


def test_a_signed_post_is_kept_raw_once_and_worked_on_after_the_answer(
    endpoint, django_capture_on_commit_callbacks
):
    body = json.dumps({"events": [event(message_id="m@x.test")]}).encode()
    with django_capture_on_commit_callbacks() as callbacks:
        response = post(endpoint, body)
    assert (response.status_code, response.content) == (204, b"")
    kept = ProviderDelivery.objects.get()
    assert (bytes(kept.body), kept.workspace, kept.status) == (body, endpoint.workspace, "received")
    assert (kept.provider, kept.signature_verdict, kept.attempts) == ("generic", "hmac-sha256", 0)
    assert set(kept.headers) == {"X-RoleFerry-Timestamp", "X-RoleFerry-Signature"}
    assert not DeliveryEvent.objects.exists()
    assert len(callbacks) == 1
    callbacks[0]()
    assert DeliveryEvent.objects.get().message_id == "<m@x.test>"


def test_ten_replays_of_a_post_are_kept_once(endpoint):
    timestamp = int(time.time())
    answers = [post(endpoint, [event()], timestamp=timestamp).status_code for _ in range(10)]
    assert answers == [204] * 10
    assert ProviderDelivery.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"X-RoleFerry-Signature": ""},
        {"X-RoleFerry-Signature": "v1=" + "0" * 64},
        {"X-RoleFerry-Signature": "v2=é" + "0" * 64},
        {"X-RoleFerry-Timestamp": ""},
        {"X-RoleFerry-Timestamp": "soon"},
        {"X-RoleFerry-Timestamp": "1700000000"},
        {"X-RoleFerry-Timestamp": "9" * 400},
    ],
)
def test_a_forged_post_is_refused_and_leaves_nothing(endpoint, headers):
    response = post(endpoint, [event()], **headers)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "bad_signature"
    assert nothing_stored()


def test_a_signature_over_another_body_is_refused(endpoint):
    now = int(time.time())
    signature = sign(endpoint.secret, now, b'{"events": []}')
    response = post(endpoint, [event()], timestamp=now, **{"X-RoleFerry-Signature": signature})
    assert response.status_code == 401
    assert nothing_stored()


@pytest.mark.parametrize("age", [301, -301, 86_400])
def test_a_stale_or_early_post_is_refused(endpoint, age):
    assert post(endpoint, [event()], timestamp=int(time.time()) - age).status_code == 401
    assert nothing_stored()


@pytest.mark.parametrize("age", [280, -280])
def test_clocks_may_differ_by_five_minutes(endpoint, age):
    assert post(endpoint, [event()], timestamp=int(time.time()) - age).status_code == 204


def test_another_tenants_key_is_refused(endpoint):
    other = WebhookEndpointFactory(secret="another-secret")
    assert post(endpoint, [event()], secret=other.secret).status_code == 401
    assert nothing_stored()


def test_an_endpoint_without_a_secret_is_not_an_open_door(endpoint):
    endpoint.secret = ""
    endpoint.save()
    assert post(endpoint, [event()], secret="").status_code == 401
    assert nothing_stored()


def test_unknown_closed_and_foreign_endpoints_are_not_found(endpoint):
    endpoint.is_active = False
    endpoint.save()
    assert post(endpoint, [event()]).status_code == 404
    endpoint.is_active = True
    endpoint.provider = "sendgrid"
    assert post(endpoint, [event()]).status_code == 404
    endpoint.public_id = "00000000-0000-0000-0000-000000000000"
    assert post(endpoint, [event()]).status_code == 404
    assert nothing_stored()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"[]",
        b'{"events": {}}',
        b'{"events": ' + b"[" * 200_000,
        b'{"n": ' + b"9" * 5000 + b"}",
        b"\x00" * 1000,
        json.dumps({"events": [{}] * 10_001}).encode(),
    ],
)
def test_a_genuine_post_that_is_not_ours_to_read_gets_400_fast(endpoint, body):
    started = time.process_time()
    response = post(endpoint, body)
    assert response.status_code == 400
    assert time.process_time() - started < 1
    assert nothing_stored()


def test_a_post_beyond_10_mb_gets_413(endpoint):
    response = post(endpoint, b" " * (10 * 1024 * 1024 + 1))
    assert response.status_code == 413
    assert nothing_stored()


def test_only_post_is_answered(endpoint, client):
    assert client.get(f"/webhooks/generic/{endpoint.public_id}/").status_code == 405


def test_the_same_post_to_two_endpoints_stays_apart():
    first = WebhookEndpointFactory(mailbox=MailboxFactory())
    second = WebhookEndpointFactory(mailbox=MailboxFactory())
    body = json.dumps({"events": [event()]}).encode()
    assert post(first, body).status_code == post(second, body).status_code == 204
    assert {row.workspace_id for row in ProviderDelivery.objects.all()} == {
        first.workspace_id,
        second.workspace_id,
    }


def test_a_logged_in_stranger_does_not_even_see_the_endpoint(endpoint, stranger_client):
    assert post(endpoint, [event()], client=stranger_client).status_code == 404
    assert nothing_stored()
