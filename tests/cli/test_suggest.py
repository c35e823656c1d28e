"""`ringfence policy suggest`, as a person and a script see it."""

import time
from pathlib import Path
from typing import Any

import pytest

from ringfence.ipc.messages import AskFills, Failed, Message
from tests.cli.terminal import reply, ringfence, signer

NONE_YET = Failed("Misconfigured", "no policy is in force", None)
EMPTY: dict[str, Any] = {"exchange": "paper-binance", "fills": [], "after": None, "wait_s": 0}


def fill(number: int, quantity: str = "1", **changes: object) -> dict[str, Any]:
    """A purchase at 100 of so much, as the signer tells it."""
    return {
        "native": "BTCUSDT",
        "trade": number,
        "order_id": str(number),
        "side": "BUY",
        "price": "100",
        "quantity": quantity,
        "quote": str(float(quantity) * 100),
        "fee": "0",
        "fee_asset": "USDT",
        "at": time.time_ns() // 1_000_000 - 1_000_000 + number,
        "maker": True,
        **changes,
    }


def told(*fills: dict[str, Any], **changes: object) -> Message:
    return reply({**EMPTY, "fills": fills, **changes})


def draft(home: Path, **limits: str) -> Path:
    """The deployment's draft for one symbol, with other limits."""
    text = (home / "policy.toml").read_text().replace('["BTC/USDT", "ETH/USDT"]', '["BTC/USDT"]')
    for name, value in limits.items():
        lines = [f"{name} = {value}" if line.startswith(f"{name} ") else line for line in text.splitlines()]
        text = "\n".join(lines)
    file = home / "draft.toml"
    file.write_text(text)
    return file


def test_a_draft_that_refuses_none_ends_with_nought(home: Path) -> None:
    file = draft(home)
    with signer(home, AskPolicy=NONE_YET, AskFills=told(fill(1), fill(2))) as running:
        done = ringfence(home, "policy", "suggest", str(file))
    assert (done.code, done.err) == (0, "")
    assert "30 days, 2 orders in 2 fills; 0 of them exits" in done.out
    assert "the draft would have refused none of 2 orders" in done.out
    assert "stealable in a day, by the limits:" in done.out
    assert "with what refuses raised" not in done.out
    assert running.asked[-1] == AskFills("main", "BTC/USDT", -1)


def test_a_draft_that_refuses_some_says_which_value_would_not_and_what_that_costs(home: Path) -> None:
    file = draft(home, order_notional='"150"')
    with signer(home, AskPolicy=NONE_YET, AskFills=told(fill(1), fill(2, "1.234"), fill(3, "2.5"))):
        done = ringfence(home, "policy", "suggest", str(file))
    assert (done.code, done.err) == (1, "")
    assert "order_notional refuses 1 of 3 orders; 250 would have refused none" in done.out
    assert "buy 2.5 BTC/USDT at 100" in done.out
    assert "with what refuses raised" in done.out


def test_what_fills_cannot_tell_is_said_and_not_guessed(home: Path) -> None:
    with signer(home, AskPolicy=NONE_YET, AskFills=told(fill(1))):
        done = ringfence(home, "policy", "suggest", str(draft(home)))
    below = done.out.split("Cannot be told from fills:")[1]
    for name in ("collar", "loss_budget", "open_orders", "cancels_per_minute", "amends_per_minute", "drawdown_stop"):
        assert name in below
    assert "Positions are rebuilt" in below


def test_a_program_gets_the_same_as_a_document(home: Path) -> None:
    file = draft(home, order_notional='"150"')
    with signer(home, AskPolicy=NONE_YET, AskFills=told(fill(1), fill(2, "2.5"))):
        done = ringfence(home, "policy", "suggest", str(file), "--json", "--days", "7")
    found = done.json()
    assert done.code == 1
    assert (found["bot"], found["account"], found["days"], found["symbols"]) == ("grid", "main", 7, ["BTC/USDT"])
    [row] = [row for row in found["rows"] if row["limit"] == "order_notional"]
    assert (row["draft"], row["none"], row["judged"], row["refused"]) == ("150", "250", 2, 1)
    assert row["first"]["order_id"] == "2"
    assert set(found["stealable"]) == {"draft", "raised", "fitted"}
    assert "collar, exit_collar, slow_collar" in found["untold"]
    assert found["advice"][0].startswith("order_notional refuses 1 of 2 orders")


@pytest.mark.parametrize(("fee", "code"), [("0.1", 0), ("0.10000001", 0), ("0.11", 1)])
def test_a_fee_above_the_policys_is_found(home: Path, fee: str, code: int) -> None:
    with signer(home, AskPolicy=NONE_YET, AskFills=told(fill(1, fee=fee))):
        done = ringfence(home, "policy", "suggest", str(draft(home)))
    assert done.code == code
    assert ("1 fills paid more" in done.out) is bool(code)


def test_what_is_older_than_was_asked_for_is_left_out(home: Path) -> None:
    now = time.time_ns() // 1_000_000
    old, fresh = (fill(number, at=now - age * 86_400_000) for number, age in ((1, 8), (2, 6)))
    with signer(home, AskPolicy=NONE_YET, AskFills=told(old, fresh)):
        assert ringfence(home, "policy", "suggest", str(draft(home)), "--days", "7", "--json").json()["fills"] == 1


def test_no_trades_are_nothing_to_judge_by(home: Path) -> None:
    with signer(home, AskPolicy=NONE_YET, AskFills=told()):
        done = ringfence(home, "policy", "suggest")
    assert done.code == 0
    assert "account main has no trades in BTC/USDT, ETH/USDT in the last 30 days" in done.out
    assert "nothing tells whether the limits fit" in done.out


def test_symbols_of_the_policy_in_force_and_those_named_are_looked_at_too(home: Path) -> None:
    in_force = reply({"text": (home / "policy.toml").read_text(), "digest": "ab" * 32, "seq": 7})
    with signer(home, AskPolicy=in_force, AskFills=told()) as running:
        done = ringfence(home, "policy", "suggest", str(draft(home)), "--also", "SOL/USDT, BTC/USDT")
    assert done.code == 0, done.err
    asked = [message.symbol for message in running.asked if isinstance(message, AskFills)]
    assert asked == ["BTC/USDT", "ETH/USDT", "SOL/USDT"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--bot", "other"), "the draft names no bot other"),
        (("--also", "btc"), "btc is no symbol for bot grid"),
        (("--also", "BTC/EUR"), "BTC/EUR is no symbol for bot grid"),
        (("nowhere.toml",), "nowhere.toml: No such file"),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_is_asked(
    home: Path, arguments: tuple[str, ...], said: str
) -> None:
    with signer(home, AskPolicy=NONE_YET) as running:
        done = ringfence(home, "policy", "suggest", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert not any(isinstance(message, AskFills) for message in running.asked)


@pytest.mark.parametrize("days", ["0", "91"])
def test_how_far_to_look_back_has_its_bounds(home: Path, days: str) -> None:
    assert ringfence(home, "policy", "suggest", "--days", days).code == 2


def test_of_several_bots_one_must_be_named_and_a_guard_has_no_limits_of_its_own(home: Path) -> None:
    text = (home / "policy.toml").read_text()
    grid = text[text.index("[bot.grid]") :]
    guard = '\n[bot.guard]\naccount = "main"\nrole = "trade"\nguards = "grid"\n'
    (home / "policy.toml").write_text(text + grid.replace("bot.grid", "bot.second") + guard)
    with signer(home, AskPolicy=NONE_YET, AskFills=told()):
        unnamed = ringfence(home, "policy", "suggest")
        named = ringfence(home, "policy", "suggest", "--bot", "second")
        guarding = ringfence(home, "policy", "suggest", "--bot", "guard")
    assert (unnamed.code, named.code, guarding.code) == (2, 0, 2)
    assert "the draft has 2 bots that trade\nhint: --bot NAME: grid, second" in unnamed.err
    assert "bot guard has no limits of its own" in guarding.err


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (
            Failed("Misconfigured", "account main has no key", "ringfence key add main"),
            2,
            "hint: ringfence key add main",
        ),
        (Failed("Unreachable", "paper-binance did not answer", "ringfence status"), 3, "did not answer"),
        (told(exchange="binance"), 2, "account main is on paper-binance, but its key is for binance"),
        (reply({"fills": "some"}), 4, "cannot be read"),
    ],
)
def test_what_the_signer_cannot_tell_is_an_error_with_a_hint(home: Path, answer: Message, code: int, said: str) -> None:
    with signer(home, AskPolicy=NONE_YET, AskFills=answer):
        done = ringfence(home, "policy", "suggest")
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_without_a_signer_there_is_nobody_to_ask(home: Path) -> None:
    done = ringfence(home, "policy", "suggest")
    assert done.code == 3
    assert "the signer is not running" in done.err


def classed(home: Path) -> Path:
    """The draft, with a class of symbols."""
    file = draft(home)
    described = '{ most = 5, venues = 3, volume = "1000", listed = "30d" }'
    file.write_text(file.read_text().replace('["BTC/USDT"]', described))
    return file


def test_a_class_is_looked_at_in_the_symbols_that_it_has_now(home: Path) -> None:
    file = classed(home)
    in_force = reply({"text": file.read_text(), "digest": "d", "seq": 1, "members": {"grid": ["BTC/USDT"]}})
    with signer(home, AskPolicy=in_force, AskFills=told(fill(1), fill(2))) as running:
        done = ringfence(home, "policy", "suggest", str(file))
    assert (done.code, done.err) == (0, "")
    assert running.asked[-1] == AskFills("main", "BTC/USDT", -1)
    assert not any(line.startswith("symbols") for line in done.out.splitlines())


def test_a_class_that_nobody_has_looked_up_needs_symbols_named(home: Path) -> None:
    file = classed(home)
    with signer(home, AskPolicy=NONE_YET, AskFills=told(fill(1))):
        done = ringfence(home, "policy", "suggest", str(file))
        named = ringfence(home, "policy", "suggest", str(file), "--also", "BTC/USDT")
    assert done.code == 2
    assert "are a class, which nobody has looked up yet" in done.err
    assert "--also" in done.err
    assert named.code == 0
