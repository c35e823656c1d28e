"""Symbols by class: read strictly, ranked by volume, judged by what is known now, and counted in the number."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ringfence.errors import Misconfigured
from ringfence.model.action import Place
from ringfence.model.decision import Code
from ringfence.model.names import BotName, Symbol
from ringfence.model.order import Side, Tif
from ringfence.policy.bound import radius
from ringfence.policy.diff import Effect, diff
from ringfence.policy.engine import decide
from ringfence.policy.load import load
from ringfence.policy.policy import UNLIMITED, BotPolicy, Policy, SymbolClass
from ringfence.policy.size import Size, size_of
from ringfence.policy.symbols import likely, narrowed
from tests.policy.world import CALM, GRID, TEXT, D, holding, limit, limited

LIST = 'symbols = ["BTC/USDT", "ETH/USDT"]'
CLASS = 'symbols = { most = 20, venues = 3, volume = "1000000", listed = "30d", except = ["FOO/USDT"] }'
DAY = 86_400_000
TWENTY = SymbolClass(20, 3, D("1000000"), 30 * DAY, (Symbol("FOO/USDT"),))


def classed(written: str = CLASS) -> Policy:
    return load(TEXT.replace(LIST, written))


def grid(policy: Policy) -> BotPolicy:
    return policy.bots[BotName("grid")]


SETTINGS = {"most": "20", "venues": "3", "volume": '"1000000"', "listed": '"30d"', "except": '["FOO/USDT"]'}
LEAST = [{"most": "1"}, {"venues": "1"}, {"listed": '"1d"'}]
MOST = [{"most": "100"}, {"venues": "9"}, {"listed": '"3650d"'}]


def changed(**settings: str) -> Policy:
    """Write the class with some settings otherwise; an empty one is left out."""
    written = SETTINGS | settings
    return classed("symbols = { " + ", ".join(f"{key} = {value}" for key, value in written.items() if value) + " }")


# reading
def test_a_class_is_read_as_it_is_written() -> None:
    bot = grid(classed())
    assert (bot.symbols, bot.symbol_class) == ((), TWENTY)


def test_what_is_never_of_it_may_be_left_out() -> None:
    assert grid(changed(**{"except": ""})).symbol_class == replace(TWENTY, barred=())


MISTAKES = [
    ({"most": "0"}, "symbols.most must be a whole number from 1 to 100, not the bare number 0"),
    ({"most": "101"}, "symbols.most must be a whole number from 1 to 100"),
    ({"most": ""}, "symbols.most is missing"),
    ({"venues": ""}, "symbols.venues is missing"),
    ({"volume": ""}, "symbols.volume is missing"),
    ({"listed": ""}, "symbols.listed is missing"),
    ({"venues": "0"}, "symbols.venues must be a whole number from 1 to 9"),
    ({"venues": "10"}, "symbols.venues must be a whole number from 1 to 9"),
    ({"volume": "1000000"}, "symbols.volume must be an amount above zero"),
    ({"volume": '"0"'}, "symbols.volume must be an amount above zero"),
    ({"listed": '"23h"'}, "symbols.listed must be from 1d to 3650d"),
    ({"listed": '"3651d"'}, "symbols.listed must be from 1d to 3650d"),
    ({"except": '["BTC/EUR"]'}, 'symbols.except has "BTC/EUR", which account main could not value in USDT'),
    ({"except": "[]"}, "symbols.except must be a list of at least one symbol"),
    ({"volumes": '"5"'}, 'symbols.volumes is not a setting; did you mean "volume"?'),
]


@pytest.mark.parametrize(("settings", "said"), MISTAKES, ids=lambda each: str(each)[:40])
def test_a_mistake_in_a_class_is_told_with_its_key(settings: dict[str, str], said: str) -> None:
    with pytest.raises(Misconfigured) as error:
        changed(**settings)
    assert said in str(error.value)


@pytest.mark.parametrize("settings", [*LEAST, *MOST], ids=str)
def test_the_ends_of_what_a_class_may_say_can_be_said(settings: dict[str, str]) -> None:
    assert grid(changed(**settings)).symbol_class


def test_quantities_by_symbol_have_no_meaning_for_a_class() -> None:
    quantities = '[bot.grid.limits.order_quantity]\n"BTC/USDT" = "1"\n'
    with pytest.raises(Misconfigured, match=r"order_quantity has no meaning where the symbols are a class"):
        load(TEXT.replace(LIST, CLASS).replace("[bot.eyes]", f"{quantities}[bot.eyes]"))


def test_a_guard_has_the_class_of_its_ward() -> None:
    policy = load(TEXT.replace(LIST, CLASS) + '\n[bot.stops]\naccount = "main"\nrole = "trade"\nguards = "grid"\n')
    assert policy.bots[BotName("stops")].symbol_class == TWENTY


# who is in it
def test_the_most_traded_come_first_and_the_barred_never() -> None:
    volumes = [("LOW/USDT", "999999.99"), ("JUST/USDT", "1000000"), ("FOO/USDT", "9000000"), ("BTC/USDT", "5000000")]
    found = likely(TWENTY, [(Symbol(symbol), D(volume)) for symbol, volume in volumes])
    assert found == ("BTC/USDT", "JUST/USDT")


@given(st.dictionaries(st.sampled_from([f"{letter}/USDT" for letter in "ABCDEFGHIJ"]), st.decimals(0, 10), max_size=10))
def test_a_class_that_asks_for_more_volume_has_no_other_symbols(volumes: dict[str, Decimal]) -> None:
    told = [(Symbol(symbol), volume) for symbol, volume in volumes.items()]
    few, many = (likely(replace(TWENTY, volume=D(least)), told) for least in ("5", "3"))
    assert many[: len(few)] == few


def test_a_narrower_class_keeps_the_most_traded_of_before() -> None:
    before = tuple(map(Symbol, ("BTC/USDT", "FOO/USDT", "ETH/USDT", "SOL/USDT")))
    assert narrowed(replace(TWENTY, most=2), before) == ("BTC/USDT", "ETH/USDT")


# judging
BUY = replace(limit(Side.BUY, "1", "100"), tif=Tif.IOC)
SALE = replace(BUY, side=Side.SELL)
IN_CLASS = replace(GRID, symbol_class=TWENTY)
LEFT = replace(IN_CLASS, symbols=(Symbol("ETH/USDT"),))
assert CALM.reference is not None
THIN = replace(CALM, reference=replace(CALM.reference, venues=2))


def test_a_symbol_of_a_class_needs_its_venues_at_the_moment_of_the_order() -> None:
    assert decide(Place(BUY), CALM, IN_CLASS).allowed
    refused = decide(Place(BUY), THIN, IN_CLASS)
    assert [reason.code for reason in refused.because] == [Code.FEW_VENUES]
    assert decide(Place(BUY), THIN, GRID).allowed, "a list asks for no venues of its own"


def test_what_few_venues_price_can_still_be_left() -> None:
    assert decide(Place(SALE), replace(THIN, holding=holding("1")), IN_CLASS).allowed


@pytest.mark.parametrize("bot", [LEFT, replace(GRID, symbols=(Symbol("ETH/USDT"),))], ids=["class", "list"])
def test_what_has_left_can_only_be_left(bot: object) -> None:
    assert isinstance(bot, type(GRID))
    assert [reason.code for reason in decide(Place(BUY), CALM, bot).because] == [Code.SYMBOL]
    held = replace(CALM, holding=holding("1"))
    assert decide(Place(SALE), held, bot).allowed
    more = replace(SALE, quantity=D("1.001"))
    assert Code.SYMBOL in [reason.code for reason in decide(Place(more), held, bot).because]


def test_a_class_that_nobody_has_looked_up_has_no_symbol() -> None:
    bot = grid(classed())
    assert [reason.code for reason in decide(Place(BUY), CALM, bot).because] == [Code.SYMBOL]


# the number
def test_a_cap_by_symbol_counts_for_the_class_of_today_and_that_of_yesterday() -> None:
    bot = replace(limited(window_notional=UNLIMITED, symbol_notional=D("10")), symbols=(), symbol_class=TWENTY)
    size = size_of(bot)
    assert isinstance(size, Size)
    assert size.ordinary == 400


def test_a_cap_by_symbol_bounds_no_exposure_of_a_class() -> None:
    bot = replace(limited(exposure=UNLIMITED, loss_budget=UNLIMITED, symbol_exposure=D("10")), symbol_class=TWENTY)
    assert size_of(bot) == "exposure"
    assert radius(bot, confined=True)[0].amount is None


# change
WIDER = [{"most": "21"}, {"venues": "2"}, {"volume": '"999999"'}, {"listed": '"29d"'}, {"except": ""}]
NARROWER = [
    {"most": "19"},
    {"venues": "4"},
    {"volume": '"1000001"'},
    {"listed": '"31d"'},
    {"except": '["FOO/USDT", "BAR/USDT"]'},
]


@pytest.mark.parametrize("settings", WIDER, ids=str)
def test_what_lets_more_symbols_in_is_wider(settings: dict[str, str]) -> None:
    assert {change.effect for change in diff(classed(), changed(**settings))} == {Effect.WIDER}


@pytest.mark.parametrize("settings", NARROWER, ids=str)
def test_what_keeps_symbols_out_is_narrower(settings: dict[str, str]) -> None:
    assert {change.effect for change in diff(classed(), changed(**settings))} == {Effect.NARROWER}


def test_from_a_list_to_a_class_and_back_is_wider_each_way() -> None:
    listed = load(TEXT)
    assert Effect.WIDER in {change.effect for change in diff(listed, classed())}
    assert Effect.WIDER in {change.effect for change in diff(classed(), listed)}
