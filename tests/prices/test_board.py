from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.dialects.tickers import BY_QUOTE, PEGS, REHEARSAL
from ringfence.model.facts import Reference
from ringfence.model.names import Symbol
from ringfence.prices.board import UNKNOWN_SECONDS, Board, Plan
from ringfence.prices.frozen import STILL_SECONDS
from ringfence.prices.reference import HOUR, Book

NOW = 10_000.0
PLAN = Plan(BY_QUOTE, PEGS)
BTC, BTCC, BTCE = Symbol("BTC/USDT"), Symbol("BTC/USDC"), Symbol("BTC/EUR")
DOLLARS = ("coinbase", "kraken", "bitstamp")
Said = tuple[str, str, str]


def board(*symbols: Symbol, plan: Plan = PLAN) -> Board:
    made = Board(plan)
    made.watch(symbols or (BTC,), NOW)
    return made


def say(to: Board, now: float, *said: Said) -> None:
    """Each is a venue, a pair as that venue has it, and a mid."""
    for venue, pair, mid in said:
        to.note(venue, {Symbol(pair): Book(venue, Decimal(mid), Decimal(mid), now)}, now)


def direct(mid: str, *venues: str) -> tuple[Said, ...]:
    return tuple((venue, "BTC/USDT", mid) for venue in venues)


def dollars(mid: str, rate: str, *venues: str) -> tuple[Said, ...]:
    """Books in USD, each with its venue's own rate of USDT."""
    return tuple(one for venue in venues or DOLLARS for one in ((venue, "USDT/USD", rate), (venue, "BTC/USD", mid)))


def shown(found: Iterable[Reference]) -> list[tuple[object, ...]]:
    return [(one.symbol, one.buy, one.sell, one.venues) for one in found]


def test_a_venue_is_asked_in_its_own_currency_and_once_for_each_pair() -> None:
    b = board(BTC, BTCC, BTCE, Symbol("USDC/USDT"), Symbol("X/OTHER"))
    assert b.pairs("binance") == ("BTC/USDT", "BTC/USDC", "BTC/EUR", "USDC/USDT")
    assert b.pairs("kraken") == ("BTC/USD", "BTC/EUR")  # USDC/USD is among the rates
    assert b.pairs("coinbase") == ("BTC/USD", "BTC/USDC", "BTC/EUR", "USDC/USD")
    assert b.pairs("gemini") == ()
    assert set(b.rates("kraken")) == set(b.rates("gemini")) == {"USDT/USD", "USDC/USD"}
    assert b.rates("coinbase") == ("USDT/USD",)
    assert b.rates("binance") == ()


def test_no_rate_is_asked_that_nothing_needs() -> None:
    assert board(BTCE).rates("kraken") == ()
    assert board(BTC).rates("kraken") == ("USDT/USD",)


def test_venues_that_quote_in_usd_count_beside_the_others_at_their_own_rates() -> None:
    b = board()
    say(b, NOW, *direct("100", "binance"), *dollars("99", "0.99"))
    assert shown(b.references(NOW)) == [(BTC, 100, 100, 4)]
    say(b, NOW + 1, *dollars("100.98", "0.99"))
    assert shown(b.references(NOW + 1)) == [(BTC, Decimal(102), Decimal(102), 4)]


def test_three_venues_in_usd_make_a_reference_without_any_other() -> None:
    b = board()
    say(b, NOW, *dollars("99", "0.99"))
    assert shown(b.references(NOW)) == [(BTC, 100, 100, 3)]


def test_a_reference_is_as_old_as_the_oldest_rate_in_it() -> None:
    b = board()
    say(b, NOW, *(("kraken", "USDT/USD", "1"), *(("coinbase", "USDT/USD", "1"),)))
    say(b, NOW + 3, *direct("100", "binance", "okx"), ("kraken", "BTC/USD", "100"))
    (found,) = b.references(NOW + 4)
    assert (found.venues, found.at) == (3, NOW)


@pytest.mark.parametrize(
    ("rates", "venues"),
    [
        ((), 2),  # missing
        ((("kraken", "1"),), 2),  # of one venue alone, which nobody confirms
        ((("kraken", "1"), ("gemini", "1")), 3),
        ((("coinbase", "1"), ("gemini", "1")), 2),  # not kraken's own
        ((("kraken", "1.021"), ("coinbase", "1"), ("gemini", "1")), 2),  # its own is off
        ((("kraken", "1.02"), ("coinbase", "1"), ("gemini", "1")), 3),
        ((("kraken", "0"), ("coinbase", "1"), ("gemini", "1")), 2),
    ],
)
def test_a_book_without_a_rate_of_its_own_that_others_confirm_is_dropped(
    rates: tuple[tuple[str, str], ...], venues: int
) -> None:
    b = board()
    say(b, NOW, *((venue, "USDT/USD", rate) for venue, rate in rates))
    say(b, NOW, *direct("100", "binance", "okx"), ("kraken", "BTC/USD", "100"))
    assert [one[3] for one in shown(b.references(NOW))] == [venues]


@pytest.mark.parametrize(("age", "venues"), [(5.0, 3), (5.001, 2)])
def test_a_stale_rate_drops_the_books_that_need_it_and_no_others(age: float, venues: int) -> None:
    b = board()
    say(b, NOW, *((venue, "USDT/USD", "1") for venue in ("kraken", "coinbase", "bitstamp")))
    say(b, NOW + age, *direct("100", "binance", "okx"), ("kraken", "BTC/USD", "100"))
    assert [one[3] for one in shown(b.references(NOW + age))] == [venues]


@pytest.mark.parametrize(("rate", "known"), [("0.98", True), ("0.9799", False), ("1.02", True), ("1.0201", False)])
def test_a_coin_that_has_lost_its_peg_has_no_reference_at_all(rate: str, known: bool) -> None:
    b = board(BTC, BTCE)
    say(b, NOW, *direct("100", *BY_QUOTE["USDT"]), *((venue, "BTC/EUR", "90") for venue in BY_QUOTE["EUR"]))
    say(b, NOW, *((venue, "USDT/USD", rate) for venue in ("kraken", "coinbase", "bitstamp")))
    assert [one.symbol for one in b.references(NOW)] == ([BTC, BTCE] if known else [BTCE])
    doubts = (
        () if known else ("USDT is more than 2% away from 1 USD: nothing that is quoted in it has a reference price",)
    )
    assert b.doubts(NOW) == doubts


def test_one_coins_break_does_not_touch_the_other() -> None:
    b = board(BTC, BTCC)
    say(b, NOW, *direct("100", "binance", "okx", "gate"))
    say(b, NOW, *((venue, "BTC/USDC", "112") for venue in ("binance", "okx", "coinbase")))
    say(b, NOW, *((venue, "USDT/USD", "1") for venue in PEGS["USDT"]))
    say(b, NOW, *((venue, "USDC/USD", "0.9") for venue in PEGS["USDC"]))
    assert [one.symbol for one in b.references(NOW)] == [BTC]


def test_an_unknown_peg_is_not_a_broken_one_and_is_told_after_a_minute() -> None:
    b = board()
    for second in (0.0, UNKNOWN_SECONDS - 0.001, UNKNOWN_SECONDS):
        say(b, NOW + second, *direct("100", "binance", "okx", "gate"), ("kraken", "USDT/USD", "0.5"))
        assert shown(b.references(NOW + second)) == [(BTC, 100, 100, 3)]
        assert bool(b.doubts(NOW + second)) is (second == UNKNOWN_SECONDS)
    told = b.doubts(NOW + UNKNOWN_SECONDS)
    assert told == ("no two venues say what USDT is worth in USD: whether it holds its peg is not known",)
    say(b, NOW + 61, *((venue, "USDT/USD", "1") for venue in ("kraken", "gemini")))
    assert b.doubts(NOW + 61) == ()
    assert b.doubts(NOW + 66) == ()  # a rate counts for five seconds
    assert b.doubts(NOW + 66 + UNKNOWN_SECONDS - 0.001) == ()
    assert b.doubts(NOW + 66 + UNKNOWN_SECONDS) == told


def test_a_break_outlasts_the_silence_of_those_who_saw_it() -> None:
    b = board()
    say(b, NOW, *((venue, "USDT/USD", "0.9") for venue in DOLLARS))
    assert b.references(NOW) == ()
    say(b, NOW + 60, *direct("100", "binance", "okx", "gate"))
    assert b.references(NOW + 60) == ()
    assert "more than 2%" in b.doubts(NOW + 60)[0]
    b.watch((BTCE,), NOW + 61)
    b.watch((BTC,), NOW + 62)  # nor is it forgotten with the policy that named it
    say(b, NOW + 62, *direct("100", "binance", "okx", "gate"))
    assert b.references(NOW + 62) == ()
    say(b, NOW + 63, *direct("100", "binance", "okx", "gate"), *dollars("100", "1", "kraken", "coinbase"))
    assert len(b.references(NOW + 63)) == 1


def test_a_rehearsal_has_no_peg_to_lose_and_no_doubts() -> None:
    b = board(plan=Plan({"USDT": dict.fromkeys(REHEARSAL, "USDT")}, {}))
    say(b, NOW + 1000, *direct("100", *REHEARSAL))
    assert shown(b.references(NOW + 1000)) == [(BTC, 100, 100, 3)]
    assert b.doubts(NOW + 1000) == ()


def test_two_books_of_one_venue_are_one_voice() -> None:
    """However a venue's prices come in, whatever else it lists, nobody counts it twice."""
    b = board(BTC, BTCC)
    say(
        b,
        NOW,
        *((venue, f"{coin}/USD", "1") for venue in ("kraken", "bitstamp", "gemini") for coin in ("USDT", "USDC")),
    )
    say(b, NOW, ("kraken", "BTC/USD", "100"), ("kraken", "BTC/USDT", "101"), ("kraken", "BTC/USDC", "102"))
    say(b, NOW, ("binance", "BTC/USDT", "100"), ("binance", "BTC/USDC", "100"), ("binance", "BTC/USD", "100"))
    assert shown(b.references(NOW)) == [(BTC, 100, 100, 2), (BTCC, 100, 100, 2)]


def test_two_of_five_make_the_tighter_of_all_that_is_known_and_one_makes_none_without_an_hour() -> None:
    b = board()
    say(b, NOW, *direct("100", "binance"))
    assert b.references(NOW) == ()
    say(b, NOW, ("kraken", "USDT/USD", "1"), ("gemini", "USDT/USD", "1"), ("kraken", "BTC/USD", "101"))
    assert shown(b.references(NOW)) == [(BTC, 100, 101, 2)]


def test_an_hour_of_few_venues_holds_the_last_of_them() -> None:
    b, end = board(), NOW + HOUR + 10
    second = NOW
    while second <= end:
        say(b, second, *direct("100", "binance"), *direct("102", "okx"))
        second += 10
    assert shown(b.references(end)) == [(BTC, 100, 102, 2)]
    say(b, end + 6, *direct("104", "okx"))  # binance has been silent for six seconds
    ((_, buy, sell, venues),) = shown(b.references(end + 6))
    assert (buy, sell, venues) == (100, 104, 1)
    assert b.references(end + 70) == ()


def test_a_frozen_venue_is_dropped_also_where_its_book_is_in_usd() -> None:
    """Judged by its own book: its rate alone moving does not make it alive."""
    b, later = board(), NOW + STILL_SECONDS
    say(b, NOW, *direct("100", "binance", "okx"), *dollars("100", "1"))
    say(b, later, *direct("101", "binance", "okx"), *dollars("101", "1", "coinbase", "bitstamp"))
    say(b, later, *dollars("100", "0.9999", "kraken"))
    assert [one[1:] for one in shown(b.references(later))] == [(101, 101, 4)]
    say(b, later + 1, *dollars("101", "0.9999", "kraken"))
    assert [one[3] for one in shown(b.references(later + 1))] == [5]


def test_a_frozen_rate_prices_nothing_over_and_is_no_witness_of_the_peg() -> None:
    b, later = board(), NOW + STILL_SECONDS
    rates = ("kraken", "coinbase", "bitstamp")
    say(b, NOW, *((venue, "USDT/USD", "1") for venue in rates))
    say(b, later, *direct("100", "binance", "okx"), ("kraken", "BTC/USD", "100"), ("kraken", "USDT/USD", "1"))
    say(b, later, ("coinbase", "USDT/USD", "0.981"), ("bitstamp", "USDT/USD", "0.9801"))
    assert [one[3] for one in shown(b.references(later))] == [2]
    say(b, later + 1, ("coinbase", "USDT/USD", "0.981"), ("bitstamp", "USDT/USD", "0.979"), ("kraken", "USDT/USD", "1"))
    assert b.references(later + 1) == ()  # of the two that count the worse one; with kraken it would be the median


def test_what_is_no_longer_watched_is_forgotten_and_not_taken_in() -> None:
    b = board(BTC, BTCE)
    say(b, NOW, *direct("100", "binance", "okx", "gate"))
    b.watch((BTCE,), NOW)
    say(b, NOW, *direct("100", "binance", "okx", "gate"))
    assert b.references(NOW) == ()
    b.watch((BTC,), NOW)
    assert b.references(NOW) == ()


def test_a_policy_that_is_applied_again_loses_no_price() -> None:
    b = board()
    say(b, NOW, *direct("100", "binance", "okx", "gate"))
    b.watch((BTC, BTCE), NOW)
    assert shown(b.references(NOW)) == [(BTC, 100, 100, 3)]


HONEST = st.decimals(min_value=Decimal("0.9995"), max_value=Decimal("1.0005"), places=6)
LIES = st.decimals(min_value=Decimal("0.0001"), max_value=10, places=4)
EVERY = tuple(BY_QUOTE["USDT"])


@given(st.sets(st.sampled_from(EVERY), min_size=4), st.data())
def test_whoever_holds_one_venue_with_its_book_and_its_rate_moves_nothing(names: set[str], data: st.DataObject) -> None:
    """The rates of all that is honest are within 0.1 % of each other too, and others than the liar know the peg."""
    liar = data.draw(st.sampled_from(sorted(names)))
    b = board()
    say(b, NOW, ("gemini", "USDT/USD", "1"))
    mids = []
    for name in sorted(names - {liar}):
        mid = data.draw(HONEST) * 100
        if name in DOLLARS:
            rate = data.draw(HONEST)
            say(b, NOW, (name, "USDT/USD", str(rate)), (name, "BTC/USD", str(mid * rate)))
        else:
            say(b, NOW, *direct(str(mid), name))
        mids.append(mid)
    rate, mid = data.draw(LIES), data.draw(st.one_of(LIES, HONEST, st.just(Decimal("1.0299")))) * 100
    lie = ((liar, "USDT/USD", str(rate)), (liar, "BTC/USD", str(mid))) if liar in DOLLARS else direct(str(mid), liar)
    say(b, NOW, *lie)
    slack = Decimal("1e-12")  # of rounding a price over
    for found in b.references(NOW):
        assert found.buy <= max(mids) + slack
        assert found.sell >= min(mids) - slack
        if found.venues >= 3:
            assert min(mids) - slack <= found.buy == found.sell <= max(mids) + slack
