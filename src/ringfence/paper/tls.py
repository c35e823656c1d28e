"""The rehearsal exchange's own certificate authority, and its certificate for this machine.

Both are made at the first start and kept, so that what trusts the authority goes on doing so.
"""

import datetime as dt
import ssl
from pathlib import Path

from cryptography import x509

from ringfence import certificates, whole
from ringfence.certificates import PRIVATE, PUBLIC, Key

_NAME = "Ringfence rehearsal exchange"
_NAMES = ("localhost", "127.0.0.1")


def context(folder: Path, now: int) -> ssl.SSLContext:
    """A server context whose certificate is from the authority in `folder`; makes what is missing. `now` in ms."""
    moment = dt.datetime.fromtimestamp(now / 1000, dt.UTC)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, key = _authority(folder, moment)
    certificate, private = folder / "server.pem", folder / "server.key"
    there = b"".join(path.read_bytes() for path in (certificate, private) if path.exists())
    if not certificates.fits(there, authority, _NAMES, moment):
        made, made_key = certificates.leaf(authority, key, _NAMES, moment)
        whole.put(certificate, made, PUBLIC)
        whole.put(private, made_key, PRIVATE)
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    found.load_cert_chain(certificate, private)
    return found


def _authority(folder: Path, moment: dt.datetime) -> tuple[x509.Certificate, Key]:
    certificate, kept = certificates.load(folder / "ca.pem"), folder / "ca.key"
    key = certificates.load_key(kept.read_bytes()) if kept.exists() else None
    if certificate is not None and key is not None and certificates.is_of(certificate, key):
        return certificate, key
    key = certificates.new_key()
    certificate = certificates.authority(key, _NAME, (), moment)
    whole.put(folder / "ca.pem", certificates.pem(certificate), PUBLIC)
    whole.put(kept, certificates.private_pem(key), PRIVATE)
    return certificate, key
