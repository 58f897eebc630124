"""Signing up, logging in, and what a new person finds (ACC-1..5)."""

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Preferences, Profile, User, Workspace
from config.settings import base  # noqa: TID251 - what production starts from

pytestmark = pytest.mark.django_db


def sign_up(client: Client, email="new@roleferry.example", password="a-long-enough-phrase"):
    return client.post(reverse("account_signup"), {"email": email, "password1": password})


def test_sign_up_gives_a_workspace_of_ones_own(client):
    response = sign_up(client)
    assert response.status_code == 302
    user = User.objects.get(email="new@roleferry.example")
    membership = Membership.objects.get(user=user)
    assert (membership.role, membership.workspace.name) == ("owner", "new's workspace")
    profile = Profile.objects.get(workspace=membership.workspace)
    assert Preferences.objects.get(profile=profile).titles == []
    assert (user.mode, membership.workspace.plan) == ("job_seeker", "free")
    assert not user.is_staff


def test_the_same_address_in_capitals_is_the_same_person(client):
    sign_up(client)
    client.logout()
    sign_up(Client(), email="NEW@roleferry.example")
    assert User.objects.count() == 1
    assert Workspace.objects.count() == 1


def test_a_short_password_is_refused_and_the_address_is_kept(client):
    response = sign_up(client, password="short")
    assert response.status_code == 200
    assert "new@roleferry.example" in response.content.decode()
    assert not User.objects.exists()


def test_unknown_address_and_wrong_password_read_the_same(client, owner):
    texts = []
    for email in (owner.user.email, "nobody@roleferry.example"):
        response = client.post(
            reverse("account_login"), {"login": email, "password": "not-the-password"}
        )
        texts.append(response.content.decode().replace(email, "").split("error-summary")[1][:200])
        assert response.wsgi_request.user.is_anonymous
    assert texts[0] == texts[1]


def test_guessing_passwords_is_slowed_down(client, owner):
    statuses = [
        client.post(
            reverse("account_login"), {"login": owner.user.email, "password": f"guess-number-{n}"}
        ).status_code
        for n in range(12)
    ]
    blocked = client.post(
        reverse("account_login"), {"login": owner.user.email, "password": "correct-horse-battery"}
    )
    assert statuses[0] == 200
    assert blocked.wsgi_request.user.is_anonymous


def test_production_hashes_with_argon2(settings):
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS
    assert make_password("x" * 12).startswith("argon2$argon2id$")
