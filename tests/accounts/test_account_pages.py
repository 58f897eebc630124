"""The account pages in our own frame and words."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.core import mail
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse


def heading(response) -> str:
    return re.search(r"<h1>(.*?)</h1>", response.content.decode(), re.DOTALL).group(1).strip()


@pytest.mark.parametrize(
    ("url_name", "args", "words"),
    [
        ("account_login", [], "Log in"),
        ("account_signup", [], "Create your account"),
        ("account_reset_password", [], "Reset your password"),
        ("account_reset_password_done", [], "Look into your mail"),
        ("account_reset_password_from_key", ["x", "y-z"], "This link no longer works"),
        ("account_reset_password_from_key_done", [], "Your password is changed"),
        ("account_confirm_email", ["bad"], "This link no longer works"),
        ("account_email_verification_sent", [], "Confirm your address"),
        ("account_inactive", [], "This account is switched off"),
    ],
)
@pytest.mark.django_db
def test_visitor_pages(client, url_name, args, words):
    response = client.get(reverse(url_name, args=args))

    assert response.status_code == 200
    assert heading(response) == words
    assert '<main id="main"' in response.content.decode()
    assert "css/app.css" in response.content.decode()


@pytest.mark.parametrize(
    ("url_name", "words"),
    [
        ("account_logout", "Log out?"),
        ("account_change_password", "Change your password"),
        ("account_email", "Email Addresses"),
        ("account_reauthenticate", "Confirm that it is you"),
    ],
)
def test_member_pages(owner_client, url_name, words):
    response = owner_client.get(reverse(url_name))

    assert response.status_code == 200
    assert heading(response) == words
    assert 'aria-label="Main"' in response.content.decode()


@pytest.mark.parametrize("email", ["olga@roleferry.example", "nobody@roleferry.example"])
def test_wrong_password_and_unknown_address_get_the_same_answer(client, owner, email):
    response = client.post(
        reverse("account_login"), {"login": email, "password": "not-the-password"}
    )

    html = response.content.decode()
    summary = re.search(r'<div class="error-summary".*?</div>', html, re.DOTALL).group(0)
    assert "<title>Error: Log in" in html
    assert f'value="{email}"' in html
    assert "not-the-password" not in html
    assert re.sub(r"\s+", " ", summary) == (
        '<div class="error-summary" role="alert" tabindex="-1" data-focus> <h2>There is a problem</h2> <ul> '
        "<li>The email address and/or password you specified are not correct.</li> </ul> </div>"
    )


def test_fields_help_password_managers(client, db):
    login = client.get(reverse("account_login")).content.decode()
    signup = client.get(reverse("account_signup")).content.decode()

    assert 'autocomplete="email"' in login
    assert 'autocomplete="current-password"' in login
    assert 'autocomplete="email"' in signup
    assert 'autocomplete="new-password"' in signup
    assert 'placeholder="Password"' not in login + signup


def test_reset_mail_is_ours_and_its_link_works(client, owner):
    EmailAddress.objects.create(user=owner.user, email=owner.user.email, primary=True)

    response = client.post(reverse("account_reset_password"), {"email": owner.user.email})

    assert response.status_code == 302
    assert len(mail.outbox) == 1
    assert mail.outbox[0].subject.endswith("Choose a new password")
    assert "example.com" not in mail.outbox[0].body
    link = re.search(r"https?://[^/]+(/\S+)", mail.outbox[0].body).group(1)
    page = client.get(link, follow=True)
    assert heading(page) == "Choose a new password"


def test_reset_for_an_unknown_address_says_the_same_on_the_page(client, db):
    response = client.post(
        reverse("account_reset_password"), {"email": "nobody@roleferry.example"}, follow=True
    )

    assert heading(response) == "Look into your mail"
    assert mail.outbox[0].subject.endswith("There is no account with this address")


def test_too_many_log_ins_are_told_to_wait(client, db):
    for _ in range(40):
        response = client.post(
            reverse("account_login"), {"login": "nobody@roleferry.example", "password": "wrong"}
        )
        if response.status_code == 429:
            break

    assert response.status_code == 429
    assert heading(response) == "Too many tries"


def test_demo_log_in_is_one_click_where_it_is_offered(client, db, settings):
    settings.SHOW_DEMO_LOGIN = False
    assert "Open the sample workspace" not in client.get("/").content.decode()

    settings.SHOW_DEMO_LOGIN = True
    html = client.get("/").content.decode()

    assert f'name="login" value="{settings.DEMO_LOGIN_EMAIL}"' in html
    assert len(html.encode()) < 40 * 1024


def test_missing_page_has_the_frame_and_a_way_on(client, db):
    response = client.get("/no-such-page/")

    assert response.status_code == 404
    assert heading(response) == "We cannot find that page"
    assert "Go to the start" in response.content.decode()


def test_missing_page_offers_the_search_to_members(owner_client):
    response = owner_client.get("/no-such-page/")

    assert response.status_code == 404
    assert 'action="/jobs/"' in response.content.decode()


def test_rejected_token_explains_itself(db):
    response = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "a"})

    assert response.status_code == 403
    assert heading(response) == "This page was open too long"


@pytest.mark.parametrize("name", ["400", "403", "500"])
def test_error_page_needs_no_context(name):
    html = render_to_string(f"{name}.html")

    assert "data-error-message" in html
    assert "css/app.css" in html


def test_toasts_carry_undo_as_a_real_form():
    html = render_to_string(
        "components/toasts.html",
        {
            "oob": True,
            "csrf_token": "token",
            "messages": [
                Message(constants.SUCCESS, "Moved to <Closed>", extra_tags="undo:/moves/1/undo/"),
                Message(constants.ERROR, "Not sent."),
            ],
        },
    )

    assert 'hx-swap-oob="innerHTML"' in html
    assert '<form class="toast" method="post" action="/moves/1/undo/" data-timeout="10">' in html
    assert "csrfmiddlewaretoken" in html
    assert "Moved to &lt;Closed&gt;" in html
    assert '<div class="toast error" data-timeout="0"><p>Not sent.</p></div>' in html


def test_theme_and_density_of_the_person_are_on_the_page(owner, owner_client):
    owner.user.theme, owner.user.density, owner.user.shortcuts_on = "dark", "compact", False
    owner.user.save()

    html = owner_client.get(reverse("account_email")).content.decode()

    assert '<html lang="en" data-theme="dark" data-density="compact">' in html
    assert 'data-keys="off"' in html


def test_only_developers_and_staff_see_the_kit(client, owner_client, staff_client):
    assert client.get(reverse("styleguide")).status_code == 404
    assert owner_client.get(reverse("styleguide")).status_code == 404
    assert staff_client.get(reverse("styleguide")).status_code == 200
