"""A TLS server that records every byte, and says exactly what a test tells it to."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ringfence.courier.hosts import Place

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@dataclass(frozen=True, slots=True)
class Identity:
    """A self-signed certificate and its key, as files."""

    certificate: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_identity(home: Path, name: str, address: str = "127.0.0.1", days: int = 1) -> Identity:
    """Make a certificate for an address; `days` below zero makes one that has expired."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)  # noqa: TID251  # what the certificate is checked against
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=30))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Identity(home / f"{name}.pem", home / f"{name}.key")
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


@dataclass
class Exchange:
    """What was received, connection by connection, and how the next request is answered."""

    place: Place
    host: str
    answer: bytes | None = OK  # None: hang up without a word
    extra: bytes = b""  # comes a moment after the answer
    hang: bool = False  # take the request and say nothing
    keep: bool = True  # keep the connection after an answer
    got: list[bytes] = field(default_factory=list)  # each request's bytes, in order of arrival
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), 0)
        self.got.append(head + await reader.readexactly(length))
        if self.hang:
            await reader.read()
            return False
        if self.answer is None:
            return False
        writer.write(self.answer)
        await writer.drain()
        if self.extra:
            await asyncio.sleep(0.01)
            writer.write(self.extra)
        return self.keep


@asynccontextmanager
async def exchange(identity: Identity, trusted: Path | None = None) -> AsyncIterator[Exchange]:
    """Run one on a free port, believed by `trusted` where given, else by its own certificate."""
    running = Exchange(Place(frozenset()), "")
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0, ssl=identity.server())
    running.host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    running.place = Place(frozenset({running.host}), trusted or identity.certificate)
    try:
        yield running
    finally:
        server.close()
