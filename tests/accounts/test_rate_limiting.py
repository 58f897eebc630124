"""The limit on requests of one caller (LIM-1 to LIM-3)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisConnectionError

from accounts import rate_limiting
from accounts.rate_limiting import count_request

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_limit(settings):
    settings.RATE_LIMIT_PER_MINUTE = 3
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def one_minute(monkeypatch):
    """The test does not run over the end of a minute."""

    class FrozenClock(datetime):
        @classmethod
        def now(cls, tz=None):
            return NOW

    monkeypatch.setattr(rate_limiting, "datetime", FrozenClock)


def test_every_answer_tells_what_is_left_and_the_fourth_is_refused(client):
    left = []
    for _ in range(3):
        response = client.get("/accounts/login/")
        assert response["X-RateLimit-Limit"] == "3"
        assert "Retry-After" not in response
        left.append(response["X-RateLimit-Remaining"])
    assert left == ["2", "1", "0"]
    refused = client.get("/accounts/login/")
    assert refused.status_code == 429
    assert refused["Retry-After"] == "60"
    assert refused["X-RateLimit-Remaining"] == "0"
    assert "Too many tries" in refused.content.decode()


def test_another_address_is_not_refused(client):
    for _ in range(4):
        client.get("/accounts/login/")
    assert client.get("/accounts/login/", REMOTE_ADDR="203.0.113.9")["X-RateLimit-Remaining"] == "2"


@pytest.mark.parametrize("path", ["/health", "/webhooks/generic/none/", "/u/none/"])
def test_health_providers_and_recipients_are_not_counted(client, path):
    for _ in range(5):
        response = client.get(path)
        assert response.status_code != 429
        assert "X-RateLimit-Limit" not in response


def test_a_signed_in_person_reads_more_and_writes_sixty_a_minute(owner_client):
    assert owner_client.get("/")["X-RateLimit-Limit"] == "18"
    for _ in range(60):
        assert owner_client.post("/nowhere/")["X-RateLimit-Limit"] == "60"
    refused = owner_client.post("/nowhere/")
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert owner_client.get("/").status_code != 429


def test_the_next_minute_begins_anew():
    assert [count_request("a", NOW) for _ in range(3)] == [1, 2, 3]
    assert count_request("a", NOW + timedelta(minutes=1)) == 1
    assert count_request("b", NOW) == 1


def test_while_nobody_can_count_nobody_is_refused(client, monkeypatch):
    def away(*args, **kwargs):
        raise RedisConnectionError

    monkeypatch.setattr(type(cache._connections[cache._alias]), "add", away)
    for _ in range(5):
        assert client.get("/accounts/login/").status_code != 429


def test_zero_turns_it_off(client, settings):
    settings.RATE_LIMIT_PER_MINUTE = 0
    assert "X-RateLimit-Limit" not in client.get("/accounts/login/")
