import http.client
import json
import signal
import socket
import ssl
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ringfence.paper.keys import ApiKey
from tests.paper.process import STILL, Running, running, write_settings
from tests.paper.venue import sign


def known(paper: Running, client_id: str) -> list[Any]:
    return [order for order in paper.orders() if order["clientOrderId"] == client_id]


FAULTS = [
    # what is ordered, what the bot sees (None: its connection is cut), and how many orders there are afterwards
    ("drop-before-accept", None, 0),
    ("drop-after-accept", None, 1),
    ("error-after-accept", 504, 1),
    ("outage", 503, 0),
    ("limit", 429, 0),
    ("echo", 400, 0),
    ("delay", 200, 1),
    ("hold", 200, 1),
]


@pytest.mark.parametrize(("kind", "seen", "orders"), FAULTS)
def test_a_fault_does_what_it_says_once(paper: Running, kind: str, seen: int | None, orders: int) -> None:
    match = {"method": "POST", "path": "/api/v3/order"}
    order = {"kind": kind, "count": 1, "seconds": "0.05", "match": match}
    assert paper.control("POST", "/fault", order) == (200, {})
    assert paper.send("GET", "/api/v3/ping")[0] == 200
    if seen is None:
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            paper.buy(kind)
    else:
        assert paper.buy(kind)[0] == seen
    assert len(known(paper, kind)) == orders
    assert paper.buy(f"{kind}-after")[0] == 200


def test_an_answer_with_a_fault_says_that_the_outcome_is_unknown(paper: Running) -> None:
    paper.control("POST", "/fault", {"kind": "error-after-accept"})
    status, body = paper.send("GET", "/api/v3/ping")
    assert (status, body["code"]) == (504, -1007)
    assert "execution status unknown" in body["msg"]


def test_a_duplicate_reply_is_one_order_and_two_answers_on_the_wire(paper: Running) -> None:
    paper.control("POST", "/fault", {"kind": "duplicate-reply", "match": {"path": "/api/v3/order"}})
    key = paper.keys["main"]
    time = paper.send("GET", "/api/v3/time")[1]["serverTime"]
    query = f"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=50000&timestamp={time}"
    query += "&newClientOrderId=twice"
    target = f"/api/v3/order?{query}&signature={sign(key.secret, query)}"
    head = f"POST {target} HTTP/1.1\r\nHost: x\r\nX-MBX-APIKEY: {key.key}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", paper.ports.plain_port), timeout=20) as wire:
        wire.sendall(head.encode())
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 200") == 2
    assert answer.count(b'"clientOrderId":"twice"') == 2
    assert len(known(paper, "twice")) == 1


def test_an_echo_gives_away_what_was_signed(paper: Running) -> None:
    """S53: some exchanges and their front ends repeat a request in an error; nothing of it may reach a bot."""
    paper.control("POST", "/fault", {"kind": "echo"})
    _, body = paper.buy("echoed")
    assert paper.keys["main"].key in body["msg"]
    assert "&signature=" in body["msg"]


def test_a_redirect_points_where_it_is_told_and_nothing_is_done(paper: Running) -> None:
    paper.control("POST", "/fault", {"kind": "redirect", "to": "http://127.0.0.1:1"})
    connection = http.client.HTTPConnection("127.0.0.1", paper.ports.plain_port, timeout=20)
    connection.request("GET", "/api/v3/ping?x=1")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (307, "http://127.0.0.1:1/api/v3/ping?x=1")
    connection.close()


def test_garbage_is_half_an_answer_to_an_order_that_stands(paper: Running) -> None:
    paper.control("POST", "/fault", {"kind": "garbage-after-accept"})
    with pytest.raises(json.JSONDecodeError):
        paper.buy("garbled")
    assert len(known(paper, "garbled")) == 1


def test_faults_can_be_counted_and_cleared(paper: Running) -> None:
    paper.control("POST", "/fault", {"kind": "outage", "count": 2})
    assert [paper.send("GET", "/api/v3/ping")[0] for _ in range(3)] == [503, 503, 200]
    paper.control("POST", "/fault", {"kind": "outage", "seconds": "600", "match": {"listener": "plain"}})
    assert [paper.send("GET", "/api/v3/ping")[0] for _ in range(3)] == [503, 503, 503]
    paper.control("POST", "/faults/clear")
    assert paper.send("GET", "/api/v3/ping")[0] == 200


@pytest.mark.parametrize("door", ["port", "east_port", "west_port"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_other_doors_speak_tls_with_a_certificate_of_the_own_authority(
    paper: Running, door: str, host: str
) -> None:
    connection = http.client.HTTPSConnection(host, getattr(paper.ports, door), timeout=20, context=paper.tls())
    connection.request("GET", "/api/v3/ticker/bookTicker?symbol=VIAUSDT")
    answer = connection.getresponse()
    assert answer.status == 200
    assert json.loads(answer.read())["symbol"] == "VIAUSDT"
    connection.close()


def test_nobody_else_vouches_for_the_certificate(paper: Running) -> None:
    stranger = http.client.HTTPSConnection("127.0.0.1", paper.ports.port, context=ssl.create_default_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        stranger.request("GET", "/api/v3/ping")
    stranger.close()


def test_what_reached_the_exchange_can_be_shown_to_the_byte(paper: Running) -> None:
    paper.send("DELETE", "/api/v3/%6Frder?origClientOrderId=shown&x=%2e", "the-key", b"a=\xff")
    seen = paper.control("GET", "/requests")[1][-1]
    assert (seen["method"], seen["target"]) == ("DELETE", "/api/v3/%6Frder?origClientOrderId=shown&x=%2e")
    assert (seen["listener"], seen["client_id"]) == ("plain", None)  # the body is not UTF-8, so nothing is read
    assert ["X-MBX-APIKEY", "the-key"] in seen["headers"]
    paper.buy("shown-too")
    assert paper.control("GET", "/requests")[1][-1]["client_id"] == "shown-too"


@pytest.mark.parametrize(("size", "status"), [(1 << 16, 404), ((1 << 16) + 1, 413)])
def test_a_body_that_no_order_could_need_is_refused(paper: Running, size: int, status: int) -> None:
    assert paper.send("POST", "/no-such", body=b"x" * size)[0] == status


def test_the_truth_names_the_other_side_of_every_fill(paper: Running) -> None:
    paper.signed("POST", "/api/v3/order", "main", symbol="ETHUSDT", side="BUY", type="MARKET", quantity="0.01")
    order = [each for each in paper.orders() if each["symbol"] == "ETHUSDT"][-1]
    assert (order["account"], order["status"], order["history"][0]["status"]) == ("main", "FILLED", "NEW")
    assert [(fill["counterparty"], fill["isMaker"]) for fill in order["fills"]] == [("maker-1", False)]
    assert order["fills"][0]["commissionAsset"] == "ETH"


def test_prices_are_set_and_money_is_brought_in(paper: Running) -> None:
    assert paper.control("POST", "/price", {"symbol": "ETHUSDT", "price": "2500"})[0] == 200
    assert paper.control("POST", "/price", {"symbol": "ETHUSDT", "jump": "-10"})[0] == 200
    assert paper.control("POST", "/deposit", {"account": "main", "asset": "BTC", "amount": "0.5"})[0] == 200
    _, truth = paper.control("GET", "/truth")
    assert truth["prices"]["ETHUSDT"] == "2250.00000000"
    assert truth["movements"][-1]["kind"] == "deposit"
    assert float(truth["accounts"]["main"]["balances"]["BTC"]["free"]) >= 0.5
    assert float(paper.send("GET", "/api/v3/ticker/bookTicker?symbol=ETHUSDT")[1]["askPrice"]) < 2260


def test_a_price_can_be_led_along_a_path_step_by_step(tmp_path: Path) -> None:
    with running(tmp_path) as paper:
        paper.control("POST", "/price", {"symbol": "VIAUSDT", "path": ["0.5", "0.6"]})
        for _ in range(2):
            paper.control("POST", "/step")
        assert paper.control("GET", "/truth")[1]["prices"]["VIAUSDT"] == "0.60000000"
        paper.control("POST", "/price", {"symbol": "VIAUSDT", "freeze": False, "drift": "120"})
        for _ in range(20):
            paper.control("POST", "/step")
        assert float(paper.control("GET", "/truth")[1]["prices"]["VIAUSDT"]) > 0.7
        paper.control("POST", "/group", {"account": "bare", "group": 9})
        assert paper.signed("GET", "/api/v3/account", "bare")[1]["tradeGroupId"] == 9


WRONG = [
    ("/price", {"symbol": "NOSUCH", "price": "1"}),
    ("/price", {"symbol": "BTCUSDT", "price": "1e5"}),
    ("/price", {"symbol": "BTCUSDT", "price": "0"}),
    ("/price", {"symbol": "BTCUSDT", "jump": "-100"}),
    ("/price", {"symbol": "BTCUSDT", "prize": "1"}),
    ("/fault", {"kind": "explode"}),
    ("/fault", {"kind": "delay", "match": {"host": "x"}}),
    ("/deposit", {"account": "nobody", "asset": "USDT", "amount": "1"}),
    ("/deposit", {"account": "main", "asset": "USDT", "amount": "-1"}),
    ("/deposit", {"account": "main", "asset": "USDT", "amount": 1}),
    ("/group", {"account": "nobody", "group": 1}),
    ("/relist", {"symbol": "NOBODY", "tick": "0.1"}),
    ("/relist", {"symbol": "BTCUSDT", "tick": "-0.1"}),
    ("/key", {"name": "spare", "account": "nobody"}),
    ("/key", {"name": "spare", "account": "main", "rights": ["enableEverything"]}),
    ("/key", {"name": "spare", "account": "main", "rights": ["enableWithdrawals"]}),
]


@pytest.mark.parametrize(("path", "body"), WRONG)
def test_a_control_that_cannot_be_meant_is_refused_and_says_why(paper: Running, path: str, body: object) -> None:
    status, answer = paper.control("POST", path, body)
    assert status == 400
    assert answer["error"]


def test_a_revoked_key_is_refused_from_then_on(tmp_path: Path) -> None:
    with running(tmp_path) as paper:
        assert paper.signed("GET", "/api/v3/account", "accomplice")[0] == 200
        paper.control("POST", "/revoke", {"key": paper.keys["accomplice"].key})
        assert paper.signed("GET", "/api/v3/account", "accomplice")[0] == 401


def test_the_rights_of_a_key_change_while_the_exchange_runs(paper: Running) -> None:
    asked = {"name": "spare", "account": "main", "unsaid": ["enableMargin"], "created": 1_600_000_000_000}
    status, made = paper.control("POST", "/key", asked)
    assert status == 200
    paper.keys["spare"] = ApiKey("spare", "main", made["key"], made["secret"], frozenset())
    status, told = paper.signed("GET", "/sapi/v1/account/apiRestrictions", "spare")
    assert (status, told["createTime"], told["enableWithdrawals"]) == (200, 1_600_000_000_000, False)
    assert "enableMargin" not in told
    change = {**asked, "rights": ["enableReading", "enableWithdrawals"], "addresses": ["127.0.0.1"]}
    assert paper.control("POST", "/key", change) == (200, made)
    told = paper.signed("GET", "/sapi/v1/account/apiRestrictions", "spare")[1]
    assert (told["enableWithdrawals"], told["enableSpotAndMarginTrading"]) == (True, False)
    paper.control("POST", "/key", {**change, "silent": True})
    assert paper.signed("GET", "/sapi/v1/account/apiRestrictions", "spare")[0] == 500
    assert paper.signed("GET", "/api/v3/account", "spare")[0] == 200


def test_what_is_secret_is_for_the_owner_alone(paper: Running) -> None:
    folder = paper.settings.paper_ca.parent
    for path in (folder / "accounts.json", folder / "ca.key", folder / "server.key", paper.settings.socket("paper")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_restart_is_a_new_exchange_with_the_same_keys_and_certificates(tmp_path: Path) -> None:
    with running(tmp_path) as paper:
        assert paper.buy("before")[0] == 200
        keys, authority = paper.keys, paper.settings.paper_ca.read_bytes()
        assert all(f":{port}" in paper.line for port in (paper.ports.port, paper.ports.plain_port))
    assert paper.process.returncode == 0
    assert not paper.settings.socket("paper").exists()
    with running(tmp_path) as again:
        assert (again.keys, again.settings.paper_ca.read_bytes()) == (keys, authority)
        assert again.orders() == []
        assert again.buy("before")[0] == 200


def test_a_signal_ends_it_even_while_a_request_hangs(tmp_path: Path) -> None:
    with running(tmp_path) as paper:
        paper.control("POST", "/fault", {"kind": "hold", "seconds": "600"})
        with socket.create_connection(("127.0.0.1", paper.ports.plain_port)) as wire:
            wire.sendall(b"GET /api/v3/ping HTTP/1.1\r\nHost: x\r\n\r\n")
            paper.process.send_signal(signal.SIGTERM)
            assert paper.process.wait(20) == 0


def failed(home: Path, *more: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "ringfence.paper", "--home", str(home), *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr


def test_a_home_without_settings_or_without_paper_is_refused_with_a_hint(tmp_path: Path) -> None:
    code, said = failed(tmp_path)
    assert (code, "hint: run `ringfence init`" in said) == (2, True)
    (tmp_path / "ringfence.toml").write_text("", "utf-8")
    code, said = failed(tmp_path)
    assert (code, "[paper]" in said) == (2, True)


def test_a_port_that_is_taken_is_named(paper: Running, tmp_path: Path) -> None:
    home = paper.settings.home
    (tmp_path / "ringfence.toml").write_bytes((home / "ringfence.toml").read_bytes())
    code, said = failed(tmp_path)
    assert (code, str(paper.ports.port) in said) == (2, True)


def test_a_scenario_says_how_it_begins(tmp_path: Path) -> None:
    scenario = STILL + '[prices]\nBTCUSDT = "70000"\n[groups]\nmain = 3\n[balances.main]\nUSDT = "500"\n'
    with running(tmp_path, scenario) as paper:
        _, truth = paper.control("GET", "/truth")
        assert truth["prices"]["BTCUSDT"] == "70000.00000000"
        assert (truth["accounts"]["main"]["equity"], truth["accounts"]["main"]["group"]) == ("500", 3)
        assert truth["accounts"]["bare"]["equity"] == "10000"


def test_a_scenario_beside_the_keys_is_the_deployments_own_unless_another_is_named(tmp_path: Path) -> None:
    write_settings(tmp_path)
    own = tmp_path / "paper" / "scenario.toml"
    own.parent.mkdir(mode=0o700)
    own.write_text('speed = "2"\n', "utf-8")
    code, said = failed(tmp_path)
    assert (code, str(own) in said) == (2, True)
    with running(tmp_path) as paper:
        assert paper.control("GET", "/truth")[1]["prices"]["BTCUSDT"] == "60000.00000000"
