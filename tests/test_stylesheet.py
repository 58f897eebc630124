"""The stylesheet, the script and the templates keep their promises: contrast, size, tokens, policy."""

import gzip
import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "static"
APP_CSS = (STATIC / "css" / "app.css").read_text()
STYLESHEETS = sorted((STATIC / "css").glob("*.css"))
TEMPLATES = sorted(
    path for folder in ("templates", "*/templates") for path in ROOT.glob(f"{folder}/**/*.html")
)

RAW_LIMIT = 30 * 1024
GZIP_LIMIT = 9 * 1024
SCRIPT_GZIP_LIMIT = 6 * 1024
HOME_LIMIT = 40 * 1024

TOKEN = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9A-Fa-f]{6}),\s*(#[0-9A-Fa-f]{6})\)")
TOKENS = {name: (light, dark) for name, light, dark in TOKEN.findall(APP_CSS)}

# WCAG 2.2: 1.4.3 asks 4.5 for text, 1.4.11 asks 3.0 for borders, focus rings and figures.
PAIRS = [
    ("text", "canvas", 4.5),
    ("text", "surface", 4.5),
    ("text", "sunken", 4.5),
    ("muted", "surface", 4.5),
    ("muted", "canvas", 4.5),
    ("muted", "sunken", 4.5),
    ("accent", "surface", 4.5),
    ("accent", "canvas", 4.5),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-hover", 4.5),
    ("accent", "accent-soft", 4.5),
    ("text", "accent-soft", 4.5),
    ("link", "surface", 4.5),
    ("link", "canvas", 4.5),
    ("ok", "surface", 4.5),
    ("ok", "ok-soft", 4.5),
    ("warn", "surface", 4.5),
    ("warn", "warn-soft", 4.5),
    ("danger", "surface", 4.5),
    ("danger", "danger-soft", 4.5),
    ("on-danger", "danger-fill", 4.5),
    ("info", "surface", 4.5),
    ("info", "info-soft", 4.5),
    ("line-strong", "surface", 3),
    ("line-strong", "canvas", 3),
    ("line-strong", "sunken", 3),
    ("focus", "surface", 3),
    ("focus", "canvas", 3),
    ("focus", "sunken", 3),
    ("c1", "surface", 3),
    ("c2", "surface", 3),
    ("c3", "surface", 3),
    ("c4", "surface", 3),
    ("c5", "surface", 3),
]


def luminance(colour: str) -> float:
    """Return the relative luminance of "#RRGGBB" (WCAG 2.2, definition of relative luminance)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def without_comments(css: str) -> str:
    return re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#FFFFFF") == 21
    assert round(contrast("#777777", "#FFFFFF"), 2) == 4.48


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_contrast(front, back, least, theme):
    assert contrast(TOKENS[front][theme], TOKENS[back][theme]) >= least


def test_stylesheet_is_small():
    assert len(APP_CSS.encode()) <= RAW_LIMIT
    assert len(gzip.compress(APP_CSS.encode(), 9)) <= GZIP_LIMIT


def test_script_is_small():
    assert len(gzip.compress((STATIC / "js" / "app.js").read_bytes(), 9)) <= SCRIPT_GZIP_LIMIT


def test_front_page_template_is_small():
    assert len((ROOT / "templates" / "home.html").read_bytes()) <= HOME_LIMIT


def test_layers_come_in_their_order():
    declared = re.search(r"@layer ([\w, ]+);", APP_CSS).group(1).split(", ")
    places = [APP_CSS.index(f"@layer {name} {{") for name in declared]

    assert declared == ["reset", "tokens", "base", "layout", "components", "utilities"]
    # reset holds no tokens and may be written anywhere; the rest follows the declared order
    assert all(before < after for before, after in pairwise(places[2:]))


@pytest.mark.parametrize("path", STYLESHEETS, ids=lambda path: path.name)
def test_colours_come_from_tokens_only(path):
    css = without_comments(path.read_text())
    if path.name == "app.css":
        start = css.index("@layer tokens {")
        css = css[:start] + css[css.index("@layer reset {") :]

    assert re.findall(r"#[0-9A-Fa-f]{3,8}\b(?=[;,) }])", css) == []


@pytest.mark.parametrize("path", STYLESHEETS, ids=lambda path: path.name)
def test_every_token_in_use_exists(path):
    css = without_comments(path.read_text())
    known = set(re.findall(r"(--[\w-]+):", without_comments(APP_CSS) + css))

    assert set(re.findall(r"var\((--[\w-]+)", css)) - known == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_obeys_the_content_security_policy(path):
    """style-src and script-src are 'self': no style attribute, no handler, no inline script or style."""
    html = path.read_text()

    assert re.findall(r"<[^>]*\sstyle\s*=", html) == []
    assert re.findall(r"<[^>]*\son[a-z]+\s*=", html) == []
    assert re.findall(r"hx-on[:\w-]*\s*=", html) == []
    assert re.findall(r"<style\b", html) == []
    assert re.findall(r"javascript:", html) == []
    inline = [tag for tag in re.findall(r"<script\b[^>]*>", html) if "src=" not in tag]
    assert [tag for tag in inline if "application/json" not in tag] == []


def test_templates_were_found():
    assert len(TEMPLATES) > 20
