"""The package in the browser: every state quiet and accessible, and the yes given with and without a script."""

import pytest
from django.urls import reverse

from outreach.models import Approval, Message
from tests.e2e.checks import check_page
from tests.outreach.package_cases import make_package


@pytest.fixture
def package(profile):
    return make_package(profile, people=2)


def address(live_server, name, *args):
    return live_server.url + reverse(f"outreach:{name}", args=args)


def test_a_blocked_package_passes(page, live_server, log_in, owner, package):
    Message.objects.filter(step_number=2).update(unresolved=["my_metric"])
    log_in(page, owner.user)

    page.goto(address(live_server, "package-detail", package.public_id))

    assert page.get_by_role("button", name="Approve and queue").is_disabled()
    check_page(page)


@pytest.mark.parametrize("name", ["package-approve", "package-letter"])
def test_pages_of_a_package_pass(page, live_server, log_in, owner, package, name):
    log_in(page, owner.user)

    page.goto(address(live_server, name, package.public_id))

    check_page(page)


@pytest.mark.parametrize("name", ["package-mail", "package-preview"])
def test_pages_of_a_mail_pass(page, live_server, log_in, owner, package, name):
    log_in(page, owner.user)
    mail = Message.objects.order_by("pk").first()

    page.goto(address(live_server, name, package.public_id, mail.public_id))

    check_page(page)


def test_a_contact_passes(page, live_server, log_in, owner, package):
    log_in(page, owner.user)
    contact = package.enrollments.first().contact

    page.goto(address(live_server, "contact-detail", contact.public_id))

    check_page(page)


def test_approving_in_the_dialog_and_undoing_it(page, live_server, log_in, owner, package):
    log_in(page, owner.user)
    page.goto(address(live_server, "package-detail", package.public_id))

    page.get_by_role("link", name="Approve and queue").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve and queue 6 mails").click()
    page.get_by_text("Queued. First mail").wait_for()
    assert Approval.objects.filter(voided_at=None).count() == 1
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    page.get_by_text("nothing was sent").wait_for()

    assert set(Message.objects.values_list("status", flat=True)) == {"draft"}
    assert page.problems == []


def test_a_line_is_edited_in_place(page, live_server, log_in, owner, package):
    log_in(page, owner.user)
    page.goto(address(live_server, "package-detail", package.public_id))
    line = page.locator("#piece-5")

    line.get_by_role("link", name="Edit").click()
    line.get_by_label("This line").fill("")
    line.get_by_role("button", name="Save").click()
    line.locator(".error-summary").wait_for()
    line.get_by_label("This line").fill("Led a team of 5 engineers")
    line.get_by_role("button", name="Save").click()
    page.locator("#piece-5 ins").wait_for()

    assert page.locator("#piece-5 ins").inner_text() == "Led a team of 5 engineers"


def test_without_a_script(plain_page, live_server, log_in, owner, package):
    log_in(plain_page, owner.user)
    plain_page.goto(address(live_server, "package-detail", package.public_id))

    plain_page.get_by_role("link", name="Preview mail 1 to Maria Marin1").click()
    assert plain_page.get_by_text("List-Unsubscribe: on").is_visible()
    plain_page.get_by_role("link", name="Back to the package").click()
    plain_page.get_by_role("checkbox", name="Maria Marin2").uncheck()
    plain_page.get_by_role("button", name="Write to the ticked people").click()
    plain_page.get_by_role("link", name="Approve and queue").click()
    plain_page.get_by_role("button", name="Approve and queue 3 mails").click()

    assert plain_page.get_by_text("Queued. First mail").is_visible()
    assert Message.objects.filter(status="scheduled").count() == 1
    plain_page.get_by_role("button", name="Undo the approval").click()
    assert set(Message.objects.values_list("status", flat=True)) == {"draft"}
