"""The readable text of an HTML mail, in time that grows with its length only.

A mail needs its words, not its tree. Tree builders take seconds for deeply nested or unclosed markup, which anybody may
send; one pass over the tags does not.
"""

import html
import re
from collections.abc import Iterator

# Beyond this a mail is pictures and style sheets.
HTML_LIMIT = 500_000

# Each alternative stops at the next "<", so that the whole pass is linear even for unclosed tags.
_TOKEN = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>|<[!?][^<>]*>?|[^<]+|<")
_COMMENT_END = "-->"
_BLOCKS = frozenset(
    ["p", "div", "tr", "li", "h1", "h2", "h3", "h4", "blockquote", "table", "ul", "ol", "pre", "br"]
)
_SILENT = frozenset(["script", "style", "head", "title", "template", "noscript"])


def html_to_text(markup: str) -> str:
    """Return the text of an HTML mail: one line a block, an empty line after a paragraph, quoted blocks marked "> "."""
    lines, depth, silent = [""], 0, ""
    for closes, tag, text in _tokens(markup[:HTML_LIMIT]):
        if silent:
            silent = "" if closes and tag == silent else silent
            continue
        if tag in _SILENT:
            silent = "" if closes else tag
        elif tag == "blockquote":
            depth = max(0, depth - 1) if closes else depth + 1
        if tag in _BLOCKS and lines[-1]:
            lines.append("")
        if tag == "p" and closes:
            lines.append("")
        if text:
            _write(lines, text, is_quoted=depth > 0)
    return "\n".join(line.rstrip() for line in lines).strip()


def _write(lines: list[str], text: str, *, is_quoted: bool) -> None:
    words = re.sub(r"\s+", " ", html.unescape(text))
    if lines[-1]:
        lines[-1] += words
    elif words.strip():
        lines[-1] = ("> " if is_quoted else "") + words.lstrip()


def _tokens(markup: str) -> Iterator[tuple[bool, str, str]]:
    """Yield (closes, tag name, text) for each tag or piece of text; comments and declarations are left out."""
    position = 0
    while found := _TOKEN.match(markup, position):
        position = found.end()
        token = found.group()
        if token.startswith("<!--"):
            end = markup.find(_COMMENT_END, found.start() + 4)
            position = len(markup) if end < 0 else end + len(_COMMENT_END)
        elif found.group(2):
            yield bool(found.group(1)), found.group(2).lower(), ""
        elif not token.startswith(("<!", "<?")):
            yield False, "", token
