"""What an attack did, from what the exchange itself knows before and after it. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from ringfence.drill.client import Answer
from ringfence.drill.venue import Truth

_CENT = Decimal("0.01")
_NO_SUCH_PAGE = 404


@dataclass(frozen=True, slots=True)
class Effect:
    """One attack on one account. `lost` and `bought` in the account's currency, at the exchange's own prices.

    `orders` is how many new orders reached the exchange, `cancelled` how many that rested before are gone.
    """

    lost: Decimal
    orders: int
    bought: Decimal
    cancelled: int
    answers: tuple[Answer, ...]

    @property
    def harmless(self) -> bool:
        """Whether nothing was lost and nothing of the owner's is gone."""
        return self.lost <= 0 and not self.cancelled

    @property
    def possible(self) -> bool:
        """Whether the exchange has what was asked for at all."""
        return any(answer.status != _NO_SUCH_PAGE for answer in self.answers)

    @property
    def turned_down(self) -> bool:
        """Whether every request was answered, and none was done."""
        return bool(self.answers) and not any(answer.ok or not answer.status for answer in self.answers)


def effect(before: Truth, after: Truth, account: str, answers: Sequence[Answer]) -> Effect:
    """Compare two moments at one price; a loss is rounded up to the cent, so that none looks like nothing."""
    old, new = before.orders_of(account), after.orders_of(account)
    fresh = [order for number, order in new.items() if number not in old]
    return Effect(
        lost=_up(before.worth(account) - after.worth(account)),
        orders=len(fresh),
        bought=sum((order.committed for order in fresh if order.side == "BUY"), Decimal(0)),
        cancelled=sum(order.open and new[number].status == "CANCELED" for number, order in old.items()),
        answers=tuple(answers),
    )


def stopped_by(found: Effect, bare: Effect) -> tuple[str, str]:
    """Say what stopped it, in the words of the answers: a rule and its reason, or what became of the orders.

    `bare` is the same attack where nothing stopped it.
    """
    refusals = Counter(answer.refusal[0] for answer in found.answers if answer.refusal is not None)
    if refusals:
        last = next(answer.refusal for answer in reversed(found.answers) if answer.refusal is not None)
        count = f"{refusals.total()} of {len(found.answers)} refused; " if len(found.answers) > 1 else ""
        return last[0], f"{count}{last[1]}"
    if not found.answers:
        return "nothing", "no request was sent"
    last_answer = found.answers[-1]
    if "type=MARKET" in last_answer.call.query and last_answer.placed.type == "LIMIT":
        return "collar", f"it left as a limit order at {_short(last_answer.placed.price)}, {_fate(found)}"
    said = f"{_orders(bare.orders)} where nothing stood in between"
    return _orders(found.orders), said


def _fate(found: Effect) -> str:
    if not found.bought:
        return "and nobody sold at that"
    return f"and bought {found.bought:.2f}"


def _orders(count: int) -> str:
    return "1 order" if count == 1 else f"{count} orders"


def _short(price: str) -> str:
    return f"{Decimal(price):.2f}"


def _up(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_UP)
