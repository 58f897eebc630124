#!/usr/bin/env python3
"""Take the README's pictures from a running demonstration: .venv/bin/python -m bin.make_tour http://localhost:8000

Logs in as the sample person, looks at the mailboxes and connects one more, approves the one package that may go (once in
real hours, to show the forecast, and again at the practice pace), waits for its answer, looks at the operations board, and
writes docs/tour/*.png with a palette of 256 colours. Run `make demo-reset` before `make up`, so that the package still waits, and again
afterwards.

The mailbox that is connected stands on loopback, with its name server: `export SMTP_ALLOW_PRIVATE=1
DNS_RESOLVERS=127.0.0.1:5399` before `make up` and before this. Where Debian's dovecot-imapd is missing, its picture stays
as it was.
"""

import base64
import os
import re
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.fakes.dns_server import DnsServer
from tests.fakes.dovecot import PASSWORD as MAIL_PASSWORD
from tests.fakes.dovecot import Dovecot, find_dovecot
from tests.fakes.smtp_sink import SmtpSink

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "tour"
EMAIL, PASSWORD = "anna@roleferry.example", "ferry-across-2026"  # as the log-in page shows them
OPERATOR, OPERATOR_PASSWORD = "operator@roleferry.example", "harbour-master-2026"
# Only the name server on loopback is asked about its domain, and nothing leaves this machine.
OWN_ADDRESS = "anna@anna-keller-hamburg.com"
SIZE = {"width": 1280, "height": 860}
ANSWER_MS = 120_000
COLOURS = 256
PIXELS = """async (source) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width; canvas.height = image.height;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const bytes = context.getImageData(0, 0, image.width, image.height).data;
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return [image.width, image.height, btoa(text)];
}"""


def picture(page: Page, developer: Page, name: str) -> None:
    """Write what the page shows now as docs/tour/<name>.png."""
    page.wait_for_timeout(300)
    shot = base64.b64encode(page.screenshot(animations="disabled")).decode()
    width, height, pixels = developer.evaluate(PIXELS, f"data:image/png;base64,{shot}")
    image = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(height, width, 4)[..., :3]
    data = indexed_png(image)
    (FOLDER / f"{name}.png").write_bytes(data)
    sys.stdout.write(f"{name}.png {len(data) // 1024} kB\n")


def indexed_png(image: np.ndarray) -> bytes:
    """Return a PNG (ISO 15948) of an RGB picture (height, width, 3) with at most 256 colours, chosen by how often they occur."""
    colours, where, counts = np.unique(
        image.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    palette = colours[np.argsort(-counts)[:COLOURS]].astype(np.int32)
    nearest = np.empty(len(colours), np.uint8)
    for start in range(0, len(colours), 4096):
        part = colours[start : start + 4096].astype(np.int32)
        distance = ((part[:, None, :] - palette[None, :, :]) ** 2).sum(axis=2)
        nearest[start : start + 4096] = distance.argmin(axis=1)
    height, width, _ = image.shape
    rows = nearest[where.reshape(-1)].reshape(height, width)
    filtered = np.hstack([np.zeros((height, 1), np.uint8), rows]).tobytes()
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", palette.astype(np.uint8).tobytes()),
            _chunk(b"IDAT", zlib.compress(filtered, 9)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def log_in(page: Page, site: str, place: str, email: str, password: str) -> None:
    """Log in on the way to a place."""
    page.goto(f"{site}/login/?next={place}")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(f"**{place}**")


def look_at_openings(page: Page, developer: Page, site: str) -> None:
    """Take pictures of the queue, the openings, a score and a package that may not go."""
    picture(page, developer, "1-today")
    page.goto(f"{site}/jobs/")
    picture(page, developer, "2-jobs")
    page.locator("li.card h3 a", has_text="Senior Backend Engineer (Python)").click()
    expect(page.get_by_role("heading", name="How well it fits")).to_be_visible()
    picture(page, developer, "3-score")
    page.goto(f"{site}/packages/")
    page.get_by_role("main").get_by_role("link", name=re.compile("Platform")).first.click()
    page.locator("#letter").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('#checks').scrollIntoView()")
    picture(page, developer, "4-refused")


def look_at_mailboxes(page: Page, developer: Page, site: str) -> None:
    """Take pictures of the mailboxes and of what one of them stands for."""
    page.goto(f"{site}/mailboxes/")
    picture(page, developer, "8-mailboxes")
    page.get_by_role("link", name="anna@keller.example", exact=True).click()
    page.wait_for_load_state()
    mailbox = page.url
    for number, place in ((9, "warmup"), (10, "health"), (11, "dns")):
        page.goto(f"{mailbox}{place}/")
        picture(page, developer, f"{number}-{place}")


@contextmanager
def loopback_provider() -> Iterator[tuple[int, int]]:
    """Yield the SMTP and the IMAP port of a provider that files what it sends, as most do."""
    port = os.environ["DNS_RESOLVERS"].rpartition(":")[2]
    domain = OWN_ADDRESS.partition("@")[2]
    with (
        DnsServer(port=int(port)).add(domain, "MX", f"10 mx.{domain}."),
        Dovecot() as dovecot,
        SmtpSink(logins={OWN_ADDRESS: MAIL_PASSWORD}) as sink,
    ):
        record = sink.rules._record

        def record_and_file(peer: object, raw: bytes) -> object:
            for folder in ("INBOX", "Sent"):
                dovecot.deliver(OWN_ADDRESS, folder, raw)
            return record(peer, raw)

        sink.rules._record = record_and_file
        yield sink.port, dovecot.port


def connect(page: Page, developer: Page, site: str) -> None:
    """Take pictures of the ways to connect a mailbox and of a test that passed."""
    page.goto(f"{site}/mailboxes/connect/")
    picture(page, developer, "12-connect")
    if find_dovecot() is None:
        return
    page.get_by_label("Your e-mail address").fill(OWN_ADDRESS)
    page.get_by_role("button", name="Go on").click()
    with loopback_provider() as ports:
        page.get_by_label("Password", exact=True).fill(MAIL_PASSWORD)
        for prefix, port in zip(("", "imap_"), ports, strict=True):
            page.locator(f"#id_{prefix}host").fill("127.0.0.1")
            page.locator(f"#id_{prefix}port").fill(str(port))
            page.locator(f"#id_{prefix}security").select_option("none")
        page.get_by_role("button", name="Test it").click()
        page.get_by_text("works and is connected").wait_for(timeout=60_000)
    picture(page, developer, "13-test")


def set_pace(page: Page, site: str, button: str) -> None:
    """Let practice mail keep real hours or seconds."""
    page.goto(f"{site}/mailboxes/")
    page.get_by_role("button", name=button).click()
    page.wait_for_load_state()


def approve(page: Page, developer: Page, site: str, *, with_pictures: bool = False) -> None:
    """Approve the package that may go."""
    page.goto(f"{site}/packages/")
    page.get_by_role("main").get_by_role("link", name=re.compile(r"\(Python\)")).first.click()
    if with_pictures:
        picture(page, developer, "5-package")
    page.get_by_role("main").get_by_role("link", name="Approve and queue").first.click()
    button = page.get_by_role("button", name=re.compile(r"Approve and queue \d+ mail"))
    button.wait_for()
    if with_pictures:
        picture(page, developer, "6-approve")
    button.click()
    expect(page.locator("#approval")).to_be_visible()


def foresee(page: Page, developer: Page, site: str) -> None:
    """Approve in real hours, take pictures on the way and of the forecast, and take the approval back."""
    set_pace(page, site, "Keep real hours and days")
    approve(page, developer, site, with_pictures=True)
    package = page.url
    page.goto(f"{site}/outbox/")
    picture(page, developer, "7-outbox")
    page.goto(package)
    page.get_by_role("main").get_by_role("button", name="Undo the approval").click()
    page.wait_for_load_state()
    set_pace(page, site, "Let it run in seconds")


def wait_for_answer(page: Page, developer: Page, site: str) -> None:
    """Approve at the practice pace and take pictures of the answer."""
    approve(page, developer, site)
    page.goto(f"{site}/pipeline/")
    page.get_by_role("link", name=re.compile(r"\(Python\)")).first.click()
    page.wait_for_load_state()
    answered = page.get_by_role("main").get_by_text(re.compile("Lena Sommer answered")).first
    waited = 0
    while not answered.is_visible():
        if waited >= ANSWER_MS:
            raise SystemExit(
                "Nobody answered within two minutes. Does the demonstration run with its workers?"
            )
        page.wait_for_timeout(2000)
        waited += 2000
        page.reload()
    picture(page, developer, "14-answer")
    page.goto(f"{site}/pipeline/")
    picture(page, developer, "15-pipeline")


def look_at_operations(browser: Browser, developer: Page, site: str) -> None:
    """Take a picture of the operations board."""
    page = browser.new_context(viewport=SIZE, reduced_motion="reduce").new_page()
    log_in(page, site, "/ops/", OPERATOR, OPERATOR_PASSWORD)
    picture(page, developer, "16-operations")


def main() -> None:
    """Run with the site's address as the only argument."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_context(viewport=SIZE, reduced_motion="reduce").new_page()
        # A blank page without a content security policy, where the pixels can be read.
        developer, site = browser.new_page(), sys.argv[1].rstrip("/")
        log_in(page, site, "/today/", EMAIL, PASSWORD)
        look_at_openings(page, developer, site)
        foresee(page, developer, site)
        look_at_mailboxes(page, developer, site)
        connect(page, developer, site)
        wait_for_answer(page, developer, site)
        look_at_operations(browser, developer, site)
        browser.close()


if __name__ == "__main__":
    main()
