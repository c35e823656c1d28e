"""Whose certificates the server's programs trust: those that the distribution ships, and those that somebody added.

It compares texts and opens no certificate: an authority is extra when its text is in no file of the distribution's.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.host.host import Host

BUNDLE: Final = "/etc/ssl/certs/ca-certificates.crt"
"""What programs on Debian read (update-ca-certificates(8))."""

ADDED: Final = "/usr/local/share/ca-certificates"
"""Where an owner puts authorities; whatever ends in .crt there goes into the bundle at the next update."""

SHIPPED: Final = "/usr/share/ca-certificates"
"""Where the distribution's stand, one a file."""

_FOLDER: Final = "/etc/ssl/certs"
_ONE: Final = re.compile(r"-----BEGIN (?:TRUSTED )?CERTIFICATE-----(.*?)-----END", re.DOTALL)
_DEEP: Final = 4  # directories below ADDED


def added(host: Host) -> tuple[str, ...]:
    """Name the authorities that are not the distribution's; raises `Unseen`."""
    shipped = {one for path in _files(host, SHIPPED, 0) for one in _certificates(host, path)}
    found = dict.fromkeys(_files(host, ADDED, 0))
    links = (f"{_FOLDER}/{name}" for name in host.names(_FOLDER) if f"{_FOLDER}/{name}" != BUNDLE)
    for path in (BUNDLE, *(path for path in links if not _leads_home(host, path))):
        unknown = [one for one in _certificates(host, path) if one not in shipped]
        found |= dict.fromkeys(f"{path}: one with SHA-256 {one[:16]}" for one in unknown)
    return tuple(found)


def _files(host: Host, folder: str, depth: int) -> Iterator[str]:
    for path in host.under(folder):
        status = host.status(path)
        if path.endswith(".crt"):
            yield path
        elif status is not None and status.is_dir and depth < _DEEP:
            yield from _files(host, path, depth + 1)


def _certificates(host: Host, path: str) -> tuple[str, ...]:
    status = host.status(path)
    if status is None or status.is_dir:
        return ()
    bodies = ("".join(body.split()) for body in _ONE.findall(host.text(path) or ""))
    return tuple(hashlib.sha256(body.encode()).hexdigest() for body in bodies)


def _leads_home(host: Host, path: str) -> bool:
    """Say whether a link of the folder leads to one of the distribution's, or is a hash that leads to another link."""
    status = host.status(path)
    if status is None or not status.is_link:
        return False
    return status.target.startswith(f"{SHIPPED}/") or "/" not in status.target
