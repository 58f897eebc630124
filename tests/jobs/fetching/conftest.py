"""The loopback board, its certificate, and a fetcher that trusts both."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from jobs.fetching import Fetcher
from jobs.network import Network
from tests.jobs.fetching.board_server import API, HOST, OTHER, BoardServer, make_fetcher


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[str, str]:
    """A self-signed certificate for the two test hosts: (certificate file, key file)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in (HOST, OTHER, API)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(folder / "cert.pem"), str(folder / "key.pem")


@pytest.fixture
def server(certificate) -> Iterator[BoardServer]:
    running = BoardServer(certificate)
    yield running
    running.close()


@pytest.fixture
def fetcher(server, certificate) -> Fetcher:
    """A fetcher whose every host is the loopback server, with time-outs of one second."""
    network = Network(
        resolve=lambda _host, _seconds: ["127.0.0.1"],
        is_allowed=lambda address: address == ipaddress.ip_address("127.0.0.1"),
        tls=ssl.create_default_context(cafile=certificate[0]),
        dial_port=server.port,
    )
    return make_fetcher(network)
