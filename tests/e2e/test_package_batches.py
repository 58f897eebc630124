"""Approving several packages at once in a real browser, with and without scripts."""

import pytest
from django.urls import reverse

from outreach.models import Approval
from tests.e2e.checks import check_page
from tests.outreach.package_cases import make_package
from tests.outreach.test_approving_many import another_package

pytestmark = pytest.mark.django_db(transaction=True)

LIST = reverse("outreach:package-list")


@pytest.fixture
def two(profile):
    return [make_package(profile, people=2), another_package(profile, 2)]


def test_reading_and_approving_two_packages(page, live_server, log_in, owner, two):
    log_in(page, owner.user)
    page.goto(f"{live_server.url}{LIST}?state=ready")
    check_page(page)

    for box in page.get_by_role("checkbox", name="Choose").all():
        box.check()
    page.get_by_role("button", name="Look at the chosen and approve").click()
    page.wait_for_url("**/packages/approve/**")
    assert page.locator("h1").inner_text() == "Approve the chosen packages"
    check_page(page)

    page.get_by_role("button", name="Approve and queue 9 mails in 2 packages").click()
    page.wait_for_url("**/packages/?state=approved")
    assert "Queued 2 packages. First mail" in page.inner_text("body")
    assert Approval.objects.count() == 2


def test_without_scripts(plain_page, live_server, log_in, owner, two):
    log_in(plain_page, owner.user)
    plain_page.goto(f"{live_server.url}{LIST}")

    plain_page.get_by_role("checkbox", name="Choose").first.check()
    plain_page.get_by_role("button", name="Look at the chosen and approve").click()
    plain_page.get_by_role("button", name="Approve and queue").click()

    assert "Queued 1 package. First mail" in plain_page.inner_text("body")
    assert Approval.objects.count() == 1
