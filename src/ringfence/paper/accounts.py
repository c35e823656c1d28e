"""Who owns what: balances, fees, and everything that came in or went out. Pure.

Nothing is made or lost here: what one account gives, another account, the fee pot or the outside gets.
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from ringfence.errors import Broken
from ringfence.paper.orders import ZERO
from ringfence.paper.refused import insufficient

FEE_RATE = Decimal("0.001")  # Binance's standard rate, maker and taker alike
_SMALLEST = Decimal("1e-8")  # commissions have eight places on Binance
NO_GROUP = -1  # how Binance says that an account is in no trade group


class Flow(StrEnum):
    """Why a balance changed without a trade."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    WALLET = "wallet"
    STP_TRANSFER = "stp-transfer"


@dataclass(frozen=True, slots=True)
class Movement:
    """One change without a trade: `other` is the address, wallet or account on the far side."""

    time: int
    flow: Flow
    account: str
    asset: str
    amount: Decimal
    other: str


@dataclass(frozen=True, slots=True)
class Swap:
    """Base from the seller against quote from the buyer."""

    buyer: str
    seller: str
    base: str
    quote: str
    quantity: Decimal
    cost: Decimal


class Accounts:
    """Every balance of the exchange. An amount is free, or locked for an open order."""

    def __init__(self) -> None:
        self._free: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self._locked: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.fees: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.groups: dict[str, int] = {}
        self.movements: list[Movement] = []

    def open(self, account: str, group: int = NO_GROUP) -> None:
        """Make an account with nothing in it."""
        self.groups[account] = group

    def same_owner(self, one: str, other: str) -> bool:
        """Whether a trade between the two would be a self-trade: one account, or one trade group."""
        return one == other or (self.groups[one] != NO_GROUP and self.groups[one] == self.groups[other])

    def free(self, account: str, asset: str) -> Decimal:
        """What the account can use."""
        return self._free[account, asset]

    def locked(self, account: str, asset: str) -> Decimal:
        """What its open orders hold."""
        return self._locked[account, asset]

    def assets(self, account: str) -> list[str]:
        """Every asset that the account has or had."""
        return sorted({asset for owner, asset in (*self._free, *self._locked) if owner == account})

    def wallets(self, account: str) -> list[str]:
        """The other wallets of an account, named like `main:funding`."""
        return sorted({owner for owner, _ in self._free if owner.startswith(f"{account}:")})

    def total(self, asset: str) -> Decimal:
        """Everything of an asset that is inside the exchange, fees included."""
        held = (amount for part in (self._free, self._locked) for (_, each), amount in part.items() if each == asset)
        return sum(held, self.fees[asset])

    def lock(self, account: str, asset: str, amount: Decimal) -> None:
        """Hold an amount for an order; raises `Refused` where it is not there."""
        if self._free[account, asset] < amount:
            raise insufficient()
        self._free[account, asset] -= amount
        self._locked[account, asset] += amount

    def unlock(self, account: str, asset: str, amount: Decimal) -> None:
        """Give back what an order held."""
        self._locked[account, asset] -= amount
        if self._locked[account, asset] < ZERO:
            raise Broken(f"{account} has less {asset} locked than its orders hold")
        self._free[account, asset] += amount

    def deposit(self, account: str, asset: str, amount: Decimal, now: int) -> None:
        """Bring money in from outside."""
        self._free[account, asset] += amount
        self.movements.append(Movement(now, Flow.DEPOSIT, account, asset, amount, "outside"))

    def withdraw(self, account: str, asset: str, amount: Decimal, address: str, now: int) -> None:
        """Send money out for good."""
        self._take(account, asset, amount)
        self.movements.append(Movement(now, Flow.WITHDRAWAL, account, asset, amount, address))

    def move(self, account: str, other: str, asset: str, amount: Decimal, now: int) -> None:
        """Move money to another wallet of the same owner, such as `main:funding`."""
        self._take(account, asset, amount)
        self._free[other, asset] += amount
        self.movements.append(Movement(now, Flow.WALLET, account, asset, amount, other))

    def settle(self, swap: Swap) -> tuple[Decimal, Decimal]:
        """Do one trade out of free balances; returns the fees of buyer (in base) and seller (in quote)."""
        buyer_fee, seller_fee = _fee(swap.quantity), _fee(swap.cost)
        self._swap(swap, buyer_fee, seller_fee)
        self.fees[swap.base] += buyer_fee
        self.fees[swap.quote] += seller_fee
        return buyer_fee, seller_fee

    def transfer(self, swap: Swap, now: int) -> None:
        """Do what STP TRANSFER does: the swap of a trade, without a trade and without a fee."""
        self._swap(swap, ZERO, ZERO)
        self.movements += [
            Movement(now, Flow.STP_TRANSFER, swap.buyer, swap.quote, swap.cost, swap.seller),
            Movement(now, Flow.STP_TRANSFER, swap.seller, swap.base, swap.quantity, swap.buyer),
        ]

    def _swap(self, swap: Swap, buyer_fee: Decimal, seller_fee: Decimal) -> None:
        self._take(swap.buyer, swap.quote, swap.cost)
        self._take(swap.seller, swap.base, swap.quantity)
        self._free[swap.buyer, swap.base] += swap.quantity - buyer_fee
        self._free[swap.seller, swap.quote] += swap.cost - seller_fee

    def _take(self, account: str, asset: str, amount: Decimal) -> None:
        if self._free[account, asset] < amount:
            raise insufficient()
        self._free[account, asset] -= amount


def _fee(received: Decimal) -> Decimal:
    return (received * FEE_RATE).quantize(_SMALLEST, ROUND_DOWN)
