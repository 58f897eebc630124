"""Header fields as bytes: refusing what could smuggle a line, encoding words, folding lines.

Written out here because the interpreter's own serializer has let crafted values start a new header
line (CVE-2024-6923, CVE-2026-1299); nothing in this module relies on it.
"""

import base64
import re
import unicodedata

# RFC 5322 section 2.1.1: a line should stay within 78 characters and must stay within 998.
PREFERRED_LINE = 78
LINE_LIMIT = 998
# RFC 2047 section 2: an encoded word is at most 75 characters long.
ENCODED_WORD_LIMIT = 75
# One logical value of this size folds into some 130 lines; more is an accident or an attack.
VALUE_LIMIT = 10_000

# RFC 5322 section 3.2.3: words made of these need no quotes in a display name.
_ATOM_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?: [A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")
_MESSAGE_ID = re.compile(r"<[!#-;=?A-Z^-~]{1,200}@[A-Za-z0-9.\-\[\]:]{1,200}>")
# Where some reader might end a line or a string: C0, DEL, C1, line and paragraph separators.
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Zl", "Zp", "Cs"})
# RFC 2047 section 5 (3): the only characters a Q word in a display name may show as themselves.
_Q_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")

_WORD_FRAME = len("=?utf-8?q??=")


class HeaderInjectionError(ValueError):
    """A value that could break out of its header or envelope line; its message is a sentence."""


def refuse_injection(label: str, value: str) -> str:
    """Return ``value`` unchanged, or raise HeaderInjectionError naming ``label``.

    Refused are CR, LF, NUL (RFC 5322 section 2.2), every other control character, Unicode line and
    paragraph separators, lone surrogates, and values beyond VALUE_LIMIT characters. Nothing is
    silently removed: who wrote the value should see it and mend it.
    """
    if value.isascii() and value.isprintable() and len(value) <= VALUE_LIMIT:
        return value
    if len(value) > VALUE_LIMIT:
        raise HeaderInjectionError(f"The {label} is far too long for a mail header. Shorten it.")
    for character in value:
        if unicodedata.category(character) in _FORBIDDEN_CATEGORIES:
            raise HeaderInjectionError(
                f"The {label} holds {_name_of(character)}, which could start a forged header line, so "
                "the mail was not built. Write it on one line of plain text."
            )
    return value


def field(name: str, value: str) -> bytes:
    """Return a field of free text (Subject, X-...) as folded bytes ending in CRLF.

    Text that is not ASCII, or that looks like an encoded word, is encoded (RFC 2047).
    """
    if _fits_as_it_is(name, value):
        return f"{name}: {value}\r\n".encode()
    refuse_injection(f"{name} header", value)
    value = value.strip()
    longest = max(map(len, value.split(" ")), default=0)
    if value.isascii() and "=?" not in value and longest < LINE_LIMIT - len(name) - 2:
        tokens = re.findall(r" *[^ ]+", f" {value}")
    else:
        tokens = [
            f" {word}" for word in encoded_words(value, first_room=PREFERRED_LINE - len(name) - 2)
        ]
    return _fold(name, tokens)


def structured_field(name: str, tokens: list[str]) -> bytes:
    """Return a field made of ready tokens, folded only between them; raise on control characters.

    The tokens may be UTF-8 where RFC 6532 allows it (a local part); they are not encoded further.
    """
    value = " ".join(tokens)
    if value.isascii() and value.isprintable() and len(name) + 2 + len(value) <= PREFERRED_LINE:
        return f"{name}: {value}\r\n".encode()
    for token in tokens:
        refuse_injection(f"{name} header", token)
        if len(token.encode()) > LINE_LIMIT - len(name) - 2:
            raise HeaderInjectionError(
                f"The {name} header holds a part too long for one line of a mail."
            )
    return _fold(name, [f" {token}" for token in tokens])


def address_field(name: str, display_name: str, address: str) -> bytes:
    """Return an address field (From, To, Reply-To): display name encoded as needed, then <address>."""
    refuse_injection(f"{name} name", display_name)
    tokens = [
        *_phrase(" ".join(display_name.split())),
        f"<{address}>" if display_name.strip() else address,
    ]
    return structured_field(name, tokens)


def refuse_unless_field_name(name: str) -> str:
    """Return a header name we may write (letters, digits, hyphens), or raise HeaderInjectionError."""
    if not _FIELD_NAME.fullmatch(name):
        raise HeaderInjectionError(
            "A header name may hold only letters, digits and hyphens, so the mail was not built."
        )
    return name


def refuse_unless_message_id(value: str) -> str:
    """Return a Message-ID in angle brackets (RFC 5322 section 3.6.4), or raise HeaderInjectionError."""
    if not _MESSAGE_ID.fullmatch(value):
        refuse_injection("Message-ID", value)
        raise HeaderInjectionError(
            "A Message-ID must look like <unique@domain>, so the mail was not built."
        )
    return value


def encoded_words(text: str, first_room: int = ENCODED_WORD_LIMIT) -> list[str]:
    """Return ``text`` as RFC 2047 encoded words in UTF-8, none split inside a character.

    Q or B is chosen by which is shorter. Joined by folding white space the words read as the text
    (section 6.2: white space between encoded words is ignored).
    """
    raw = text.encode()
    escaped = sum(map(_q_cost, raw))
    use_q = escaped <= _b_size(len(raw))
    word = _q_word if use_q else _b_word
    words, start, used = [], 0, 0
    room = min(first_room, ENCODED_WORD_LIMIT) - _WORD_FRAME
    for position, character in enumerate(text):
        encoded = character.encode()
        cost = sum(map(_q_cost, encoded)) if use_q else len(encoded)
        if position > start and (used + cost if use_q else _b_size(used + cost)) > room:
            words.append(word(text[start:position]))
            start, used, room = position, 0, ENCODED_WORD_LIMIT - _WORD_FRAME
        used += cost
    return [*words, word(text[start:])]


def _phrase(name: str) -> list[str]:
    if not name:
        return []
    if not name.isascii() or "=?" in name or len(name) > PREFERRED_LINE - 12:
        return encoded_words(name, first_room=ENCODED_WORD_LIMIT - 12)
    if _ATOM_PHRASE.fullmatch(name):
        return [name]
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return [f'"{escaped}"']


def _fits_as_it_is(name: str, value: str) -> bool:
    """Whether free text needs neither judging nor encoding nor folding, as nearly every subject."""
    return (
        value.isascii()
        and value.isprintable()
        and 0 < len(value) <= PREFERRED_LINE - len(name) - 2
        and "=?" not in value
        and value.strip() == value
    )


def _fold(name: str, tokens: list[str]) -> bytes:
    """Join tokens, each beginning with its white space, breaking before that white space."""
    lines, line = [], f"{name}:"
    for token in tokens:
        if len(line) + len(token) > PREFERRED_LINE and line != f"{name}:":
            lines.append(line)
            line = ""
        line += token
    lines.append(line)
    return "\r\n".join(lines).encode() + b"\r\n"


def _q_cost(byte: int) -> int:
    return 1 if byte in _Q_PLAIN or byte == 0x20 else 3


def _b_size(octets: int) -> int:
    return (octets + 2) // 3 * 4


def _q_word(text: str) -> str:
    body = "".join(
        chr(byte) if byte in _Q_PLAIN else "_" if byte == 0x20 else f"={byte:02X}"
        for byte in text.encode()
    )
    return f"=?utf-8?q?{body}?="


def _b_word(text: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def _name_of(character: str) -> str:
    names = {"\r": "a line break (CR)", "\n": "a line break (LF)", "\x00": "a NUL character"}
    return names.get(character, f"the control character U+{ord(character):04X}")
