#!/usr/bin/env python3
"""Take the README's pictures from a running demonstration: .venv/bin/python bin/make_tour.py http://localhost:8000

Logs in as the sample person, approves the one package that may go, waits for its answer, and writes docs/tour/*.png with a
palette of 256 colours. Run `make demo-reset` first, so that the package still waits, and again afterwards if you like.
"""

import base64
import re
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "tour"
EMAIL, PASSWORD = "anna@roleferry.example", "ferry-across-2026"  # as the log-in page shows them
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


def go_through(page: Page, developer: Page, site: str) -> None:
    """Walk from the morning's queue to the answer, taking pictures on the way."""
    page.goto(f"{site}/login/")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/today/**")
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
    page.goto(f"{site}/packages/")
    page.get_by_role("main").get_by_role("link", name=re.compile(r"\(Python\)")).first.click()
    picture(page, developer, "5-package")
    page.get_by_role("main").get_by_role("link", name="Approve and queue").first.click()
    page.get_by_role("button", name=re.compile(r"Approve and queue \d+ mail")).wait_for()
    picture(page, developer, "6-approve")
    page.get_by_role("button", name=re.compile(r"Approve and queue \d+ mail")).click()
    expect(page.locator("#approval")).to_be_visible()
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
    picture(page, developer, "7-answer")
    page.goto(f"{site}/pipeline/")
    picture(page, developer, "8-pipeline")


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
        go_through(page, browser.new_page(), sys.argv[1].rstrip("/"))
        browser.close()


if __name__ == "__main__":
    main()
