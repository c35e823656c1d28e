"""`ringfence policy symbols`, as a person and a script see it."""

from pathlib import Path
from typing import Any

from ringfence.ipc.messages import Failed
from tests.cli.terminal import reply, ringfence, signer

NONE_YET = Failed("Misconfigured", "no policy is in force", "write policy.toml")
BTC = {
    "symbol": "BTC/USDT",
    "native": "BTCUSDT",
    "base": "BTC",
    "quote": "USDT",
    "tick": "0.01",
    "step": "0.00001",
    "min_quantity": "0.00001",
    "max_quantity": "9000",
    "min_notional": "5",
}
CLASS = '{ most = 5, venues = 3, volume = "1000", listed = "30d", except = ["ETH/USDT"] }'


def in_force(home: Path, symbols: str, **more: object) -> Any:
    text = (home / "policy.toml").read_text().replace('["BTC/USDT", "ETH/USDT"]', symbols)
    return reply({"text": text, "digest": "ab" * 32, "seq": 7, "now": 7_200_000, "pinned": {"main": [BTC]}, **more})


def test_a_list_is_shown_as_it_is_written(home: Path) -> None:
    with signer(home, AskPolicy=in_force(home, '["BTC/USDT", "ETH/USDT"]')):
        done = ringfence(home, "policy", "symbols")
    assert done.code == 0
    assert "BTC/USDT, ETH/USDT" in done.out
    assert "looked up" not in done.out


def test_a_class_is_shown_with_its_words_and_its_age(home: Path) -> None:
    with signer(home, AskPolicy=in_force(home, CLASS, members={"grid": ["BTC/USDT"]}, looked=3_600_000)):
        done = ringfence(home, "policy", "symbols")
        told = ringfence(home, "policy", "symbols", "--json").json()
    words = " ".join(done.out.split())
    assert "grid: at most 5 pairs against USDT, those with the highest volume of a day, 1000 or more" in words
    assert "listed for 30d, priced by 3 venues, not ETH/USDT; looked up 1 hour ago" in words
    assert (told["bots"], told["classes"], told["looked"]) == ({"grid": ["BTC/USDT"]}, ["grid"], 3_600_000)
    assert told["pinned"]["main"][0]["tick"] == "0.01"


def test_a_class_without_a_symbol_says_what_that_means(home: Path) -> None:
    with signer(home, AskPolicy=in_force(home, CLASS)):
        assert "none: only exits pass" in ringfence(home, "policy", "symbols").out


def test_what_is_pinned_is_shown_as_it_trades(home: Path) -> None:
    with signer(home, AskPolicy=in_force(home, CLASS)):
        done = ringfence(home, "policy", "symbols", "--pinned")
    assert done.out.splitlines()[-1].split() == ["main", "BTC/USDT", "BTCUSDT", "0.01", "0.00001", "5", "USDT"]


def test_without_a_policy_there_is_nothing_to_show(home: Path) -> None:
    with signer(home, AskPolicy=NONE_YET):
        done = ringfence(home, "policy", "symbols")
    assert done.code == 2
    assert "no policy is in force" in done.err
