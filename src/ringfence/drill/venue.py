"""The rehearsal exchange from behind the scenes: what really happened there, and what a rehearsal needs it to do."""

import http.client
import socket
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import msgspec

from ringfence.errors import Unreachable

_SECONDS = 10.0
_OK = 200
QUOTE = "USDT"


class Balance(msgspec.Struct, frozen=True):
    """What can be used, and what open orders hold."""

    free: str
    locked: str

    @property
    def total(self) -> Decimal:
        """Both together."""
        return Decimal(self.free) + Decimal(self.locked)


class Account(msgspec.Struct, frozen=True):
    """The spot wallet of an account."""

    balances: dict[str, Balance]


class Order(msgspec.Struct, frozen=True, rename="camel"):
    """One order of anybody."""

    account: str
    symbol: str
    order_id: int
    side: str
    status: str
    price: str
    quantity: str
    executed: str
    cummulative_quote_qty: str

    @property
    def open(self) -> bool:
        """Whether it can still trade."""
        return self.status in {"NEW", "PARTIALLY_FILLED"}

    @property
    def average(self) -> Decimal:
        """What it traded at; nothing where it did not."""
        executed = Decimal(self.executed)
        return Decimal(self.cummulative_quote_qty) / executed if executed else Decimal(0)

    @property
    def committed(self) -> Decimal:
        """What it spent or earned, and what it still may."""
        left = Decimal(self.quantity) - Decimal(self.executed) if self.open else Decimal(0)
        return Decimal(self.cummulative_quote_qty) + left * Decimal(self.price)


class Truth(msgspec.Struct, frozen=True):
    """Everything that really happened."""

    prices: dict[str, str]
    accounts: dict[str, Account]
    orders: list[Order]

    def price(self, symbol: str) -> Decimal:
        """The price that the exchange itself goes by, whatever is traded."""
        return Decimal(self.prices[symbol])

    def worth(self, account: str) -> Decimal:
        """What the spot wallet is worth. Another wallet is not counted: money that is moved there is out of reach."""
        balances = self.accounts[account].balances
        return sum((self._value(asset) * held.total for asset, held in balances.items()), Decimal(0))

    def orders_of(self, account: str) -> dict[int, Order]:
        """The orders of an account by their number."""
        return {order.order_id: order for order in self.orders if order.account == account}

    def _value(self, asset: str) -> Decimal:
        return Decimal(1) if asset == QUOTE else self.price(f"{asset}{QUOTE}")


class Arrived(msgspec.Struct, frozen=True):
    """One request as it came to the exchange; times in milliseconds."""

    time: int
    listener: str
    method: str
    target: str
    body: str
    headers: list[tuple[str, str]] = []
    client_id: str | None = None

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def signature(self) -> str:
        """What it was signed with, nothing where it was not."""
        return self.target.rpartition("signature=")[2] if "signature=" in self.target else ""


@dataclass(frozen=True, slots=True)
class Venue:
    """The control side of the rehearsal exchange, which no account can reach."""

    control: Path

    def truth(self) -> Truth:
        """Look at everything."""
        return msgspec.json.decode(self._ask("GET", "/truth", None), type=Truth)

    def freeze(self, *, frozen: bool = True) -> None:
        """Let prices stand still, so that what the market does is not taken for a theft; or let them go on."""
        for symbol in self.truth().prices:
            self._ask("POST", "/price", {"symbol": symbol, "freeze": frozen})

    def step(self) -> None:
        """Let the makers quote afresh."""
        self._ask("POST", "/step", {})

    def deposit(self, account: str, asset: str, amount: Decimal) -> None:
        """Bring money in."""
        if amount > 0:
            self._ask("POST", "/deposit", {"account": account, "asset": asset, "amount": f"{amount:f}"})

    def group(self, account: str, number: int) -> None:
        """Put an account into a trade group; -1 takes it out."""
        self._ask("POST", "/group", {"account": account, "group": number})

    def lose_answers(self, listener: str, count: int) -> None:
        """Do the next orders that come through a door, and answer that it is not known whether they were done."""
        match = {"method": "POST", "path": "/api/v3/order", "listener": listener}
        self._ask("POST", "/fault", {"kind": "error-after-accept", "count": count, "match": match})

    def requests(self) -> list[Arrived]:
        """List what came to the exchange lately, oldest first."""
        return msgspec.json.decode(self._ask("GET", "/requests", None), type=list[Arrived])

    def moment(self) -> int:
        """When the last request came, in milliseconds by the exchange's clock."""
        return max((each.time for each in self.requests()), default=0)

    def fault(self, kind: str, method: str = "", path: str = "", listener: str = "main") -> None:
        """Let something go wrong with the next request that matches."""
        match = {"method": method, "path": path, "listener": listener}
        self._ask("POST", "/fault", {"kind": kind, "match": match})

    def outage(self, seconds: int, path: str, listener: str) -> None:
        """Let a door answer nothing for a path for some time."""
        match = {"path": path, "listener": listener}
        self._ask("POST", "/fault", {"kind": "outage", "seconds": str(seconds), "match": match})

    def redirect(self, to: str, path: str) -> None:
        """Answer the next request for a path by pointing to another origin."""
        self._ask("POST", "/fault", {"kind": "redirect", "match": {"path": path, "listener": "main"}, "to": to})

    def move(self, symbol: str, price: Decimal) -> None:
        """Let the market jump to a price; makers and other venues follow at once."""
        self._ask("POST", "/price", {"symbol": symbol, "price": f"{price:f}"})

    def relist(self, symbol: str, tick: Decimal) -> None:
        """Trade a symbol in another price step."""
        self._ask("POST", "/relist", {"symbol": symbol, "tick": f"{tick:f}"})

    def mend(self) -> None:
        """End every fault."""
        self._ask("POST", "/faults/clear", {})

    def _ask(self, method: str, path: str, body: object) -> bytes:
        connection = _UnixConnection(self.control)
        try:
            connection.request(method, path, None if body is None else msgspec.json.encode(body))
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"the rehearsal exchange does not answer: {error}") from None
        finally:
            connection.close()
        if response.status != _OK:
            raise Unreachable(f"the rehearsal exchange refused {path}: {answer.decode('utf-8', 'replace')}")
        return answer


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = str(path)

    def connect(self) -> None:
        """Connect to the socket in place of a host."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(self._path)
