"""Cases that an owner writes are read strictly, run against a draft, and say what was decided."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import Misconfigured
from ringfence.policy.fixtures import Expected, load_fixtures, run
from ringfence.policy.load import load
from tests.policy.world import TEXT

POLICY = load(TEXT.replace("orders_per_minute = 60", 'orders_per_minute = 60\nhold_above = "300"\nslow_collar = "10%"'))
CASE = """\
[case.one]
bot    = "grid"
order  = { symbol = "BTC/USDT", side = "buy", type = "limit", quantity = "1", price = "100" }
given  = { price = "100" }
expect = "allow"
"""


def case(order: str = "", given_: str = "", expect: str = 'expect = "allow"', bot: str = "grid") -> str:
    """Write a case: a purchase of 1 at 100, with other words in their place."""
    words = {"symbol": '"BTC/USDT"', "side": '"buy"', "type": '"limit"', "quantity": '"1"', "price": '"100"'}
    for word in filter(None, order.split("; ")):
        key, _, value = word.partition(" = ")
        if value == "-":
            del words[key]
        else:
            words[key] = value
    body = ", ".join(f"{key} = {value}" for key, value in words.items())
    facts = ", ".join(['price = "100"', *filter(None, [given_])])
    return f'[case.one]\nbot = "{bot}"\norder = {{ {body} }}\ngiven = {{ {facts} }}\n{expect}\n'


DECIDED = [
    # order, given, what is decided, a code that the reasons name
    ("", "", Expected.ALLOW, ""),
    ('symbol = "VIA/USDT"', "", Expected.REFUSE, "symbol"),
    ('price = "100.51"', "", Expected.REFUSE, "collar"),
    ('price = "100.5"', "", Expected.ALLOW, ""),
    ("", 'slow = "90"', Expected.REFUSE, "slow-collar"),
    ('quantity = "4"', "", Expected.HOLD, "held"),
    ('quantity = "6"', "", Expected.REFUSE, "order-notional"),
    ("", 'window_notional = "4901"', Expected.REFUSE, "window-notional"),
    ("", 'window_loss = "59"', Expected.REFUSE, "loss-budget"),
    ("", 'others = "1901"', Expected.REFUSE, "exposure"),
    ("", "open_orders = 20", Expected.REFUSE, "open-orders"),
    ("", "orders_last_minute = 60", Expected.REFUSE, "orders-per-minute"),
    ("", 'switch = "halted"', Expected.REFUSE, "halted"),
    ("", 'stopped = "it lost too much"', Expected.REFUSE, "bot-stopped"),
    ('side = "sell"; type = "market"; price = -', 'position = "1", window_loss = "1000"', Expected.ALLOW, "exit"),
    (
        'side = "sell"; type = "market"; price = -',
        'position = "0.5", window_loss = "59"',
        Expected.REFUSE,
        "loss-budget",
    ),
    ('type = "stop-limit"; trigger = "110"', "", Expected.REFUSE, "order-type"),
    ('type = "market"; quantity = -; price = -; quote = "50"', "", Expected.ALLOW, "ordinary"),
]


@pytest.mark.parametrize(("order", "given_", "decided", "code"), DECIDED)
def test_a_case_is_decided_as_the_signer_would(order: str, given_: str, decided: Expected, code: str) -> None:
    (fixture,) = load_fixtures(case(order, given_, f'expect = "{decided.value}"'))
    result = run(fixture, POLICY)
    assert (result.ok, result.decided) == (True, decided), result.why
    assert code in result.why


@pytest.mark.parametrize(
    ("expect", "ok"),
    [
        ('expect = "refuse"\ncode = "symbol"', True),
        ('expect = "refuse"', True),
        ('expect = "refuse"\ncode = "collar"', False),
        ('expect = "hold"', False),
        ('expect = "allow"', False),
    ],
)
def test_a_case_fails_where_something_else_is_decided_or_for_another_reason(expect: str, ok: bool) -> None:
    (fixture,) = load_fixtures(case('symbol = "VIA/USDT"', expect=expect))
    assert run(fixture, POLICY).ok is ok


def test_a_bot_that_the_policy_does_not_name_is_never_as_expected() -> None:
    (fixture,) = load_fixtures(case(bot="gird", expect='expect = "refuse"'))
    assert not run(fixture, POLICY).ok


def test_a_watchers_order_is_refused() -> None:
    (fixture,) = load_fixtures(case(bot="eyes", expect='expect = "refuse"\ncode = "role"'))
    assert run(fixture, POLICY).ok


MISTAKES = [
    (CASE.replace("expect", "expct"), 'line 5: case.one.expct is not a setting; did you mean "expect"?'),
    (CASE.replace('"allow"', '"alow"'), 'line 5: case.one.expect must be "allow", "refuse" or "hold"'),
    (CASE.replace('"limit"', '"limt"'), "line 3: case.one.order.type must be an order type"),
    (CASE.replace('"buy"', '"bye"'), 'case.one.order.side must be "buy" or "sell"'),
    (CASE.replace('quantity = "1"', "quantity = 1"), "case.one.order.quantity must be an amount"),
    (CASE.replace('quantity = "1"', 'quantity = "NaN"'), "case.one.order.quantity must be an amount"),
    (CASE.replace('quantity = "1", ', ""), "case.one.order.quantity or quote must be there"),
    (CASE.replace(', price = "100" }', " }"), "case.one.order.price is missing"),
    (CASE.replace('"limit"', '"market"'), "case.one.order.price has no meaning"),
    (CASE.replace('given  = { price = "100" }', "given  = {}"), "line 4: case.one.given.price is missing"),
    (CASE.replace("given  = { price", 'given  = { prize = "1", price'), 'did you mean "price"?'),
    (CASE + 'code = "collar"\n', "line 6: case.one.code has no meaning where the order is to be allowed"),
    (CASE.replace('"allow"', '"refuse"\ncode = "colar"'), "case.one.code must be the code of a refusal"),
    ("", "case is missing"),
    ("[case]\n", "case names no case"),
    ("[cases.one]\n", 'did you mean "case"?'),
    ("[case.one", "no TOML"),
    ("a = " + "[" * 5000, "no TOML"),
    ("#" * 70_000, "longer than"),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_a_mistake_names_line_key_and_what_was_meant(text: str, said: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_fixtures(text)
    assert said in str(caught.value)


@given(st.text(max_size=200))
def test_no_text_does_anything_but_read_or_say_why_not(text: str) -> None:
    with contextlib.suppress(Misconfigured):
        load_fixtures(text)


CLASSED = load(
    TEXT.replace(
        'symbols = ["BTC/USDT", "ETH/USDT"]',
        'symbols = { most = 1, venues = 3, volume = "1", listed = "30d", except = ["VIA/USDT"] }',
    )
)
IN_A_CLASS = [
    ("", "", Expected.ALLOW, ""),
    ("", "venues = 2", Expected.REFUSE, "few-venues"),
    ('symbol = "VIA/USDT"', "", Expected.REFUSE, "symbol"),
    ('symbol = "BTC/EUR"', "", Expected.REFUSE, "symbol"),
]


@pytest.mark.parametrize(("order", "given_", "decided", "named"), IN_A_CLASS)
def test_the_symbol_of_a_case_is_one_of_the_class_unless_that_bars_it(
    order: str, given_: str, decided: Expected, named: str
) -> None:
    [fixture] = load_fixtures(case(order, given_, f'expect = "{decided}"'))
    result = run(fixture, CLASSED)
    assert (result.ok, result.decided) == (True, decided)
    assert named in result.why


def test_a_case_says_what_is_in_shadow() -> None:
    text = TEXT.replace('role    = "trade"\n', 'role    = "trade"\nshadow_until = "2199-01-01Z"\n')
    shadow = load(text.replace("orders_per_minute = 60", 'orders_per_minute = 60\nhold_above = "50"'))
    [fixture] = load_fixtures(case())
    assert "; in shadow: held: " in run(fixture, shadow).why
