"""Personal data as operations staff see it at first sight: enough to tell two people apart, not enough to write to them."""

import re

ADDRESS = re.compile(r"[^\s<>\"'(),:;@]+@[^\s<>\"'(),:;@]+")


def mask_email(address: str) -> str:
    """Return "ma…@northwind.test" for an address; a text without @ is masked as a word, an empty one stays empty."""
    local, at, domain = address.rpartition("@")
    return f"{local[:2]}…@{domain}" if at else mask_word(address)


def mask_word(text: str) -> str:
    """Return the first letter and an ellipsis, such as "M…" for a name."""
    return f"{text[:1]}…" if text else ""


def mask_text(text: str) -> str:
    """Return only how long a text is."""
    return f"({len(text)} characters)" if text else ""


def mask_addresses_in(text: str) -> str:
    """Return a server's or a machine's sentence with every address in it masked."""
    return ADDRESS.sub(lambda found: mask_email(found.group()), text)
