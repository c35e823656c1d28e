"""What policy answered, and why."""

from decimal import Decimal
from enum import StrEnum

import msgspec

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
    FEW_VENUES = "few-venues"
    INSTRUMENT = "instrument"
    DRIFT = "instrument-drift"
    PRICE = "no-reference-price"
    COLLAR = "collar"
    ORDER_NOTIONAL = "order-notional"
    WINDOW_NOTIONAL = "window-notional"
    EXPOSURE = "exposure"
    LOSS_BUDGET = "loss-budget"
    OPEN_ORDERS = "open-orders"
    ORDER_RATE = "orders-per-minute"
    SLOW_COLLAR = "slow-collar"
    ORDER_QUANTITY = "order-quantity"
    ORDER_MINIMUM = "order-minimum"
    ORDER_SHARE = "order-share"
    SYMBOL_NOTIONAL = "symbol-notional"
    SIDE_NOTIONAL = "side-notional"
    SYMBOL_EXPOSURE = "symbol-exposure"
    SYMBOL_ORDERS = "symbol-orders"
    FAR_ORDERS = "far-orders"
    ROUND_TRIPS = "round-trips"
    AMEND_RATE = "amends-per-minute"
    CANCEL_RATE = "cancels-per-minute"
    CANCEL_RATIO = "cancels-per-fill"
    DRAWDOWN = "drawdown-stop"
    STOPPED = "bot-stopped"
    HOURS = "trading-hours"
    VALIDITY = "validity"
    ACCOUNT_LIMIT = "account-limit"
    HELD = "held"
    AMEND = "amend"
    HALTED = "halted"
    EXITS_ONLY = "exits-only"
    WARM_UP = "warm-up"
    CLIENT_ID = "client-id-reuse"
    REPLAY = "replay"
    STALE = "stale"
    SIGNATURE = "signature"
    KEY = "virtual-key"
    KEY_RIGHTS = "key-rights"
    NOT_YOURS = "not-this-bots-order"
    JOURNAL = "journal"
    BUSY = "busy"
    NOT_SENT = "not-sent"
    UPSTREAM = "upstream"


class Reason(msgspec.Struct, frozen=True):
    """Why, as a stable code and a sentence with the figures in it."""

    code: Code
    text: str


class Permit(msgspec.Struct, frozen=True):
    """This rule is enough to let the action through, unless another refuses."""

    reason: str


class Refuse(msgspec.Struct, frozen=True):
    """This rule stops the action, whatever the others say."""

    reason: Reason


class Hold(msgspec.Struct, frozen=True):
    """This rule stops the action until a person has looked at just this one, and allowed it."""

    reason: Reason


class Note(msgspec.Struct, frozen=True):
    """This rule has something against the action, and does not stop it: it is in shadow."""

    reason: Reason


class Abstain(msgspec.Struct, frozen=True):
    """This rule has nothing to say about the action."""


Verdict = Permit | Refuse | Hold | Note | Abstain
ABSTAIN = Abstain()


class Lane(StrEnum):
    """Which budget pays: ordinary orders add risk, exits provably take a position down."""

    ORDINARY = "ordinary"
    EXIT = "exit"


class Charge(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an allowed order reserves until its outcome is final.

    `order` is what will be sent (a market order already turned into a limit at its collar), `reference` the
    price it was judged by, `notional` is quantity * max(limit, reference), `loss` the worst slippage against
    the reference plus the taker fee; both in the account's currency. `collar` is how far it may be from the reference:
    one that rests is taken off the book when it comes to be further. `noted` is what limits in shadow had against it.
    """

    order: Order
    lane: Lane
    reference: Decimal
    notional: Decimal
    loss: Decimal
    collar: Decimal
    noted: tuple[Reason, ...] = ()


class Decision(msgspec.Struct, frozen=True):
    """The answer to one action, with the reasons that produced it, in rule order.

    `charge` is set exactly where an order is allowed. `held`: only a person's word is missing.
    """

    allowed: bool
    because: tuple[Reason, ...]
    charge: Charge | None = None
    held: bool = False
