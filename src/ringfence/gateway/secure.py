"""A listener with TLS. What is shown is chosen by the listener: who connects to an address asks for no name."""

import logging
import ssl
from collections import Counter

from ringfence.errors import Misconfigured, Unreachable
from ringfence.gateway.connection import Answering
from ringfence.gateway.http import Refused
from ringfence.gateway.limits import Limits
from ringfence.gateway.ports import LOOPBACK
from ringfence.gateway.reply import Reply
from ringfence.gateway.securing import SecuredPort
from ringfence.gateway.tls import Distrusted, Leaves
from ringfence.gateway.websocket import Talk
from ringfence.model.request import Request
from ringfence.seldom import Seldom
from ringfence.settings import OWN_HOST

_log = logging.getLogger("ringfence.gateway")
_BELOW = f".{OWN_HOST}"  # names below it are this machine's too (RFC 6761, 6.3)
_PLAIN = "this port speaks TLS, so its address begins with https:// or wss://"


class SecureSite(SecuredPort):
    """One listener's port. `port` 0 takes any free one (tests)."""

    def __init__(  # one each
        self, name: str, front: Answering, port: int, leaves: Leaves, limits: Limits, counts: Counter[str]
    ) -> None:
        super().__init__(LOOPBACK, port, lambda: _ByListener(self), limits, _InPlain(self))
        self.front = front
        self.leaves = leaves
        self._name = name
        self._counts = counts
        self._seldom = Seldom()
        if leaves.of(OWN_HOST) is None:
            raise Misconfigured(
                f"listener {name} is to speak TLS, and there is no certificate for {OWN_HOST} that can be read",
                hint="`ringfence certificates` makes it",
            )

    def tell(self, level: int, what: str, why: object) -> None:
        """Count what came to nothing, and say it once a minute; neither has a word of the client's."""
        self._counts[f"listeners: {what}"] += 1
        if self._seldom.is_due((what, str(why))):
            _log.log(level, "listener %s: %s", self._name, why)


class _ByListener:
    """One connection, which meets the listener's front whatever it asks for."""

    def __init__(self, site: SecureSite) -> None:
        self._site = site
        self._is_ours = True

    def leaf(self, name: str | None) -> ssl.SSLContext | None:
        """Show the leaf of this machine to whoever asks for it by name, or by none."""
        self._is_ours = name is None or name == OWN_HOST or name.endswith(_BELOW)
        return self._site.leaves.of(OWN_HOST) if self._is_ours else None

    def succeeded(self) -> Answering:
        """Meet the listener's front."""
        return self._site.front

    def failed(self, error: Unreachable) -> None:
        """Say which setting is missing."""
        if isinstance(error, Distrusted):
            self._site.tell(logging.WARNING, "not trusted", f"{error}; see `ringfence point`")
        elif not self._is_ours:
            self._site.tell(logging.INFO, "another name", f"a name was asked for that is not {OWN_HOST}")
        elif self._site.leaves.of(OWN_HOST) is None:
            why = f"there is no certificate for {OWN_HOST}; run `ringfence certificates`"
            self._site.tell(logging.ERROR, "no certificate", why)
        else:
            self._site.tell(logging.INFO, "no handshake", error)


class _InPlain:
    """Whoever speaks HTTP in plain is told that nothing is answered in plain."""

    def __init__(self, site: SecureSite) -> None:
        self._site = site

    async def answer(self, request: Request) -> Reply:  # noqa: ARG002
        """Say no."""
        return self._no()

    async def open(self, request: Request) -> Talk | Reply:  # noqa: ARG002
        """Say no."""
        return self._no()

    def refuse(self, refused: Refused) -> Reply:
        """Say no to what is not even a request."""
        return self._site.front.refuse(refused)

    def _no(self) -> Reply:
        self._site.tell(logging.WARNING, "plain HTTP", f"plain HTTP was sent: {_PLAIN}; see `ringfence point`")
        return self._site.front.refuse(Refused(400, _PLAIN))
