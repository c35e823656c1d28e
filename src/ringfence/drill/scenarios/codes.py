"""Groups of rule codes that a scenario may rightly be refused by, as `ringfence why` names them."""

from ringfence.drill.client import PROXY, TLS

UNREAD = ("unknown-request",)
# No rules: what turned away what was no request yet (client.py).
DOORS = (PROXY, TLS)
NEVER = ("account-change", "not-described", "transfer", "unknown-request", "withdraw")
# A policy that does not list a type of order at all stops what would use it before any other rule is asked.
SHAPE = ("order-type",)
PRICED = ("collar", "slow-collar", *SHAPE)
# How much: what one order comes to, and what all of them do.
CAPS = (
    "order-notional", "window-notional", "exposure", "loss-budget", "order-quantity", "order-share", "symbol-notional",
    "side-notional", "symbol-exposure", "held",
)  # fmt: skip
# How many, how often, how badly it goes; a bot that is stopped may only leave.
PACE = (
    "open-orders", "orders-per-minute", "symbol-orders", "far-orders", "round-trips", "cancels-per-minute",
    "cancels-per-fill", "amends-per-minute", "drawdown-stop", "bot-stopped",
)  # fmt: skip
LIMITS = (*PRICED, *CAPS, *PACE)
