"""The policy of the demo: what a small grid bot needs, and what the drill holds it against."""

from decimal import Decimal

EXPOSURE = Decimal(2000)
WINDOW_NOTIONAL = Decimal(5000)

POLICY = f"""\
[account.main]
exchange = "paper-binance"
currency = "USDT"
fee      = "0.1%"

[bot.grid]
account = "main"
role    = "trade"
symbols = ["BTC/USDT", "ETH/USDT"]
orders  = ["limit", "market"]

[bot.grid.limits]
collar            = "0.5%"
exit_collar       = "2%"
order_notional    = "500"
window_notional   = "{WINDOW_NOTIONAL}"
exposure          = "{EXPOSURE}"
loss_budget       = "60"
open_orders       = 20
orders_per_minute = 60
"""
