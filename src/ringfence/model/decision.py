"""What policy answered, and why."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ringfence.model.order import Order


class Code(StrEnum):
    """The stable name of a reason: in the bot's error text, in the journal, in `ringfence why`."""

    UNKNOWN = "unknown-request"
    UNDESCRIBED = "not-described"
    WITHDRAW = "withdraw"
    TRANSFER = "transfer"
    ACCOUNT = "account-change"
    ROLE = "role"
    NO_POLICY = "no-policy"
    NO_RULE = "no-rule-permits"
    BROKEN_RULE = "broken-rule"
    SYMBOL = "symbol"
    ORDER_TYPE = "order-type"
    INSTRUMENT = "instrument"
    PRICE = "no-reference-price"
    COLLAR = "collar"
    ORDER_NOTIONAL = "order-notional"
    WINDOW_NOTIONAL = "window-notional"
    EXPOSURE = "exposure"
    LOSS_BUDGET = "loss-budget"
    OPEN_ORDERS = "open-orders"
    ORDER_RATE = "orders-per-minute"
    HALTED = "halted"
    EXITS_ONLY = "exits-only"
    WARM_UP = "warm-up"
    CLIENT_ID = "client-id-reuse"
    REPLAY = "replay"
    STALE = "stale"
    SIGNATURE = "signature"
    KEY = "virtual-key"
    NOT_YOURS = "not-this-bots-order"
    JOURNAL = "journal"
    BUSY = "busy"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a stable code and a sentence with the figures in it."""

    code: Code
    text: str


@dataclass(frozen=True, slots=True)
class Permit:
    """This rule is enough to let the action through, unless another refuses."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """This rule stops the action, whatever the others say."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Abstain:
    """This rule has nothing to say about the action."""


Verdict = Permit | Refuse | Abstain
ABSTAIN = Abstain()


class Lane(StrEnum):
    """Which budget pays: ordinary orders add risk, exits provably take a position down."""

    ORDINARY = "ordinary"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Charge:
    """What an allowed order reserves until its outcome is final.

    `order` is what will be sent (a market order already turned into a limit at its collar), `reference` the
    price it was judged by, `notional` is quantity * max(limit, reference), `loss` the worst slippage against
    the reference plus the taker fee; both in the account's currency.
    """

    order: Order
    lane: Lane
    reference: Decimal
    notional: Decimal
    loss: Decimal


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one action, with the reasons that produced it, in rule order.

    `charge` is set exactly where an order is allowed.
    """

    allowed: bool
    because: tuple[Reason, ...]
    charge: Charge | None = None
