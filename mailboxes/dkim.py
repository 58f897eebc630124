"""Signing mail for a sending domain (DKIM, RFC 6376), and the key and DNS record a new domain needs.

Written out here because signing is the dearest part of building a mail: the key is read once and the mail is walked
once. The tests hold every signature against an independent verifier.
"""

import base64
import binascii
import hashlib
import re
import time
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mailboxes.headers import PREFERRED_LINE, HeaderInjectionError

# What the signature covers. RFC 6376 section 5.4.1 asks for the first ones, RFC 8058 section 4 for both
# List-Unsubscribe fields. A name is listed although the mail lacks it, and once more than the mail has it, so that
# adding such a field on the way breaks the signature (section 8.15): a second From, Subject or Content-Type
# would change what the reader sees.
SIGNED_HEADERS = (
    b"from",
    b"from",
    b"reply-to",
    b"reply-to",
    b"to",
    b"to",
    b"cc",
    b"subject",
    b"subject",
    b"date",
    b"date",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"mime-version",
    b"content-type",
    b"content-type",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
)
# RFC 8301 section 3.2: signers should use at least 2048 bits, verifiers may refuse fewer than 1024.
NEW_KEY_BITS = 2048
MINIMUM_KEY_BITS = 1024
# A process signs for few domains at a time; a key that fell out is read again.
KEYS_KEPT = 256

_HOST_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?")
_WHITE_SPACE = re.compile(rb"[ \t]+")
_PADDING = padding.PKCS1v15()
_SHA256 = hashes.SHA256()


class SigningError(ValueError):
    """The DKIM key, domain or mail cannot be signed; its message is a sentence for an operator."""


class Signer:
    """The key of one domain, ready to sign many mails (rsa-sha256, relaxed/relaxed).

    ``private_key_pem`` is an RSA key in PKCS#1 or PKCS#8 without password. Raises SigningError when the key cannot be
    used, HeaderInjectionError when selector or domain is not a plain host name.
    """

    def __init__(self, selector: str, domain: str, private_key_pem: str) -> None:
        """Read the key and write the part of the field that is the same for every mail."""
        record_name(selector, domain)
        self._key = _read_key(private_key_pem)
        tags = ["v=1;", "a=rsa-sha256;", "c=relaxed/relaxed;", f"d={domain};", f"s={selector};"]
        self._head = _folded("DKIM-Signature:", tags)
        names = [name.decode() for name in SIGNED_HEADERS]
        listed = [f"h={names[0]}:", *(f"{name}:" for name in names[1:-1]), f"{names[-1]};"]
        self._names = b"\r\n " + _folded("", listed, glue="")
        # Relaxed canonicalisation of the same text (RFC 6376 section 3.4.2), where folds become one space.
        self._canonical_head = _relaxed_value(self._head.partition(b":")[2])
        self._canonical_names = _relaxed_value(self._names)

    def sign(self, raw: bytes, *, signed_at: int | None = None) -> bytes:
        """Return ``raw`` (CRLF line ends) with its DKIM-Signature in front; ``signed_at`` is in Unix seconds.

        Raises SigningError for a mail without From, or whose lines do not end in CRLF.
        """
        head, _, body = raw.partition(b"\r\n\r\n")
        if not raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r"):
            raise SigningError("The mail has line ends other than CRLF, so it was not signed.")
        seconds = int(time.time()) if signed_at is None else signed_at
        digest = binascii.b2a_base64(hashlib.sha256(relaxed_body(body)).digest(), newline=False)
        tags = b"t=%d; bh=%s;" % (seconds, digest)
        covered = _covered(head)
        covered.append(
            b"dkim-signature:%s %s %s b=" % (self._canonical_head, self._canonical_names, tags)
        )
        signature = self._key.sign(b"\r\n".join(covered), _PADDING, _SHA256)
        encoded = binascii.b2a_base64(signature, newline=False)
        room = PREFERRED_LINE - 3
        lines = [encoded[start : start + room] for start in range(0, len(encoded), room)]
        return b"%s%s\r\n %s\r\n b=%s\r\n%s" % (
            self._head,
            self._names,
            tags,
            b"\r\n ".join(lines),
            raw,
        )


def dkim_sign(raw: bytes, selector: str, domain: str, private_key_pem: str) -> bytes:
    """Return ``raw`` with a DKIM-Signature in front; the errors are those of Signer and Signer.sign."""
    return _signer(selector, domain, private_key_pem).sign(raw)


def make_key() -> tuple[str, str]:
    """Return a new RSA key of 2048 bits: the private half as PEM, the public half as DNS wants it (base64)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=NEW_KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private.decode(), _public_of(key)


def public_key(private_key_pem: str) -> str:
    """Return the public half (base64) of a private key; raises SigningError as Signer does."""
    return _public_of(_read_key(private_key_pem))


def record_name(selector: str, domain: str) -> str:
    """Return the DNS name of the key (RFC 6376 section 3.6.2.1); raises HeaderInjectionError for odd names."""
    for label, value in (("DKIM selector", selector), ("DKIM domain", domain)):
        if not _HOST_NAME.fullmatch(value):
            raise HeaderInjectionError(
                f"The {label} must be a plain host name, so the mail was not signed."
            )
    return f"{selector}._domainkey.{domain}"


def record_value(public_b64: str) -> str:
    """Return the TXT record that publishes a key (RFC 6376 section 3.6.1), in one piece.

    DNS carries it in strings of at most 255 characters each, which verifiers join without anything between.
    """
    return f"v=DKIM1; k=rsa; p={public_b64}"


def relaxed_body(body: bytes) -> bytes:
    """Return a body in the relaxed form (RFC 6376 section 3.4.4): white space reduced, no empty lines at the end."""
    if b"\t" in body or b"  " in body:
        body = _WHITE_SPACE.sub(b" ", body)
    if b" \r\n" in body or body.endswith(b" "):
        body = body.replace(b" \r\n", b"\r\n").removesuffix(b" ")
    body = body.rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def _covered(head: bytes) -> list[bytes]:
    """Return the canonical lines of every signed field that the mail has, in the order of SIGNED_HEADERS."""
    found: dict[bytes, list[bytes]] = {}
    # A line that begins with white space belongs to the one before it.
    unfolded = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b"\t")
    for line in unfolded.split(b"\r\n"):
        name, _, value = line.partition(b":")
        name = name.rstrip(b" \t").lower()
        if name in _SIGNED_NAMES:
            found.setdefault(name, []).append(b"%s:%s" % (name, _relaxed_value(value)))
    if b"from" not in found:
        raise SigningError("The mail has no From, so it was not signed.")
    # Section 5.4.2: of several fields of one name the last is taken first.
    return [found[name].pop() for name in SIGNED_HEADERS if found.get(name)]


_SIGNED_NAMES = frozenset(SIGNED_HEADERS)


def _relaxed_value(value: bytes) -> bytes:
    value = value.replace(b"\r\n", b"")
    if b"\t" in value or b"  " in value:
        value = _WHITE_SPACE.sub(b" ", value)
    return value.strip(b" ")


def _folded(line: str, tokens: list[str], glue: str = " ") -> bytes:
    """Join tokens into lines that keep within the preferred length; a new line begins with one space."""
    lines = []
    for token in tokens:
        if line and len(line) + len(glue) + len(token) > PREFERRED_LINE - 1:
            lines.append(line)
            line = token
        else:
            line = f"{line}{glue}{token}"
    return "\r\n ".join([*lines, line]).encode()


@lru_cache(maxsize=KEYS_KEPT)
def _signer(selector: str, domain: str, private_key_pem: str) -> Signer:
    return Signer(selector, domain, private_key_pem)


def _read_key(pem: str) -> rsa.RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningError("The DKIM key is not a readable PEM key without password.") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < MINIMUM_KEY_BITS:
        raise SigningError(f"DKIM needs an RSA key of at least {MINIMUM_KEY_BITS} bits.")
    return key


def _public_of(key: rsa.RSAPrivateKey) -> str:
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()
