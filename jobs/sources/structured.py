"""Structured data in web pages: JSON-LD, Microdata and RDFa as one shape.

All three become nested dicts keyed by schema.org property names, a repeated property becoming a
list. Only what a page marks up is read; nothing it links to is fetched.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from jobs.sanitizing import MAX_DEPTH, nesting_depth

MAX_PAGE_CHARACTERS = 5_000_000
MAX_NESTED_ITEMS = 20
MAX_ITEMS = 200
_COMMENT_WRAPPERS = re.compile(r"^\s*(?://)?\s*(?:<!--|<!\[CDATA\[)|(?://)?\s*(?:-->|\]\]>)\s*$")
# These hold passages with lists and paragraphs, so their markup is kept.
_RICH_PROPERTIES = {
    *("description", "responsibilities", "qualifications", "skills", "experienceRequirements"),
    *("educationRequirements", "jobBenefits", "incentiveCompensation", "employerOverview"),
}
# Where pages hide the vacancy one level deeper.
_WRAPPERS = ("@graph", "mainEntity", "itemListElement", "item")


@dataclass(frozen=True)
class _Syntax:
    """The attribute names of one markup syntax."""

    scope: str
    type: str
    property: str


_MICRODATA = _Syntax(scope="itemscope", type="itemtype", property="itemprop")
_RDFA = _Syntax(scope="typeof", type="typeof", property="property")


class UnreadablePageError(ValueError):
    """A page is too large or nested too deeply to be read; the message is a sentence."""


def parse_page(html: str | bytes) -> LexborHTMLParser:
    """Return the page's tree; raises UnreadablePageError for a page built to exhaust us."""
    text = html if isinstance(html, str) else decode_page(html)
    if len(text) > MAX_PAGE_CHARACTERS:
        raise UnreadablePageError("The page is larger than 5 MB; paste the posting's text instead.")
    if nesting_depth(text) > MAX_DEPTH:
        raise UnreadablePageError(
            "The page is nested too deeply; paste the posting's text instead."
        )
    return LexborHTMLParser(text)


def decode_page(body: bytes) -> str:
    """Return a page's text: UTF-8, else Windows-1252 (what browsers assume)."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def find_items(tree: LexborHTMLParser, item_type: str) -> list[dict[str, Any]]:
    """Return every item of a schema.org type (such as "JobPosting") in page order.

    JSON-LD goes first; Microdata and RDFa count only if the page has none, because pages that mark
    up the same vacancy twice mean one vacancy.
    """
    items = list(islice(_json_ld(tree, item_type), MAX_ITEMS))
    for syntax in (_MICRODATA, _RDFA):
        if items:
            break
        nodes = tree.css(f"[{syntax.type}]")
        marked = (n for n in nodes if _has_type(n.attributes.get(syntax.type), item_type))
        items = [_read_item(node, syntax, depth=0) for node in islice(marked, MAX_ITEMS)]
    return items


def _has_type(value: object, item_type: str) -> bool:
    names = value if isinstance(value, list) else str(value or "").split()
    return any(re.split(r"[/#:]", str(name))[-1] == item_type for name in names)


def _json_ld(tree: LexborHTMLParser, item_type: str) -> Iterator[dict[str, Any]]:
    for node in tree.css('script[type^="application/ld+json"]'):
        script = _COMMENT_WRAPPERS.sub("", node.text(deep=True))
        try:
            # strict=False: line ends inside strings are common and harmless.
            document = json.loads(script, strict=False)
        except (ValueError, RecursionError):
            continue
        pending: deque[object] = deque([document])
        while pending:
            value = pending.popleft()
            if isinstance(value, list):
                pending.extendleft(reversed(value))
            elif isinstance(value, dict) and _has_type(value.get("@type"), item_type):
                yield value
            elif isinstance(value, dict):
                nested = (value.get(key) for key in _WRAPPERS)
                pending.extendleft(reversed([piece for piece in nested if piece]))


def _read_item(item: LexborNode, syntax: _Syntax, *, depth: int) -> dict[str, Any]:
    """Return the properties of one item; a nested item is a dict of its own."""
    properties: dict[str, Any] = {"@type": item.attributes.get(syntax.type) or ""}
    pending = deque(_children(item))
    while pending:
        node = pending.popleft()
        names = (node.attributes.get(syntax.property) or "").split()
        is_item = syntax.scope in node.attributes
        if is_item and names and depth < MAX_NESTED_ITEMS:
            value: object = _read_item(node, syntax, depth=depth + 1)
        else:
            value = _value(node, names)
        for name in names:
            _add(properties, re.split(r"[/#:]", name)[-1], value)
        if not is_item:
            pending.extendleft(reversed(_children(node)))
    return properties


def _children(node: LexborNode) -> list[LexborNode]:
    return [child for child in node.iter(include_text=False) if child.is_element_node]


def _add(properties: dict[str, Any], name: str, value: object) -> None:
    if name not in properties:
        properties[name] = value
    elif isinstance(properties[name], list):
        properties[name].append(value)
    else:
        properties[name] = [properties[name], value]


def _value(node: LexborNode, names: list[str]) -> str:
    """Return a property's value: its attribute for links, times and meta, else its content."""
    attributes = node.attributes
    for attribute in ("content", "datetime"):
        if attributes.get(attribute):
            return str(attributes[attribute])
    if node.tag in ("a", "link") and attributes.get("href"):
        return str(attributes["href"])
    if _RICH_PROPERTIES.intersection(names):
        return node.inner_html or ""
    return " ".join(node.text(deep=True).split())
