"""The prices process between a courier and a signer of our own, over real sockets."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from ringfence.asking import Asking
from ringfence.dialects.tickers import BY_QUOTE, PEGS, REHEARSAL, VENUES
from ringfence.errors import Misconfigured
from ringfence.ipc.client import stay_connected
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Fetch, Fetched, Quote, Quotes, Watch
from ringfence.ipc.server import listen
from ringfence.model.names import ExchangeId, Symbol
from ringfence.prices import board as boarding
from ringfence.prices import feed as feeding
from ringfence.prices import venues as asking
from ringfence.prices.board import Plan
from ringfence.prices.feed import MAX_SYMBOLS, Feed
from ringfence.prices.venues import NoBooks, Source, plan_for
from ringfence.settings import Listener, Paper, Settings

ME = frozenset({os.getuid()})
BTC, ETH = Symbol("BTC/USDT"), Symbol("ETH/USDT")
REHEARSED = Plan({"USDT": dict.fromkeys(REHEARSAL, "USDT")}, {})
Say = Callable[[Fetch], Fetched | None]


def listed(mids: dict[str, dict[str, str]]) -> Say:
    """Answer as Binance would: a batch with a symbol that is not listed is refused whole."""

    def say(fetch: Fetch) -> Fetched:
        books = mids.get(fetch.exchange)
        if books is None:
            return Fetched(fetch.id, None, b"", None, "no connection")
        if any(name not in books for _, name in fetch.fields):
            return Fetched(fetch.id, 400, b'{"code":-1121,"msg":"Invalid symbol."}')
        rows = [{"symbol": name, "bidPrice": books[name], "askPrice": books[name]} for _, name in fetch.fields]
        return Fetched(fetch.id, 200, json.dumps(rows).encode())

    return say


class World:
    """The courier and the signer, as prices sees them."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.fetches: list[Fetch] = []
        self.quotes: asyncio.Queue[Quotes] = asyncio.Queue()
        self.signer: Link[Quotes] | None = None
        self.courier: Link[Fetch] | None = None
        self.watching: tuple[str, ...] = (BTC,)
        self.doubts: tuple[str, ...] = ()

    def on_fetch(self, link: Link[Fetch], fetch: Fetch) -> None:
        self.courier = link
        self.fetches.append(fetch)
        told = self.say(fetch)
        if told is not None:
            link.send(told)

    def on_quotes(self, link: Link[Quotes], quotes: Quotes) -> None:
        self.quotes.put_nowait(quotes)

    def on_signer(self, link: Link[Quotes], up: bool) -> None:
        self.signer = link if up else None
        if up:
            link.send(Watch(self.watching))

    async def until(self, wanted: Callable[[tuple[Quote, ...]], bool]) -> tuple[Quote, ...]:
        """Wait for quotes of a kind."""
        async with asyncio.timeout(20):
            while True:
                told = await self.quotes.get()
                self.doubts = told.doubts
                if wanted(told.quotes):
                    return told.quotes

    async def doubting(self, wanted: Callable[[tuple[str, ...]], bool]) -> tuple[Quote, ...]:
        """Wait for doubts of a kind; returns the quotes that came with them."""
        return await self.until(lambda _: wanted(self.doubts))


@asynccontextmanager
async def world(
    say: Say,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    watching: tuple[str, ...] = (BTC,),
    plan: Plan = REHEARSED,
) -> AsyncIterator[World]:
    monkeypatch.setattr(feeding, "ROUND_SECONDS", 0.02)
    monkeypatch.setattr(feeding, "TELL_SECONDS", 0.01)
    monkeypatch.setattr(asking, "VENUES", {name: replace(VENUES[name], per_minute=60_000) for name in VENUES})
    w = World(say)
    w.watching = watching
    servers = [
        await listen(home / "tickers.sock", Fetch, ME, w.on_fetch),
        await listen(home / "quotes.sock", Quotes, ME, w.on_quotes, w.on_signer),
    ]
    courier: Asking[Fetched] = Asking(100, 5)
    feed = Feed({name: Source(name, courier) for name in plan.venues}, plan)
    jobs = (
        stay_connected(home / "tickers.sock", Fetched, ME, courier.received, courier.changed),
        stay_connected(home / "quotes.sock", Watch, ME, feed.watch, feed.signer),
        feed.tell(),
        *(feed.ask(name) for name in plan.venues),
    )
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        yield w
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for server in servers:
            server.close()


def same(price: str, *venues: str) -> dict[str, dict[str, str]]:
    return {venue: {"BTCUSDT": price, "ETHUSDT": "10"} for venue in venues or REHEARSAL}


def three(quotes: tuple[Quote, ...]) -> bool:
    return bool(quotes) and quotes[0].venues == 3


async def test_three_venues_make_a_reference_of_their_median(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mids = {venue: {"BTCUSDT": mid} for venue, mid in zip(REHEARSAL, ("100", "101", "102"), strict=True)}
    async with world(listed(mids), tmp_path, monkeypatch) as w:
        (quote,) = await w.until(three)
        assert (quote.symbol, quote.buy, quote.sell, quote.venues) == (BTC, Decimal(101), Decimal(101), 3)
        assert 0 <= asking.boot_clock() - quote.at < 5
        assert {(fetch.exchange, fetch.what, fetch.fields) for fetch in w.fetches} == {
            (venue, "book-ticker", (("symbol", "BTCUSDT"),)) for venue in REHEARSAL
        }


async def test_symbols_are_asked_for_in_one_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with world(listed(same("100")), tmp_path, monkeypatch, (BTC, ETH)) as w:
        await w.until(lambda quotes: len(quotes) == 2)
        assert {fetch.fields for fetch in w.fetches} == {(("symbol", "BTCUSDT"), ("symbol", "ETHUSDT"))}


async def test_a_symbol_that_no_venue_lists_does_not_hide_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(listed(same("100")), tmp_path, monkeypatch, (BTC, Symbol("NONE/USDT"), ETH)) as w:
        quotes = await w.until(lambda quotes: len(quotes) == 2)
        assert {quote.symbol for quote in quotes} == {BTC, ETH}
        w.fetches.clear()
        await w.until(lambda _: len(w.fetches) > 6)
        assert not any(name == "NONEUSDT" for fetch in w.fetches for _, name in fetch.fields)


async def test_one_venue_alone_makes_no_reference_and_two_make_the_tighter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(listed(same("100", "paper-east")), tmp_path, monkeypatch) as w:
        for _ in range(5):
            assert (await w.quotes.get()).quotes == ()
        w.say = listed({"paper-east": {"BTCUSDT": "100"}, "paper-binance": {"BTCUSDT": "101"}})
        (quote,) = await w.until(bool)
        assert (quote.buy, quote.sell, quote.venues) == (Decimal(100), Decimal(101), 2)


async def test_a_price_that_nobody_confirms_vanishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    for module in (feeding, asking):
        monkeypatch.setattr(module, "boot_clock", lambda: now[0])
    async with world(listed(same("100")), tmp_path, monkeypatch) as w:
        await w.until(three)
        w.say = lambda fetch: None
        now[0] += 5.001
        assert await w.until(lambda quotes: not quotes) == ()


async def test_a_signer_that_comes_back_is_told_at_once_and_says_anew_what_to_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(listed(same("100")), tmp_path, monkeypatch) as w:
        await w.until(three)
        assert w.signer is not None
        w.watching = (ETH,)
        w.signer.close()
        (quote,) = await w.until(lambda quotes: [quote.symbol for quote in quotes] == [ETH])
        assert quote.buy == 10


async def test_a_courier_that_comes_back_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with world(listed(same("100")), tmp_path, monkeypatch) as w:
        await w.until(three)
        assert w.courier is not None
        w.courier.close()
        before = len(w.fetches)
        await w.until(lambda quotes: len(w.fetches) > before + 3 and three(quotes))


@pytest.mark.parametrize(
    "told",
    [
        Fetched(1, 200, b"<html>"),
        Fetched(1, 200, b"[]"),
        Fetched(1, 200, b'[{"symbol":"BTCUSDT","bidPrice":"101","askPrice":"100"}]'),
        Fetched(1, 200, b'[{"symbol":"BTCUSDT","bidPrice":"NaN","askPrice":"NaN"}]'),
        Fetched(1, 429, b"", 1, "the budget for reads is used up"),
        Fetched(1, 503, b"{}"),
        Fetched(1, 302, b"{}", None, "a redirect, which is not followed"),
        Fetched(1, None, b"", None, "no connection"),
    ],
)
async def test_a_venue_that_talks_nonsense_is_no_venue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Fetched
) -> None:
    good = listed(same("100"))

    def say(fetch: Fetch) -> Fetched | None:
        if fetch.exchange != "paper-west":
            return good(fetch)
        return Fetched(fetch.id, told.status, told.body, told.retry_after, told.error)

    async with world(say, tmp_path, monkeypatch) as w:
        (quote,) = await w.until(bool)
        while not any(fetch.exchange == "paper-west" for fetch in w.fetches):
            await w.quotes.get()
        assert quote.venues == 2
        assert all(quote.venues == 2 for quote in (await w.quotes.get()).quotes)


async def test_a_venue_that_gives_nothing_is_asked_ever_more_rarely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(listed(same("100", "paper-east", "paper-west")), tmp_path, monkeypatch) as w:
        while sum(fetch.exchange == "paper-east" for fetch in w.fetches) < 20:
            await w.quotes.get()
        silent = sum(fetch.exchange == "paper-binance" for fetch in w.fetches)
        assert silent < 10


async def test_a_venue_that_answers_nothing_in_time_has_no_books() -> None:
    source = Source("paper-east", Asking(1, 0.01))
    with pytest.raises(NoBooks, match=re.escape("the courier: unsent")):
        await source.books((BTC,))


def real(mids: dict[str, str], rate: str | None = "1") -> Say:
    """Answer as binance, coinbase, gate and gemini do; a venue without a mid does not answer."""

    def say(fetch: Fetch) -> Fetched:
        ((_, name),) = fetch.fields[:1]
        mid = rate if name.upper().replace("-", "") == "USDTUSD" else mids.get(fetch.exchange)
        if mid is None:
            return Fetched(fetch.id, None, b"", None, "no connection")
        body: object = {"bid": mid, "ask": mid}
        if fetch.exchange == "binance":
            body = [{"symbol": name, "bidPrice": mid, "askPrice": mid}]
        elif fetch.exchange == "gate":
            body = [{"currency_pair": name, "highest_bid": mid, "lowest_ask": mid}]
        return Fetched(fetch.id, 200, json.dumps(body).encode())

    return say


FOUR = Plan({"USDT": {"binance": "USDT", "gate": "USDT", "coinbase": "USD"}}, {"USDT": ("coinbase", "gemini")})


async def test_a_venue_in_usd_counts_beside_two_in_usdt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mids = {"binance": "100", "gate": "102", "coinbase": "99"}
    async with world(real(mids, "0.99"), tmp_path, monkeypatch, plan=FOUR) as w:
        (quote,) = await w.until(three)
        assert (quote.symbol, quote.buy, quote.sell) == (BTC, Decimal(100), Decimal(100))
        assert {(fetch.exchange, fetch.fields[0][1]) for fetch in w.fetches} == {
            ("binance", "BTCUSDT"),
            ("gate", "BTC_USDT"),
            ("coinbase", "BTC-USD"),
            ("coinbase", "USDT-USD"),
            ("gemini", "usdtusd"),
        }


async def test_a_broken_peg_is_told_with_no_quotes_and_logged_once_and_so_is_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "ringfence.prices")
    mids = {"binance": "100", "gate": "100", "coinbase": "97"}
    async with world(real(mids), tmp_path, monkeypatch, plan=FOUR) as w:
        await w.until(bool)
        w.say = real(mids, "0.97")
        assert await w.doubting(bool) == ()
        (text,) = w.doubts
        for _ in range(5):
            assert await w.quotes.get() == Quotes((), (text,))
        w.say = real(mids)
        assert await w.doubting(lambda doubts: not doubts)
        assert [record.message for record in caplog.records if text in record.message] == [
            text,
            f"no longer so: {text}",
        ]


async def test_without_any_venue_in_usd_the_others_still_make_the_reference_and_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boarding, "UNKNOWN_SECONDS", 0.05)
    async with world(real({"binance": "100", "gate": "101"}, None), tmp_path, monkeypatch, plan=FOUR) as w:
        quotes = await w.until(lambda quotes: bool(quotes and w.doubts))
        assert [(quote.buy, quote.sell, quote.venues) for quote in quotes] == [(Decimal(100), Decimal(101), 2)]
        assert "not known" in w.doubts[0]


def test_a_policy_of_too_many_symbols_is_priced_in_part() -> None:
    feed = Feed({}, Plan(BY_QUOTE, PEGS))
    feed.watch(None, Watch(tuple(f"A{n}/USDT" for n in range(MAX_SYMBOLS + 1))))  # type: ignore[arg-type]
    assert len(feed._board.pairs("okx")) == MAX_SYMBOLS


def settings(paper: bool, *exchanges: str) -> Settings:
    ports = Paper(port=2001, plain_port=2002, east_port=2003, west_port=2004) if paper else None
    listeners = tuple(Listener(name, ExchangeId(name), 3000 + n) for n, name in enumerate(exchanges))
    return Settings(home=Path("/srv/home"), listeners=listeners, paper=ports)


@pytest.mark.parametrize(
    ("given", "rehearses"),
    [
        (settings(False, "binance"), False),
        (settings(True, "binance"), False),
        (settings(True, "paper-binance"), True),
        (settings(True), True),
        (settings(False), False),
    ],
)
def test_real_bots_are_judged_by_real_prices_and_rehearsals_by_their_own(given: Settings, rehearses: bool) -> None:
    plan = plan_for(given)
    assert set(plan.venues) == (set(REHEARSAL) if rehearses else set(VENUES) - set(REHEARSAL))
    assert set(plan.by_quote["USDT"]) == set(REHEARSAL if rehearses else BY_QUOTE["USDT"])
    assert plan.pegs == ({} if rehearses else PEGS)


@pytest.mark.parametrize("given", [settings(True, "binance", "paper-binance"), settings(False, "paper-binance")])
def test_a_deployment_that_mixes_real_and_rehearsal_is_refused(given: Settings) -> None:
    with pytest.raises(Misconfigured):
        plan_for(given)
