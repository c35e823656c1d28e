"""The three symbols, who makes their markets, and what moves their prices. Pure.

BTCUSDT and ETHUSDT are liquid. VIAUSDT is thin, as the coin was that a stolen trading key was spent on in
March 2018: few small orders far apart, so that an accomplice's order is soon the best one. A scenario may list more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ringfence.paper.candles import Candles
from ringfence.paper.engine import Engine
from ringfence.paper.instruments import Instrument
from ringfence.paper.intervals import DAY
from ringfence.paper.orders import Kind, Side, Stp, Trade, Wish
from ringfence.paper.paths import Dice, PricePath, history
from ringfence.paper.refused import Refused

CROWD = "crowd"  # takes small amounts at market all the time, so that there are trades
_WEALTH = Decimal(1_000_000_000)  # of each asset, so that the house never runs dry
_ROOT_OF_STEPS = 11  # a minute's volatility for one of its 120 steps


@dataclass(frozen=True, slots=True)
class Level:
    """One quote of a maker: how far from the path price, as a share of it, and how much of the base."""

    offset: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol as this exchange starts with it; `volatility` is the deviation of one step, as a share.

    `listed_days`: how long ago it was listed when the exchange starts.
    """

    instrument: Instrument
    price: Decimal
    volatility: Decimal
    makers: tuple[tuple[str, tuple[Level, ...]], ...]
    crowd: int  # the most that the crowd takes at once, in lot steps
    listed_days: int = 1000


def _levels(offsets: str, quantities: str) -> tuple[Level, ...]:
    pairs = zip(offsets.split(), quantities.split(), strict=True)
    return tuple(Level(Decimal(offset), Decimal(quantity)) for offset, quantity in pairs)


_BTC = Instrument(
    "BTCUSDT", "BTC", "USDT", Decimal("0.01"), Decimal("0.00001"), Decimal(1_000_000), Decimal(9000)
)  # fmt: skip
_ETH = Instrument("ETHUSDT", "ETH", "USDT", Decimal("0.01"), Decimal("0.0001"), Decimal(1_000_000), Decimal(9000))
_VIA = Instrument("VIAUSDT", "VIA", "USDT", Decimal("0.0001"), Decimal("0.1"), Decimal(1000), Decimal(900_000))

LISTINGS = (
    Listing(
        _BTC, Decimal(60_000), Decimal("0.00006"),
        (
            ("maker-1", _levels("0.0001 0.0003 0.0008 0.002 0.005", "0.5 1 2 5 10")),
            ("maker-2", _levels("0.0002 0.0005 0.0012 0.003 0.01", "0.5 1 2 5 20")),
        ),
        crowd=500,
    ),
    Listing(
        _ETH, Decimal(3_000), Decimal("0.00008"),
        (
            ("maker-1", _levels("0.0001 0.0003 0.0008 0.002 0.005", "5 10 20 50 100")),
            ("maker-2", _levels("0.0002 0.0005 0.0012 0.003 0.01", "5 10 20 50 200")),
        ),
        crowd=500,
    ),
    Listing(
        _VIA, Decimal("0.4"), Decimal("0.0003"),
        (
            ("maker-3", _levels("0.01 0.04", "60 100")),
            ("maker-4", _levels("0.02 0.08", "60 150")),
        ),
        crowd=200,
    ),
)  # fmt: skip
HOUSE = frozenset({CROWD, *(name for listing in LISTINGS for name, _ in listing.makers)})
_PAIR_MAKERS = ("maker-3", "maker-4")  # of every symbol that a scenario adds
DISTANCES = (1, 2, 4, 8)  # their quotes, in units of the nearest one's distance: as those of VIAUSDT are
_PARTS = ("0.15", "0.15", "0.3", "0.4")  # how much of the depth stands at each
_PAIR_VOLATILITY = Decimal("0.0003")
_CROWD_PART = 1000  # of the depth, the most that the crowd takes at once


def listed(instrument: Instrument, price: Decimal, spread: Decimal, depth: Decimal) -> Listing:
    """Describe a further symbol by the distance of its best quotes from the price, and what each side has in quote."""
    levels = [
        Level(spread * distance, max(instrument.floor_quantity(depth * Decimal(part) / price), instrument.step))
        for distance, part in zip(DISTANCES, _PARTS, strict=True)
    ]
    makers = tuple((name, tuple(levels[first::2])) for first, name in enumerate(_PAIR_MAKERS))
    crowd = max(1, int(depth / _CROWD_PART / price / instrument.step))
    return Listing(instrument, price, _PAIR_VOLATILITY, makers, crowd)


class Market:
    """One symbol in motion: its path, its makers, its crowd and its candles."""

    def __init__(self, listing: Listing, engine: Engine, dice: Dice, past: Candles) -> None:
        self.listing = listing
        self.path = PricePath(listing.price, listing.volatility, dice)
        self.candles = past
        self._engine = engine
        self._dice = dice
        self._seen = 0

    def step(self, now: int) -> None:
        """Move the price on, quote around it, and let the crowd trade a little unless the path is frozen."""
        self.path.step()
        self.quote(now)
        if not self.path.frozen:
            self._crowd(now)
        self.fold(now)

    def quote(self, now: int) -> None:
        """Withdraw every quote of the makers, then quote around the path price."""
        symbol = self.listing.instrument.symbol
        for name, _ in self.listing.makers:
            for order in self._engine.records.open_orders(name, symbol):
                self._engine.cancel(order, now)
        for name, levels in self.listing.makers:
            for number, level in enumerate(levels):
                for side in Side:
                    self._send(self._quote(name, side, level, f"{side}-{number}"), now)
        self.fold(now)

    def fold(self, now: int) -> None:
        """Take new trades into the candles."""
        for trade in self.trades_after(self._seen):
            self.candles.add(trade)
            self._seen = trade.trade_id
        self.candles.reach(now)

    def trades_after(self, trade_id: int) -> Sequence[Trade]:
        """The public trades that came after one, oldest first."""
        fresh = []
        for trade in reversed(self._engine.records.public[self.listing.instrument.symbol]):
            if trade.trade_id <= trade_id:
                break
            fresh.append(trade)
        return fresh[::-1]

    def _quote(self, name: str, side: Side, level: Level, client_id: str) -> Wish:
        instrument = self.listing.instrument
        if side is Side.BUY:
            price = max(instrument.floor_price(self.path.price * (1 - level.offset)), instrument.tick)
        else:
            price = instrument.ceil_price(self.path.price * (1 + level.offset))
        return Wish(name, instrument.symbol, side, Kind.LIMIT, client_id, price=price, quantity=level.quantity)

    def _crowd(self, now: int) -> None:
        instrument = self.listing.instrument
        side = Side.BUY if self._dice.between(0, 1) else Side.SELL
        quantity = instrument.step * self._dice.between(1, self.listing.crowd)
        self._send(Wish(CROWD, instrument.symbol, side, Kind.MARKET, "crowd", quantity=quantity, stp=Stp.NONE), now)

    def _send(self, wish: Wish, now: int) -> None:
        """Place an order of the house; one that a filter refuses is left out, as any maker would."""
        try:
            self._engine.place(wish, self.candles.average(), now)
        except Refused:
            return


def past(listing: Listing, seed: str, now: int, minutes: int) -> Candles:
    """Candles of a past that never was, for clients that want to look back."""
    dice = Dice(f"{seed}/past/{listing.instrument.symbol}")
    before = history(listing.price, listing.volatility * _ROOT_OF_STEPS, dice, now, minutes)
    return Candles(before, now - listing.listed_days * DAY)


def endow(engine: Engine, now: int) -> None:
    """Open the house accounts and fill them."""
    assets = {asset for each in engine.instruments.values() for asset in (each.base, each.quote)}
    for account in sorted(HOUSE):
        engine.accounts.open(account)
        for asset in sorted(assets):
            engine.accounts.deposit(account, asset, _WEALTH, now)
