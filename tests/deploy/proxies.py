"""nginx and Caddy as processes of their own on loopback, with the configurations that deploy/ has."""

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from os import getuid
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.deploy.files import filled_in
from tests.served.gateway import LIMITS, Person
from tests.served.ports import reserved_port

TOO_LONG_S = 30
LOOK_S = 0.02
PACKAGES = {"nginx": "nginx-light", "caddy": "caddy"}

NGINX = """
daemon off;
pid {folder}/pid;
error_log {folder}/errors;
worker_processes 1;
{user}
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/1;
    uwsgi_temp_path {folder}/2;
    scgi_temp_path {folder}/3;
    include {folder}/gateway.conf;
}}
"""


@dataclass(frozen=True)
class Certificate:
    """One of this run's own, for localhost."""

    chain: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        found.load_verify_locations(self.chain)
        return found


@dataclass
class Proxy:
    """A running proxy; `url` is that of /graphql by it."""

    name: str
    process: "subprocess.Popen[bytes]"
    url: str
    certificate: Certificate
    http: httpx.Client

    def by_it(self, person: Person) -> Person:
        """The same person, who calls the gateway by this proxy."""
        return replace(person, url=self.url, client_=self.http)

    def client(self, address: str = "127.0.0.1") -> httpx.Client:
        """Somebody at another address of this machine."""
        transport = httpx.HTTPTransport(verify=self.certificate.context(), local_address=address)
        return httpx.Client(transport=transport, timeout=TOO_LONG_S)


Own = tuple[int, int]
"""The ports at which a proxy listens, without and with TLS."""


@contextmanager
def proxying(name: str, ports: Sequence[int], folder: Path) -> Iterator[Proxy]:
    """The proxy before the gateways on those ports, once it listens."""
    program = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin:/sbin:/bin")
    if program is None:
        pytest.skip(f"{name} is not here: apt-get install {PACKAGES[name]}")
    certificate = _certified(folder)
    with reserved_port() as plain, reserved_port() as port:
        command = _COMMANDS[name](program, folder, (plain, port), ports, certificate)
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, env=_own(folder))
        try:
            _wait_until_it_listens(process, port, folder)
            context = certificate.context()
            with httpx.Client(verify=context, timeout=TOO_LONG_S, limits=LIMITS) as http:
                yield Proxy(name, process, f"https://localhost:{port}/graphql", certificate, http)
        finally:
            process.terminate()
            process.wait(TOO_LONG_S)


def _nginx(program: str, folder: Path, own: Own, ports: Sequence[int], certificate: Certificate) -> list[str]:
    plain, port = own
    servers = "\n    ".join(f"server 127.0.0.1:{each} max_fails=0;" for each in ports)
    words = {
        "server 127.0.0.1:8000 max_fails=0;": servers,
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen [::]:80;": "",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
        "listen [::]:443 ssl http2;": "",
        "server_name courses.example;": "server_name localhost;",
        "/etc/ssl/courses.example/fullchain.pem": str(certificate.chain),
        "/etc/ssl/courses.example/privkey.pem": str(certificate.key),
    }
    (folder / "gateway.conf").write_text(filled_in("nginx/gateway.conf", words))
    user = "user root;" if getuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=user))
    return [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")]


def _caddy(program: str, folder: Path, own: Own, ports: Sequence[int], certificate: Certificate) -> list[str]:
    _, port = own
    words = {
        "courses.example {": f"https://localhost:{port} {{\n\ttls {certificate.chain} {certificate.key}",
        "reverse_proxy 127.0.0.1:8000 {": f"reverse_proxy {' '.join(f'127.0.0.1:{each}' for each in ports)} {{",
    }
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"
    (folder / "Caddyfile").write_text(options + filled_in("caddy/Caddyfile", words))
    return [program, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


_COMMANDS: dict[str, Callable[[str, Path, Own, Sequence[int], Certificate], list[str]]] = {
    "nginx": _nginx,
    "caddy": _caddy,
}


def _own(folder: Path) -> dict[str, str]:
    """Where a program that keeps something of its own keeps it."""
    return {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "PATH": "/usr/bin:/bin"}


def _wait_until_it_listens(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    latest = time.monotonic() + TOO_LONG_S
    while time.monotonic() < latest:
        assert process.poll() is None, (folder / "output").read_text()
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(LOOK_S)
    raise AssertionError(f"it does not listen: {(folder / 'output').read_text()}")


def _certified(folder: Path) -> Certificate:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    made = Certificate(folder / "chain.pem", folder / "key.pem")
    made.chain.write_bytes(certificate.public_bytes(pem))
    private = serialization.PrivateFormat.PKCS8
    made.key.write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()))
    return made
