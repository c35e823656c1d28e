"""How one venue is asked, between a courier of our own and what it said."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest

from ringfence.asking import Asking
from ringfence.dialects.tickers import VENUES
from ringfence.ipc.messages import Fetch, Fetched, Message
from ringfence.model.names import Symbol
from ringfence.prices import venues as asking
from ringfence.prices.venues import NoBooks, Source

RATE = Symbol("USDT/USD")
NOW = 10_000.0


def pairs(count: int) -> list[Symbol]:
    return [Symbol(f"A{n}/USD") for n in range(count)]


def source(name: str, *listed: Symbol) -> Source:
    return Source(name, Asking(10, 1), listed=set(listed))


@pytest.mark.parametrize("count", [0, 1, 6, 7, 30, 200])
@pytest.mark.parametrize("name", ["coinbase", "bitstamp", "kraken", "gemini"])
def test_a_rate_is_asked_again_within_three_seconds_however_long_a_round_is(name: str, count: int) -> None:
    some = pairs(count)
    made = source(name, RATE, *some)
    batches = made.batches([RATE], some, NOW)
    asked = [n for n, batch in enumerate([*batches, *batches]) if RATE in batch]
    assert asked
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert all(gap * made.venue.seconds <= 3 for gap in gaps) or name == "kraken"
    assert max(gaps) == 1 or name != "kraken"
    assert [one for batch in batches for one in batch if one != RATE] == some
    assert all(0 < len(batch) <= made.venue.batch for batch in batches)


def test_what_is_not_known_to_be_listed_is_asked_apart_so_that_a_refusal_holds_up_nothing_else() -> None:
    first, second, new = pairs(3)
    made = source("kraken", RATE, first, second)
    assert made.batches([RATE], [first, new, second], NOW) == ((RATE, first, second), (new,))
    made.unlisted[new] = NOW + 600
    assert made.batches([RATE], [first, new, second], NOW) == ((RATE, first, second),)
    assert made.batches([RATE], [first, new, second], NOW + 600) == ((RATE, first, second), (new,))


async def asked(
    name: str,
    symbols: tuple[Symbol, ...],
    answer: Callable[[list[str]], tuple[int | None, bytes]],
    listed: Iterable[Symbol] = (),
) -> tuple[Source, dict[Symbol, Decimal]]:
    """Ask a courier that answers by the names it is asked for."""

    class Courier(Asking[Fetched]):
        async def ask(self, make: Callable[[int], Message]) -> Fetched:
            fetch = make(1)
            assert isinstance(fetch, Fetch)
            status, body = answer([value for _, value in fetch.fields])
            return Fetched(1, status, body, None, None if status else "no connection")

    made = Source(name, Courier(10, 1), listed=set(listed))
    found = await made.books(symbols)
    return made, {symbol: book.mid for symbol, book in found.items()}


def kraken(names: list[str]) -> tuple[int, bytes]:
    if "NONEUSD" in names:
        return 200, b'{"error":["EQuery:Unknown asset pair"]}'
    rows = ",".join(f'"{name}":{{"a":["2","1","1"],"b":["2","1","1"]}}' for name in names)
    return 200, f'{{"error":[],"result":{{{rows}}}}}'.encode()


async def test_kraken_refuses_a_batch_whole_with_status_200_and_the_one_at_fault_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "VENUES", {"kraken": replace(VENUES["kraken"], per_minute=60_000)})
    none = Symbol("NONE/USD")
    made, found = await asked("kraken", (*pairs(3), none), kraken)
    assert found == dict.fromkeys(pairs(3), Decimal(2))
    assert set(made.unlisted) == {none}
    assert made.listed == set(pairs(3))


async def test_a_symbol_that_a_venue_ceases_to_list_is_asked_apart_from_then_on() -> None:
    gone, kept = Symbol("NONE/USD"), Symbol("A0/USD")
    made, found = await asked("coinbase", (gone,), lambda _: (404, b""), listed={gone, kept})
    assert found == {}
    (at,) = made.unlisted.values()
    assert made.batches([], [gone, kept], at - 1) == ((kept,),)
    assert made.batches([], [gone, kept], at) == ((kept,), (gone,))


async def test_looking_for_the_one_at_fault_keeps_the_venues_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    requests: list[list[str]] = []

    def answer(names: list[str]) -> tuple[int, bytes]:
        requests.append(names)
        return kraken(names)

    await asked("kraken", (*pairs(3), Symbol("NONE/USD")), answer)
    assert len(waits) == len(requests) - 1
    assert set(waits) == {VENUES["kraken"].seconds}


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b'{"error":["EAPI:Rate limit exceeded"]}'), (429, b""), (500, b""), (None, b""), (200, b"[]")],
)
async def test_another_error_sets_nothing_aside(status: int | None, body: bytes) -> None:
    with pytest.raises(NoBooks):
        await asked("kraken", tuple(pairs(2)), lambda _: (status, body))


async def test_names_that_are_not_plain_are_not_asked_for() -> None:
    def answer(names: list[str]) -> tuple[int, bytes]:
        raise AssertionError(names)

    assert (await asked("kraken", (Symbol("a b/USD"),), answer))[1] == {}
