"""Each profile is a policy that reads well, scales with the money, and costs what it says at most."""

from decimal import Decimal

import pytest

from ringfence.cli import starter
from ringfence.policy.bound import radius
from ringfence.policy.draft import load_draft
from ringfence.policy.policy import BotPolicy
from ringfence.policy.profiles import PROFILES, policy_text

SYMBOLS = ("BTC/USDT", "ETH/USDT")
CAPITALS = ("500", "999.99", "1000", "2500", "10000", "123456", "1000000")
MOST = {"grid": "0.01", "market-maker": "0.01", "swing": "0.025"}  # one with stops at the exchange costs more


def made(name: str, capital: str) -> BotPolicy:
    text = policy_text(name, "binance", Decimal(capital), "USDT", SYMBOLS, "first")
    (bot,) = load_draft(text).bots.values()
    return bot


@pytest.mark.parametrize("capital", CAPITALS)
@pytest.mark.parametrize("name", PROFILES)
def test_what_can_be_stolen_in_a_day_is_a_small_part_of_the_capital(name: str, capital: str) -> None:
    stealable, gambleable = radius(made(name, capital), confined=True)
    assert stealable.amount is not None
    assert gambleable.amount is not None
    assert stealable.amount <= Decimal(capital) * Decimal(MOST[name]) + Decimal("0.05")  # the terms' cents
    assert gambleable.amount <= Decimal(capital) * Decimal("0.06")


@pytest.mark.parametrize("capital", CAPITALS)
@pytest.mark.parametrize("name", PROFILES)
def test_no_limit_is_in_the_way_of_another(name: str, capital: str) -> None:
    limits = made(name, capital).limits
    assert limits is not None
    order, window, exposure = limits.order_notional, limits.window_notional, limits.exposure
    assert isinstance(order, Decimal)
    assert isinstance(window, Decimal)
    assert isinstance(exposure, Decimal)
    assert limits.order_minimum is not None
    assert limits.order_minimum <= order <= exposure <= window <= Decimal(capital)


def test_amounts_are_rounded_down_to_what_a_person_would_write() -> None:
    limits = made("grid", "123456").limits
    assert limits is not None
    assert [str(limits.order_notional), str(limits.window_notional), str(limits.loss_budget)] == [
        "6100",
        "37000",
        "490",
    ]


def test_what_init_writes_is_the_grid_of_ten_thousand() -> None:
    assert starter.policy_text("binance") == policy_text("grid", "binance", Decimal(10_000), "USDT", SYMBOLS)
    stealable, _ = radius(next(iter(load_draft(starter.policy_text("binance")).bots.values())), confined=True)
    assert stealable.amount is not None
    assert stealable.amount <= 100  # 1 % a day of the account that it is for
