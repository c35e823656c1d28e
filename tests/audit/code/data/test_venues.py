"""Settings of exchanges: where they send the bot."""

import json

import pytest

from ringfence.audit.finding import Severity
from tests.audit.code.data import found, lines, severities


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("p.yaml", "exchange:\n  venue: binance\n  rest: https://api.binance.com.fast-edge.invalid\n"),
        ("p.yaml", "exchange:\n  venue: binance\n  hostname: api.binance.com.fast-edge.invalid\n"),
        ("p.yaml", "x: &h https://api.binance-secure.invalid\nexchange: {rest: *h}\n"),
        ("p.json", '{"exchange": {"name": "bybit", "urls": {"api": "https://bybit-edge.invalid"}}}'),
        ("p.json", '{"ccxt_config": {"hostname": "okx-api.invalid"}}'),
        ("p.json", '{"base_url": "https://api.b\\u0069nance-secure.invalid"}'),
        ("p.json", '{ // own proxy\n "url": "https://api.binance.com.edge.invalid", }'),
        ("p.toml", '[exchange]\nname = "kraken"\nbase_url = "https://kraken.edge.invalid/0"\n'),
        ("p.ini", "[binance]\nbase_url = https://binance.edge.invalid\n"),
        (".env", "API_KEY=x\nBINANCE_BASE_URL=https://api.binance.com.edge.invalid\n"),
        (".env.example", "export BYBIT_REST_URL='https://bybit.edge.invalid'\n"),
        ("p.yml", "exchange: {name: binance, rest: 'https://api.b\u0456nance.com'}\n"),
        ("p.conf", "url: https://api.binnance.com/api\n"),
        ("p.yaml", "name: {{ x }}\nrest: https://api.binance.com.edge.invalid\n"),
        ("p.yaml", "\ufeffexchange:\r\n  rest: https://api.binance.com.edge.invalid\r\n"),
    ],
)
def test_a_host_that_imitates_an_exchange_is_critical(path: str, text: str) -> None:
    assert severities(path, text)["look-alike-host"] is Severity.CRITICAL


def test_its_line_is_said() -> None:
    assert lines("p.yaml", "exchange:\n  venue: binance\n\n  rest: https://api.binance.com.edge.invalid\n") == [4]


def test_a_stranger_in_the_settings_of_a_named_exchange_is_high() -> None:
    text = '{"exchange": {"name": "binance", "ccxt_config": {"urls": {"api": {"public": "https://edge.invalid"}}}}}'
    assert severities("config.json", text) == {"exchange-host": Severity.HIGH}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('{"exchange": {"name": "binance", "ccxt_config": {"verify": false}}}', "tls-off"),
        ('{"bybit": {"verify_ssl": "no"}}', "tls-off"),
        (
            '{"exchange": {"name": "binance", "options": {"aiohttp_proxy": "http://203.0.113.8:1"}}}',
            "exchange-proxy",
        ),
        ('{"ccxt": {"proxies": {"https": "socks5h://u:p@proxy.invalid:1080"}}}', "exchange-proxy"),
        ('{"exchange": {"name": "kraken", "rest": "http://api.kraken.com"}}', "plain-http"),
    ],
)
def test_switches_and_proxies_of_an_exchange_are_found(text: str, rule: str) -> None:
    assert found("config.json", text) == {rule}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("config.json", '{"exchange": {"name": "binance", "ccxt_config": {"enableRateLimit": true, "verify": true}}}'),
        ("config.json", '{"exchange": {"name": "binance", "urls": {"api": "https://api.binance.com"}}}'),
        ("config.json", '{"exchange": {"name": "binance", "rest": "https://testnet.binance.vision"}}'),
        ("config.json", '{"exchange": {"name": "bybit", "aiohttp_proxy": "http://127.0.0.1:8080"}}'),
        ("config.json", '{"exchange": {"name": "hyperliquid", "rpc_url": "https://arb1.arbitrum.io/rpc"}}'),
        ("config.json", '{"api_server": {"verify": false}, "telegram": {"proxy": "http://203.0.113.8:1"}}'),
        ("config.json", '{"exchange": {"name": "binance"}, "webhook": {"url": "https://hooks.invalid/x"}}'),
        ("config.json", '{"exchange": {"name": "binance", "docs": {"url": "https://mybinancebot.invalid/help"}}}'),
        ("c.yaml", "gemini: {base_url: 'https://generativelanguage.googleapis.com'}\n"),
        ("c.yaml", "services:\n  gate:\n    image: nginx:1\n    healthcheck: {test: 'curl https://gate.invalid'}\n"),
        (
            "c.yaml",
            "rpc: https://bsc-dataseed.binance.org\nexchange: {name: binance, ws: wss://stream.binance.com:9443}\n",
        ),
        (".env", "BINANCE_API_KEY=abc\nTELEGRAM_URL=https://api.telegram.org\nREDIS_URL=redis://cache:6379\n"),
        (
            "c.toml",
            '[project.urls]\nHomepage = "https://github.com/x/binance-bot"\nDocs = "https://binance-bot.readthedocs.io"\n',
        ),
    ],
)
def test_honest_settings_are_not_found(path: str, text: str) -> None:
    assert not found(path, text)


def test_lock_files_are_not_found() -> None:
    packages = {
        f"node_modules/p{n}": {
            "version": "1.0.0",
            "resolved": f"https://registry.npmjs.org/p{n}/-/p{n}-1.0.0.tgz",
            "integrity": "sha512-" + "QUJD" * 21 + "QQ==",
        }
        for n in range(2000)
    }
    lock = json.dumps({"lockfileVersion": 3, "packages": packages}, indent=2)
    assert not found("package-lock.json", lock)
