"""Real clients, pointed at the exchange's own names by a proxy and a certificate to trust, and by nothing else."""

import asyncio
import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import aiohttp
import ccxt
import ccxt.async_support
import ccxt.pro
import pytest
import requests
import websockets

from ringfence import passes
from ringfence.cli.certificates import make
from ringfence.settings import load
from ringfence.vault.vault import Vault
from tests.deployment import PASSPHRASE, POLICY, Deployment, sign
from tests.ports import free_ports

HOST = "api.binance.com"
_EYES = '\n[bot.eyes]\naccount = "main"\nrole = "watch"\n'


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A running deployment with a proxy, certificates and passes."""
    home = tmp_path_factory.mktemp("ways") / "home"
    made = Deployment.written(home, POLICY + _EYES)
    with (home / "ringfence.toml").open("a") as file:
        file.write(f"[proxy]\nport = {free_ports(1)[0]}\n")
    made.settings = load(home)
    made.begin(("grid", "eyes"))
    with Vault.open(made.settings.vault, lambda: bytearray(PASSPHRASE)) as vault:
        make(made.settings, vault)
    with made:
        yield made


def through(ways: Deployment, bot: str = "grid") -> str:
    """The proxy's address as a bot is given it."""
    assert ways.settings.proxy is not None
    [shown] = [one for one in passes.read(ways.settings.passes) if one.bot == bot]
    return f"http://{bot}:{shown.token}@127.0.0.1:{ways.settings.proxy.port}"


def trusting(ways: Deployment) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ways.settings.authority)


def order(ways: Deployment, client_id: str) -> tuple[str, dict[str, str]]:
    """A signed order, as target and headers."""
    key, secret = ways.bots["grid"]
    price = str(round(ways.mid() * 0.97, 2))
    wanted = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001"}
    return sign("/api/v3/order", secret, {**wanted, "price": price, "newClientOrderId": client_id}), {
        "X-MBX-APIKEY": key
    }


def arrived(ways: Deployment, client_id: str) -> bool:
    return client_id in json.dumps(ways.truth())


def test_pythons_own_client_places_an_order_by_the_exchanges_name(ways: Deployment) -> None:
    credentials = passes.read(ways.settings.passes)[0]
    assert ways.settings.proxy is not None
    connection = http.client.HTTPSConnection("127.0.0.1", ways.settings.proxy.port, timeout=20, context=trusting(ways))
    raw = requests.auth._basic_auth_str(credentials.bot, credentials.token)
    connection.set_tunnel(HOST, 443, {"Proxy-Authorization": raw})
    target, headers = order(ways, "by-http-client")
    connection.request("POST", target, headers=headers)
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["status"]) == (200, "NEW")
    connection.close()
    assert arrived(ways, "by-http-client")


def test_requests_places_an_order_by_its_environment_alone(ways: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", through(ways))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ways.settings.bundle))
    target, headers = order(ways, "by-requests")
    answer = requests.post(f"https://{HOST}{target}", headers=headers, timeout=20)
    assert (answer.status_code, answer.json()["clientOrderId"]) == (200, "by-requests")
    assert arrived(ways, "by-requests")


def test_aiohttp_places_an_order_by_its_environment_alone(ways: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", through(ways))
    monkeypatch.setenv("SSL_CERT_FILE", str(ways.settings.bundle))
    target, headers = order(ways, "by-aiohttp")

    async def go() -> tuple[int, Any]:
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context())
        async with (
            aiohttp.ClientSession(trust_env=True, connector=connector) as session,
            session.post(f"https://{HOST}{target}", headers=headers) as answer,
        ):
            return answer.status, await answer.json()

    status, answer = asyncio.run(go())
    assert (status, answer["clientOrderId"]) == (200, "by-aiohttp")
    assert arrived(ways, "by-aiohttp")


def test_ccxt_trades_and_its_errors_keep_their_classes(ways: Deployment) -> None:
    key, secret = ways.bots["grid"]
    client = ccxt.binance(
        {
            "apiKey": key,
            "secret": secret,
            "httpsProxy": through(ways),
            "validateServerSsl": str(ways.settings.authority),
        }
    )
    client.load_markets()
    price = round(client.fetch_ticker("BTC/USDT")["bid"] * 0.97, 2)
    placed = client.create_order("BTC/USDT", "limit", "buy", 0.001, price, {"clientOrderId": "by-ccxt"})
    assert client.cancel_order(placed["id"], "BTC/USDT")["status"] == "canceled"
    assert arrived(ways, "by-ccxt")
    with pytest.raises(ccxt.PermissionDenied):
        client.withdraw("USDT", 10, "0x000000000000000000000000000000000000dEaD", None, {"network": "ETH"})


def test_ccxt_async_trades(ways: Deployment) -> None:
    async def go() -> None:
        key, secret = ways.bots["grid"]
        client = ccxt.async_support.binance(
            {"apiKey": key, "secret": secret, "httpsProxy": through(ways), "cafile": str(ways.settings.authority)}
        )
        try:
            await client.load_markets()
            price = round((await client.fetch_ticker("ETH/USDT"))["bid"] * 0.97, 2)
            placed = await client.create_order("ETH/USDT", "limit", "buy", 0.01, price)
            assert (await client.cancel_order(placed["id"], "ETH/USDT"))["status"] == "canceled"
        finally:
            await client.close()

    asyncio.run(go())


def test_ccxt_pro_hears_trades_and_orders_over_wss(ways: Deployment) -> None:
    async def go() -> None:
        key, secret = ways.bots["grid"]
        url = through(ways)
        client = ccxt.pro.binance(
            {
                "apiKey": key,
                "secret": secret,
                "httpsProxy": url,
                "wssProxy": url,
                "cafile": str(ways.settings.authority),
            }
        )
        try:
            book = await asyncio.wait_for(client.watch_order_book("BTC/USDT"), 20)
            assert book["bids"]
            watching = asyncio.create_task(client.watch_orders("BTC/USDT"))
            await asyncio.sleep(1)
            placed = await client.create_order("BTC/USDT", "limit", "buy", 0.001, round(book["bids"][0][0] * 0.97, 2))
            [heard] = await asyncio.wait_for(watching, 20)
            assert heard["id"] == placed["id"]
            await client.cancel_order(placed["id"], "BTC/USDT")
        finally:
            await client.close()

    asyncio.run(go())


def test_websockets_streams_by_the_exchanges_name_and_port(ways: Deployment) -> None:
    async def go() -> Any:
        async with websockets.connect(
            "wss://stream.binance.com:9443/ws/btcusdt@bookTicker", ssl=trusting(ways), proxy=through(ways)
        ) as stream:
            return json.loads(await asyncio.wait_for(stream.recv(), 20))

    assert asyncio.run(go())["s"] == "BTCUSDT"


def test_a_watching_bots_pass_with_a_trading_bots_key_is_still_that_bots_order(ways: Deployment) -> None:
    """A pass identifies nobody: whoever signs is who asks. And a trading bot's pass makes no watcher trade."""
    target, headers = order(ways, "by-another-pass")
    session = requests.Session()
    session.trust_env = False
    options: dict[str, Any] = {"timeout": 20, "verify": str(ways.settings.authority)}
    proxies = {"https": through(ways, "eyes")}
    assert session.post(f"https://{HOST}{target}", headers=headers, proxies=proxies, **options).status_code == 200
    key, secret = ways.bots["eyes"]
    wanted = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
    target = sign("/api/v3/order", secret, {**wanted, "newClientOrderId": "by-eyes"})
    proxies = {"https": through(ways, "grid")}
    answer = session.post(f"https://{HOST}{target}", headers={"X-MBX-APIKEY": key}, proxies=proxies, **options)
    assert answer.status_code != 200
    assert not arrived(ways, "by-eyes")


def test_whoever_does_not_trust_our_authority_sends_no_request_and_the_log_says_what_it_needs(ways: Deployment) -> None:
    session = requests.Session()
    session.trust_env = False
    with pytest.raises(requests.exceptions.SSLError):
        session.get(f"https://{HOST}/api/v3/time", proxies={"https": through(ways, "eyes")}, timeout=20)
    ways.wait(lambda: f"bot eyes, {HOST}: this client does not trust trust/ca.pem" in ways.log("gateway"), 5)


def test_no_token_is_in_any_log(ways: Deployment) -> None:
    logs = "".join(path.read_text() for path in ways.home.glob("*.log"))
    assert [one.bot for one in passes.read(ways.settings.passes) if one.token in logs] == []


NOWHERE = "does-not-exist.invalid"  # RFC 6761: no resolver has it


def knock(ways: Deployment, host: str, bot: str = "grid") -> str:
    """Ask the proxy for a host, and return the first line of its answer."""
    assert ways.settings.proxy is not None
    [shown] = [one for one in passes.read(ways.settings.passes) if one.bot == bot]
    raw = requests.auth._basic_auth_str(shown.bot, shown.token)
    with socket.create_connection(("127.0.0.1", ways.settings.proxy.port), timeout=20) as wire:
        wire.sendall(f"CONNECT {host} HTTP/1.1\r\nProxy-Authorization: {raw}\r\n\r\n".encode())
        return wire.makefile("rb").readline().decode().strip()


def test_a_tunnel_is_there_as_long_as_the_policy_in_force_has_it_and_the_signer_says_so(ways: Deployment) -> None:
    refused, unknown = "HTTP/1.1 403 Forbidden", "HTTP/1.1 502 Bad Gateway"
    assert knock(ways, f"{NOWHERE}:443") == refused
    ways.apply(ways.policy.replace("[bot.grid]\n", f'[bot.grid]\ntunnels = ["{NOWHERE}"]\n'))
    try:
        ways.wait(lambda: knock(ways, f"{NOWHERE}:443") == unknown)
        assert knock(ways, f"{NOWHERE}:80") == refused
        assert knock(ways, f"{NOWHERE}:443", "eyes") == refused
        ways.kill("signer")
        ways.wait(lambda: knock(ways, f"{NOWHERE}:443") == refused)
        ways.start("signer")
        ways.wait(lambda: knock(ways, f"{NOWHERE}:443") == unknown)
        ways.kill("courier")
        assert knock(ways, f"{NOWHERE}:443") == unknown  # nobody leads anywhere
        ways.start("courier")
        ways.wait(lambda: bool(ways.status()["processes"]["courier"]))
        assert "could not be looked up" in ways.log("courier")
    finally:
        ways.wait(ways.warm)
        ways.apply(ways.policy)
    ways.wait(lambda: knock(ways, f"{NOWHERE}:443") == refused)
    ways.wait(ways.warm)
