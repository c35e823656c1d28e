"""The files that `init` writes: settings that `settings.load` reads, and a policy to be edited."""

import socket
from collections.abc import Iterator
from decimal import Decimal

from ringfence.errors import Misconfigured
from ringfence.policy import profiles
from ringfence.settings import Listener, Paper, Proxy

_LISTENER = 8300  # bots find their exchange here; registered for nothing that is met beside a bot (IANA)
_PROXY = 8118  # where proxies for privacy usually are, and few run one beside a bot
_PAPER = 8410
_TRIES = 50

_LISTENERS = """\
# Where bots of one exchange find Ringfence: plain HTTP, on this machine alone.
[listeners.{name}]
exchange = "{exchange}"
port = {port}
"""

_PROXIES = """
# Where bots find Ringfence as an HTTPS proxy: each by its own credentials, with the exchange's own host names.
[proxy]
port = {port}
"""

_REHEARSAL = """
# The rehearsal exchange: trading over TLS and plain, and the tickers of two more venues.
[paper]
port = {port}
plain_port = {plain_port}
east_port = {east_port}
west_port = {west_port}
"""


def settings_text(listener: Listener, proxy: Proxy, paper: Paper | None) -> str:
    """Write `ringfence.toml`."""
    text = _LISTENERS.format(name=listener.name, exchange=listener.exchange, port=listener.port)
    text += _PROXIES.format(port=proxy.port)
    if paper is None:
        return text
    return text + _REHEARSAL.format(
        port=paper.port, plain_port=paper.plain_port, east_port=paper.east_port, west_port=paper.west_port
    )


def policy_text(exchange: str) -> str:
    """Write a policy for a first bot."""
    return profiles.policy_text("grid", exchange, Decimal(10_000), "USDT", ("BTC/USDT", "ETH/USDT"))


def ports(paper: bool) -> tuple[int, Proxy, Paper | None]:
    """Choose ports: the usual ones, or the next that nobody listens on."""
    return next(_free(_LISTENER)), Proxy(next(_free(_PROXY))), _paper() if paper else None


def _paper() -> Paper:
    free = _free(_PAPER)
    return Paper(next(free), next(free), next(free), next(free))


def _free(first: int) -> Iterator[int]:
    for port in range(first, first + _TRIES):
        if is_free(port):
            yield port
    raise Misconfigured(f"no port from {first} to {first + _TRIES - 1} is free", hint="stop what listens there")


def is_free(port: int) -> bool:
    """Say whether a loopback port can be listened on."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that was just given up is free
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
