"""The files that `init` writes: settings that `settings.load` reads, and a policy to be edited."""

import socket
from collections.abc import Iterator

from ringfence.errors import Misconfigured
from ringfence.settings import Listener, Paper

_LISTENER = 8300  # bots find their exchange here; registered for nothing that is met beside a bot (IANA)
_PAPER = 8410
_TRIES = 50

_LISTENERS = """\
# Where bots of one exchange find Ringfence: plain HTTP, on this machine alone.
[listeners.{name}]
exchange = "{exchange}"
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

_POLICY = """\
# What each bot may do. Nothing else is allowed, and no setting here can allow a withdrawal or a transfer.
# This file is a draft: `ringfence policy apply` shows what it changes, in money, and puts it in force.
# Amounts are text, in the account's currency; "unlimited" must be said in words; what is missing is an error.

[account.main]
exchange = "{exchange}"
currency = "USDT"
fee      = "0.1%"             # the most that a taker pays there

[bot.grid]
account = "main"
role    = "trade"             # or "watch": may read, and place nothing
symbols = ["BTC/USDT", "ETH/USDT"]
orders  = ["limit", "limit-maker", "market"]

# For an account of about 10,000 USDT: `ringfence policy check` shows what these let a captured bot cost.
[bot.grid.limits]
collar             = "0.5%"   # how far beyond the reference price an order may reach
exit_collar        = "1%"     # the same for orders that only reduce a position
order_notional     = "500"    # the worth of one order
window_notional    = "3000"   # of all orders in any 24 hours, open ones included
exposure           = "1500"   # of what the bot holds and may come to hold
loss_budget        = "40"     # slippage and fees in any 24 hours, charged before an order leaves
open_orders        = 20
orders_per_minute  = 30
# These can be left out; they only narrow what the eight above allow (docs/reference/policy.md has more).
slow_collar        = "10%"    # how far beyond the average of a day an order may reach
order_minimum      = "10"     # no dust
drawdown_stop      = "200"    # the bot may only leave once its own result is so far below its best
order_lifetime     = "7d"     # an order that is open for longer is cancelled
far_orders         = 10       # open orders of a symbol that are more than 5% off
cancels_per_minute = 60       # more, and nothing new that adds risk; cancels always pass
identical_fills    = 20       # more in a minute, and the bot may only leave until you have looked
"""


def settings_text(listener: Listener, paper: Paper | None) -> str:
    """Write `ringfence.toml`."""
    text = _LISTENERS.format(name=listener.name, exchange=listener.exchange, port=listener.port)
    if paper is None:
        return text
    return text + _REHEARSAL.format(
        port=paper.port, plain_port=paper.plain_port, east_port=paper.east_port, west_port=paper.west_port
    )


def policy_text(exchange: str) -> str:
    """Write a policy for a first bot."""
    return _POLICY.format(exchange=exchange)


def ports(paper: bool) -> tuple[int, Paper | None]:
    """Choose ports: the usual ones, or the next that nobody listens on."""
    listener = next(_free(_LISTENER))
    return listener, _paper() if paper else None


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
