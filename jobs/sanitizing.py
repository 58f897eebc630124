"""Hostile HTML in, harmless HTML and plain text out.

Job descriptions are written by strangers and shown on our pages and to language models. Both need
protection: the page from script, the model (and the reader) from text nobody can see.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from html import escape, unescape
from html.parser import HTMLParser

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

ALLOWED_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "br", "hr", "ul", "ol", "li", "b", "strong"),
    *("em", "i", "a", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd"),
}
# Elements whose content is code, media or another document: dropped with everything inside.
DROPPED_TAGS = {
    *("script", "style", "iframe", "svg", "math", "template", "noscript", "object", "embed"),
    *("title", "textarea", "select", "noembed", "noframes", "xmp", "plaintext", "audio", "video"),
}
LINK_SCHEMES = {"http", "https", "mailto"}
BLOCK_TAGS = ALLOWED_TAGS - {"b", "strong", "em", "i", "a", "br", "li"}
PARAGRAPH_TAGS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table", "dl"}

# The longest posting seen on a real board is about 60,000 characters.
MAX_CHARACTERS = 200_000
# Parsing time grows with the square of the depth; no real posting nests deeper than a few dozen.
MAX_DEPTH = 2_000
SNIPPET_CHARACTERS = 200
MAX_SNIPPETS = 50
VOID_TAGS = {"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "wbr", "source"}

# Zero-width and invisible formatting characters, bidirectional overrides and isolates (Unicode 16,
# general category Cf), variation selectors supplement and the tag block used to smuggle ASCII.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
# Joiners that real scripts and emoji need keep their place between two letters of such a script.
_JOINERS = {"\u200c", "\u200d"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_DECLARATION = re.compile(r"([a-z-]+)\s*:\s*([^;]+)")
_STYLE_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SIMPLE_SELECTOR = re.compile(r"[.#][A-Za-z_][\w-]*")
_ZERO = re.compile(r"(?:0*\.?0+)(?:px|pt|em|rem|%|vw|vh|ex|ch)?")
_TINY_FONT = re.compile(r"0*(?:\.\d+|[01](?:\.\d+)?)(?:px|pt)")
_FAR_AWAY = re.compile(r"-\d{3,}(?:\.\d+)?(?:px|em|rem|pt|vw|%)?")
_WHITES = {"white", "#fff", "#ffffff", "#fffffe", "#fefefe", "snow", "ivory", "transparent"}


@dataclass(frozen=True)
class CleanDescription:
    """A posting made safe: `html` to show, `text` to search and reason over, `hidden` removed."""

    html: str
    text: str
    hidden: tuple[str, ...]


def clean_description(raw: str) -> CleanDescription:
    """Return a posting's HTML without hidden passages or active content, and as plain text."""
    visible, hidden = strip_hidden(raw)
    html = sanitize_html(visible)
    return CleanDescription(html=html, text=html_to_text(html), hidden=tuple(hidden))


def sanitize_html(html: str) -> str:
    """Return `html` with only text structure and safe links left.

    Keeps headings (the two largest become h3, so the page keeps its own), paragraphs, lists,
    emphasis, tables and absolute http, https and mailto links, which get
    rel="noopener nofollow". Text beyond MAX_CHARACTERS is cut.
    """
    cleaned = nh3.clean(
        flatten_if_bottomless(html[:MAX_CHARACTERS]),
        tags=ALLOWED_TAGS,
        clean_content_tags=DROPPED_TAGS,
        attributes={"a": {"href"}},
        attribute_filter=_absolute_links_only,
        url_schemes=LINK_SCHEMES,
        link_rel="noopener nofollow",
        strip_comments=True,
    )
    return re.sub(r"<(/?)h[12]>", r"<\1h3>", cleaned).strip()


def _absolute_links_only(_tag: str, attribute: str, value: str) -> str | None:
    """Drop an address that would resolve against our own site, and every other attribute."""
    if attribute != "href":
        # The cleaner's own rel passes through here too; a written one was dropped before.
        return value if attribute == "rel" else None
    compact = _CONTROL.sub("", value).strip().lower()
    return value.strip() if compact.startswith(("http://", "https://", "mailto:")) else None


def flatten_if_bottomless(html: str) -> str:
    """Return `html`, or only its escaped text when it nests deeper than MAX_DEPTH."""
    if nesting_depth(html) <= MAX_DEPTH:
        return html
    return escape(unescape(re.sub(r"<[^>]*>?", " ", html)), quote=False)


def nesting_depth(html: str) -> int:
    """Return an upper estimate of how deep the elements of `html` nest, in linear time."""
    opened: Counter[str] = Counter()
    depth = deepest = 0
    for match in _TAG.finditer(html):
        name = match.group(2).lower()
        if name in VOID_TAGS:
            continue
        if not match.group(1):
            opened[name] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
    return deepest


def strip_hidden(html: str) -> tuple[str, list[str]]:
    """Return `html` without what a reader cannot see, and the removed passages.

    Covers comments, `hidden` and aria-hidden elements, inline and simple style-sheet rules that
    hide (display, visibility, opacity, zero or tiny font, no size, off screen, text in the colour
    of its background), zero-width characters, bidirectional overrides and Unicode tag characters.
    Each passage is at most SNIPPET_CHARACTERS long; at most MAX_SNIPPETS are returned.
    """
    cut = flatten_if_bottomless(html[:MAX_CHARACTERS])
    tree = LexborHTMLParser(cut)
    body = tree.body
    if body is None:
        return "", []
    rules = _hiding_selectors(tree)
    removed: list[str] = []
    doomed = [node for node in body.traverse(include_text=True) if _is_hidden(node, rules)]
    doomed_ids = {node.mem_id for node in doomed}
    for node in doomed:
        if node.is_comment_node:
            removed.append(node.comment_content or "")
        elif not _has_ancestor_in(node, doomed_ids):
            removed.append(node.text(deep=True, separator=" "))
    for node in reversed(doomed):
        node.remove()
    visible, smuggled = strip_invisible_characters(body.inner_html or "")
    snippets = [" ".join(_CONTROL.sub(" ", piece).split()) for piece in [*removed, *smuggled]]
    return visible, [piece[:SNIPPET_CHARACTERS] for piece in snippets if piece][:MAX_SNIPPETS]


def strip_invisible_characters(text: str) -> tuple[str, list[str]]:
    """Return `text` without invisible characters, and what the smuggled ones spell or are called."""
    found: list[str] = []

    def replace(match: re.Match[str]) -> str:
        run = match.group()
        if run in _JOINERS and _joins_letters(text, match.start()):
            return run
        spelled = "".join(chr(ord(ch) - 0xE0000) for ch in run if 0xE0020 <= ord(ch) <= 0xE007E)
        # A soft hyphen, byte-order mark or single zero-width space is a typesetter's habit.
        if spelled or len(run) > 3 or any(ch in "\u202d\u202e" for ch in run):
            found.append(spelled or unicodedata.name(run[0], "invisible character").lower())
        return ""

    return _INVISIBLE.sub(replace, text), found


def _joins_letters(text: str, index: int) -> bool:
    """Whether the joiner at `index` stands between two characters beyond the Latin scripts."""
    return 0 < index < len(text) - 1 and min(text[index - 1], text[index + 1]) > "\u0590"


def _has_ancestor_in(node: LexborNode, ids: set[int]) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.mem_id in ids:
            return True
        parent = parent.parent
    return False


def _hiding_selectors(tree: LexborHTMLParser) -> set[str]:
    """Return the `.class` and `#id` selectors that the document's own style sheets hide."""
    selectors: set[str] = set()
    for sheet in tree.css("style"):
        for names, body in _STYLE_RULE.findall(sheet.text(deep=True)):
            if _hides(_declarations(body)):
                selectors.update(_SIMPLE_SELECTOR.findall(names))
    return selectors


def _declarations(style: str) -> dict[str, str]:
    cleaned = re.sub(r"/\*.*?\*/|!important", "", style.lower(), flags=re.DOTALL)
    return {name: value.strip() for name, value in _DECLARATION.findall(cleaned)}


def _is_hidden(node: LexborNode, rules: set[str]) -> bool:
    if not node.is_element_node:
        return bool(node.is_comment_node)
    attributes = node.attributes
    if "hidden" in attributes or (attributes.get("aria-hidden") or "").lower() == "true":
        return True
    names = {f".{name}" for name in (attributes.get("class") or "").split()}
    names.add(f"#{attributes.get('id') or ''}")
    if names & rules:
        return True
    declared = _declarations(attributes.get("style") or "")
    if (attributes.get("color") or "").strip():
        declared.setdefault("color", (attributes["color"] or "").strip().lower())
    return bool(declared) and (_hides(declared) or _matches_background(node, declared))


def _hides(declared: dict[str, str]) -> bool:
    """Whether these declarations alone keep text out of sight."""
    hiding = {"display": "none", "visibility": "hidden", "mso-hide": "all"}
    if any(declared.get(name) == value for name, value in hiding.items()):
        return True
    if _ZERO.fullmatch(declared.get("opacity", "1")):
        return True
    size = declared.get("font-size", "1em")
    if _ZERO.fullmatch(size) or _TINY_FONT.fullmatch(size):
        return True
    boxes = [declared.get(name, "") for name in ("width", "height", "max-height", "max-width")]
    if declared.get("overflow") == "hidden" and any(_ZERO.fullmatch(box) for box in boxes if box):
        return True
    offsets = [declared.get(name, "") for name in ("left", "top", "right", "text-indent")]
    return any(_FAR_AWAY.fullmatch(offset) for offset in offsets if offset)


def _matches_background(node: LexborNode, declared: dict[str, str]) -> bool:
    """Whether the text's colour is that of the nearest declared background (white if none)."""
    color = _color(declared.get("color", ""))
    if not color:
        return False
    if color == "transparent":
        return True
    current: LexborNode | None = node
    while current is not None and current.is_element_node:
        style = _declarations(current.attributes.get("style") or "")
        background = style.get("background-color") or style.get("background") or ""
        background = background or (current.attributes.get("bgcolor") or "").lower()
        if background not in ("", "transparent", "none", "inherit", "initial", "unset"):
            return _color(background) == color
        current = current.parent
    return color == "white"


def _color(value: str) -> str:
    """Return a comparable spelling of a CSS colour, with every near-white as "white"."""
    compact = value.replace(" ", "")
    if compact == "transparent" or re.fullmatch(r"(?:rgb|hsl)a\(.*[,/]0?\.?0+%?\)", compact):
        return "transparent"
    channels = re.fullmatch(r"rgba?\((\d+),(\d+),(\d+)(?:,[\d.]+)?\)", compact)
    if channels and all(int(level) >= 250 for level in channels.groups()):
        return "white"
    if channels:
        return "#" + "".join(f"{min(int(level), 255):02x}" for level in channels.groups())
    if compact in _WHITES or re.fullmatch(r"#f[a-f]f[a-f]f[a-f]", compact):
        return "white"
    short = re.fullmatch(r"#([0-9a-f])([0-9a-f])([0-9a-f])", compact)
    return "#" + "".join(digit * 2 for digit in short.groups()) if short else compact


class _TextWriter(HTMLParser):
    """Writes HTML as lines: blank line between paragraphs, "- " before list items."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._depth = 0
        self._skipped = 0
        # How many line ends the text written so far ends with; a fresh start has plenty.
        self._line_ends = 2

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED_TAGS:
            self._skipped += 1
        elif tag in ("ul", "ol"):
            self._break_for(tag)
            self._depth += 1
        elif tag == "li":
            self._break(1)
            self._write("  " * max(self._depth - 1, 0) + "- ", line_ends=2)
        elif tag == "br":
            self._write("\n", line_ends=self._line_ends + 1)
        else:
            self._break_for(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in DROPPED_TAGS:
            self._skipped = max(self._skipped - 1, 0)
            return
        if tag in ("ul", "ol"):
            self._depth = max(self._depth - 1, 0)
        self._break_for(tag)

    def handle_data(self, data: str) -> None:
        text = re.sub(r"\s+", " ", data)
        if self._line_ends:
            text = text.lstrip()
        if text and not self._skipped:
            self._write(text, line_ends=0)

    def _break_for(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._write(" ", line_ends=self._line_ends)
        elif tag in PARAGRAPH_TAGS and not self._depth:
            self._break(2)
        elif tag in BLOCK_TAGS:
            self._break(1)

    def _break(self, lines: int) -> None:
        """End the line so that the text ends with at least `lines` line ends."""
        if lines > self._line_ends:
            self._write("\n" * (lines - self._line_ends), line_ends=lines)

    def _write(self, text: str, *, line_ends: int) -> None:
        self.pieces.append(text)
        self._line_ends = line_ends


def html_to_text(html: str) -> str:
    """Return the readable text of `html`: paragraphs apart, one line a list item after "- ".

    Takes sanitised or raw HTML; script, style and media say nothing.
    """
    writer = _TextWriter()
    writer.feed(html.replace("\u00a0", " ").replace("&nbsp;", " "))
    writer.close()
    text = strip_invisible_characters(_CONTROL.sub("", "".join(writer.pieces)))[0]
    lines = [re.sub(r"(?<=\S) +", " ", line.replace("\u00a0", " ")) for line in text.split("\n")]
    lines = [line if line.lstrip().startswith("- ") else line.strip() for line in lines]
    kept = [line.rstrip() for line in lines if line.strip() != "-"]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def text_to_html(text: str) -> str:
    """Return plain text as escaped paragraphs, single line ends kept as <br>."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    written = [escape(piece.strip(), quote=False).replace("\n", "<br>") for piece in paragraphs]
    return "".join(f"<p>{piece}</p>" for piece in written if piece)
