"""The city's own authority: real servers show its certificate, and who does not know it stays away."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import nats
import pytest
from cryptography import x509

from loa.project.certificates import SERVER_DAYS, Tls
from loa.project.servers.nats import NatsServer
from loa.project.servers.ports import choose_port
from loa.project.servers.running import running
from loa.project.supervisor.process_table import wait_until


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    made = Tls(tmp_path / "keys" / "tls")
    made.make(["loa.example.vn", "10.1.2.3"])
    return made


def test_the_certificate_is_for_its_names_and_this_machine(tls):
    assert set(tls.names()) == {"loa.example.vn", "10.1.2.3", "localhost", "127.0.0.1"}
    shown = x509.load_pem_x509_certificate(tls.certificate.read_bytes())
    assert (shown.not_valid_after_utc - shown.not_valid_before_utc).days <= SERVER_DAYS
    shown.verify_directly_issued_by(x509.load_pem_x509_certificate(tls.authority.read_bytes()))


def test_keys_are_for_their_owner_alone(tls):
    for name in ("ca.key", "server.key"):
        assert (tls.folder / name).stat().st_mode & 0o777 == 0o600


def test_making_again_keeps_the_authority_and_renews_the_certificate(tls):
    authority, certificate = tls.authority.read_bytes(), tls.certificate.read_bytes()
    tls.make(["other.example.vn"])
    assert tls.authority.read_bytes() == authority
    assert tls.certificate.read_bytes() != certificate
    assert "other.example.vn" in tls.names()
    assert "loa.example.vn" not in tls.names()


@pytest.mark.parametrize("name", ["", "https://loa.example.vn", "a b", "đà-nẵng.vn", "a@b"])
def test_what_is_no_name_is_refused(tmp_path, name):
    tls = Tls(tmp_path / "tls")
    with pytest.raises(ValueError, match="neither a host name nor an address"):
        tls.make([name])
    assert not tls.is_made


def test_the_bus_shows_it_and_a_stranger_to_the_authority_stays_away(tls, tmp_path):
    server = NatsServer(tmp_path / "nats", keys=tmp_path / "keys", ports=tmp_path / "ports.json")
    with running(server, tmp_path / "nats.log"):
        address = server.server_url.replace("nats://", "tls://")

        async def knock(context: ssl.SSLContext) -> bool:
            line = await nats.connect(
                address,
                tls=context,
                tls_handshake_first=True,
                allow_reconnect=False,
                connect_timeout=5,
            )
            await line.flush()
            await line.close()
            return True

        assert asyncio.run(knock(ssl.create_default_context(cafile=tls.authority)))
        with pytest.raises((ssl.SSLError, nats.errors.Error)):
            asyncio.run(knock(ssl.create_default_context()))


def test_pages_are_served_by_it(tls, tmp_path):
    port = choose_port("web-tls", tmp_path / "ports.json")
    (tmp_path / "page.py").write_text(
        "def application(environ, start):\n"
        "    start('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [environ['wsgi.url_scheme'].encode()]\n"
    )
    line = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    line += ["--ssl-certificate", str(tls.certificate), "--ssl-keyfile", str(tls.key)]
    process = subprocess.Popen([*line, "page:application"], cwd=tmp_path)
    knowing = httpx.Client(verify=ssl.create_default_context(cafile=tls.authority))

    def answers() -> bool:
        try:
            return knowing.get(f"https://localhost:{port}/").text == "https"
        except httpx.TransportError:
            return False

    try:
        assert wait_until(answers, seconds_max=30)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"https://localhost:{port}/", verify=ssl.create_default_context())
    finally:
        process.terminate()
        process.wait(20)
