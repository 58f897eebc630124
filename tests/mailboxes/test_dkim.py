"""DKIM signatures: what they cover, what breaks them, and keys that cannot sign."""

import base64
import re

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mailboxes.composing import SigningError, compose, dkim_sign
from mailboxes.headers import HeaderInjectionError
from tests.mailboxes.outgoing_mail import MAIL, changed


@pytest.fixture(scope="module")
def signing_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(key, form=serialization.PrivateFormat.PKCS8):
    return key.private_bytes(
        serialization.Encoding.PEM, form, serialization.NoEncryption()
    ).decode()


def verified(raw, key):
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    return dkim.verify(
        raw, dnsfunc=lambda name, timeout=5: record if name == b"s1._domainkey.acme.test." else None
    )


@pytest.mark.parametrize(
    "form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL]
)
def test_signatures_verify_and_cover_what_they_must(signing_key, form):
    raw = compose(changed(subject="Grüße", text="é" * 100 + "\n.\n"))
    signed = dkim_sign(raw, "s1", "acme.test", pem_of(signing_key, form))
    assert signed.endswith(raw)
    assert signed.count(b"\r\n") == signed.count(b"\n")
    covered = re.sub(rb"\s", b"", re.search(rb"h=([^;]+);", signed).group(1)).split(b":")
    assert {
        b"list-unsubscribe",
        b"list-unsubscribe-post",
        b"from",
        b"to",
        b"subject",
        b"date",
        b"message-id",
    } <= set(covered)
    assert covered.count(b"from") == 2
    assert verified(signed, signing_key) is True
    # Relaxed canonicalisation outlives what relays do to white space.
    assert verified(signed.replace(b"Subject: ", b"Subject:   "), signing_key) is True


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        (b"<https://roleferry.test/u/6b1f/abcdef>,", b"<https://evil.test/>,"),
        (b"From: Jane Doe", b"From: Evil <evil@evil.test>\r\nFrom: Jane Doe"),
        (b"To: Bob", b"To: Rob"),
        (b"Kind regards", b"Rude regards"),
    ],
)
def test_a_changed_mail_no_longer_verifies(signing_key, old, new):
    signed = dkim_sign(compose(MAIL), "s1", "acme.test", pem_of(signing_key))
    assert old in signed
    assert verified(signed.replace(old, new, 1), signing_key) is False


def test_keys_that_cannot_sign_are_refused():
    for pem in ("nonsense", pem_of(ec.generate_private_key(ec.SECP256R1()))):
        with pytest.raises(SigningError, match="DKIM"):
            dkim_sign(compose(MAIL), "s1", "acme.test", pem)
    with pytest.raises(HeaderInjectionError):
        dkim_sign(compose(MAIL), "s1;\r\nX: y", "acme.test", "nonsense")
