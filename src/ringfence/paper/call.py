"""What an endpoint is given, and what it may give back. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import TypeAlias

from ringfence.paper.exchange import Exchange
from ringfence.paper.keys import ApiKey
from ringfence.paper.params import Params
from ringfence.paper.refused import Refused, no_permission

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | bool | None"
_EIGHT = Decimal("1e-8")


@dataclass(frozen=True, slots=True)
class Call:
    """One request that passed the checks of its endpoint; `now` in milliseconds."""

    exchange: Exchange
    params: Params
    now: int
    key: ApiKey | None = None
    headers: dict[str, str] = field(default_factory=dict)  # of the answer

    @property
    def caller(self) -> ApiKey:
        """The key of a signed request."""
        if self.key is None:
            raise no_permission()
        return self.key

    @property
    def account(self) -> str:
        """Whose request it is."""
        return self.caller.account

    def symbol(self) -> str:
        """The symbol that has to be named, checked to be listed."""
        self.params.need("symbol")
        symbol = self.params.symbol() or ""
        self.exchange.market(symbol)
        return symbol

    @contextmanager
    def counted(self, orders: int) -> Iterator[None]:
        """Count new orders, and no longer where they are refused; raises `Refused` where they are too many."""
        self.count(orders)
        try:
            yield
        except Refused:
            self.exchange.limits.give_back(self.account, orders, self.now)
            raise

    def count(self, orders: int) -> None:
        """Count new orders, and tell so in the answer's headers; raises `Refused` where they are too many."""
        limits = self.exchange.limits
        limits.count_orders(self.account, orders, self.now)
        short, day = limits.orders(self.account, self.now)
        self.headers.update({"X-MBX-ORDER-COUNT-10S": str(short), "X-MBX-ORDER-COUNT-1D": str(day)})

    def limit(self, default: int, most: int) -> int:
        """How many rows at most."""
        limit = self.params.whole("limit")
        if limit is not None and not 1 <= limit <= most:
            raise Refused(-1130, "Data sent for parameter 'limit' is not valid.")
        return limit or default


def money(amount: Decimal) -> str:
    """An amount as Binance writes it: eight places."""
    return f"{amount.quantize(_EIGHT, ROUND_DOWN):f}"
