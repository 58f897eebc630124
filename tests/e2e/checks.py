"""What every page must pass in the browser: accessible, no sideways scroll, no jumps, no complaints.

`check_page(page)` looks at the page as it is in both themes at 1280 and 390 pixels and raises
AssertionError with every finding of every state at once.
"""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

LOAD_TIMEOUT_MS = 15_000
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
THEMES = ("light", "dark")
SIZES = ((1280, 900), (390, 844))
MAX_LAYOUT_SHIFT = 0.02

LAYOUT_SHIFT = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 250);
})"""
SETTLED = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
  () => Promise.allSettled(document.getAnimations().filter(a => a.effect.getTiming().iterations !== Infinity).map(a => a.finished)).then(() => done()))))"""
OVERFLOW = "document.documentElement.scrollWidth - window.innerWidth"
STYLED = "getComputedStyle(document.documentElement).getPropertyValue('--canvas') !== ''"


def watch(page: Page) -> Page:
    """Collect console errors, page errors and policy reports of `page` in `page.problems`."""
    page.problems = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            page.problems.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    return page


def axe_findings(page: Page) -> list[str]:
    """Return the accessibility violations of the page as it is now, one line each."""
    result = Axe().run(page, options={"runOnly": {"type": "tag", "values": AXE_TAGS}})
    return [
        f"axe {violation['id']}: {node['target']} {node['html'][:160]}"
        for violation in result.response["violations"]
        for node in violation["nodes"]
    ]


def layout_findings(page: Page) -> list[str]:
    """Return what is wrong with the layout in the present size: styles, sideways scroll, jumps."""
    found = [] if page.evaluate(STYLED) else ["the stylesheet is missing"]
    overflow = page.evaluate(OVERFLOW)
    if overflow > 0:
        found.append(f"scrolls sideways by {overflow} px")
    shift = page.evaluate(LAYOUT_SHIFT)
    if shift >= MAX_LAYOUT_SHIFT:
        found.append(f"layout shift {shift:.3f}")
    return found


def check_page(page: Page, *, allow: tuple[str, ...] = ()) -> None:
    """Assert that the page passes in {light, dark} x {1280, 390} and that the console stayed silent.

    `page` comes from `watch` and stays on its address: it is loaded again for each size, so the page
    has to be reachable by GET. `allow` names parts of console lines that are part of the test.
    """
    found = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.reload(wait_until="load")
        found += [f"{width}: {line}" for line in layout_findings(page)]
        # A sticky bar covers other things at any one scroll position, and axe sees only one. In a
        # window as tall as the page everything rests at its own place.
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(height, tall)})
        for theme in THEMES:
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            page.evaluate(SETTLED)
            found += [f"{theme} {width}: {line}" for line in axe_findings(page)]
    found += [line for line in page.problems if not any(part in line for part in allow)]
    assert not found, f"{page.url}\n" + "\n".join(found)
