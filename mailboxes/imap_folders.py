"""The folders of an IMAP mailbox: reading LIST's lines, names in modified UTF-7, which folder holds sent mail."""

import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

# RFC 3501 section 7.2.2: attributes, delimiter (or NIL), name (quoted, plain, or as a literal that follows).
_LINE = re.compile(
    rb'\((?P<flags>[^)]*)\)\s+(?P<delimiter>NIL|"(?:\\?.)")\s*(?P<name>.*)', re.DOTALL
)
_SHIFTED = re.compile(r"&([^-]*)-")
# What mail programs and hosts call the folder of sent mail where it bears no special use.
SENT_NAMES = (
    "sent",
    "sent items",
    "sent mail",
    "sent messages",
    "gesendet",
    "gesendete objekte",
    "gesendete elemente",
    "envoyés",
    "éléments envoyés",
    "messages envoyés",
    "enviados",
    "elementos enviados",
    "posta inviata",
    "inviata",
    "verzonden",
    "verzonden items",
    "wysłane",
    "skickat",
    "sendte elementer",
    "itens enviados",
)
# Where a sent mail may have been moved to by its owner before we looked.
_OTHER_HOMES = ("\\all", "\\archive", "\\trash")


@dataclass(frozen=True)
class Folder:
    """One folder: `name` as on the wire, `label` for people, `flags` in lower case."""

    name: str
    label: str
    flags: frozenset[str]

    @property
    def can_hold_mail(self) -> bool:
        """Whether it can be opened at all."""
        return not self.flags & {"\\noselect", "\\nonexistent"}


def parse_folder(line: bytes | tuple[bytes, bytes]) -> Folder | None:
    """Read one answer to LIST; None for a line that is none."""
    head, literal = line if isinstance(line, tuple) else (line, None)
    found = _LINE.match(head)
    if not found:
        return None
    raw = literal if literal is not None else _unquoted(found["name"].strip())
    delimiter = found["delimiter"].strip(b'"').replace(b"\\\\", b"\\").decode("ascii", "replace")
    name = raw.decode("ascii", "replace")
    flags = frozenset(flag.decode("ascii", "replace").lower() for flag in found["flags"].split())
    path = decode_name(name)
    label = path if found["delimiter"] == b"NIL" else path.rpartition(delimiter)[2] or path
    return Folder(name, label, flags)


def decode_name(name: str) -> str:
    """Return a folder's name for people (modified UTF-7, RFC 3501 section 5.1.3); what is not valid stays as it is."""
    try:
        return _SHIFTED.sub(_unshift, name)
    except (binascii.Error, UnicodeError):
        return name


def sent_folder(folders: Sequence[Folder]) -> str:
    """Return the wire name of the folder of sent mail: by its special use, else by a known name; empty when there is none."""
    usable = [folder for folder in folders if folder.can_hold_mail]
    for folder in usable:
        if "\\sent" in folder.flags:
            return folder.name
    named = {folder.label.casefold(): folder.name for folder in reversed(usable)}
    return next((named[name] for name in SENT_NAMES if name in named), "")


def homes_of_sent_mail(folders: Sequence[Folder], sent: str) -> list[str]:
    """Return where a sent mail may lie: its folder first, then archive, all mail and trash."""
    others = [
        folder.name
        for home in _OTHER_HOMES
        for folder in folders
        if home in folder.flags and folder.can_hold_mail and folder.name != sent
    ]
    return ([sent] if sent else []) + others


def _unquoted(name: bytes) -> bytes:
    if name.startswith(b'"') and name.endswith(b'"') and len(name) > 1:
        return re.sub(rb"\\(.)", rb"\1", name[1:-1])
    return name


def _unshift(found: re.Match[str]) -> str:
    coded = found.group(1)
    if not coded:
        return "&"
    padded = coded.replace(",", "/") + "=" * (-len(coded) % 4)
    return binascii.a2b_base64(padded.encode("ascii")).decode("utf-16-be")
