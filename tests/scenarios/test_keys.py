"""Keys of every kind, real and virtual, through real processes; and a real key that may do too much."""

import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import ccxt
import pytest

from ringfence.cli.keypair import understood
from ringfence.dialects.dialect import Algorithm
from ringfence.dialects.signing import Key
from ringfence.ipc.messages import AskKey
from tests.cli.terminal import Said, ringfence
from tests.deployment import PASSPHRASE, POLICY, Deployment
from tests.scenarios.test_attacks import limit, low, orders
from tests.scenarios.test_captured_gateway import Captured, capture

pytestmark = pytest.mark.timeout(120)

KINDS = [("main-ed25519", Algorithm.ED25519), ("main-rsa", Algorithm.RSA), ("main", Algorithm.ED25519)]


@pytest.fixture(params=KINDS, ids=["ed25519", "rsa", "ed25519 before hmac"])
def mixed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    real, virtual = request.param
    with Deployment.make(tmp_path / "h", real=real, virtual=virtual) as made:
        yield made


def client(deployment: Deployment) -> Any:
    key, secret = deployment.bots["grid"]
    exchange = ccxt.binance({"apiKey": key, "secret": secret, "options": {"defaultType": "spot"}})
    for name, url in exchange.urls["api"].items():
        if isinstance(url, str) and "api.binance.com" in url:
            exchange.urls["api"][name] = f"{deployment.url}/{url.split('/', 3)[3]}"
    exchange.options["fetchMarkets"] = {"types": ["spot"]}
    exchange.has["fetchCurrencies"] = False
    return exchange


def test_a_client_with_a_key_pair_trades_through_a_real_key_of_any_kind(mixed: Deployment) -> None:
    exchange = client(mixed)
    exchange.load_markets()
    price = exchange.price_to_precision("BTC/USDT", mixed.mid() * 0.97)
    placed = exchange.create_order("BTC/USDT", "limit", "buy", 0.001, price)
    assert placed["status"] == "open"
    assert exchange.cancel_order(placed["id"], "BTC/USDT")["status"] == "canceled"
    [order] = [order for order in mixed.truth()["orders"] if order["account"] == "main"]
    assert order["status"] == "CANCELED"


def with_a_plus(secret: str, order: dict[str, object]) -> tuple[str, str]:
    """Sign an order so that the base64 of its signature has a plus, which a form can say in two ways."""
    kind, held, _ = understood(bytearray(secret.encode()))
    key, now = Key(kind, memoryview(held)), int(time.time() * 1000)
    for at in range(now - 200, now):
        query = urlencode({**order, "timestamp": at})
        signature = b64encode(key.sign(query.encode())).decode()
        if "+" in signature:
            return query, signature
    raise AssertionError("200 signatures without a plus")


@pytest.mark.parametrize("virtual", [Algorithm.ED25519, Algorithm.RSA])
def test_it_cannot_repeat_an_order_by_writing_its_signature_in_another_way(tmp_path: Path, virtual: Algorithm) -> None:
    """A captured gateway has the bot's request, and base64 goes into a form as it is or escaped."""
    with Deployment.make(tmp_path / "h", virtual=virtual) as made:
        key, secret = made.bots["grid"]
        query, signature = with_a_plus(secret, limit("0.001", low(made)))

        async def attack(gateway: Captured) -> None:
            every = "".join(f"%{ord(letter):02x}" for letter in signature)
            for number, written in enumerate((quote(signature, safe=""), signature, quote(signature, safe="+"), every)):
                answer = await gateway.ask(number, "POST", f"/api/v3/order?{query}&signature={written}", key)
                assert answer.status == 200

        capture(made, attack)
        assert len(orders(made)) == 1


def test_a_key_that_may_withdraw_adds_no_risk_and_is_said_so(tmp_path: Path) -> None:
    """Nobody probed it when it came: it was put into the vault while no signer ran."""
    with Deployment.make(tmp_path / "h", real="main-withdraw") as made:
        found = made.ask(AskKey("main"))
        assert found["ok"] is False
        assert {"it can withdraw"} <= {one["text"] for one in found["findings"] if one["level"] == "critical"}
        status, body = made.buy("0.001", f"{made.mid() * 0.97:.2f}")
        assert status == 400
        assert (
            "ringfence refused: key-rights: only exits are placed with the real key of account main: it can withdraw"
            in body["msg"]
        )
        assert not [order for order in made.truth()["orders"] if order["account"] == "main"]
        assert any("it can withdraw" in alarm["text"] for alarm in made.status()["alarms"])
        status, body = made.call("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=1)
        assert (status, "not-this-bots-order" in body["msg"]) == (400, True)  # a cancel is asked about, not shut out


def site(deployment: Deployment, **more: object) -> None:
    """Change the key on the exchange's site."""
    deployment.paper("POST", "/key", {"name": "main", "account": "main", "addresses": ["127.0.0.1"], **more})


def again(deployment: Deployment) -> None:
    """Start the signer anew, and wait until nothing is missing but what it may not know."""
    deployment.kill("signer")
    deployment.start("signer")

    def ready() -> bool:
        status = deployment.status()
        clocks = [one["venue_offset_ms"] is not None for one in status["accounts"]]
        prices = [age is not None and age < 4 for age in status["warm_up"].values()]
        known = [
            bot["unknown_outcomes"] == 0 for bot in status["bots"]
        ]  # the kill may have come before they were written
        return all((*clocks, *prices, *known, *status["processes"].values()))

    deployment.wait(ready)


def test_while_nobody_tells_what_a_key_may_do_only_exits_are_placed_with_it(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "h") as made:
        assert made.buy("0.002", f"{made.mid() * 1.004:.2f}")[0] == 200
        site(made, silent=True)
        again(made)
        status, body = made.buy("0.001", low(made))
        assert (status, "key-rights" in body["msg"]) == (400, True)
        assert "what it may do is not known yet" in body["msg"]
        assert [one["unfit"] for one in made.status()["accounts"]] == [None]
        sold = limit("0.001", f"{made.mid() * 0.996:.2f}", side="SELL")
        assert made.call("POST", "/api/v3/order", **sold)[0] == 200
        site(made)
        made.wait(made.warm)  # it asks again by itself
        assert made.buy("0.001", low(made))[0] == 200


def test_an_answer_that_tells_nothing_changes_nothing_of_what_was_known(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "h") as made:
        for silence in ({"silent": True}, {"unsaid": ["enableWithdrawals"]}):
            site(made, **silence)
            found = made.ask(AskKey("main"))
            assert found["ok"] is False
            assert "unanswered" in {one["level"] for one in found["findings"]}
            assert made.buy("0.001", low(made))[0] == 200


def test_a_right_that_is_given_later_stops_what_adds_risk_until_it_is_taken_away(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "h") as made:
        site(made, rights=["enableReading", "enableSpotAndMarginTrading", "permitsUniversalTransfer"])
        assert made.ask(AskKey("main"))["ok"] is False
        assert "it can move money between" in made.buy("0.001", low(made))[1]["msg"]
        site(made, silent=True)
        made.ask(AskKey("main"))
        assert made.buy("0.001", low(made))[0] == 400  # what is known to be wrong is not forgotten over a silence
        site(made)
        assert made.ask(AskKey("main"))["ok"] is True
        assert made.buy("0.001", low(made))[0] == 200


def test_what_a_key_may_do_is_found_without_being_asked(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "h", real="main-withdraw") as made:
        deadline = time.monotonic() + 20
        while not any("it can withdraw" in alarm["text"] for alarm in made.status()["alarms"]):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_good_key_is_said_to_be_good(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "h", policy=POLICY) as made:
        found = made.ask(AskKey("main"))
    assert found["ok"] is True
    levels = {one["text"]: one["level"] for one in found["findings"]}
    assert levels["the exchange accepts the key"] == levels["it cannot withdraw"] == "ok"
    assert levels["it is 0 days old"] == "ok"
    assert "unanswered" not in levels.values()


def add_reading(made: Deployment, key: str) -> Said:
    words = ("key", "add", "main", "--read-only", "--paper-account", key)
    return ringfence(made.home, *words, secrets={"passphrase": PASSPHRASE})


def followed(made: Deployment) -> list[str]:
    return [name for socket in made.paper("GET", "/sockets") for name in socket["accounts"]]


def test_events_are_followed_with_a_key_that_can_only_read_and_no_other_passes_for_one(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "h") as made:
        for key, said in (("main-ed25519", "it can trade on spot"), ("accomplice", "it is a key of another account")):
            done = add_reading(made, key)
            assert (done.code, said in done.out) == (2, True), done.out + done.err
        done = add_reading(made, "main-watch")
        assert (done.code, "it is a key of the same account" in done.out) == (0, True), done.out + done.err
        assert made.ask(AskKey("main", "watch"))["ok"] is True
        made.wait(lambda: followed(made) == ["main"])
        assert made.status()["accounts"][0]["read_only_key"]
        assert made.buy("0.001", low(made))[0] == 200  # it trades with the other


def test_a_foreign_key_that_was_sealed_while_nobody_could_ask_is_found_out_and_follows_nothing(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "h") as made:
        made.wait(lambda: followed(made) == ["main"])
        made.kill("signer")
        assert add_reading(made, "accomplice").code == 0
        made.start("signer")
        made.wait(made.warm)
        made.wait(lambda: any("it is a key of another account" in alarm["text"] for alarm in made.status()["alarms"]))
        assert followed(made) == []
        assert made.ask(AskKey("main", "watch"))["ok"] is False
        assert made.buy("0.001", low(made))[0] == 200
