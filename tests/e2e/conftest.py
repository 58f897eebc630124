"""Chromium for the browser tests, and the check that every page has to pass.

The browser is Debian's own; Playwright's download is never used. Where none is installed the tests
are skipped with that reason, unless REQUIRE_E2E=1 asks for a failure instead.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from accounts.models import User
from tests.e2e.checks import LOAD_TIMEOUT_MS, watch

# Playwright's sync API keeps an event loop running in the thread that also uses the ORM.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """Return the path of an installed Chromium, or None."""
    for name in ("/usr/bin/chromium", "chromium", "chromium-browser"):
        if found := shutil.which(name):
            return found
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder as a browser test."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    executable = find_chromium()
    if executable is None:
        reason = "no Chromium here; install Debian's `chromium` package to run the browser tests"
        if os.environ.get("REQUIRE_E2E") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Return a function that opens a fresh browser context (see Playwright's new_context for options)."""
    opened = []

    def open_one(**options) -> BrowserContext:
        context = browser.new_context(**{"reduced_motion": "reduce", **options})
        context.set_default_timeout(LOAD_TIMEOUT_MS)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Page:
    """A page at 1280 x 900 whose console errors are collected in `page.problems`."""
    return watch(open_context(viewport={"width": 1280, "height": 900}).new_page())


@pytest.fixture
def plain_page(open_context: Callable[..., BrowserContext]) -> Page:
    """A page in a browser without JavaScript."""
    return open_context(java_script_enabled=False).new_page()


@pytest.fixture
def log_in(live_server, client) -> Callable[[Page, User], None]:
    """Return a function that gives a page the session of a user, without the log-in form."""

    def enter(page: Page, user: User) -> None:
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
        )

    return enter
