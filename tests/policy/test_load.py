"""A policy that cannot be meant does not load, and the error says where and what was meant."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringfence.errors import Misconfigured
from ringfence.model.facts import Role
from ringfence.model.order import Kind
from ringfence.policy.amounts import amount, as_percent, percent, plain
from ringfence.policy.draft import load_draft as load
from ringfence.policy.load import KINDS, MAX_TEXT, REQUIRED
from ringfence.policy.policy import UNLIMITED, digest
from tests.policy.world import TEXT, bot, policy

D = Decimal


def test_the_documented_policy_loads_as_written() -> None:
    grid, eyes = bot("grid"), bot("eyes")
    assert (grid.role, grid.exchange, grid.currency, grid.fee) == (Role.TRADE, "binance", "USDT", D("0.001"))
    assert grid.symbols == ("BTC/USDT", "ETH/USDT")
    assert grid.kinds == (Kind.LIMIT, Kind.LIMIT_MAKER, Kind.MARKET)
    limits = grid.limits
    assert limits is not None
    assert (limits.collar, limits.exit_collar) == (D("0.005"), D("0.02"))
    assert (limits.order_notional, limits.window_notional) == (D(500), D(5000))
    assert (limits.exposure, limits.loss_budget) == (D(2000), D(60))
    assert (limits.open_orders, limits.orders_per_minute) == (20, 60)
    assert (eyes.role, eyes.symbols, eyes.kinds, eyes.limits) == (Role.WATCH, (), (), None)
    assert policy().symbols == ("BTC/USDT", "ETH/USDT")


def test_a_policy_is_named_by_its_text() -> None:
    assert digest(policy()) == digest(load(TEXT))
    assert digest(policy()) != digest(load(TEXT + "# a word\n"))
    assert len(digest(policy())) == 64


WRONG = [
    # in the text             becomes                      the error says
    ('collar            =', "colar =", 'line 13: bot.grid.limits.colar is not a setting; did you mean "collar"?'),
    ('"0.5%"', "0.5", "line 13: bot.grid.limits.collar must be a percentage"),
    ('"0.5%"', '"0.5"', "line 13: bot.grid.limits.collar must be a percentage"),
    ('"0.5%"', '"0%"', "line 13: bot.grid.limits.collar is 0%"),
    ('"0.5%"', '"-1%"', "line 13: bot.grid.limits.collar must be"),
    ('"2%"', '"50.01%"', "line 14: bot.grid.limits.exit_collar is 50.01%"),
    ('"2%"', '"0.4%"', "line 14: bot.grid.limits.exit_collar is tighter than collar"),
    ('"0.5%"', '"unlimited"', "line 13: bot.grid.limits.collar must be a percentage"),
    ('"500"', "500", "line 15: bot.grid.limits.order_notional must be an amount"),
    ('"500"', "500.0", "the bare number 500.0"),
    ('"500"', '"NaN"', 'not "NaN"'),
    ('"500"', '"-5"', 'not "-5"'),
    ('"500"', '"1e3"', 'not "1e3"'),
    ('"500"', '"0"', 'not "0"'),
    ('"500"', '"1_000"', 'not "1_000"'),
    ('"500"', '"\u0665"', "must be an amount"),
    ('"500"', '"Unlimited"', 'not "Unlimited"'),
    ('"500"', "nan", "the bare number nan"),
    ("= 20", '= "20"', "line 19: bot.grid.limits.open_orders must be a whole number from 1 to 10000"),
    ("= 20", '= "unlimited"', "line 19: bot.grid.limits.open_orders must be a whole number"),
    ("= 20", "= 0", "line 19: bot.grid.limits.open_orders must be a whole number"),
    ("= 20", "= true", "not true"),
    ("= 20", "= 1979-05-27", "not a date or time"),
    ("= 20", "= 0x" + "f" * 5000, "not a number past any that is meant"),
    ("= 20", "= " + "9" * 5000, "the policy holds a number past any that is meant"),
    ("= 20", "= []", "not an empty list"),
    ("= 20", "= {}", "not a table"),
    ("= 60", "= 60.0", "line 20: bot.grid.limits.orders_per_minute must be a whole number"),
    ('fee      = "0.1%"', "", "line 1: account.main.fee is missing"),
    ('fee      = "0.1%"', 'fee = "5.1%"', "line 4: account.main.fee is 5.1%"),
    ('fee      = "0.1%"', 'fee = "0.1%"\nFee = "1%"', 'line 5: account.main.Fee is not a setting; did you mean "fee"?'),
    ('fee      = "0.1%"', 'fee = "0.1%"\nhost = "x"', "line 5: account.main.host is not a setting"),
    ('fee      = "0.1%"', 'fee = "0.1%"\nself_trade = "none"', "line 5: account.main.self_trade must be"),
    ('fee      = "0.1%"', 'fee = "0.1%"\nread_share = "31%"', "account.main.read_share is 31%; the rest is the owner"),
    ('fee      = "0.1%"', 'fee = "0.1%"\nread_share = "0%"', "account.main.read_share is 0%; it must be above"),
    ('["BTC/USDT", "ETH/USDT"]', "{ most = 0 }", "line 9: bot.grid.symbols.listed is missing"),
    ('["BTC/USDT", "ETH/USDT"]', '{ listed = "1d", most = 0 }', "line 9: bot.grid.symbols.most must be a whole number"),
    ('["BTC/USDT", "ETH/USDT"]', '{ volumes = "1" }', 'symbols.volumes is not a setting; did you mean "volume"?'),
    ('"USDT"', '"usdt"', "line 3: account.main.currency must be an asset"),
    ('"binance"', '"https://x"', "line 2: account.main.exchange must be an exchange"),
    ("[account.main]", "[account.Main]", "line 1: account.Main is not a name"),
    ("[account.main]", '[account."a b"]', 'line 1: account."a b" is not a name'),
    ("[account.main]", "[accounts.main]", 'line 1: accounts is not a setting; did you mean "account"?'),
    ('account = "main"', 'account = "mian"', "line 7: bot.grid.account names no account"),
    ('role    = "trade"', 'role = "admin"', 'line 8: bot.grid.role must be "trade" or "watch"'),
    ('role    = "trade"', 'role = "watch"', "line 9: bot.grid.symbols has no meaning for a bot that only watches"),
    ('role    = "trade"', 'role = "trade"\nrole = "watch"', "line 9: cannot overwrite a value"),
    ('"ETH/USDT"', '"ETH/BTC"', 'line 9: bot.grid.symbols has "ETH/BTC", which account main could not value in USDT'),
    ('"ETH/USDT"', '"USDT/USDT"', "could not value"),
    ('"ETH/USDT"', '"ETHUSDT"', 'line 9: bot.grid.symbols has "ETHUSDT", which is no symbol such as'),
    ('"ETH/USDT"', '"BTC/USDT"', "names the same symbol"),
    ('"ETH/USDT"', '"BT\u0421/USDT"', "which is no symbol"),
    ('["BTC/USDT", "ETH/USDT"]', "[]", "line 9: bot.grid.symbols must be a list of at least one"),
    ('["BTC/USDT", "ETH/USDT"]', '"BTC/USDT"', "line 9: bot.grid.symbols must be a list"),
    ('"limit-maker"', '"trailing"', 'line 10: bot.grid.orders has "trailing", which is no order type'),
    ("[bot.grid.limits]", "[bot.grid.limit]", 'line 12: bot.grid.limit is not a setting; did you mean "limits"?'),
    ("[bot.eyes]", "[bot.grid]", "cannot declare"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says"), WRONG)
def test_a_policy_that_cannot_be_meant_is_refused_with_its_line(old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(Misconfigured) as caught:
        load(TEXT.replace(old, new, 1))
    assert says in str(caught.value)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_limit_that_is_absent_is_an_error(name: str) -> None:
    text = "".join(line for line in TEXT.splitlines(keepends=True) if not line.startswith(f"{name} "))
    with pytest.raises(Misconfigured, match=rf"line 12: bot\.grid\.limits\.{name} is missing"):
        load(text)


@pytest.mark.parametrize("name", ["order_notional", "window_notional", "exposure", "loss_budget"])
def test_a_cap_may_be_switched_off_in_words_alone(name: str) -> None:
    lines = [f'{name} = "unlimited"' if line.startswith(f"{name} ") else line for line in TEXT.splitlines()]
    limits = {str(key): value for key, value in load("\n".join(lines)).bots.items()}["grid"].limits
    assert getattr(limits, name) is UNLIMITED


@pytest.mark.parametrize("key", ["withdraw", "allow_withdrawals", "transfer", "withdrawal-addresses"])
@pytest.mark.parametrize("table", ["", "[account.main]", "[bot.grid]", "[bot.grid.limits]"])
def test_no_policy_can_allow_a_withdrawal(key: str, table: str) -> None:
    entry = f'{key} = "1"\n'
    text = TEXT.replace(f"{table}\n", f"{table}\n{entry}", 1) if table else entry + TEXT
    with pytest.raises(Misconfigured, match="is not a setting") as caught:
        load(text)
    assert "no policy can allow withdrawals" in str(caught.value.hint)


@pytest.mark.parametrize("text", ["", "\n", "# nothing", "[account.main]", "[bot]\n[account]\n"])
def test_an_empty_policy_is_an_error(text: str) -> None:
    with pytest.raises(Misconfigured):
        load(text)


@pytest.mark.parametrize("text", ["[" * 5000, "a = " + "[" * 5000, "a = " + "{a=" * 5000])
def test_a_policy_that_nests_without_end_is_an_error(text: str) -> None:
    with pytest.raises(Misconfigured):
        load(text)


def test_a_policy_is_no_longer_than_its_limit() -> None:
    assert load(TEXT + "#" * (MAX_TEXT - len(TEXT))).bots
    with pytest.raises(Misconfigured, match="longer than"):
        load(TEXT + "#" * (MAX_TEXT - len(TEXT) + 1))


@pytest.mark.parametrize("name", ["a", "a" * 32, "grid-2"])
def test_a_name_of_up_to_32_plain_letters_is_good(name: str) -> None:
    assert name in load(TEXT.replace("bot.grid", f"bot.{name}")).bots


@pytest.mark.parametrize("name", ["a" * 33, "2grid", "-a", "a_b", '"é"', '""', '"a\\n"'])
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(Misconfigured, match="is not a name"):
        load(TEXT.replace("bot.grid", f"bot.{name}"))


def test_every_kind_of_order_has_a_word() -> None:
    assert set(KINDS.values()) == set(Kind)


@given(st.text())
@example("[bot.grid")
@example("bot = 1\naccount = 2")
@example("[[bot]]\n[[account]]")
@example("account.main = 1979-05-27\nbot = {}")
def test_any_text_loads_or_is_refused_as_a_setting(text: str) -> None:
    with contextlib.suppress(Misconfigured):
        assert load(text).bots


@given(st.integers(0, len(TEXT) - 1), st.characters(codec="utf-8"))
def test_no_typing_error_makes_it_raise_anything_else(at: int, character: str) -> None:
    with contextlib.suppress(Misconfigured):
        assert load(TEXT[:at] + character + TEXT[at + 1 :]).bots


AMOUNTS = [
    ("500", D(500)), ("0.25", D("0.25")), ("9" * 18, D("9" * 18)), ("0." + "0" * 17 + "1", D("1e-18")),
    ("9" * 19, None), ("0." + "0" * 18 + "1", None), ("0", None), ("0.0", None), ("", None), ("05", None),
    (".5", None), ("5.", None), ("+5", None), ("-5", None), (" 5", None), ("5\n", None),
    ("Infinity", None), ("\uff15", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), AMOUNTS)
def test_an_amount_is_plain_digits_and_nothing_else(text: str, value: Decimal | None) -> None:
    assert amount(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.5%", D("0.005")), ("100%", D(1)), ("0%", D(0)), ("5", None), ("1e2%", None), ("0.5 %", None)],
)
def test_a_percentage_has_its_sign(text: str, value: Decimal | None) -> None:
    assert percent(text) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [(D("1E+3"), "1000"), (D("0.500"), "0.5"), (D(0), "0"), (D("1e-8"), "0.00000001"), (D("-1.0"), "-1")],
)
def test_figures_are_written_plainly(value: Decimal, text: str) -> None:
    assert plain(value) == text


@given(st.decimals("0.00000001", "100", places=8))
def test_a_percentage_reads_back_as_written(value: Decimal) -> None:
    assert percent(as_percent(value / 100)) == value / 100


@pytest.mark.parametrize(
    ("written", "wait"),
    [
        ("10m", 600_000),
        ("599s", None),
        ("7d", 604_800_000),
        ("169h", None),
        ("1h", 3_600_000),
        ("0m", None),
        ("", None),
    ],
)
def test_a_change_waits_from_ten_minutes_to_a_week(written: str, wait: int | None) -> None:
    text = f'[change]\nwait = "{written}"\n' + TEXT
    if wait is None:
        with pytest.raises(Misconfigured, match="wait must be"):
            load(text)
    else:
        assert load(text).wait_ms == wait


@pytest.mark.parametrize(
    "table", ["[change]\n", "[change]\nwait = 3600\n", "[change]\nwaits = '1h'\n", "change = '1h'\n"]
)
def test_a_wait_is_said_whole_or_not_at_all(table: str) -> None:
    with pytest.raises(Misconfigured, match="change"):
        load(table + TEXT)


def test_only_a_rehearsal_of_which_nothing_else_is_said_does_not_wait() -> None:
    paper = TEXT.replace('"binance"', '"paper-binance"')
    both = '[account.real]\nexchange = "binance"\ncurrency = "USDT"\nfee = "0.1%"\n' + paper
    waits = [load(text).wait_ms for text in (TEXT, paper, both, '[change]\nwait = "10m"\n' + paper)]
    assert waits == [3_600_000, 0, 3_600_000, 600_000]
