"""The stand-ins' own certificate authority, and the certificate of their server."""

import datetime as dt
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME_DAYS = 365
RENEWED_DAYS = 30
"""A certificate that ends sooner than this is made anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Files in PEM."""

    bundle: Path
    """The public authorities that certifi knows, and ours: for REQUESTS_CA_BUNDLE and SSL_CERT_FILE."""
    chain: Path
    """The server's certificate and its authority's, for 127.0.0.1, ::1 and localhost."""
    key: Path
    """The server's private key; the authority's is thrown away once it has signed."""


def ensure_certificate(folder: Path) -> Certificate:
    """The certificate kept in a folder; made at the first call, and again before it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    found = Certificate(bundle=folder / "bundle.pem", chain=folder / "server.pem", key=folder / "server.key")
    if not _is_good(found):
        _make(found)
    return found


def _is_good(found: Certificate) -> bool:
    if not all(path.exists() for path in (found.bundle, found.chain, found.key)):
        return False
    ends = x509.load_pem_x509_certificate(found.chain.read_bytes()).not_valid_after_utc
    return ends - _now() > dt.timedelta(days=RENEWED_DAYS)


def _make(found: Certificate) -> None:
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Plumbline stand-ins (this computer only)")])
    own_id = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    authority = (
        _builder(name, issuer=name, key=authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(own_id, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    hosts = [x509.DNSName("localhost"), *(x509.IPAddress(ipaddress.ip_address(a)) for a in ("127.0.0.1", "::1"))]
    server = (
        _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), issuer=name, key=key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_id), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    ours = authority.public_bytes(encoding)
    _write(found.key, secret)
    _write(found.chain, server.public_bytes(encoding) + ours)
    _write(found.bundle, Path(certifi.where()).read_bytes() + b"\n" + ours)


def _builder(subject: x509.Name, *, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - dt.timedelta(hours=1))
        .not_valid_after(_now() + dt.timedelta(days=LIFETIME_DAYS))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, content: bytes) -> None:
    """A reader sees the old file or the new one; only its owner may read it."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
