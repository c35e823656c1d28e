"""Symbols by class, through real processes on the paper exchange."""

from collections.abc import Iterator

import pytest

from ringfence.drill.markets import markets
from ringfence.ipc.messages import AskPolicy
from tests.deployment import POLICY, Deployment, Refused
from tests.scenarios.test_attacks import low
from tests.scenarios.test_limits import MARKET

CLASS = POLICY.replace(
    'symbols = ["BTC/USDT", "ETH/USDT"]',
    'symbols = { most = 5, venues = 3, volume = "10000", listed = "30d", except = ["VIA/USDT"] }',
)
YOUNG = markets(["NEWUSDT"]) + "listed_days = 2\n" + markets(["OLDUSDT"])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A running deployment whose bot has a class of symbols, at an exchange that has just listed one more."""
    made = Deployment.written(tmp_path_factory.mktemp("classed") / "home", CLASS)
    (made.home / "paper").mkdir(mode=0o700)
    (made.home / "paper" / "scenario.toml").write_text(YOUNG)
    made.begin(("grid",))
    with made:
        yield made


@pytest.fixture
def it(running: Deployment) -> Deployment:
    """The same, with the whole class in force."""
    running.apply(CLASS)
    running.wait(running.warm)
    return running


def members(it: Deployment) -> set[str]:
    found: list[str] = it.ask(AskPolicy())["members"]["grid"]
    return set(found)


def test_a_class_is_what_trades_enough_and_is_not_new(it: Deployment) -> None:
    assert members(it) == {"BTC/USDT", "ETH/USDT", "OLD/USDT"}
    assert it.buy("0.0002", low(it))[0] == 200
    assert it.buy("0.2", 99, symbol="OLDUSDT")[0] == 200
    assert it.buy("0.2", 99, symbol="NEWUSDT")[0] == 400, "its name is not even known here"
    assert it.buy("300", "0.398", symbol="VIAUSDT")[0] == 400


def test_what_has_left_the_class_can_be_sold_and_not_bought(it: Deployment) -> None:
    assert it.call("POST", "/api/v3/order", **(MARKET | {"symbol": "ETHUSDT"}), side="BUY", quantity="0.02")[0] == 200
    it.apply(CLASS.replace('except = ["VIA/USDT"]', 'except = ["VIA/USDT", "ETH/USDT"]'))
    assert members(it) == {"BTC/USDT", "OLD/USDT"}
    it.kill("signer")
    it.start("signer")
    it.wait(it.warm)
    assert members(it) == {"BTC/USDT", "OLD/USDT"}
    status, body = it.call("POST", "/api/v3/order", **(MARKET | {"symbol": "ETHUSDT"}), side="BUY", quantity="0.02")
    assert (status, "symbol" in body["msg"]) == (400, True)
    it.wait(
        lambda: (
            it.call("POST", "/api/v3/order", **(MARKET | {"symbol": "ETHUSDT"}), side="SELL", quantity="0.0199")[0]
            == 200
        )
    )


def test_while_the_exchange_is_away_a_class_is_not_applied(it: Deployment) -> None:
    it.kill("courier")
    with pytest.raises(Refused, match="did not say what was traded in a day"):
        it.apply(CLASS.replace("most = 5", "most = 6"))
    it.start("courier")
    it.wait(it.warm)
    assert it.buy("0.0002", low(it))[0] == 200
