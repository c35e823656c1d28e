"""A change of policy is told setting by setting, and which way it goes."""

import pytest
from msgspec.structs import replace

from ringfence.policy.diff import ABSENT, SETTINGS, Change, Effect, Way, diff, wait_ms, widens
from ringfence.policy.load import ACCOUNT_LIMITS, LIMITS, REQUIRED, load
from ringfence.policy.policy import AccountLimits, AccountPolicy, BotPolicy, Limits, Policy
from tests.policy.world import GRID, TEXT, policy
from tests.policy.world import LIMITS as LIMITS_OF_GRID

WIDER, NARROWER = Effect.WIDER, Effect.NARROWER

CHANGES = [
    # in the text             becomes                   shown
    ('"0.5%"',                '"0.6%"',                 "wider: bot.grid.limits.collar, 0.5% to 0.6%"),
    ('"0.5%"',                '"0.4%"',                 "narrower: bot.grid.limits.collar, 0.5% to 0.4%"),
    ('"2%"',                  '"2.5%"',                 "wider: bot.grid.limits.exit_collar, 2% to 2.5%"),
    ('"500"',                 '"500.01"',               "wider: bot.grid.limits.order_notional, 500 to 500.01"),
    ('"500"',                 '"unlimited"',            "wider: bot.grid.limits.order_notional, 500 to unlimited"),
    ('"5000"',                '"4999"',                 "narrower: bot.grid.limits.window_notional, 5000 to 4999"),
    ('"2000"',                '"unlimited"',            "wider: bot.grid.limits.exposure, 2000 to unlimited"),
    ('"60"',                  '"59"',                   "narrower: bot.grid.limits.loss_budget, 60 to 59"),
    ("= 20",                  "= 21",                   "wider: bot.grid.limits.open_orders, 20 to 21"),
    ("= 60",                  "= 59",                   "narrower: bot.grid.limits.orders_per_minute, 60 to 59"),
    (', "ETH/USDT"',          "",                       "narrower: bot.grid.symbols ETH/USDT, allowed to absent"),
    ('"ETH/USDT"',            '"ETH/USDT", "X/USDT"',   "wider: bot.grid.symbols X/USDT, absent to allowed"),
    (', "market"',            "",                       "narrower: bot.grid.orders market, allowed to absent"),
    ('"0.1%"',                '"0.05%"',                "wider: account.main.fee, 0.1% to 0.05%"),
    ('"0.1%"',                '"0.2%"',                 "narrower: account.main.fee, 0.1% to 0.2%"),
    ('"binance"',             '"kraken"',               "wider: account.main.exchange, binance to kraken"),
]  # fmt: skip


def told(change: Change) -> str:
    return f"{change.effect}: {change.what}, {change.before} to {change.after}"


@pytest.mark.parametrize(("old", "new", "shown"), CHANGES)
def test_each_change_says_which_way_it_goes(old: str, new: str, shown: str) -> None:
    changes = diff(policy(), load(TEXT.replace(old, new, 1)))
    assert [told(change) for change in changes] == [shown]
    assert widens(changes) is shown.startswith("wider")


def test_the_same_policy_changes_nothing_whatever_its_comments_say() -> None:
    assert diff(policy(), load(TEXT + "# reviewed\n")) == ()


def test_what_is_switched_back_on_is_narrower() -> None:
    changes = diff(load(TEXT.replace('"60"', '"unlimited"')), policy())
    assert Change("bot.grid.limits.loss_budget", "unlimited", "60", NARROWER) in changes
    assert not widens(changes)


def test_the_first_policy_widens_everything_it_says() -> None:
    changes = diff(None, policy())
    assert {change.before for change in changes} == {ABSENT}
    assert {change.effect for change in changes} == {WIDER}
    assert widens(changes)


def test_a_bot_that_goes_narrows_and_one_that_comes_widens() -> None:
    alone = load(TEXT[: TEXT.index("[bot.eyes]")])
    assert not widens(diff(policy(), alone))
    assert widens(diff(alone, policy()))


def test_a_trader_that_becomes_a_watcher_narrows_and_the_other_way_widens() -> None:
    head = TEXT[: TEXT.index("[bot.grid]")]
    watcher = load(head + '[bot.grid]\naccount = "main"\nrole = "watch"\n')
    trader = load(TEXT[: TEXT.index("[bot.eyes]")])
    changes = diff(trader, watcher)
    assert Change("bot.grid.role", "trade", "watch", NARROWER) in changes
    assert not widens(changes)
    assert widens(diff(watcher, trader))


def test_one_wider_setting_among_narrower_ones_widens() -> None:
    mixed = load(TEXT.replace('"5000"', '"10"').replace('"0.5%"', '"0.51%"'))
    assert widens(diff(policy(), mixed))


ALL = """
slow_collar = "10%"
order_quantity = { "BTC/USDT" = "0.5", "ETH/USDT" = "5" }
order_minimum = "10"
order_share = "5%"
symbol_notional = "3000"
side_notional = "4000"
symbol_exposure = "1500"
symbol_orders = 10
far_orders = 5
order_lifetime = "6h"
drawdown_stop = "200"
round_trips = 50
amends_per_minute = 20
cancels_per_minute = 60
cancels_per_fill = 20
identical_fills = 10
hold_above = "400"
"""
FULL = TEXT.replace("orders_per_minute = 60\n", "orders_per_minute = 60" + ALL).replace(
    "[bot.grid]\n",
    '[bot.grid]\nhours = ["Mon-Fri 08:00-18:00"]\nvalid_from = "2026-01-01Z"\nvalid_until = "2027-01-01Z"\n',
)
FULL = FULL.replace(
    "[bot.grid]",
    """[account.main.limits]
window_notional = "9000"
exposure = "3000"
loss_budget = "100"
open_orders = 30
orders_per_minute = 90

[bot.grid]""",
    1,
)


def test_every_limit_there_is_is_compared() -> None:
    shown = {change.what for change in diff(policy(), load(FULL))}
    assert set(LIMITS) == set(Limits.__struct_fields__)
    assert {f"bot.grid.limits.{name}" for name in LIMITS[len(REQUIRED) :]} <= shown
    assert {f"account.main.limits.{name}" for name in ACCOUNT_LIMITS} <= shown
    assert {f"bot.grid.{name}" for name in ("hours", "valid_from", "valid_until")} <= shown


def test_a_limit_that_is_added_narrows_and_one_that_goes_widens() -> None:
    without, full = load(TEXT), load(FULL)
    assert not widens(diff(without, full))
    for line in (line for line in FULL.splitlines() if line and line not in TEXT.splitlines()):
        less = FULL.replace(line + "\n", "")
        if not line.startswith("[") and less != FULL:
            assert widens(diff(full, load(less))), line


EACH_WAY = [
    # in the text, wider, narrower
    ('slow_collar = "10%"', '"11%"', '"9%"'),
    ('order_quantity = { "BTC/USDT" = "0.5", ', '{ "BTC/USDT" = "0.6", ', '{ "BTC/USDT" = "0.4", '),
    ('order_minimum = "10"', '"9"', '"11"'),
    ('order_share = "5%"', '"6%"', '"4%"'),
    ('order_lifetime = "6h"', '"7h"', '"5h"'),
    ('drawdown_stop = "200"', '"201"', '"199"'),
    ("round_trips = 50", "51", "49"),
    ('hold_above = "400"', '"401"', '"399"'),
    ('exposure = "3000"', '"3001"', '"2999"'),
]


@pytest.mark.parametrize(("line", "wider", "narrower"), EACH_WAY)
def test_each_added_limit_goes_both_ways(line: str, wider: str, narrower: str) -> None:
    name = line.split(" = ", maxsplit=1)[0]
    for value, widened in ((wider, True), (narrower, False)):
        changes = diff(load(FULL), load(FULL.replace(line, f"{name} = {value}", 1)))
        assert changes
        assert widens(changes) is widened


HOURS = [
    # becomes                                             which way, and None where it means the same
    ('["Mon-Thu 08:00-18:00"]',                           NARROWER),
    ('["Mon-Fri 09:00-17:00"]',                           NARROWER),
    ('["Mon-Fri 08:00-18:01"]',                           WIDER),
    ('["Tue-Sat 09:00-17:00"]',                           WIDER),
    ('["Mon-Wed 08:00-18:00", "Thu-Fri 08:00-18:00"]',    None),
    ('["Mon-Fri 08:00-12:00", "Mon-Fri 12:00-18:00"]',    None),
]  # fmt: skip


@pytest.mark.parametrize(("value", "effect"), HOURS)
def test_hours_are_compared_by_the_minutes_of_the_week(value: str, effect: Effect | None) -> None:
    changes = diff(load(FULL), load(FULL.replace('["Mon-Fri 08:00-18:00"]', value)))
    assert [change.effect for change in changes] == ([effect] if effect else [])


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ('valid_from = "2026-01-01Z"', 'valid_from = "2026-01-02Z"', NARROWER),
        ('valid_from = "2026-01-01Z"', 'valid_from = "2025-12-31T23:59Z"', WIDER),
        ('valid_until = "2027-01-01Z"', 'valid_until = "2026-12-31Z"', NARROWER),
        ('valid_until = "2027-01-01Z"', 'valid_until = "2027-01-01T00:01Z"', WIDER),
    ],
)
def test_beginning_later_and_ending_earlier_narrow(old: str, new: str, effect: Effect) -> None:
    assert [change.effect for change in diff(load(FULL), load(FULL.replace(old, new)))] == [effect]


def test_every_field_of_a_policy_has_a_declared_way() -> None:
    for kind in (Policy, AccountPolicy, AccountLimits, BotPolicy, Limits):
        assert set(SETTINGS[kind]) == set(kind.__struct_fields__), kind


def test_a_field_that_nobody_has_declared_is_wider_however_it_changes() -> None:
    class More(Limits, frozen=True):
        surprise: int | None = None

    def with_(value: int | None) -> Policy:
        limits = More(**{name: getattr(LIMITS_OF_GRID, name) for name in LIMITS}, surprise=value)
        return replace(policy(), bots={GRID.name: replace(GRID, limits=limits)})

    for before, after in ((1, 2), (2, 1), (None, 1), (1, None)):
        changes = diff(with_(before), with_(after))
        assert [(change.what, change.effect) for change in changes] == [("bot.grid.limits.surprise", WIDER)]
    assert diff(with_(1), with_(1)) == ()


GRID_TEXT = TEXT[TEXT.index("[bot.grid]") : TEXT.index("[bot.eyes]")]
TRADES = GRID_TEXT[GRID_TEXT.index("role ") :]
TWIN = GRID_TEXT.replace("bot.grid", "bot.twin")
SPARE = '[account.spare]\nexchange = "binance"\ncurrency = "USDT"\nfee = "0.1%"\n'

# What a thief with the owner's socket would try, so that a change looks like none or like less.
TRICKS = {
    "a bot under another name, whose day is unused": TEXT.replace("bot.grid", "bot.other"),
    "one bot as two on the same account": TEXT + TWIN,
    "two that may half as much each": (TEXT + TWIN).replace('"5000"', '"2500"'),
    "a lower fee, which charges orders less": TEXT.replace('"0.1%"', '"0.01%"'),
    "the same bot on another account": SPARE + TEXT.replace('"main"\nrole    = "tr', '"spare"\nrole    = "tr'),
    "the account's name on another exchange": TEXT.replace('"binance"', '"kraken"'),
    "narrower in all but one": TEXT.replace('"5000"', '"1"').replace('"2000"', '"1"').replace("= 20", "= 21"),
    "a watcher that trades": TEXT.replace('role    = "watch"\n', TRADES.replace("bot.grid", "bot.eyes")),
    "a rehearsal of it, where nothing waits": TEXT.replace('"binance"', '"paper-binance"'),
    "a shorter wait": '[change]\nwait = "59m"\n' + TEXT,
}


@pytest.mark.parametrize("text", TRICKS.values(), ids=TRICKS)
def test_what_a_thief_would_call_no_change_is_wider(text: str) -> None:
    assert text != TEXT
    assert widens(diff(policy(), load(text)))


NOTHING_NEW = {
    "symbols in another order": TEXT.replace('"BTC/USDT", "ETH/USDT"', '"ETH/USDT", "BTC/USDT"'),
    "orders in another order": TEXT.replace('"limit", "limit-maker"', '"limit-maker", "limit"'),
    "bots in another order": TEXT.replace(GRID_TEXT, "") + "\n" + GRID_TEXT,
    "an idle zero": TEXT.replace('"500"', '"500.00"'),
    "the hour that it waits anyway": TEXT + '\n[change]\nwait = "60m"\n',
}


@pytest.mark.parametrize("text", NOTHING_NEW.values(), ids=NOTHING_NEW)
def test_what_means_the_same_changes_nothing(text: str) -> None:
    assert text != TEXT
    assert diff(policy(), load(text)) == ()


PAPER = TEXT.replace('"binance"', '"paper-binance"')
WRITTEN = '\n[change]\nwait = "2d"\n'
HOUR = 3_600_000
WAITS = [
    # in force,        new,              a change that widens waits
    (TEXT,             TEXT,             HOUR),
    (TEXT + WRITTEN,   TEXT,             48 * HOUR),
    (TEXT,             TEXT + WRITTEN,   HOUR),
    (TEXT,             PAPER,            HOUR),  # what is in force has real money
    (PAPER,            TEXT,             HOUR),  # what is asked for has
    (PAPER,            PAPER,            0),
    (PAPER,            PAPER + WRITTEN,  0),
    (PAPER + WRITTEN,  PAPER,            48 * HOUR),
    (PAPER + WRITTEN,  TEXT,             48 * HOUR),
    (None,             TEXT,             HOUR),  # one was in force, and cannot be read any more
    (None,             PAPER,            HOUR),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "waits"), WAITS)
def test_only_from_one_rehearsal_to_the_next_does_nothing_wait(old: str | None, new: str, waits: int) -> None:
    assert wait_ms(load(old) if old else None, load(new)) == waits


def test_the_way_of_every_limit_is_tried_in_both_directions() -> None:
    full = load(FULL)
    grid = full.bots[GRID.name]
    assert grid.limits is not None
    for name, setting in SETTINGS[Limits].items():
        if setting.way is Way.AMOUNTS:
            continue  # EACH_WAY has it
        more, less = (replace(grid.limits, **{name: getattr(grid.limits, name) * times}) for times in (2, 0))
        widened = [
            widens(diff(full, replace(full, bots={**full.bots, GRID.name: replace(grid, limits=limits)})))
            for limits in (more, less)
        ]
        assert widened == [setting.way is Way.MORE, setting.way is Way.LESS], name
