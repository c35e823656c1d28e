"""The whole exchange in one place: accounts, books, markets, keys and limits. Pure; time in milliseconds.

It lives in memory: starting again is a new exchange. Only keys and certificates outlast a restart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ringfence.paper.accounts import NO_GROUP, Accounts
from ringfence.paper.engine import Engine
from ringfence.paper.faults import Faults
from ringfence.paper.instruments import Instrument
from ringfence.paper.keys import ApiKey, Keys
from ringfence.paper.limits import Allowance, Limits
from ringfence.paper.lists import Form, Lists, OrderList
from ringfence.paper.markets import HOUSE, LISTINGS, Listing, Market, endow, past
from ringfence.paper.orders import ZERO, Order, Placed, Wish
from ringfence.paper.paths import Dice
from ringfence.paper.records import Records
from ringfence.paper.refused import Refused

# What the people of a rehearsal start with. The accomplice already holds what it means to sell dear.
START_BALANCES: Mapping[str, Mapping[str, Decimal]] = {
    "main": {"USDT": Decimal(10_000)},
    "bare": {"USDT": Decimal(10_000)},
    "accomplice": {"USDT": Decimal(10_000), "BTC": Decimal(1), "ETH": Decimal(10), "VIA": Decimal(50_000)},
}
VENUES = ("east", "west")
_MAKER_CREDIT = 5  # orders; as much as in faqs/order_count_decrement.md, example 2, which says no exact number
_VENUE_NOISE = Decimal("0.0001")  # deviation of another venue's mid from the path: 1 basis point
_VENUE_SPREAD = Decimal("0.0002")  # half of its spread


@dataclass(frozen=True, slots=True)
class Start:
    """How an exchange begins."""

    seed: str = "0"
    balances: Mapping[str, Mapping[str, Decimal]] = field(default_factory=lambda: START_BALANCES)
    groups: Mapping[str, int] = field(default_factory=dict)
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    frozen: bool = False
    allowance: Allowance = field(default_factory=Allowance)
    listings: tuple[Listing, ...] = LISTINGS
    past_minutes: int = 5001  # 1000 five-minute candles, which is what clients ask for, and the one that is open


class Exchange:
    """Everything that a request or the control side can ask for or change."""

    def __init__(self, start: Start, keys: Iterable[ApiKey], now: int) -> None:
        self.instruments: dict[str, Instrument] = {each.instrument.symbol: each.instrument for each in start.listings}
        self.accounts = Accounts()
        self.records = Records(HOUSE)
        self.engine = Engine(self.instruments, self.accounts, self.records)
        self.lists = Lists(self.engine)
        self.keys = Keys(keys)
        self.limits = Limits(start.allowance)
        self.faults = Faults()
        self.cancel_names: dict[int, str] = {}  # what the cancel of an order was called
        self.people = tuple(start.balances)
        self._venue_mids: dict[tuple[str, str], Decimal] = {}
        self._venue_dice = {venue: Dice(f"{start.seed}/{venue}") for venue in VENUES}
        endow(self.engine, now)
        self._welcome(start, now)
        self.markets: dict[str, Market] = {}
        self.markets |= {each.instrument.symbol: self._market(each, start, now) for each in start.listings}
        for symbol, market in self.markets.items():
            self.set_price(symbol, market.path.price, now)

    def _welcome(self, start: Start, now: int) -> None:
        """Open the people's accounts and bring their money in."""
        for account, balances in start.balances.items():
            self.accounts.open(account, start.groups.get(account, NO_GROUP))
            for asset, amount in balances.items():
                self.accounts.deposit(account, asset, amount, now)

    def _market(self, listing: Listing, start: Start, now: int) -> Market:
        symbol = listing.instrument.symbol
        listing = replace(listing, price=start.prices.get(symbol, listing.price))
        before = past(listing, start.seed, now, start.past_minutes)
        market = Market(listing, self.engine, Dice(f"{start.seed}/{symbol}"), before)
        market.path.frozen = start.frozen
        return market

    def market(self, symbol: str) -> Market:
        """The market of a symbol; raises `Refused` where there is none."""
        if symbol not in self.markets:
            raise Refused(-1121, "Invalid symbol.")
        return self.markets[symbol]

    def step(self, now: int) -> None:
        """Let half a second of market happen."""
        for symbol, market in self.markets.items():
            market.step(now)
            self._react(symbol, now)
            self._look(symbol)

    def set_price(self, symbol: str, price: Decimal, now: int) -> None:
        """Jump to a price; makers and other venues follow at once."""
        self.market(symbol).path.set(price)
        self.market(symbol).quote(now)
        self._react(symbol, now)
        self._look(symbol)

    def place(self, wish: Wish, now: int) -> Placed:
        """Take on an order."""
        market = self.market(wish.symbol)
        placed = self.engine.place(wish, market.candles.average(), now)
        market.fold(now)
        self._react(wish.symbol, now)
        return placed

    def place_list(self, form: Form, client_id: str, wishes: tuple[Wish, ...], now: int) -> OrderList:
        """Take on a list of orders."""
        market = self.market(wishes[0].symbol)
        made = self.lists.place(form, client_id, wishes, market.candles.average(), now)
        market.fold(now)
        self._react(made.symbol, now)
        return made

    def amend(self, order: Order, quantity: Decimal, client_id: str, now: int) -> Order:
        """Make an open order smaller, and with it the one that it is a pair with."""
        twin = self.lists.twin(order)
        if twin is not None:
            self.engine.amend(twin, quantity, twin.wish.client_id, now)
        return self.engine.amend(order, quantity, client_id, now)

    def cancel(self, order: Order, now: int) -> Order:
        """Cancel an open order, and with it the list that it is part of."""
        cancelled = self.engine.cancel(order, now)
        self._react(order.wish.symbol, now)
        return cancelled

    def _react(self, symbol: str, now: int) -> None:
        """Let triggers and lists follow what has just happened, until nothing more does."""
        if symbol not in self.markets:
            return  # the house is still opening
        average = self.markets[symbol].candles.average()
        while self.lists.react(symbol, average, now) or self.engine.fire(symbol, now):
            self.markets[symbol].fold(now)
        for account, as_maker in self.records.take_first_fills():
            self.limits.give_back(account, _MAKER_CREDIT if as_maker else 1, now)

    def close(self, order: Order, client_id: str, now: int) -> Order:
        """Cancel under a name that the cancel has of its own."""
        self.cancel_names[order.order_id] = client_id
        return self.cancel(order, now)

    def venue_quote(self, venue: str, symbol: str) -> tuple[Decimal, Decimal]:
        """Bid and ask at another venue: they follow the path, not what is traded here."""
        instrument, mid = self.instruments[symbol], self._venue_mids[venue, symbol]
        bid = max(instrument.floor_price(mid * (1 - _VENUE_SPREAD)), instrument.tick)
        return bid, max(instrument.ceil_price(mid * (1 + _VENUE_SPREAD)), bid + instrument.tick)

    def equity(self, account: str) -> Decimal:
        """What an account and its other wallets are worth in USDT at path prices."""
        wallets = (account, *self.accounts.wallets(account))
        return sum((self._worth(wallet) for wallet in wallets), ZERO)

    def _worth(self, account: str) -> Decimal:
        prices = {"USDT": Decimal(1)}
        prices |= {self.instruments[symbol].base: each.path.price for symbol, each in self.markets.items()}
        return sum(
            (
                (self.accounts.free(account, asset) + self.accounts.locked(account, asset)) * prices.get(asset, ZERO)
                for asset in self.accounts.assets(account)
            ),
            ZERO,
        )

    def _look(self, symbol: str) -> None:
        for venue, dice in self._venue_dice.items():
            self._venue_mids[venue, symbol] = self.markets[symbol].path.price * (1 + _VENUE_NOISE * dice.swing())
