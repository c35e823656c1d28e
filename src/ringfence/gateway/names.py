"""Exchanges' own host names, made to mean a loopback address: TLS by the name that the client asks for.

Who asks cannot be known before a request is signed, so all share one cap.
"""

import logging
import ssl
from collections import Counter

from ringfence.errors import Unreachable
from ringfence.gateway.connection import Answering
from ringfence.gateway.doors import Door, Doors
from ringfence.gateway.limits import Limits
from ringfence.gateway.securing import SecuredPort
from ringfence.gateway.tls import Distrusted, Leaves
from ringfence.seldom import Seldom

_log = logging.getLogger("ringfence.gateway")


class NamedSite(SecuredPort):
    """One port of that address. `meant`: the port that clients say, where another is listened on (tests)."""

    def __init__(  # noqa: PLR0913, PLR0917  # one each
        self,
        address: str,
        port: int,
        doors: Doors,
        leaves: Leaves,
        limits: Limits,
        counts: Counter[str],
        meant: int | None = None,
    ) -> None:
        super().__init__(address, port, lambda: _ByName(self), limits)
        self.doors = {name: door for name, door in doors.items() if (meant or port) in door.host.ports}
        self.leaves = leaves
        self.counts = counts
        self.seldom = Seldom()


class _ByName:
    """One connection, which meets the door that it asks for by name."""

    def __init__(self, site: NamedSite) -> None:
        self._site = site
        self._meant: Door | None = None

    def leaf(self, name: str | None) -> ssl.SSLContext | None:
        """Choose the leaf of a host, and note its door."""
        self._meant = None if name is None else self._site.doors.get(name)
        return None if self._meant is None else self._site.leaves.of(self._meant.host.name)

    def succeeded(self) -> Answering:
        """Meet that door."""
        assert self._meant is not None  # noqa: S101  # no handshake succeeds without a leaf
        self._site.counts["names: connections"] += 1
        return self._meant

    def failed(self, error: Unreachable) -> None:
        """Say once a minute what came to nothing; the name that was asked for only where it is one of ours."""
        self._site.counts["names: no handshake"] += 1
        host = self._meant.host.name if self._meant else "a name that is no exchange's, or none"
        if not self._site.seldom.is_due(host):
            return
        if isinstance(error, Distrusted):
            _log.warning("%s: %s; see `ringfence point`", host, error)
        elif self._meant and self._site.leaves.of(host) is None:
            _log.error("there is no certificate for %s; run `ringfence certificates`", host)
        else:
            _log.info("%s: %s", host, error)
