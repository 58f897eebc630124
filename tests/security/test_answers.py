"""What every answer carries, and what it never carries (quality S17, acceptance D29)."""

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db

POLICY = {
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}
EVERY_PAGE = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
FOREIGN = {"Origin": "https://elsewhere.example"}


@pytest.fixture
def https(settings):
    """The switches of config.settings.production, which test_settings.py holds to the deployment checks."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True


def headers_of(response):
    """What stays the same from answer to answer; lists without their order."""
    found = dict(response.items())
    for name in ("X-Request-ID", "Content-Length", "Expires"):
        found.pop(name, None)
    found["Content-Security-Policy"] = set(found["Content-Security-Policy"].split("; "))
    found["Vary"] = set(found["Vary"].split(", "))
    return found


def test_the_headers_of_a_visitors_page_are_exactly_these(client):
    assert headers_of(client.get(reverse("account_login"))) == EVERY_PAGE | {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private",
        "Vary": {"Cookie", "HX-Request"},
    }


def test_the_headers_of_a_members_page_are_exactly_these(owner_client):
    assert headers_of(owner_client.get(reverse("outreach:contact-list"))) == EVERY_PAGE | {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "private, no-store",
        "Vary": {"Cookie", "HX-Request"},
    }


@pytest.mark.parametrize("path", ["/nowhere/", "/jobs/new/", "/health"])
def test_errors_and_plain_answers_carry_them_too(viewer_client, path):
    response = viewer_client.get(path, headers=FOREIGN)
    assert response.status_code in {403, 404, 200}
    assert {name: headers_of(response)[name] for name in EVERY_PAGE} == EVERY_PAGE


def test_no_answer_opens_itself_to_other_origins(owner_client, stranger_client, client):
    for asking in (owner_client, stranger_client, client):
        for path in ("/", "/today/", "/health", "/nowhere/", "/u/x/", "/jobs/"):
            for method in (asking.get, asking.options, asking.post):
                response = method(path, headers=FOREIGN)
                allowed = [n for n, _ in response.items() if n.lower().startswith("access-control")]
                assert allowed == [], (path, method)


def test_cookies_are_closed_to_scripts_other_sites_and_plain_http(client, owner, https):
    owner.user.set_password("across-the-water-1")
    owner.user.save()
    page = client.get(reverse("account_login"), secure=True)
    assert page["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert (page.cookies["csrftoken"]["samesite"], page.cookies["csrftoken"]["secure"]) == (
        "Lax",
        True,
    )
    answer = client.post(
        reverse("account_login"),
        {"login": owner.user.email, "password": "across-the-water-1"},
        secure=True,
    )
    session = answer.cookies["sessionid"]
    assert answer.status_code == 302
    assert (session["httponly"], session["samesite"], session["secure"], session["path"]) == (
        True,
        "Lax",
        True,
        "/",
    )
    theme = client.post(reverse("accounts:theme-set"), {"theme": "dark"}, secure=True)
    cookie = theme.cookies["theme"]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)


def test_plain_http_is_sent_to_https(client, https):
    response = client.get("/login/")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/login/")


def test_a_post_from_another_site_is_refused(owner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner.user, backend="django.contrib.auth.backends.ModelBackend")
    response = client.post(reverse("outreach:contact-add"), {"first_name": "X"}, headers=FOREIGN)
    assert response.status_code == 403
    assert "This page was open too long" in response.content.decode()


# What the pages of a member hold stays out of every cache; what anybody may see does not.


@pytest.mark.parametrize(
    "name",
    [
        "outreach:today",
        "outreach:contact-list",
        "outreach:contact-export",
        "outreach:pipeline-export",
        "jobs:profile-detail",
        "jobs:job-list",
        "mailboxes:mailbox-list",
        "accounts:member-list",
        "account_email",
    ],
)
def test_pages_of_members_are_never_kept(owner_client, name):
    said = owner_client.get(reverse(name))["Cache-Control"]
    assert "no-store" in said
    assert "public" not in said


def test_a_visitors_start_page_may_be_kept(client):
    assert not client.get("/").has_header("Cache-Control")
