"""Guessing passwords is slow for each client by itself, and nothing tells who has an account (D16, quality S13)."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db

# allauth allows ten failed log-ins a minute from one address.
ALLOWED = 10
TOO_MANY = "Too many failed login attempts. Try again later."
SECRETS = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"|"X-CSRFToken": "[^"]+"')


def fail(number, *, forwarded="", address="10.0.0.1"):
    """Try a wrong password as a new browser; each try names another account, so only the client counts."""
    headers = {"X-Forwarded-For": forwarded} if forwarded else None
    given = {"login": f"person{number}@roleferry.example", "password": "not-the-password"}
    answer = Client(REMOTE_ADDR=address).post(reverse("account_login"), given, headers=headers)
    return TOO_MANY in answer.content.decode()


def test_two_clients_behind_one_proxy_do_not_share_their_tries(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    tries = [fail(n, forwarded="203.0.113.1") for n in range(ALLOWED + 1)]
    assert tries == [False] * ALLOWED + [True]
    assert not fail(50, forwarded="203.0.113.2")
    assert fail(51, forwarded="203.0.113.1")


def test_a_client_cannot_invent_its_address_behind_the_proxy(settings):
    """Only the entry that our proxy has appended counts."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    tries = [fail(n, forwarded=f"198.51.100.{n}, 203.0.113.1") for n in range(ALLOWED + 1)]
    assert tries == [False] * ALLOWED + [True]


def test_without_a_proxy_the_header_is_nobodys_word():
    tries = [fail(n, forwarded=f"198.51.100.{n}") for n in range(ALLOWED + 1)]
    assert tries == [False] * ALLOWED + [True]
    assert not fail(50, address="10.0.0.2")


def test_one_account_is_guarded_against_many_addresses(owner):
    found = []
    for number in range(7):
        given = {"login": owner.user.email, "password": "not-the-password"}
        client = Client(REMOTE_ADDR=f"10.0.1.{number}")
        answer = client.post(reverse("account_login"), given)
        found.append(TOO_MANY in answer.content.decode())
    assert found[0] is False
    assert found[-1] is True


def asked(name, email, **more):
    answer = Client().post(reverse(name), {"email": email, **more}, follow=True)
    text = SECRETS.sub("", answer.content.decode()).replace(email, "ADDRESS")
    return answer.status_code, answer.redirect_chain, text


def test_a_password_reset_tells_nobody_who_has_an_account(owner):
    known = asked("account_reset_password", owner.user.email)
    unknown = asked("account_reset_password", "nobody@roleferry.example")
    assert known == unknown
    assert known[0] == 200
    assert {address for message in mail.outbox for address in message.to} >= {owner.user.email}
