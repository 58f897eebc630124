"""Bring resume text to one form, so that the same resume gives the same facts in any layout."""

import re
import unicodedata

BULLET = "•"
# Private-use code points of Wingdings and Symbol that word processors use as bullets.
SYMBOL_BULLETS = "\uf0b7\uf0a7\uf0d8\uf076\uf0a8\uf02d\uf0fc"
BULLET_GLYPHS = "•◦▪▫●○■□‣⁃∙◆◇►▸▶➢➤❖✓✔★☆⦁⚫➔→»·*–—-" + SYMBOL_BULLETS
# How a reader that knows marks the kind of a hyphen at the end of a line.
SOFT_HYPHEN, FIRM_HYPHEN = "\u00ad", "\u2011"
# These are bullets even when text follows without a space.
SOLID_BULLETS = "•◦▪▫●○■□‣⁃∙◆◇►▸▶➢➤❖✓✔⦁⚫" + SYMBOL_BULLETS

_LIGATURES = {
    0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st",
}  # fmt: skip
_SPACES = dict.fromkeys(map(ord, "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
                                 "\u2008\u2009\u200a\u202f\u205f\u3000\v"), " ")  # fmt: skip
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
)
_HYPHENS = {0x2010: "-", 0x2011: "-", 0x2212: "-"}
_CHARACTERS: dict[int, str | int | None] = {**_LIGATURES, **_SPACES, **_INVISIBLE, **_HYPHENS}

_PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]+")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffc-\uffff]")
_LOOSE_ACCENT = re.compile("([\u00a8\u00b4\u02c6\u02dc])[ ]?([A-Za-z\u0131])")
_COMBINING = {"\u00a8": "\u0308", "\u00b4": "\u0301", "\u02c6": "\u0302", "\u02dc": "\u0303"}
_BULLET_START = re.compile(
    rf"^[ \t]*(?:[{re.escape(SOLID_BULLETS)}][ \t]*|[{re.escape(BULLET_GLYPHS)}o][ \t]+)(?=\S)"
)
_LETTER_SPACED = re.compile(r"(?:[^\W\d_] ){2,}[^\W\d_](?: {2,}(?:[^\W\d_] )+[^\W\d_])*")
_HTML_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]\n]{1,200})\]\(([^()\s]{1,500})\)")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)([^*_\n]{1,300}?)(?<=\S)\1")
_ITALIC = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]{1,300}?)(?<=[^\s*])\*(?![\w*])")
_ITALIC_LOW = re.compile(r"(?<!\w)_(?=[^\s_])([^_\n]{1,300}?)(?<=[^\s_])_(?!\w)")
# A hyphen after these beginnings belongs to the word and is kept when a line ends with it.
_KEPT_PREFIXES = frozenset(
    [
        "all",
        "anti",
        "best",
        "bottom",
        "business",
        "client",
        "co",
        "cost",
        "cross",
        "cutting",
        "data",
        "decision",
        "deep",
        "e",
        "end",
        "event",
        "ex",
        "fault",
        "few",
        "full",
        "go",
        "hands",
        "hardware",
        "high",
        "highly",
        "in",
        "large",
        "long",
        "low",
        "machine",
        "micro",
        "mid",
        "mission",
        "multi",
        "near",
        "non",
        "object",
        "off",
        "on",
        "one",
        "open",
        "out",
        "part",
        "peer",
        "performance",
        "post",
        "pre",
        "privacy",
        "pro",
        "problem",
        "production",
        "public",
        "rapid",
        "re",
        "real",
        "resource",
        "results",
        "role",
        "second",
        "security",
        "self",
        "semi",
        "server",
        "short",
        "single",
        "six",
        "small",
        "state",
        "step",
        "sub",
        "test",
        "third",
        "three",
        "time",
        "to",
        "top",
        "two",
        "user",
        "value",
        "well",
        "wide",
        "work",
        "world",
        "year",
        "zero",
    ]
)


def clean_characters(text: str) -> str:
    """Return text without ligatures, invisible and control characters; tabs and line ends stay.

    Icons become tabs: a header uses them to part the e-mail address from the telephone number.
    """
    text = (
        text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n").replace("\x85", "\n")
    )
    text = text.replace("\u2028", "\n").replace("\u2029", "\n")
    for glyph in SYMBOL_BULLETS:
        text = text.replace(glyph, BULLET)
    text = _CONTROLS.sub("", _PRIVATE_USE.sub("\t", text.translate(_CHARACTERS)))
    text = _LOOSE_ACCENT.sub(lambda found: found[2].replace("ı", "i") + _COMBINING[found[1]], text)
    return unicodedata.normalize("NFC", text)


def join_hyphenated(before: str, after: str) -> str:
    """Join two lines of which the first ends in a hyphen, deciding whether the hyphen stays.

    SOFT_HYPHEN and FIRM_HYPHEN say it; a plain hyphen may be either. It is taken for a real one when the
    part before it is a usual compound beginning ("multi-", "self-") or either side is no lower-case word.
    """
    stem = before.rstrip(f"-{SOFT_HYPHEN}{FIRM_HYPHEN}")
    if before.endswith(SOFT_HYPHEN):
        return f"{stem}{after}"
    last = re.split(r"[\s/(-]", stem)[-1]
    real = (
        before.endswith(FIRM_HYPHEN)
        or not after[:1].islower()
        or not last[-1:].isalpha()
        or last.casefold() in _KEPT_PREFIXES
        or (last.isupper() and len(last) > 1)
    )
    return f"{stem}-{after}" if real else f"{stem}{after}"


def ends_hyphenated(text: str) -> bool:
    """Whether a line ends inside a word."""
    return text.endswith((SOFT_HYPHEN, FIRM_HYPHEN)) or (
        text.endswith("-") and not text.endswith(" -")
    )


def strip_markdown(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return text without Markdown emphasis and link syntax, and its links as (address, label)."""
    links = tuple((match[2], match[1]) for match in _MARKDOWN_LINK.finditer(text))
    text = _MARKDOWN_LINK.sub(lambda found: found[1], _HTML_BREAK.sub("\n", text))
    text = _EMPHASIS.sub(lambda found: found[2], text)
    text = _ITALIC.sub(lambda found: found[1], text)
    return _ITALIC_LOW.sub(lambda found: found[1], text), links


def bullet_text(line: str) -> str | None:
    """Return what follows the bullet sign of a line, or None when the line is no bullet."""
    found = _BULLET_START.match(line)
    return line[found.end() :].strip() if found else None


def tidy_lines(text: str) -> str:
    """Return cleaned text with uniform bullets, single spaces and at most two blank lines in a row."""
    lines: list[str] = []
    blanks = 0
    for raw in text.split("\n"):
        line = _tidy_line(raw)
        if not line:
            blanks += 1
            continue
        if lines:
            lines.extend([""] * min(blanks, 2))
        blanks = 0
        lines.append(line)
    return "\n".join(lines)


def _tidy_line(raw: str) -> str:
    content = bullet_text(raw)
    line = raw.strip() if content is None else content
    if _LETTER_SPACED.fullmatch(line):
        return " ".join(re.sub(r"\s", "", word) for word in re.split(r"\s{2,}", line))
    line = re.sub(r" {3,}", "\t", line) if content is None else line
    line = re.sub(r"[ ]*\t[\t ]*", "\t", line)
    line = re.sub(r" {2,}", " ", line).strip()
    if not line:
        return ""
    return line if content is None else f"{BULLET} {line}"
