"""A certificate authority of the clinic's own, and the server certificate that it signs.

Tablets trust the authority once; the server certificate is then renewed without touching them.
Browsers give service workers, passkeys and secure cookies to https only.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from esker.whole import PRIVATE, whole

CA_DAYS, SERVER_DAYS = 3650, 397  # browsers refuse server certificates that last much longer
RENEW = timedelta(days=60)
SKEW = timedelta(days=1)  # a tablet's clock may be a little behind


@dataclass(frozen=True, slots=True)
class Files:
    """Where the four files of a data folder lie."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "tls" / "ca.pem"

    @property
    def ca_key(self) -> Path:
        return self.folder / "tls" / "ca-key.pem"

    @property
    def server(self) -> Path:
        return self.folder / "tls" / "server.pem"

    @property
    def server_key(self) -> Path:
        return self.folder / "tls" / "server-key.pem"


def prepare(folder: Path, names: Sequence[str], now: datetime) -> Files:
    """Make what is missing, and renew a server certificate that ends soon or lacks a name."""
    files = Files(folder)
    files.ca.parent.mkdir(parents=True, exist_ok=True)
    if not files.ca.exists():
        _make_ca(files, now)
    if not _good(files, names, now):
        _make_server(files, names, now)
    return files


def fingerprint(folder: Path) -> str | None:
    """SHA-256 of the authority, in pairs, as a tablet shows it; None when there is none."""
    files = Files(folder)
    if not files.ca.exists():
        return None
    return _load(files.ca).fingerprint(hashes.SHA256()).hex(":").upper()


def ends(folder: Path) -> datetime | None:
    """When the server certificate ends."""
    files = Files(folder)
    return _load(files.server).not_valid_after_utc if files.server.exists() else None


def _good(files: Files, names: Sequence[str], now: datetime) -> bool:
    if not files.server.exists() or not files.server_key.exists():
        return False
    server = _load(files.server)
    known = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(_alternative(names)) <= set(known) and server.not_valid_after_utc - now > RENEW


def _make_ca(files: Files, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Esker clinic authority")
    built = (
        _builder(name, name, key, now, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write_key(files.ca_key, key)
    _write(files.ca, built.public_bytes(serialization.Encoding.PEM))


def _make_server(files: Files, names: Sequence[str], now: datetime) -> None:
    ca = _load(files.ca)
    ca_key = serialization.load_pem_private_key(files.ca_key.read_bytes(), None)
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)  # we made it
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    built = (
        _builder(_name(names[0]), ca.subject, key, now, SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_alternative(names)), critical=False)
        .add_extension(issuer, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    _write_key(files.server_key, key)
    _write(files.server, built.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip


def _alternative(names: Sequence[str]) -> list[x509.GeneralName]:
    return [_general(name) for name in dict.fromkeys(names)]


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    plain = serialization.NoEncryption()
    pkcs8 = serialization.PrivateFormat.PKCS8
    _write(path, key.private_bytes(serialization.Encoding.PEM, pkcs8, plain))


def _write(path: Path, text: bytes) -> None:
    """Readable by the owner only, and never half a file: a lost key would lock the tablets out."""
    with whole(path, PRIVATE, lasting=True) as part:
        part.write_bytes(text)
