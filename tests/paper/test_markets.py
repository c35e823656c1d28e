from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.paper.exchange import VENUES
from ringfence.paper.instruments import Instrument
from ringfence.paper.markets import HOUSE, LISTINGS, Listing, listed
from ringfence.paper.orders import Side
from ringfence.paper.paths import Dice, PricePath
from tests.paper.venue import NOW, Venue

SYMBOLS = ("BTCUSDT", "ETHUSDT", "VIAUSDT")


def walked(seed: str) -> list[Decimal]:
    venue = Venue.make(seed=seed, frozen=False)
    found = []
    for number in range(20):
        venue.exchange.step(NOW + 500 * number)
        found += [venue.exchange.markets[symbol].path.price for symbol in SYMBOLS]
        found += [price for symbol in SYMBOLS for price in venue.exchange.venue_quote("east", symbol)]
    return found


def test_the_same_seed_gives_the_same_market_and_another_seed_another() -> None:
    assert walked("1") == walked("1")
    assert walked("1") != walked("2")


def test_a_frozen_market_stands_still_and_quotes_again_what_was_taken() -> None:
    venue = Venue.make()
    before = venue.get("/api/v3/depth", symbol="VIAUSDT")[1]
    venue.order(symbol="VIAUSDT", side="BUY", type="MARKET", quantity="80")
    assert venue.get("/api/v3/depth", symbol="VIAUSDT")[1]["asks"] != before["asks"]
    venue.exchange.step(NOW + 500)
    after = venue.get("/api/v3/depth", symbol="VIAUSDT")[1]
    assert (after["bids"], after["asks"]) == (before["bids"], before["asks"])


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_makers_stand_on_both_sides_of_a_moving_price(symbol: str) -> None:
    venue = Venue.make(frozen=False)
    for number in range(50):
        venue.exchange.step(NOW + 500 * number)
        bid, ask = (venue.exchange.engine.best(symbol, side) for side in Side)
        assert bid is not None
        assert ask is not None
        assert bid < venue.exchange.markets[symbol].path.price < ask


def test_a_push_of_this_book_does_not_move_the_path_or_the_other_venues() -> None:
    venue = Venue.make()
    quotes = {name: venue.exchange.venue_quote(name, "VIAUSDT") for name in VENUES}
    venue.order(symbol="VIAUSDT", side="BUY", type="MARKET", quoteOrderQty="400")
    assert venue.exchange.markets["VIAUSDT"].candles.last > Decimal("0.42")
    assert venue.exchange.markets["VIAUSDT"].path.price == Decimal("0.4")
    assert {name: venue.exchange.venue_quote(name, "VIAUSDT") for name in VENUES} == quotes


@pytest.mark.parametrize("venue_name", VENUES)
def test_other_venues_follow_a_price_that_is_set(venue_name: str) -> None:
    venue = Venue.make()
    venue.exchange.set_price("BTCUSDT", Decimal(30_000), NOW)
    _, row = venue.raw("GET", "/api/v3/ticker/bookTicker?symbol=BTCUSDT", listener=venue_name)
    bid, ask = Decimal(row["bidPrice"]), Decimal(row["askPrice"])
    assert bid < ask
    assert abs((bid + ask) / 2 / 30_000 - 1) < Decimal("0.001")
    assert venue.raw("GET", "/api/v3/account", listener=venue_name)[0] == 404
    assert len(venue.raw("GET", "/api/v3/ticker/bookTicker", listener=venue_name)[1]) == 3


def test_a_resting_order_is_filled_when_the_price_comes_to_it() -> None:
    venue = Venue.make()
    _, placed = venue.limit("BUY", "0.01", "59000", symbol="BTCUSDT")
    venue.exchange.set_price("BTCUSDT", Decimal(58_000), NOW + 1)
    _, order = venue.signed("GET", "/api/v3/order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert (order["status"], order["cummulativeQuoteQty"]) == ("FILLED", "590.00000000")
    _, (trade,) = venue.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT")
    assert (trade["isMaker"], trade["commissionAsset"]) == (True, "BTC")


def test_the_house_is_forgotten_as_it_goes() -> None:
    venue = Venue.make(frozen=False)
    for number in range(40):
        venue.exchange.step(NOW + 500 * number)
    records = venue.exchange.records
    assert len(records._orders) == len(records._by_client) == 48
    assert not records.changes
    assert not records.fills
    assert sum(len(records.kept(name)) for name in HOUSE) == 48


def test_the_whole_market_neither_makes_nor_loses_value() -> None:
    venue = Venue.make(frozen=False)
    totals = {asset: venue.exchange.accounts.total(asset) for asset in ("USDT", "BTC", "ETH", "VIA")}
    for number in range(100):
        venue.exchange.step(NOW + 500 * number)
        venue.now += 500
        venue.order(symbol="VIAUSDT", side="BUY" if number % 2 else "SELL", type="MARKET", quantity="20")
    assert totals == {asset: venue.exchange.accounts.total(asset) for asset in totals}


@given(st.text(max_size=5), st.integers(1, 200))
def test_a_path_stays_positive_and_exact(seed: str, steps: int) -> None:
    path = PricePath(Decimal("0.4"), Decimal("0.01"), Dice(seed))
    for _ in range(steps):
        assert path.step() > 0
    assert path.price == path.price.quantize(Decimal("1e-8"))


@pytest.mark.parametrize("price", ["0.000000001", "0.00000001", "1000000000"])
def test_an_absurd_price_breaks_nothing(price: str) -> None:
    venue = Venue.make(frozen=False)
    venue.exchange.set_price("VIAUSDT", Decimal(price), NOW)
    for number in range(3):
        venue.exchange.step(NOW + 500 * number)
    assert venue.get("/api/v3/ticker/24hr")[0] == 200
    assert venue.exchange.markets["VIAUSDT"].path.price > 0


def test_a_path_can_be_planned_set_frozen_and_leaned_on() -> None:
    path = PricePath(Decimal(100), Decimal(0), Dice("x"))
    path.plan([Decimal(90), Decimal(95)])
    assert [path.step() for _ in range(3)] == [90, 95, 95]
    path.drift = Decimal("0.1")
    assert path.step() == Decimal("104.5")
    path.frozen = True
    assert path.step() == Decimal("104.5")
    path.plan([Decimal(90)])
    path.set(Decimal(50))
    assert path.step() == 50


def further(price: str = "0.01", step: str = "1", spread: str = "0.01", depth: str = "400") -> Listing:
    grid = Instrument("DMGUSDT", "DMG", "USDT", Decimal("0.000001"), Decimal(step), Decimal(1000), Decimal(90_000_000))
    return listed(grid, Decimal(price), Decimal(spread), Decimal(depth))


def test_a_further_symbol_has_makers_a_crowd_and_quotes_elsewhere_and_changes_nothing_of_the_others() -> None:
    venue, usual = Venue.make(listings=(*LISTINGS, further())), Venue.make()
    book = venue.get("/api/v3/depth", symbol="DMGUSDT")[1]
    assert [(row[0], row[1]) for row in book["asks"]] == [
        ("0.01010000", "6000.00000000"),
        ("0.01020000", "6000.00000000"),
        ("0.01040000", "12000.00000000"),
        ("0.01080000", "16000.00000000"),
    ]
    assert [row[0] for row in book["bids"]] == ["0.00990000", "0.00980000", "0.00960000", "0.00920000"]
    for name in VENUES:
        bid, ask = venue.exchange.venue_quote(name, "DMGUSDT")
        assert bid < Decimal("0.01") < ask
    for symbol in SYMBOLS:
        depth = {"symbol": symbol}
        ours, theirs = (each.get("/api/v3/depth", **depth)[1] for each in (venue, usual))
        assert (ours["bids"], ours["asks"]) == (theirs["bids"], theirs["asks"])


def test_a_further_symbol_trades_and_counts_in_what_an_account_is_worth() -> None:
    venue = Venue.make(listings=(*LISTINGS, further()))
    status, placed = venue.order(symbol="DMGUSDT", side="BUY", type="MARKET", quantity="6000")
    assert (status, placed["status"]) == (200, "FILLED")
    lost = 10_000 - venue.exchange.equity("main")
    assert lost == Decimal("0.6") + Decimal("0.06")  # a spread of 1 % and the fee in coins, at the price they have


@pytest.mark.parametrize(("depth", "most"), [("400", 40), ("0.1", 1)])
def test_a_further_symbol_of_any_depth_has_something_of_everything(depth: str, most: int) -> None:
    listing = further(depth=depth)
    quantities = [level.quantity for _, levels in listing.makers for level in levels]
    assert len(quantities) == 4
    assert min(quantities) >= 1
    assert listing.crowd == most
    assert {name for name, _ in listing.makers} <= HOUSE
