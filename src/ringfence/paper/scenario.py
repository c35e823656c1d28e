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
"""

import tomllib
from decimal import Decimal
from pathlib import Path

import msgspec

from ringfence.errors import Misconfigured
from ringfence.paper.exchange import START_BALANCES, Start
from ringfence.paper.limits import Allowance
from ringfence.paper.markets import LISTINGS

_REAL = Allowance()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    freeze: bool = False
    weight_limit: int = _REAL.weight
    orders_per_10s: int = _REAL.orders_10s
    prices: dict[str, str] = {}
    groups: dict[str, int] = {}
    balances: dict[str, dict[str, str]] = {}


def load(path: Path, seed: str) -> Start:
    """Read a scenario; raises `Misconfigured` with what is wrong."""
    try:
        file = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File)
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path}: {error}") from error
    _known(path, "prices", set(file.prices), {each.instrument.symbol for each in LISTINGS})
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
    )


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
