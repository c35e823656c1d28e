import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ringfence.asking import Asking, Silence
from ringfence.courier.budget import Budget
from ringfence.courier.describe import MarketData, Tickers
from ringfence.courier.hosts import Place, carry_places, public_places, ticker_places
from ringfence.courier.main import bot_budgets
from ringfence.courier.once import unfit
from ringfence.courier.pools import Pools
from ringfence.courier.public import Errand, Public
from ringfence.dialects.dialect import Wire
from ringfence.dialects.registry import DIALECTS
from ringfence.dialects.tickers import VENUES, fields, native
from ringfence.errors import Misread
from ringfence.ipc.client import connect
from ringfence.ipc.messages import Fetch, Fetched
from ringfence.ipc.server import listen
from ringfence.model.names import ExchangeId, Symbol
from ringfence.settings import Paper, Settings
from tests.courier.exchange import Exchange, Identity, exchange

ME = frozenset({os.getuid()})
PAPER = Settings(home=Path("/srv/home"), paper=Paper(port=2001, plain_port=2002, east_port=2003, west_port=2004))


class World:
    """One socket's reads of a toy exchange: `what` is the target, which weighs 10."""

    def __init__(self, there: Exchange, budget: Budget) -> None:
        self.there = there
        self.now = 0.0
        self.budget = budget
        self.pools = Pools({"toy": there.place})
        self.public = Public(self.pools, self.describe, {"toy": budget}, lambda: self.now)
        self.asking: Asking[Fetched] = Asking(100, 10)

    def describe(self, fetch: Fetch) -> Errand:
        if not fetch.what.startswith("/"):
            raise Misread("what", "not in the table")
        return Errand(self.there.host, Wire("GET", fetch.what, (), b""), 10)

    async def fetch(self, what: str, name: str = "toy") -> Fetched:
        told = await self.asking.ask(lambda number: Fetch(number, name, what, ()))
        assert not isinstance(told, Silence)
        return told


@asynccontextmanager
async def world(identity: Identity, path: Path, burst: float = 1000) -> AsyncIterator[World]:
    async with exchange(identity) as there:
        w = World(there, Budget(per_minute=60, burst=burst))
        server = await listen(path, Fetch, ME, w.public.received)
        link = await connect(path, Fetched, ME, w.asking.received, w.asking.changed)
        try:
            yield w
        finally:
            link.close()
            server.close()
            await w.pools.close()


async def test_a_read_is_fetched_without_any_header_of_ours(identity: Identity, tmp_path: Path) -> None:
    async with world(identity, tmp_path / "public.sock") as w:
        told = await w.fetch("/time")
        assert (told.status, told.body, told.error) == (200, b"{}", None)
        assert w.there.got == [f"GET /time HTTP/1.1\r\nHost: {w.there.host}\r\n\r\n".encode()]


@pytest.mark.parametrize(("what", "name"), [("time", "toy"), ("/time", "other")])
async def test_what_is_not_described_is_not_fetched(identity: Identity, tmp_path: Path, what: str, name: str) -> None:
    async with world(identity, tmp_path / "public.sock") as w:
        told = await w.fetch(what, name)
        assert told.status is None
        assert told.error
        assert w.there.connections == 0


async def test_a_used_up_budget_is_a_429_that_never_reaches_the_exchange(identity: Identity, tmp_path: Path) -> None:
    async with world(identity, tmp_path / "public.sock", burst=20) as w:
        told = [await w.fetch(f"/{n}") for n in range(3)]
        assert [(one.status, one.retry_after) for one in told] == [(200, None), (200, None), (429, 10)]
        assert len(w.there.got) == 2
        w.now = 10.0
        assert (await w.fetch("/3")).status == 200


@pytest.mark.parametrize(("status", "header", "pause"), [(429, "Retry-After: 30\r\n", 30), (418, "", 60)])
async def test_an_exchange_that_wants_fewer_requests_gets_none(
    identity: Identity, tmp_path: Path, status: int, header: str, pause: int
) -> None:
    async with world(identity, tmp_path / "public.sock") as w:
        w.there.answer = f"HTTP/1.1 {status} X\r\n{header}Content-Length: 2\r\n\r\n{{}}".encode()
        assert (await w.fetch("/a")).status == status
        told = await w.fetch("/b")
        assert (told.status, told.retry_after) == (429, pause)
        w.now = float(pause)
        await w.fetch("/c")
        assert [got.split(b" ")[1] for got in w.there.got] == [b"/a", b"/c"]


async def test_reads_do_not_wait_for_each_other(identity: Identity, tmp_path: Path) -> None:
    async with world(identity, tmp_path / "public.sock") as w:
        w.there.hang = True
        waiting = [asyncio.create_task(w.fetch(f"/{n}")) for n in range(65)]
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        assert [task.result().status for task in done] == [429]  # the 65th, at once
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def test_signed_requests_may_go_to_the_dialects_hosts_and_the_rehearsal_to_its_port_alone() -> None:
    places = carry_places(PAPER, DIALECTS.values())
    assert places["binance"] == Place(DIALECTS[ExchangeId("binance")].hosts)
    assert "api.binance.com" in (places["binance"].hosts or ())
    assert places["paper-binance"] == Place(frozenset({"127.0.0.1:2001"}), PAPER.paper_ca)
    assert set(places) == {"binance", "paper-binance"}


def test_without_a_rehearsal_nothing_on_this_machine_is_reached() -> None:
    settings = Settings(home=Path("/srv/home"))
    for places in (
        carry_places(settings, DIALECTS.values()),
        public_places(settings, DIALECTS.values()),
        ticker_places(settings),
    ):
        assert not any(name.startswith("paper-") for name in places)
        assert all(place.ca is None for place in places.values())


def test_each_rehearsal_venue_is_at_its_own_port() -> None:
    places = ticker_places(PAPER)
    assert {name: next(iter(place.hosts or ())) for name, place in places.items() if place.ca} == {
        "paper-binance": "127.0.0.1:2001",
        "paper-east": "127.0.0.1:2003",
        "paper-west": "127.0.0.1:2004",
    }


def test_market_data_goes_where_the_dialect_says_and_on_paper_to_paper() -> None:
    described = MarketData(DIALECTS, Pools(public_places(PAPER, DIALECTS.values())))
    fields = (("symbol", "BTCUSDT"),)
    real, paper = (described(Fetch(1, name, "book-ticker", fields)) for name in ("binance", "paper-binance"))
    assert real.wire == paper.wire == Wire("GET", "/api/v3/ticker/bookTicker?symbol=BTCUSDT", (), b"")
    assert (real.host, paper.host) == ("api.binance.com", "127.0.0.1:2001")
    assert real.weight == 2


@pytest.mark.parametrize(
    ("name", "what", "fields"),
    [
        ("binance", "account", ()),
        ("binance", "/api/v3/time", ()),
        ("binance", "book-ticker", (("symbol", "BTC&x=y"),)),
        ("binance", "book-ticker", (("evil", "1"),)),
        ("evil.example", "time", ()),
        ("okx", "book-ticker", (("symbol", "BTC-USDT"),)),
    ],
)
def test_a_bots_read_that_no_table_has_is_not_described(
    name: str, what: str, fields: tuple[tuple[str, str], ...]
) -> None:
    described = MarketData(DIALECTS, Pools(public_places(PAPER, DIALECTS.values())))
    with pytest.raises(Misread):
        described(Fetch(1, name, what, fields))


@pytest.mark.parametrize(
    ("name", "what", "symbol"),
    [
        ("okx", "time", "BTC-USDT"),
        ("okx", "book-ticker", "BTC-USDT&x=y"),
        ("okx", "book-ticker", "../x"),
        ("evil.example", "book-ticker", "BTC-USDT"),
        ("", "book-ticker", "BTCUSDT"),
    ],
)
def test_a_ticker_that_no_table_has_is_not_described(name: str, what: str, symbol: str) -> None:
    with pytest.raises(Misread):
        Tickers(Pools(ticker_places(PAPER)))(Fetch(1, name, what, (("symbol", symbol),)))


def test_a_ticker_goes_to_its_venues_host() -> None:
    errand = Tickers(Pools(ticker_places(PAPER)))(Fetch(1, "okx", "book-ticker", (("symbol", "BTC-USDT"),)))
    named = (("User-Agent", "ringfence"),)
    assert errand == Errand("www.okx.com", Wire("GET", "/api/v5/market/ticker?instId=BTC-USDT", named, b""), 1)


@pytest.mark.parametrize("name", sorted(VENUES))
def test_what_each_venue_is_asked_may_be_sent_as_it_is(name: str) -> None:
    venue = VENUES[name]
    names = [native(venue, Symbol(symbol)) for symbol in ("BTC/USD", "USDT/USD", "1000SATS/EUR")[: venue.batch]]
    asked = fields(tuple(one for one in names if one is not None))
    errand = Tickers(Pools(ticker_places(PAPER)))(Fetch(1, name, "book-ticker", asked))
    assert len(asked) == min(3, venue.batch)
    assert unfit(errand.wire) is None


def test_tickers_are_read_at_these_hosts_and_at_no_other() -> None:
    assert {
        name: set(place.hosts or ()) for name, place in ticker_places(Settings(home=Path("/srv/home"))).items()
    } == {
        "binance": {"api.binance.com"},
        "okx": {"www.okx.com"},
        "bybit": {"api.bybit.com"},
        "kucoin": {"api.kucoin.com"},
        "gate": {"api.gateio.ws"},
        "coinbase": {"api.exchange.coinbase.com"},
        "kraken": {"api.kraken.com"},
        "bitstamp": {"www.bitstamp.net"},
        "gemini": {"api.gemini.com"},
    }


def test_all_reads_together_stay_within_half_of_what_the_exchange_gives() -> None:
    for name, budget in bot_budgets(DIALECTS).items():
        bots = budget.per_minute + budget.burst
        assert 0 < bots + VENUES[name].per_minute <= DIALECTS[ExchangeId(name)].weight_per_minute / 2
