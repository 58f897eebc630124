"""What a person does with RoleFerry, page by page, with or without JavaScript."""

import re
import time
from dataclasses import dataclass, field

from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

PASSWORD = "ferry across the river"
SLOW_MS = 30_000  # for what a worker does meanwhile


@dataclass
class Traveller:
    """One person at one browser page. `met` keeps the paths of every page that was looked at."""

    page: Page
    site: str
    met: list[str] = field(default_factory=list)

    def visit(self, url_name: str, *args: object) -> None:
        self.page.goto(self.site + reverse(url_name, args=args))
        self.note()

    def note(self) -> None:
        path = self.page.url.removeprefix(self.site).partition("#")[0]
        if path not in self.met:
            self.met.append(path)

    def press(self, name: str, *, within: Locator | None = None, exact: bool = False) -> None:
        place = within or self.page.get_by_role("main")
        place.get_by_role("button", name=name, exact=exact).first.click()

    def follow(self, name: str, *, within: Locator | None = None) -> None:
        place = within or self.page.get_by_role("main")
        place.get_by_role("link", name=name).first.click()

    def sign_up(self, email: str) -> None:
        self.visit("account_signup")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.press("Create account")
        self.page.wait_for_url("**/today/")
        self.note()

    def upload(self, file: dict[str, object], label: str, button: str) -> None:
        self.page.get_by_label(label).set_input_files(file)
        self.press(button)
        self.wait_for_task()

    def wait_for_task(self) -> None:
        """Wait on the task's page until the work is done, then go where it leads."""
        result = self.page.get_by_role("link", name="See the result")
        heading = self.page.get_by_role("heading", level=1)
        deadline = time.monotonic() + SLOW_MS / 1000
        while "/tasks/" in self.page.url and not result.is_visible():
            assert time.monotonic() < deadline, f"{heading.inner_text()} did not end"
            self.page.wait_for_timeout(200)
        if "/tasks/" in self.page.url:
            self.note()
            result.click()
        expect(heading).to_be_visible()
        self.note()

    def open_best_match(self) -> str:
        """Open the first opening of the list; return its title."""
        self.visit("jobs:job-list")
        link = self.page.get_by_role("main").locator("li.card h3 a").first
        title = link.inner_text()
        link.click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(title)
        self.note()
        return title

    def connect_practice(self) -> None:
        self.visit("mailboxes:mailbox-list")
        self.press("Connect the practice mailbox")
        expect(self.page.get_by_text("seconds instead of days")).to_be_visible()

    def ferry(self) -> None:
        """Ferry the opening on the page and wait until its package is prepared."""
        self.press("Ferry this role")
        self.page.wait_for_url("**/packages/**")
        expect(self.page.get_by_role("heading", name="How it was prepared")).to_be_visible(
            timeout=SLOW_MS
        )
        self.note()

    def add_person(self, name: str, title: str, email: str) -> None:
        """Add somebody to the package on the page."""
        summary = self.page.locator("#contacts summary", has_text="Add someone at")
        form = self.page.locator(
            "#contacts form", has=self.page.get_by_role("button", name="Add and choose")
        )
        if not form.is_visible():
            summary.click()
        form.get_by_label(re.compile("^Name")).fill(name)
        form.get_by_label(re.compile("^Title")).fill(title)
        form.get_by_label(re.compile("^E-mail")).fill(email)
        form.get_by_label(re.compile("^Source")).fill("Met at a meetup")
        self.press("Add and choose", within=form)
        expect(self.page.locator("#contacts").get_by_text(name).first).to_be_visible()

    def sign_mails(self) -> None:
        """Fill in who writes from where, which every mail must say."""
        self.page.get_by_label("Name under your mails").fill("Anna Keller")
        self.page.get_by_label("Postal address under your mails").fill(
            "Deichstraße 12\n20459 Hamburg"
        )
        self.press("Save", exact=True)
        expect(self.page.get_by_label("Postal address under your mails")).to_have_value(
            re.compile("20459 Hamburg")
        )

    def approve(self) -> None:
        """Approve the package on the page, through the page or the dialog that says what will be sent."""
        self.follow("Approve and queue")
        confirm = self.page.get_by_role("button", name=re.compile(r"Approve and queue \d+ mail"))
        confirm.click()
        expect(self.page.locator("#approval")).to_be_visible()
        self.note()

    def undo(self) -> None:
        self.press("Undo the approval")
        expect(self.page.locator("#approval")).to_have_count(0)
        expect(self.page.get_by_text("nothing was sent")).to_be_visible()

    def reload_until(self, text: str, seconds: float = 40.0) -> None:
        """Load the page again until it says `text`, as an impatient person does."""
        deadline = time.monotonic() + seconds
        place = self.page.get_by_role("main")
        while not place.get_by_text(text).first.is_visible():
            assert time.monotonic() < deadline, f"{self.page.url} never said {text!r}"
            self.page.wait_for_timeout(500)
            self.page.reload()
