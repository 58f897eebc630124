"""The recipient's page: one click stops, looking does not (RFC 8058; B-5 D22)."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from mailboxes.models import Suppression
from outreach.unsubscribing import token_for, unsubscribe_url
from tests.factories.outreach import PackageFactory
from tests.factories.scenes import being_written_to, first_mail, mailbox_for, package_for, statuses

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def maria(profile):
    mailbox = mailbox_for(profile.workspace)
    return being_written_to(
        package_for(profile, application__job__title="Backend Engineer"),
        mailbox,
        email="maria@northwind.test",
        source="Northwind's team page",
        obtained_at=datetime(2026, 11, 3, tzinfo=UTC),
    )


@pytest.fixture
def address(maria):
    return f"/u/{token_for(first_mail(maria))}/"


@pytest.fixture
def strict():
    """A mail program: no cookies, no CSRF token, and CSRF checks switched on."""
    return Client(enforce_csrf_checks=True)


def test_the_link_in_the_mail_is_this_address(maria, address, settings):
    settings.SITE_URL = "https://ferry.example"
    url = unsubscribe_url(first_mail(maria).public_id)
    assert url == f"https://ferry.example{address}"
    assert maria.contact.email not in url


def test_looking_shows_who_why_and_whence_and_changes_nothing(maria, address, strict):
    for method in (strict.get, strict.head):
        response = method(address)
        assert response.status_code == 200
    page = strict.get(address)
    for words in (
        "Olga Owner",
        "olga@sandbox.test",
        "1 Quay Street",
        "Backend Engineer",
        "Northwind&#x27;s team page",
        "3 November 2026",
        "Legitimate interest",
        "maria@northwind.test",
    ):
        assert words in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex"
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    assert "sessionid" not in page.cookies
    maria.refresh_from_db()
    assert (maria.status, statuses(maria)) == ("active", ["sent", "scheduled", "approved"])
    assert not Suppression.objects.exists()


def test_one_click_needs_nothing_and_works_at_once(maria, address, strict):
    response = strict.post(address, ONE_CLICK)
    assert (response.status_code, response.content) == (200, b"You are unsubscribed.\n")
    assert not response.cookies
    row = Suppression.objects.get()
    assert (row.reason, row.scope, row.workspace) == ("unsubscribed", "workspace", maria.workspace)
    maria.refresh_from_db()
    assert (maria.status, maria.stop_reason) == ("stopped", "unsubscribed")
    assert statuses(maria) == ["sent", "cancelled", "cancelled"]
    assert [strict.post(address, ONE_CLICK).status_code for _ in range(3)] == [200, 200, 200]
    assert Suppression.objects.count() == 1
    assert maria.application.events.filter(kind="unsubscribed").count() == 1


def test_one_click_as_multipart_works_too(maria, address, strict):
    assert strict.post(address, ONE_CLICK, format="multipart").status_code == 200
    body = "List-Unsubscribe=One-Click"
    response = strict.post(address, body, content_type="application/x-www-form-urlencoded")
    assert response.content == b"You are unsubscribed.\n"


def test_stopping_every_sender_reaches_other_workspaces(maria, address, strict, stranger):
    theirs = being_written_to(
        PackageFactory(application__profile__workspace=stranger.workspace),
        mailbox_for(stranger.workspace),
        email="maria@northwind.test",
    )
    page = strict.post(address, {"stop": "everyone"})
    assert page.status_code == 200
    assert "Nobody who uses RoleFerry can write to maria@northwind.test" in page.content.decode()
    row = Suppression.objects.get()
    assert (row.scope, row.workspace) == ("platform", None)
    theirs.refresh_from_db()
    assert (theirs.status, theirs.stop_reason) == ("stopped", "unsubscribed")


def test_stopping_one_sender_leaves_the_others_and_says_so(maria, address, strict, stranger):
    theirs = being_written_to(
        PackageFactory(application__profile__workspace=stranger.workspace),
        mailbox_for(stranger.workspace),
        email="maria@northwind.test",
    )
    page = strict.post(address, {"stop": "sender"}).content.decode()
    assert "Olga Owner can no longer write to maria@northwind.test" in page
    assert "Stop mail from everyone on RoleFerry" in page
    theirs.refresh_from_db()
    assert theirs.status == "active"


@pytest.mark.parametrize("token", ["x", "0" * 32, "0" * 32 + ":forged", "é", "a" * 500])
def test_a_wrong_token_is_not_found(maria, strict, token):
    assert strict.get(f"/u/{token}/").status_code == 404
    assert strict.post(f"/u/{token}/", ONE_CLICK).status_code == 404
    assert not Suppression.objects.exists()


def test_a_token_of_one_mail_cannot_be_bent_to_another(maria, address, strict):
    other = maria.mails.get(step_number=2).public_id.hex
    bent = address.replace(first_mail(maria).public_id.hex, other)
    assert strict.post(bent, ONE_CLICK).status_code == 404


def test_other_methods_are_refused(address, strict):
    assert strict.put(address).status_code == 405
    assert strict.delete(address).status_code == 405


def test_someone_with_an_account_elsewhere_can_unsubscribe(
    maria, address, stranger_client, stranger
):
    """Their own workspace's walls must not hide the mail, and must stand again afterwards."""
    assert stranger_client.get(address).status_code == 200
    assert stranger_client.post(address, ONE_CLICK).status_code == 200
    assert Suppression.objects.get().workspace == maria.workspace
    maria.refresh_from_db()
    assert maria.status == "stopped"
