"""Health: alive is cheap, ready names the part that does not work."""

import time

import pytest
from celery import current_app
from django.core.cache import cache
from django.urls import reverse

from accounts.tasks import HEARTBEAT_KEY


def test_alive_asks_nobody(client):
    # No database mark: any query would fail the test.
    assert client.get(reverse("health")).json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_needs_a_heartbeat(client):
    response = client.get(reverse("health-ready"))
    assert (response.status_code, response.json()["parts"]["heartbeat"]) == (
        503,
        "no worker has run yet",
    )
    cache.set(HEARTBEAT_KEY, time.time())
    response = client.get(reverse("health-ready"))
    assert (response.status_code, response.json()) == (
        200,
        {"status": "ok", "parts": {"database": "ok", "broker": "ok", "heartbeat": "ok"}},
    )
    cache.set(HEARTBEAT_KEY, time.time() - 300)
    response = client.get(reverse("health-ready"))
    assert response.status_code == 503
    assert response.json()["parts"]["heartbeat"] == "last run 300 s ago"


@pytest.mark.django_db
def test_ready_says_when_the_broker_is_away(client, settings):
    cache.set(HEARTBEAT_KEY, time.time())
    before = current_app.conf.broker_url
    current_app.conf.broker_url = "redis+socket:///nowhere/valkey.sock"
    try:
        response = client.get(reverse("health-ready"))
    finally:
        current_app.conf.broker_url = before
    assert (response.status_code, response.json()["parts"]["broker"]) == (503, "no answer")
