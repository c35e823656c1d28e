"""Groups of rule codes that a scenario may rightly be refused by, as `ringfence why` names them."""

UNREAD = ("unknown-request",)
NEVER = ("account-change", "not-described", "transfer", "unknown-request", "withdraw")
# A policy that does not list a type of order at all stops what would use it before any other rule is asked.
SHAPE = ("order-type",)
PRICED = ("collar", *SHAPE)
CAPS = ("exposure", "loss-budget", "order-notional", "window-notional")
LIMITS = (*PRICED, *CAPS, "open-orders", "orders-per-minute")
