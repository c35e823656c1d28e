"""A calm world to start from: one market at 100, a bot with nothing, and the policy of the documentation."""

from decimal import Decimal

from msgspec.structs import replace

from ringfence.model.facts import (
    AccountUse,
    Facts,
    Holding,
    Instrument,
    Pace,
    Reference,
    Role,
    Switch,
    SymbolUsage,
    Usage,
)
from ringfence.model.names import Asset, Symbol
from ringfence.model.order import Kind, Order, Side, Tif
from ringfence.policy.load import load
from ringfence.policy.policy import BotPolicy, Limits, Policy

D = Decimal
BTC = Symbol("BTC/USDT")

TEXT = """\
[account.main]
exchange = "binance"
currency = "USDT"
fee      = "0.1%"

[bot.grid]
account = "main"
role    = "trade"
symbols = ["BTC/USDT", "ETH/USDT"]
orders  = ["limit", "limit-maker", "market"]

[bot.grid.limits]
collar            = "0.5%"
exit_collar       = "2%"
order_notional    = "500"
window_notional   = "5000"
exposure          = "2000"
loss_budget       = "60"
open_orders       = 20
orders_per_minute = 60

[bot.eyes]
account = "main"
role    = "watch"
"""

INSTRUMENT = Instrument(
    symbol=BTC,
    native="BTCUSDT",
    base=Asset("BTC"),
    quote=Asset("USDT"),
    tick=D("0.01"),
    step=D("0.001"),
    min_quantity=D("0.001"),
    max_quantity=D(9000),
    min_notional=D(5),
)
REFERENCE = Reference(BTC, buy=D(100), sell=D(100), venues=3, at=1000.0, slow=D(100))
FLAT = Holding(D(0), D(0), D(0))
UNUSED = Usage(D(0), D(0), 0, 0, 0, D(0), D(0))
CALM = Facts(
    now=1001.0,
    at=1_800_000_000_000,  # a Friday, 08:00 UTC
    role=Role.TRADE,
    switch=Switch.TRADING,
    instrument=INSTRUMENT,
    reference=REFERENCE,
    usage=UNUSED,
    symbol=SymbolUsage(D(0), 0, 0, 0),
    pace=Pace(0, 0, 0, 0),
    account=AccountUse(UNUSED, D(0), D(0)),
    holding=FLAT,
    others=D(0),
    equity=D(10_000),
    drawdown=D(0),
    stopped=None,
    drifted=None,
    granted=False,
)


def policy() -> Policy:
    """Load the policy of the documentation."""
    return load(TEXT)


def bot(name: str = "grid") -> BotPolicy:
    """Pick a bot of it."""
    return {str(key): value for key, value in policy().bots.items()}[name]


GRID = bot()
assert GRID.limits is not None
LIMITS: Limits = GRID.limits
FEE = GRID.fee


def limited(**limits: object) -> BotPolicy:
    """Give the bot other limits."""
    return replace(GRID, limits=replace(LIMITS, **limits))


def holding(position: str = "0", buys: str = "0", sells: str = "0") -> Holding:
    """Hold something."""
    return Holding(D(position), D(buys), D(sells))


def limit(side: Side, quantity: str, price: str, kind: Kind = Kind.LIMIT) -> Order:
    """Make a limit order."""
    tif = Tif.GTC if kind is Kind.LIMIT else None
    return Order(BTC, side, kind, D(quantity), None, D(price), tif, None)


def market(side: Side, quantity: str | None = None, quote: str | None = None, tif: Tif | None = None) -> Order:
    """Make a market order, sized in base or in quote."""
    amounts = (None if quantity is None else D(quantity), None if quote is None else D(quote))
    return Order(BTC, side, Kind.MARKET, *amounts, None, tif, None)
