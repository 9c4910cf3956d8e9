"""A certificate authority of the city's own, and the certificate its servers show: `loa tls make`.

Everything lies in `keys/tls`: `ca.crt` goes to devices and browsers, `ca.key` signs nothing else.
Making again keeps the authority and renews the certificate.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from loa.lib import clock

AUTHORITY_DAYS = 3_650
# Browsers believe no certificate for longer (CA/Browser Forum, Baseline Requirements 6.3.2).
SERVER_DAYS = 397
_SKEW = timedelta(hours=1)
_Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Tls:
    """The files of one state folder."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def certificate(self) -> Path:
        return self.folder / "server.crt"

    @property
    def key(self) -> Path:
        return self.folder / "server.key"

    @property
    def is_made(self) -> bool:
        return self.certificate.exists() and self.key.exists()

    def names(self) -> list[str]:
        """Return the names and addresses the certificate is for."""
        shown = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        found = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return [str(name.value) for name in found]

    def make(self, names: Sequence[str]) -> None:
        """Make the authority if there is none, and a certificate for these names; raises ValueError."""
        wanted = [_general_name(name) for name in dict.fromkeys([*names, "localhost", "127.0.0.1"])]
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        authority_key = self._authority_key()
        authority = x509.load_pem_x509_certificate(self.authority.read_bytes())
        key = ec.generate_private_key(ec.SECP256R1())
        shown = (
            _begun(names[0] if names else "localhost", authority.subject, key, SERVER_DAYS)
            .add_extension(x509.SubjectAlternativeName(wanted), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
                critical=False,
            )
            .sign(authority_key, hashes.SHA256())
        )
        _write_key(self.key, key)
        self.certificate.write_bytes(shown.public_bytes(Encoding.PEM))

    def _authority_key(self) -> _Key:
        path = self.folder / "ca.key"
        if path.exists() and self.authority.exists():
            found = load_pem_private_key(path.read_bytes(), password=None)
            if not isinstance(found, _Key):
                raise ValueError(f"{path} holds another kind of key")
            return found
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Loa")])
        own = (
            _begun("Loa", name, key, AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_SIGNS_CERTIFICATES, critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        _write_key(path, key)
        self.authority.write_bytes(own.public_bytes(Encoding.PEM))
        return key


_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _begun(name: str, issuer: x509.Name, key: _Key, days: int) -> x509.CertificateBuilder:
    now = clock.now()
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days=days))
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        if not name.isascii() or not name or any(one in name for one in " /:@"):
            raise ValueError(f"{name!r} is neither a host name nor an address") from None
        return x509.DNSName(name)


def _write_key(path: Path, key: _Key) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    fresh.replace(path)
