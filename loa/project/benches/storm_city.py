"""The city of `bench storm`: registered devices with a document each, and a bus that speaks TLS too."""

from __future__ import annotations

import ipaddress
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.db import transaction

from loa.flow.deliveries.actions import republish_all, write_documents
from loa.flow.deliveries.queries import document_for
from loa.lib import clock
from loa.project.benches.receipts_rows import code_of, key_of
from loa.project.cast import CITY, HAI_CHAU, seat_cast
from loa.project.servers.nats import NatsServer
from loa.registry.devices.models import Device
from loa.registry.people import keyring
from loa.registry.people.queries import present_roster
from loa.wire import canonical, envelope, rules
from loa.wire.messages import ROSTER, Roster

OWN_COST_ROUNDS = 300


class OwnCost(NamedTuple):
    """What one device spends on its own, in milliseconds of this machine."""

    sign_nonce: float
    verify_roster: float
    verify_document: float


def enter(devices: int) -> None:
    """Register so many devices and sign a document for each."""
    seat_cast()
    rows = [
        Device(
            code=code_of(number),
            name=code_of(number),
            place_id=HAI_CHAU,
            public_hex=key_of(number).public_hex,
            entered_at=clock.now(),
        )
        for number in range(1, devices + 1)
    ]
    Device._base_manager.bulk_create(rows, ignore_conflicts=True)  # noqa: SLF001
    here = Device._base_manager.filter(code__in=[row.code for row in rows])  # noqa: SLF001
    with transaction.atomic():
        write_documents(here)


def put_on_the_bus() -> None:
    # The connection outlives the servers of a measurement, and would complain of their end.
    logging.getLogger("nats").disabled = logging.getLogger("nats.aio.client").disabled = True
    republish_all()


def where() -> tuple[str, list[str]]:
    """Return the place of all devices and the places above it."""
    return HAI_CHAU, [CITY]


def verified_roster_sha256() -> str:
    """Check the signature of the roster once, for all who compare its bytes."""
    sealed = _roster()
    _open_roster(sealed)
    return canonical.content_hash(sealed)


def _roster() -> bytes:
    issue = present_roster()
    if issue is None:
        raise LookupError("the city has no roster")
    return bytes(issue.envelope)


def _open_roster(sealed: bytes) -> Roster:
    root = keyring.root_key()
    payload, _ = envelope.open_payload(
        sealed, ROSTER, {root.key_id: root.public_hex}, bytes_max=canonical.ROSTER_BYTES_MAX
    )
    return envelope.parse(payload, Roster)


def own_cost() -> OwnCost:
    """Measure what no two devices share; the memory of signatures seen before is not used."""
    from loa.wire.keys import is_signature_valid

    sealed, document, device = _roster(), document_for(code_of(1)), code_of(1)
    assert document is not None  # noqa: S101 - signed by `enter`
    roster, key, place = _open_roster(sealed), key_of(1), where()[0]

    def open_fresh() -> None:
        is_signature_valid.cache_clear()
        rules.open_desired(document, roster, device=device, place=place, now=clock.now())

    def open_roster() -> None:
        is_signature_valid.cache_clear()
        _open_roster(sealed)

    return OwnCost(
        sign_nonce=_milliseconds(lambda: key.sign(b"a nonce of the bus")),
        verify_roster=_milliseconds(open_roster),
        verify_document=_milliseconds(open_fresh),
    )


def _milliseconds(deed: Callable[[], object]) -> float:
    began = clock.monotonic()
    for _ in range(OWN_COST_ROUNDS):
        deed()
    return round((clock.monotonic() - began) / OWN_COST_ROUNDS * 1000, 3)


class TlsNatsServer(NatsServer):
    """The same server; who asks for TLS gets it, our own processes stay plain on loopback."""

    certificate: Path

    def _configuration(self) -> str:
        settings = json.loads(super()._configuration())
        key, self.certificate = self._folder / "tls.key", self._folder / "tls.crt"
        make_certificate(key, self.certificate)
        settings["tls"] = {
            "cert_file": str(self.certificate),
            "key_file": str(key),
            "timeout": 20,
        }
        settings["allow_non_tls"] = True
        return json.dumps(settings, indent=2) + "\n"


def make_certificate(key_file: Path, certificate_file: Path) -> None:
    """Write a key and a certificate of its own for this machine, for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    key_file.touch(mode=0o600)
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
