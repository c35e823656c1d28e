"""Reading an account's past trades through the signer, page by page, from a moment on."""

import time
from collections.abc import Callable

from ringfence.cli import control
from ringfence.cli.answers import Trades, read
from ringfence.cli.progress import Progress
from ringfence.errors import Broken, Misconfigured
from ringfence.ipc.messages import AskFills
from ringfence.model.fill import Fill
from ringfence.model.names import OrderId, Symbol
from ringfence.policy.policy import AccountPolicy
from ringfence.settings import Settings

_PATIENCE_SECONDS = 15.0  # the signer itself gives the exchange up after twelve, and says so

Ask = Callable[[int | None], Trades]
"""Ask for the trades after a number, or for the newest."""


class Reading(Progress):
    """Counts what has been read."""

    def __init__(self) -> None:
        super().__init__()
        self._read = 0

    def note(self, symbol: Symbol, count: int) -> None:
        """Take in that so many more fills of a symbol were read."""
        self._read += count
        self.say(f"{symbol}: {self._read} fills read so far")

    def wait(self, symbol: Symbol, seconds: int) -> None:
        """Wait for a turn; the exchange's weight is for the bots first."""
        self.say(f"{symbol}: {self._read} fills read so far; waiting, so that the bots' orders find room")
        time.sleep(seconds)


def fills_of(
    settings: Settings, account: AccountPolicy, symbols: tuple[Symbol, ...], since: int
) -> dict[Symbol, tuple[Fill, ...]]:
    """Read an account's fills in some symbols since a moment (ms); raises what the signer says."""
    with Reading() as progress:
        return {symbol: since_moment(_asking(settings, account, symbol, progress), since) for symbol in symbols}


def since_moment(ask: Ask, since: int) -> tuple[Fill, ...]:
    """Read every fill since a moment (ms), oldest first."""
    page = ask(-1)
    if page.after is not None and page.fills[-1].at < since:
        page = _beginning(ask, page.fills[-1].trade, since)
    found: dict[tuple[int, OrderId], Fill] = {}
    while True:
        fresh = {(fill.trade, fill.order_id): fill for fill in page.fills}
        if page.after is not None and fresh.keys() <= found.keys():
            raise Broken("the exchange told the same trades again", hint="try again; if it stays, report it")
        found |= fresh
        if page.after is None:
            return tuple(fill for fill in found.values() if fill.at >= since)
        page = ask(page.after)


def _beginning(ask: Ask, early: int, since: int) -> Trades:
    """Find a page from which on nothing is missing, when trades up to `early` are too early.

    Binance tells trades from a number on, or of one day (rest-api.md, Account trade list); by halving the numbers, a
    beginning is found in few questions.
    """
    newest = ask(None)
    if not newest.fills or newest.fills[0].at < since:
        return newest
    late = newest.fills[0].trade - 1  # what comes after it is not too early
    while late - early > 1:
        middle = (early + late) // 2
        page = ask(middle)
        if not page.fills or page.fills[0].at >= since:
            late = middle
        elif page.fills[-1].at < since:
            early = page.fills[-1].trade
        else:
            return page
    return ask(early)


def _asking(settings: Settings, account: AccountPolicy, symbol: Symbol, progress: Reading) -> Ask:
    def ask(after: int | None) -> Trades:
        while True:
            page = read(control.ask(settings, AskFills(account.name, symbol, after), _PATIENCE_SECONDS), Trades)
            if page.exchange != account.exchange:
                what = f"account {account.name} is on {account.exchange}, but its key is for {page.exchange}"
                raise Misconfigured(what)
            if not page.wait_s:
                progress.note(symbol, len(page.fills))
                return page
            progress.wait(symbol, page.wait_s)

    return ask
