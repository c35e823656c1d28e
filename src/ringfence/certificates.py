"""Making certificates: an authority, held to the names it was made for, and leaves that live as long as it does.

No process that bots talk to loads this: the gateway reads finished files, and never has the authority's key.
"""

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey
PRIVATE, PUBLIC = 0o600, 0o644
_DAYS = 3650  # a leaf that ran out would stop a bot at night, and its key never leaves the machine
_LEFT_DAYS = 365  # one that lives shorter is made anew while there is time
_BEARER = "Ringfence"  # no host: OpenSSL would hold an address here against the names that an authority may vouch for
_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
# Where systems keep their roots in one file: Debian, Red Hat, SUSE, Alpine and the BSDs.
_ROOTS = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def new_key() -> Key:
    """Draw a key on P-256, which every client takes."""
    return ec.generate_private_key(ec.SECP256R1())


def authority(key: Key, name: str, domains: Iterable[str], now: dt.datetime) -> x509.Certificate:
    """Make an authority's certificate. It can vouch for these domains and all below them, and for this machine.

    Made again with the same key and name it is the same authority: what trusts an older one goes on doing so.
    """
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    subject = _name(name)
    return (
        _builder(subject, subject, key, now, now + dt.timedelta(days=_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(_constraints(domains), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def leaf(issuer: x509.Certificate, issuer_key: Key, names: tuple[str, ...], now: dt.datetime) -> tuple[bytes, bytes]:
    """Make a certificate for hosts or addresses, and its key, both in PEM."""
    key = new_key()
    of = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        _builder(_name(_BEARER), issuer.subject, key, now, issuer.not_valid_after_utc)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(of), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return pem(certificate), private_pem(key)


def stands(found: x509.Certificate, key: Key, domains: Iterable[str], now: dt.datetime) -> bool:
    """Say whether an authority's certificate is of a key, can vouch for these domains, and lives for long yet."""
    try:
        held = found.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return False
    return is_of(found, key) and held == _constraints(domains) and _lives(found, now)


def is_of(found: x509.Certificate, key: Key) -> bool:
    """Say whether a certificate is of a key."""
    return found.public_key() == key.public_key()


def fits(content: bytes, issuer: x509.Certificate, names: tuple[str, ...], now: dt.datetime) -> bool:
    """Say whether a certificate and its key, in one PEM, are from an issuer, for exactly these names, and alive."""
    try:
        found = x509.load_pem_x509_certificate(content)
        key = serialization.load_pem_private_key(content, None)
        found.verify_directly_issued_by(issuer)
        told = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return (
        isinstance(key, Key)
        and is_of(found, key)
        and told == x509.SubjectAlternativeName([_general(name) for name in names])
        and _lives(found, now)
    )


def load(path: Path) -> x509.Certificate | None:
    """Read a certificate; None where there is none that can be read."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def pem(certificate: x509.Certificate) -> bytes:
    """Write a certificate down."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def private_pem(key: Key) -> bytes:
    """Write a key down, in the clear."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_key(content: bytes) -> Key | None:
    """Read a key in PEM; None where it is no key on a curve."""
    try:
        key = serialization.load_pem_private_key(content, None)
    except (ValueError, TypeError):
        return None
    return key if isinstance(key, Key) else None


def system_roots() -> bytes:
    """Return the roots that this system trusts, in PEM; nothing where it has none.

    The environment is not asked: its file may be the very bundle that is being written.
    """
    paths = ssl.get_default_verify_paths()
    single = [Path(path) for path in (paths.openssl_cafile, *_ROOTS)]
    for files in ([path] for path in single if path.is_file()):
        return _roots(files)
    return _roots(sorted(Path(paths.openssl_capath).glob("*.0")))


def _roots(files: Iterable[Path]) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for path in files:
        context.load_verify_locations(cafile=path)
    return "".join(ssl.DER_cert_to_PEM_cert(der) for der in context.get_ca_certs(binary_form=True)).encode()


def _constraints(domains: Iterable[str]) -> x509.NameConstraints:
    names = [x509.DNSName(domain) for domain in (*sorted(domains), "localhost")]
    return x509.NameConstraints([*names, x509.IPAddress(_LOOPBACK)], None)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, now: dt.datetime, until: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(until)
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _lives(found: x509.Certificate, now: dt.datetime) -> bool:
    return found.not_valid_before_utc <= now and found.not_valid_after_utc - now > dt.timedelta(days=_LEFT_DAYS)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
