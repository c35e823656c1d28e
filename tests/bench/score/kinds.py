"""Corpus B: thirty kinds of secrets that bots have and general scanners do not know."""

import base64
import json
from collections.abc import Callable
from random import Random  # noqa: TID251  # a corpus is the same for the same seed

from tests.bench.score import values
from tests.bench.score.values import ALNUM, URLSAFE, hexed, some, uuid

Planted = tuple[str, str, tuple[str, ...]]  # a file's name, its text, and the secret, piece by piece
TRADERS = ("binance", "bybit", "kraken", "mexc", "gate")


def _mnemonic_python(draw: Random) -> Planted:
    phrase = values.mnemonic(draw, 12)
    name = draw.choice(("MNEMONIC", "seed_phrase", "phrase", "words"))
    text = f'from bip_utils import Bip39SeedGenerator as Seed\n\n{name} = "{phrase}"\nseed = Seed({name}).Generate()\n'
    return "wallet.py", text, (phrase,)


def _mnemonic_dotenv(draw: Random) -> Planted:
    phrase = values.mnemonic(draw, 24)
    name = draw.choice(("MNEMONIC", "WALLET_SEED", "DYDX_MNEMONIC", "SEED"))
    return ".env", f'RPC=https://rpc.example\n{name}="{phrase}"\nSLIPPAGE=0.5\n', (phrase,)


def _solana_array(draw: Random) -> Planted:
    numbers = list(values.solana_bytes(draw))
    return draw.choice(("id.json", "wallet.json", "keypair.json")), json.dumps(numbers) + "\n", (json.dumps(numbers),)


def _solana_base58(draw: Random) -> Planted:
    key = values.base58(values.solana_bytes(draw))
    name = draw.choice(("PRIVATE_KEY", "WALLET_PRIVATE_KEY", "SOLANA_KEY", "PAYER"))
    return ".env", f"RPC_ENDPOINT=https://rpc.example\n{name}={key}\nQUOTE_AMOUNT=0.01\n", (key,)


def _evm_call(draw: Random) -> Planted:
    key = f"0x{hexed(draw, 64)}"
    call = draw.choice(
        (
            f'account = Account.from_key("{key}")',
            f'signer = w3.eth.account.from_key("{key}")',
            f'client = ClobClient("https://clob.example", key="{key}", chain_id=137)',
            f'signed = w3.eth.account.sign_transaction(tx, "{key}")',
        )
    )
    return "sniper.py", f"from eth_account import Account\n\n{call}\nprint('ready')\n", (key,)


def _evm_dotenv(draw: Random) -> Planted:
    key = f"0x{hexed(draw, 64)}"
    name = draw.choice(("PK", "PRIVATE_KEY", "POLYMARKET_PRIVATE_KEY", "WALLET_KEY", "ETH_PRIVATE_KEY"))
    return ".env", f"CHAIN_ID=137\n{name}={key}\nFUNDER={values.address(draw)}\n", (key,)


def _evm_hardhat(draw: Random) -> Planted:
    key = hexed(draw, 64)
    shown = draw.choice((f'accounts: ["{key}"]', f"accounts: ['0x{key}']", f"accounts: [`0x{key}`]"))
    text = f"module.exports = {{\n  networks: {{\n    bsc: {{ url: 'https://bsc.example', {shown} }},\n  }},\n}};\n"
    return "hardhat.config.js", text, (key,)


def _ed25519_file(draw: Random) -> Planted:
    pem = values.ed25519_pem(draw)
    return draw.choice(("binance_ed25519.pem", "private.pem", "key.txt")), pem, tuple(pem.splitlines())


def _coinbase_file(draw: Random) -> Planted:
    pair = values.pair(draw, "coinbase")
    text = json.dumps({"name": pair.key, "privateKey": pair.secret}, indent=draw.choice((2, 3, 4)))
    return draw.choice(("cdp_api_key.json", "coinbase_cloud_api_key.json")), text, (json.dumps(pair.secret)[1:-1],)


def _telegram_call(draw: Random) -> Planted:
    token = values.telegram(draw)
    line = draw.choice(
        (
            f'updater = Updater("{token}", use_context=True)',
            f'app = ApplicationBuilder().token("{token}").build()',
            f"bot = telebot.TeleBot('{token}')",
            f"bot = Bot(token='{token}')",
        )
    )
    return "notify.py", f"import logging\n\n{line}\nlogging.info('up')\n", (token,)


def _telegram_url(draw: Random) -> Planted:
    token = values.telegram(draw)
    url = f"https://api.telegram.org/bot{token}/sendMessage"
    text = draw.choice(
        (
            f"#!/bin/sh\ncurl -s -X POST {url} -d chat_id={draw.randint(10**6, 10**9)} -d text=started\n",
            f"#!/bin/sh\n# tell me\nwget -qO- '{url}?chat_id={draw.randint(10**6, 10**9)}&text=up'\n",
        )
    )
    return "alert.sh", text, (token,)


def _telegram_json(draw: Random) -> Planted:
    token = values.telegram(draw)
    telegram = {"enabled": True, "token": token, "chat_id": str(draw.randint(10**7, 10**9))}
    return "config.json", json.dumps({"dry_run": False, "telegram": telegram}, indent=4), (token,)


def _discord(draw: Random) -> Planted:
    url = values.discord(draw)
    name = draw.choice(("WEBHOOK", "DISCORD_URL", "hook"))
    return (
        "discord_notify.py",
        f"import requests\n\n{name} = '{url}'\nrequests.post({name}, json={{'content': 'up'}})\n",
        (url,),
    )


def _okx_passphrase(draw: Random) -> Planted:
    word = values.passphrase(draw)
    name = draw.choice(("passphrase", "api_passphrase", "okx_passphrase"))
    text = f'okx:\n  api_key: ${{OKX_KEY}}\n  api_secret: ${{OKX_SECRET}}\n  {name}: "{word}"\nsize: 2\n'
    return "okx.yaml", text, (word,)


def _kucoin_passphrase(draw: Random) -> Planted:
    word = values.passphrase(draw)
    line = draw.choice(
        (
            f'    "password": "{word}",',
            f"    'password': '{word}',",
        )
    )
    head = ["import os", "import ccxt", "", "exchange = ccxt.kucoin({", '    "apiKey": os.environ["KUCOIN_KEY"],']
    return "kucoin_bot.py", "\n".join([*head, '    "secret": os.environ["KUCOIN_SECRET"],', line, "})", ""]), (word,)


def _api_server(draw: Random) -> Planted:
    word = values.passphrase(draw)
    server = {"enabled": True, "listen_ip_address": "127.0.0.1", "username": "trader", "password": word}
    return "config.json", json.dumps({"dry_run": True, "api_server": server}, indent=4), (word,)


def _jwt_secret(draw: Random) -> Planted:
    secret = draw.choice((hexed(draw, 64), some(draw, URLSAFE, 43), some(draw, ALNUM, 32)))
    server = {"enabled": True, "listen_port": 8080, "jwt_secret_key": secret, "CORS_origins": []}
    return "config.json", json.dumps({"api_server": server}, indent=4), (secret,)


def _db_url(draw: Random) -> Planted:
    word = values.passphrase(draw).replace("#", "7").replace("%", "8")
    scheme = draw.choice(("postgresql", "postgresql+asyncpg", "mysql+pymysql", "mongodb"))
    url = f"{scheme}://trader:{word}@db{draw.randint(1, 9)}.example:5432/trades"
    text = json.dumps({"db_url": url, "dry_run": False}, indent=2)
    return "config.json", text, (word,)


def _infura(draw: Random) -> Planted:
    key = hexed(draw, 32)
    url = draw.choice((f"https://mainnet.infura.io/v3/{key}", f"wss://polygon-mainnet.infura.io/ws/v3/{key}"))
    return "chain.py", f'from web3 import Web3\n\nw3 = Web3(Web3.HTTPProvider("{url}"))\n', (key,)


def _alchemy(draw: Random) -> Planted:
    key = some(draw, URLSAFE, 32)
    network = draw.choice(("eth-mainnet", "polygon-mainnet", "solana-mainnet", "arb-mainnet"))
    return "rpc.ts", f"export const RPC = 'https://{network}.g.alchemy.com/v2/{key}';\nexport const WAIT = 3;\n", (key,)


def _curl_history(draw: Random) -> Planted:
    pair = values.pair(draw, draw.choice(("binance", "mexc", "bybit")))
    sign = f"""echo -n "symbol=BTCUSDT&timestamp=$T" | openssl dgst -sha256 -hmac '{pair.secret}'"""
    url = {"binance": "api.binance.com", "mexc": "api.mexc.com", "bybit": "api.bybit.com"}[pair.exchange]
    header = {"binance": "X-MBX-APIKEY", "mexc": "X-MEXC-APIKEY", "bybit": "X-BAPI-API-KEY"}[pair.exchange]
    lines = ["ls", "T=$(date +%s000)", sign, f"curl -H '{header}: {pair.key}' https://{url}/account", "exit"]
    return ".bash_history", "\n".join(lines) + "\n", (pair.secret,)


def _error_log(draw: Random) -> Planted:
    pair = values.pair(draw, draw.choice(TRADERS))
    lines = [
        "Traceback (most recent call last):",
        '  File "bot.py", line 41, in <module>',
        f"    ex = ccxt.{pair.exchange}({{'apiKey': '{pair.key}', 'secret': '{pair.secret}'}})",
        f'ccxt.base.errors.AuthenticationError: {pair.exchange} {{"code":-2015,"msg":"Invalid API-key, IP"}}',
    ]
    return draw.choice(("error.log", "nohup.out")), "\n".join(lines) + "\n", (pair.secret,)


def _kubernetes(draw: Random) -> Planted:
    pair = values.pair(draw, draw.choice(TRADERS))
    key, secret = (base64.b64encode(value.encode()).decode() for value in (pair.key, pair.secret))
    head = ["apiVersion: v1", "kind: Secret", "metadata:", f"  name: {pair.exchange}-keys", "type: Opaque", "data:"]
    names = draw.choice((("api-key", "api-secret"), ("API_KEY", "API_SECRET")))
    return "secret.yaml", "\n".join([*head, f"  {names[0]}: {key}", f"  {names[1]}: {secret}", ""]), (secret,)


def _split(draw: Random) -> Planted:
    pair = values.pair(draw, draw.choice(("binance", "kraken", "gate", "bitget")))
    at = len(pair.secret) // 2 + draw.randint(-6, 6)
    first, second = pair.secret[:at], pair.secret[at:]
    shown = draw.choice(
        (f'"{first}" + "{second}"', f'(\n    "{first}"\n    "{second}"\n)', f'"".join(["{first}", "{second}"])')
    )
    name = f"{pair.exchange.upper()}_SECRET"
    return "keys.py", f"import os\n\n{name} = {shown}\nos.umask(0o77)\n", (first, second)


def _tuple(draw: Random) -> Planted:
    pair = values.pair(draw, draw.choice(TRADERS))
    left, right = draw.choice(("()", "[]"))
    name = draw.choice((f"{pair.exchange.upper()} = ", f"ACCOUNTS['{pair.exchange}'] = ", f"{pair.exchange}_auth = "))
    text = f'ACCOUNTS = {{}}\n{name}{left}"{pair.key}", "{pair.secret}"{right}\n'
    return "accounts.py", text, (pair.secret,)


def _csv(draw: Random) -> Planted:
    pair = values.pair(draw, draw.choice(("binance", "kraken", "bybit", "mexc")))
    head = draw.choice(("name,exchange,key,secret", "label,exchange,api_key,api_secret"))
    return "accounts.csv", f"{head}\nmain,{pair.exchange},{pair.key},{pair.secret}\n", (pair.secret,)


def _two_lines(draw: Random) -> Planted:
    pair = values.pair(draw, draw.choice(("binance", "kraken", "kucoin", "bitget", "mexc")))
    return (
        draw.choice(("keys.txt", f"{pair.exchange}.txt", f"{pair.exchange}.key")),
        f"{pair.key}\n{pair.secret}\n",
        (pair.secret,),
    )


def _hummingbot(draw: Random) -> Planted:
    pair = values.pair(draw, draw.choice(TRADERS))
    name = {"gate": "gate_io"}.get(pair.exchange, pair.exchange)
    lines = [
        "template_version: 4",
        f"{name}_api_key: {pair.key}",
        f"{name}_api_secret: {pair.secret}",
        "paper: false",
        "",
    ]
    return "conf_global.yml", "\n".join(lines), (pair.secret,)


def _arguments(draw: Random) -> Planted:
    pair = values.pair(draw, draw.choice(TRADERS))
    line = draw.choice(
        (
            f"ExecStart=/opt/bot/run.py --key {pair.key} --secret {pair.secret} --exchange {pair.exchange}",
            f"ExecStart=/opt/bot/{pair.exchange}-mm --apikey={pair.key} --apisecret={pair.secret}",
        )
    )
    return "bot.service", f"[Unit]\nDescription=bot\n\n[Service]\n{line}\nRestart=always\n", (pair.secret,)


def _hyperliquid(draw: Random) -> Planted:
    key = f"0x{hexed(draw, 64)}"
    text = json.dumps({"secret_key": key, "account_address": values.address(draw), "comments": uuid(draw)}, indent=4)
    return "config.json", text, (key,)


KINDS: dict[str, Callable[[Random], Planted]] = {
    "mnemonic of 12 words in Python": _mnemonic_python,
    "mnemonic of 24 words in .env": _mnemonic_dotenv,
    "Solana key as an array": _solana_array,
    "Solana key in base58": _solana_base58,
    "EVM key in a call": _evm_call,
    "EVM key in .env": _evm_dotenv,
    "EVM key in hardhat's configuration": _evm_hardhat,
    "Ed25519 key file": _ed25519_file,
    "Coinbase key file": _coinbase_file,
    "Telegram token in a call": _telegram_call,
    "Telegram token in an address": _telegram_url,
    "Telegram token in JSON": _telegram_json,
    "Discord webhook": _discord,
    "OKX passphrase": _okx_passphrase,
    "KuCoin passphrase": _kucoin_passphrase,
    "freqtrade's server password": _api_server,
    "freqtrade's token secret": _jwt_secret,
    "database address with a password": _db_url,
    "Infura address": _infura,
    "Alchemy address": _alchemy,
    "signing in a shell history": _curl_history,
    "traceback of an authentication error": _error_log,
    "Kubernetes secret": _kubernetes,
    "secret in two pieces": _split,
    "tuple": _tuple,
    "CSV": _csv,
    "two lines of text": _two_lines,
    "hummingbot's configuration": _hummingbot,
    "arguments of a service": _arguments,
    "Hyperliquid configuration": _hyperliquid,
}
