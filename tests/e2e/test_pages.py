"""Every page in one table: accessible, steady and quiet in both themes at both widths."""

import pytest
from django.urls import reverse

from accounts.models import User
from tests.e2e.checks import axe_findings, check_page, layout_findings

# URL name, who looks at it
PAGES = [
    ("home", "visitor"),
    ("account_login", "visitor"),
    ("account_signup", "visitor"),
    ("account_reset_password", "visitor"),
    ("account_reset_password_done", "visitor"),
    ("styleguide", "staff"),
    ("account_email", "owner"),
    ("account_change_password", "owner"),
    ("account_reauthenticate", "owner"),
    ("account_logout", "owner"),
    ("accounts:settings", "owner"),
    ("accounts:workspace-edit", "owner"),
    ("accounts:member-list", "owner"),
    ("accounts:preferences-edit", "owner"),
    ("accounts:task-list", "owner"),
    ("jobs:resume-list", "owner"),
    ("jobs:profile-detail", "owner"),
    ("jobs:job-list", "owner"),
    ("jobs:job-new", "owner"),
    ("jobs:job-import", "owner"),
    ("jobs:source-list", "owner"),
    ("analytics:funnel", "owner"),
    ("mailboxes:mailbox-connect", "owner"),
    ("mailboxes:connect-smtp", "owner"),
    ("mailboxes:connect-google", "owner"),
    ("mailboxes:loan-agree", "owner"),
    ("mailboxes:connect-postmark", "owner"),
    ("outreach:package-list", "owner"),
    ("outreach:packages-approve", "owner"),
    ("outreach:contact-list", "owner"),
    ("outreach:contact-add", "owner"),
    ("outreach:contact-import", "owner"),
    ("outreach:sequence-list", "owner"),
    ("outreach:suppression-list", "owner"),
    ("outreach:suppression-import", "owner"),
]


@pytest.fixture
def staff(transactional_db) -> User:
    return User.objects.create_user("staff@roleferry.example", "unused-password", is_staff=True)


@pytest.mark.parametrize(("url_name", "persona"), PAGES)
def test_page_passes(url_name, persona, page, live_server, log_in, request):
    if persona == "staff":
        log_in(page, request.getfixturevalue("staff"))
    if persona == "owner":
        request.getfixturevalue("profile")
        log_in(page, request.getfixturevalue("owner").user)

    answer = page.goto(live_server.url + reverse(url_name))

    assert answer.status == 200
    assert page.locator("h1").count() == 1
    check_page(page)


def test_missing_page_passes(page, live_server):
    answer = page.goto(live_server.url + "/no-such-page/")

    assert answer.status == 404
    check_page(page, allow=("404",))


@pytest.mark.parametrize("width", [320, 640])
def test_kit_reflows_without_sideways_scroll(width, page, live_server, log_in, staff):
    log_in(page, staff)
    page.set_viewport_size({"width": width, "height": 800})

    page.goto(live_server.url + reverse("styleguide"))

    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_kit_controls_are_big_enough_to_hit(open_context, live_server, log_in, staff):
    context = open_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    log_in(page, staff)
    page.goto(live_server.url + reverse("styleguide"))

    small = page.evaluate(
        """() => [...document.querySelectorAll("a, button, select, input, summary")]
          .filter(e => e.offsetParent && getComputedStyle(e).display !== "inline" && !e.matches(".skip"))
          .map(e => [e, e.getBoundingClientRect()])
          .filter(([e, box]) => box.width < 24 || box.height < 24)
          .filter(([e]) => !(e.matches("input[type=checkbox], input[type=radio]") && e.closest("label, .field.check")))
          .map(([e]) => e.outerHTML.slice(0, 80))"""
    )
    primary = page.evaluate(
        "() => [...document.querySelectorAll('.btn.primary')].filter(e => e.offsetParent).map(e => e.getBoundingClientRect().height)"
    )

    assert small == []
    assert min(primary) >= 44


def test_wrong_password_is_explained_with_focus_and_title(page, live_server, transactional_db):
    page.goto(live_server.url + reverse("account_login"))
    page.fill("input[type=email]", "nobody@roleferry.example")
    page.fill("input[type=password]", "wrong-password")
    page.get_by_role("button", name="Log in").click()

    page.wait_for_selector(".error-summary:focus")
    assert page.title() == "Error: Log in – RoleFerry"
    assert page.input_value("input[type=email]") == "nobody@roleferry.example"
    assert page.problems == []


def test_password_can_be_shown(page, live_server, transactional_db):
    page.goto(live_server.url + reverse("account_login"))
    page.fill("input[autocomplete=current-password]", "visible")
    page.get_by_role("button", name="Show Password").click()

    assert page.get_attribute("input[autocomplete=current-password]", "type") == "text"
    assert page.get_by_role("button", name="Hide Password").get_attribute("aria-pressed") == "true"


def test_shortcut_dialog_lists_what_the_page_declares(page, live_server, log_in, staff):
    log_in(page, staff)
    page.goto(live_server.url + reverse("styleguide"))

    page.keyboard.press("?")

    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    dialog.wait_for()
    assert "Search jobs" in dialog.inner_text()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")


def test_keys_walk_through_a_list_and_reach_the_search(page, live_server, log_in, staff):
    log_in(page, staff)
    page.goto(live_server.url + reverse("styleguide"))
    page.evaluate("document.activeElement.blur()")

    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.evaluate("document.activeElement.textContent")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")

    assert second == "Answer"
    assert page.evaluate("document.activeElement.id") == "top-search"


def test_gate_bites_on_a_bad_page(page):
    page.set_content(
        "<title></title><body><img src='data:,'><input><p style='width:3000px;color:#bbb;background:#fff'>pale</p>"
    )

    layout = layout_findings(page)

    assert len(axe_findings(page)) >= 3
    assert "the stylesheet is missing" in layout
    assert [line for line in layout if line.startswith("scrolls sideways")]


def test_gate_refuses_the_bad_page_as_a_whole(page):
    page.goto("data:text/html,<title></title><body><img src='data:,'><input>")

    with pytest.raises(AssertionError) as refused:
        check_page(page)

    assert "light 1280: axe" in str(refused.value)
    assert "dark 390: axe" in str(refused.value)


def test_gate_hears_console_errors(page):
    page.goto("data:text/html,<title>x</title>")
    page.evaluate("console.error('it went wrong')")

    assert page.problems == ["it went wrong"]
