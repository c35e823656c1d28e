"""Self-trade prevention: which mode holds between two orders, and what each of them loses. Pure.

After Binance, faqs/stp_faq.md: the taker's mode decides, except that TRANSFER needs both sides to ask for it.
"""

from dataclasses import dataclass
from decimal import Decimal

from ringfence.paper.orders import ZERO, Order, Stp


@dataclass(frozen=True, slots=True)
class Loss:
    """What taker and maker may no longer trade, and whether that amount changes owners all the same."""

    taker: Decimal
    maker: Decimal
    moved: bool = False


def effective(taker: Order, maker: Order) -> Stp:
    """The mode in force between two orders of one owner."""
    if taker.wish.stp is Stp.TRANSFER and maker.wish.stp is not Stp.TRANSFER:
        return Stp.DECREMENT
    return taker.wish.stp


def loss(mode: Stp, taker: Order, maker: Order, match: Decimal) -> Loss:
    """What the mode takes from both, `match` being the amount that they would have traded."""
    match mode:
        case Stp.EXPIRE_TAKER:
            return Loss(taker.left or match, ZERO)
        case Stp.EXPIRE_MAKER:
            return Loss(ZERO, maker.left)
        case Stp.EXPIRE_BOTH:
            return Loss(taker.left or match, maker.left)
        case Stp.DECREMENT:
            return Loss(match, match)
        case Stp.TRANSFER:
            return Loss(match, match, moved=taker.wish.account != maker.wish.account)
        case Stp.NONE:
            raise ValueError(mode)
