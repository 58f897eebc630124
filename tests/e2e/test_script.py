"""The script's own promises, tried on the component kit with answers that the test makes up."""

import pytest
from django.urls import reverse

from accounts.models import User

ADD = """html => {
  const box = document.createElement("div");
  box.id = "trial";
  box.innerHTML = html;
  document.querySelector("#main").prepend(box);
  htmx.process(box);
}"""
FOCUSED = "document.activeElement.id"


@pytest.fixture
def kit(page, live_server, log_in, transactional_db):
    """The component kit, opened by a member of staff."""
    log_in(page, User.objects.create_user("staff@roleferry.example", is_staff=True))
    page.goto(live_server.url + reverse("styleguide"))
    page.evaluate("document.activeElement.blur()")
    return page


def answer(page, status: int, body: str) -> None:
    page.route(
        "**/trial/", lambda route: route.fulfill(status=status, content_type="text/html", body=body)
    )


def toast_text(page) -> str:
    page.wait_for_selector("#toasts .toast")
    return page.inner_text("#toasts .toast p")


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (403, "", "You are not allowed to do that. Ask the owner of this workspace."),
        (404, "", "That is no longer here. Reload the page to see what is."),
        (429, "<p data-error-message> Free again at 14:05. </p>", "Free again at 14:05."),
        (500, "", "Something broke on our side. Nothing was lost; try again in a minute."),
    ],
)
def test_refusals_are_said_and_change_nothing(kit, status, body, sentence):
    answer(kit, status, body)
    kit.evaluate(
        ADD,
        "<button id='ask' hx-get='/trial/' hx-target='#target'>Ask</button><p id='target'>old</p>",
    )

    kit.click("#ask")

    assert toast_text(kit) == sentence
    assert kit.inner_text("#target") == "old"


def test_no_connection_keeps_the_input_and_can_be_tried_again(kit):
    kit.route("**/trial/", lambda route: route.abort())
    kit.evaluate(
        ADD,
        "<form id='ask' hx-post='/trial/' hx-target='#target'><input name='a'><button>Go</button></form>"
        "<p id='target'></p>",
    )
    kit.fill("#ask input", "typed")
    kit.click("#ask button")

    assert toast_text(kit) == "No connection. Nothing was lost."
    assert kit.input_value("#ask input") == "typed"

    kit.unroute("**/trial/")
    answer(kit, 200, "came back")
    kit.get_by_role("button", name="Try again").last.click()
    kit.wait_for_selector("#target:text('came back')")
    assert kit.locator("#toasts .toast").count() == 0


def test_refused_form_is_shown_and_its_summary_takes_the_focus(kit):
    answer(
        kit,
        422,
        "<div id='again' class='error-summary' role='alert' tabindex='-1' data-focus>no</div>",
    )
    kit.evaluate(
        ADD, "<form hx-post='/trial/' hx-swap='innerHTML'><button id='ask'>Go</button></form>"
    )

    kit.click("#ask")

    kit.wait_for_selector("#again:focus")
    assert kit.title().startswith("Error: ")


def test_an_ended_session_leads_to_the_log_in_and_back(kit, live_server):
    kit.context.clear_cookies()
    kit.evaluate(ADD, "<button id='ask' hx-get='/login/' hx-target='#main'>Ask</button>")

    kit.click("#ask")

    kit.wait_for_url("**/login/?next=*")
    assert kit.url == f"{live_server.url}/login/?next=%2Fstyleguide%2F"


def test_polling_rests_while_nobody_looks(kit):
    asked = []
    kit.route(
        "**/trial/",
        lambda route: (asked.append(1), route.fulfill(status=200, body="news")),
    )
    kit.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    kit.evaluate(ADD, "<p id='poll' hx-get='/trial/' hx-trigger='every 100ms'>old</p>")
    kit.wait_for_timeout(500)
    seen_while_hidden = len(asked)

    kit.evaluate("Object.defineProperty(document, 'hidden', { value: false })")
    kit.wait_for_selector("#poll:text('news')")

    assert seen_while_hidden == 0


def test_words_for_the_screen_reader_are_announced(kit):
    kit.evaluate(ADD, "<p data-announce='31 roles found'></p>")

    kit.wait_for_selector("#announce:text('31 roles found')", state="attached")
    assert kit.locator("#announce").text_content() == "31 roles found"


def test_fetched_dialog_opens_and_leaves_with_escape(kit):
    kit.evaluate(
        "document.querySelector('#dialog').innerHTML = '<dialog aria-label=Sure><button>Yes</button></dialog>'"
    )
    kit.wait_for_selector("#dialog dialog[open]")

    kit.keyboard.press("Escape")

    kit.wait_for_selector("#dialog dialog", state="detached")
    assert kit.locator("#dialog dialog").count() == 0


def test_toast_goes_by_itself_but_not_under_the_focus(kit):
    show = "document.querySelector('#toasts').innerHTML = '<form class=toast data-timeout=1><button id=undo>Undo</button></form>'"
    kit.evaluate(show)
    kit.focus("#undo")
    kit.wait_for_timeout(2000)
    kept = kit.locator("#undo").count()

    kit.evaluate("document.activeElement.blur()")
    kit.wait_for_selector("#undo", state="detached")

    assert kept == 1


def test_dropping_a_card_presses_the_button_of_its_own_form(kit):
    kit.evaluate(
        "document.querySelectorAll('#move-1 button').forEach(b => b.addEventListener('click', () => { document.title = 'moved to ' + b.value }))"
    )

    kit.drag_and_drop("[data-drop=Saved] [data-drag]", "[data-drop=Sent]")

    assert kit.title().endswith("moved to Sent")


def test_single_keys_can_be_switched_off_and_never_fire_while_typing(kit):
    kit.focus("#top-search")
    kit.keyboard.press("?")
    assert kit.input_value("#top-search") == "?"

    kit.evaluate("document.activeElement.blur(); document.body.dataset.keys = 'off'")
    kit.keyboard.press("?")

    assert kit.locator("#dialog dialog").count() == 0


def test_nothing_of_the_page_is_kept_in_the_browser(kit):
    kit.goto(kit.url)

    assert kit.evaluate("localStorage.length") == 0
    assert kit.evaluate("Object.entries(sessionStorage)") == [
        ["htmx-current-path-for-history", "/styleguide/"]
    ]


def test_dragging_has_a_way_with_the_keyboard_and_without_script(
    plain_page, live_server, log_in, transactional_db
):
    log_in(plain_page, User.objects.create_user("staff@roleferry.example", is_staff=True))
    plain_page.goto(live_server.url + reverse("styleguide"))

    plain_page.locator("[popovertarget=move-1]").press("Enter")

    assert plain_page.locator("#move-1 button").count() == 6
    assert plain_page.locator("#move-1").is_visible()
    assert plain_page.locator("[data-copy]").is_hidden()
