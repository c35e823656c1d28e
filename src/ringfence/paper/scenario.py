"""A scenario file: how a rehearsal begins, in TOML.

freeze = true                   # prices stand still until the control side moves them
weight_limit = 6000             # request weight an address has in a minute
orders_per_10s = 100
[prices]
BTCUSDT = "60000"
[groups]                        # trade groups, for self-trade prevention across accounts
main = 1
accomplice = 1
[balances.main]                 # the people are main, bare and accomplice; what is not named keeps its default
USDT = "10000"
[markets.DMGUSDT]               # a further symbol, quoted in USDT
price = "0.01"
tick = "0.000001"
step = "1"
max_price = "1000"
spread = "0.01"                 # how far the best quotes are from the price, as a share of it; more stand behind them
depth = "400"                   # what each side has in all, in USDT
listed_days = 3                 # how long ago it was listed; 1000 where nothing is said
"""

import re
import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import msgspec

from ringfence.errors import Misconfigured
from ringfence.paper.exchange import START_BALANCES, Start
from ringfence.paper.instruments import Instrument
from ringfence.paper.limits import Allowance
from ringfence.paper.markets import DISTANCES, LISTINGS, Listing, listed

_REAL = Allowance()
_QUOTE = "USDT"
_NAME = re.compile(rf"[A-Z0-9]{{1,16}}{_QUOTE}", re.ASCII)  # 20 characters at most, as Binance's own names
_AMOUNTS = ("price", "tick", "step", "max_price", "spread", "depth")
_LISTED_DAYS = range(10_001)
_MAX_QUANTITY = Decimal(90_000_000)  # about what Binance has for the cheapest of its coins


class _Market(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    price: str
    tick: str
    step: str
    max_price: str
    spread: str
    depth: str
    listed_days: int = 1000


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    freeze: bool = False
    weight_limit: int = _REAL.weight
    orders_per_10s: int = _REAL.orders_10s
    prices: dict[str, str] = {}
    groups: dict[str, int] = {}
    balances: dict[str, dict[str, str]] = {}
    markets: dict[str, _Market] = {}


def load(path: Path, seed: str) -> Start:
    """Read a scenario; raises `Misconfigured` with what is wrong."""
    try:
        file = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File)
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path}: {error}") from error
    listings = (*LISTINGS, *(_listing(path, name, market) for name, market in file.markets.items()))
    _known(path, "prices", set(file.prices), {each.instrument.symbol for each in listings})
    _known(path, "groups", set(file.groups), set(START_BALANCES))
    _known(path, "balances", set(file.balances), set(START_BALANCES))
    balances = {name: amounts(path, given) for name, given in file.balances.items()}
    return Start(
        seed=seed,
        balances={**START_BALANCES, **balances},
        groups=file.groups,
        prices=amounts(path, file.prices),
        frozen=file.freeze,
        allowance=Allowance(file.weight_limit, file.orders_per_10s),
        listings=listings,
    )


def _listing(path: Path, name: str, market: _Market) -> Listing:
    """List a further symbol; it may not take the place of one that is always there."""
    if not _NAME.fullmatch(name) or name in {each.instrument.symbol for each in LISTINGS}:
        raise Misconfigured(f"{path}: markets has {name!r}, which is taken or no symbol in {_QUOTE}")
    given = amounts(path, {key: getattr(market, key) for key in _AMOUNTS})
    if not all(given.values()) or not given["tick"] <= given["price"] <= given["max_price"]:
        raise Misconfigured(f"{path}: markets.{name} has a nought, or a price off its own grid")
    if given["spread"] * DISTANCES[-1] >= 1:
        raise Misconfigured(f"{path}: markets.{name} has a spread that leaves no room for bids")
    if market.listed_days not in _LISTED_DAYS:
        raise Misconfigured(f"{path}: markets.{name} was listed from {_LISTED_DAYS[0]} to {_LISTED_DAYS[-1]} days ago")
    base = name.removesuffix(_QUOTE)
    instrument = Instrument(name, base, _QUOTE, given["tick"], given["step"], given["max_price"], _MAX_QUANTITY)
    listing = listed(instrument, given["price"], given["spread"], given["depth"])
    return replace(listing, listed_days=market.listed_days)


def amounts(path: Path, given: dict[str, str]) -> dict[str, Decimal]:
    """Amounts in plain digits by name."""
    for name, text in given.items():
        if not plain(text):
            raise Misconfigured(f"{path}: {name} is not an amount in plain digits")
    return {name: Decimal(text) for name, text in given.items()}


def plain(text: str) -> bool:
    """Whether it is a positive number written in plain ASCII digits."""
    whole, point, part = text.partition(".")
    digits = whole + part
    well_formed = bool(whole) and bool(part) == bool(point) and digits.isascii() and digits.isdigit()
    return well_formed and len(digits) <= 28  # noqa: PLR2004 - the digits that a Decimal keeps


def _known(path: Path, table: str, given: set[str], known: set[str]) -> None:
    if given - known:
        raise Misconfigured(f"{path}: {table} names {min(given - known)!r}, which this exchange does not have")
