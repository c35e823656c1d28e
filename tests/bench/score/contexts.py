"""Corpus A: one key pair of an exchange, in a place where people leave one.

Every context writes the same pair differently for different draws; whatever is beside the pair is harmless.
"""

import json
from collections.abc import Callable
from random import Random  # noqa: TID251  # a corpus is the same for the same seed

from tests.bench.score.values import Pair, hexed, uuid

Written = tuple[str, str]  # a file's name, and its text

CLASSES = {
    "binance": ("from binance.client import Client", "Client"),
    "bybit": ("from pybit.unified_trading import HTTP", "HTTP"),
    "okx": ("import okx.Trade as Trade", "Trade.TradeAPI"),
    "kraken": ("import krakenex", "krakenex.API"),
    "coinbase": ("from coinbase.rest import RESTClient", "RESTClient"),
    "kucoin": ("from kucoin.client import Trade", "Trade"),
    "gate": ("from gateio.client import GateClient", "GateClient"),
    "bitget": ("from pybitget import Client", "Client"),
    "mexc": ("from pymexc import spot", "spot.HTTP"),
    "htx": ("from huobi.client.trade import TradeClient", "TradeClient"),
    "bitfinex": ("from bfxapi import Client", "Client"),
    "deribit": ("from deribit_api import RestClient", "RestClient"),
    "bitmex": ("import bitmex", "bitmex.bitmex"),
}
CCXT = {"coinbase": ("coinbase", "coinbaseadvanced"), "gate": ("gate", "gateio"), "htx": ("htx", "huobi")}


def upper(draw: Random, pair: Pair) -> str:
    """Begin the names of environment variables as people do for an exchange."""
    names = {"gate": ("GATE", "GATEIO"), "htx": ("HTX", "HUOBI"), "okx": ("OKX", "OKEX"), "coinbase": ("COINBASE",)}
    return draw.choice(names.get(pair.exchange, (pair.exchange.upper(),)))


def ccxt_name(draw: Random, pair: Pair) -> str:
    """Name an exchange as ccxt does."""
    return draw.choice(CCXT.get(pair.exchange, (pair.exchange,)))


def escaped(text: str) -> str:
    """Write a value inside quotes, its line ends as backslash and n."""
    return text.replace("\n", "\\n")


def python_variable(draw: Random, pair: Pair) -> Written:
    """Write constants at the top of a script."""
    start = f"{upper(draw, pair)}_" if draw.random() < 0.7 else ""
    key, secret = draw.choice((("API_KEY", "API_SECRET"), ("api_key", "api_secret"), ("KEY", "SECRET_KEY")))
    if start and key.islower():
        start = start.lower()
    quote = draw.choice("\"'")
    value = f'"""{pair.secret}"""' if "\n" in pair.secret and draw.random() < 0.5 else _quoted(pair.secret, quote)
    lines = [f"{start}{key} = {quote}{pair.key}{quote}", f"{start}{secret} = {value}"]
    if pair.passphrase:
        lines.append(f"{start}{'PASSPHRASE' if key.isupper() else 'passphrase'} = {quote}{pair.passphrase}{quote}")
    head = [f'"""{pair.exchange} grid bot"""', "import time", "", f"SYMBOL = 'BTC/USDT'  # {draw.randint(1, 99)}"]
    tail = ["", "", "def main():", f"    exchange = connect({start}{key}, {start}{secret})", "    time.sleep(1)"]
    return draw.choice(("bot.py", "config.py", "settings.py")), _joined(head, lines, tail)


def ccxt_dict(draw: Random, pair: Pair) -> Written:
    """Write the dictionary that ccxt takes."""
    quote = draw.choice("\"'")
    items = [
        ("apiKey", pair.key),
        ("secret", pair.secret),
        *([("password", pair.passphrase)] if pair.passphrase else []),
    ]
    flat = [f"    {quote}{name}{quote}: {_quoted(value, quote)}," for name, value in items]
    tail = [f"    {quote}enableRateLimit{quote}: True,", "})", f"print(exchange.fetch_ticker({quote}ETH/USDT{quote}))"]
    name = draw.choice((f"ccxt.{ccxt_name(draw, pair)}(", f"ccxt.pro.{ccxt_name(draw, pair)}(", "exchange_class("))
    pick = [f"exchange_class = getattr(ccxt, {quote}{ccxt_name(draw, pair)}{quote})"] if "class" in name else []
    return "trade.py", _joined(["import ccxt", "", *pick, f"exchange = {name}{{"], flat, tail)


def positional(draw: Random, pair: Pair) -> Written:
    """Hand the pair to a client, by position."""
    imports, called = CLASSES[pair.exchange]
    quote = draw.choice("\"'")
    values = [_quoted(value, quote) for value in (pair.key, pair.secret, pair.passphrase) if value]
    extra = draw.choice(("", f", timeout={draw.randint(5, 30)}", ", testnet=False"))
    call = f"client = {called}({', '.join(values)}{extra})"
    return "run.py", _joined([imports, ""], [call], ["", "print(client)"])


def freqtrade_json(draw: Random, pair: Pair) -> Written:
    """Write the configuration of a freqtrade bot."""
    exchange = {"name": ccxt_name(draw, pair), "key": pair.key, "secret": pair.secret}
    if pair.passphrase:
        exchange["password"] = pair.passphrase
    config = {
        "max_open_trades": draw.randint(1, 9),
        "stake_currency": "USDT",
        "dry_run": False,
        "exchange": {**exchange, "ccxt_config": {}, "pair_whitelist": ["BTC/USDT", "ETH/USDT"]},
        "bot_name": f"freqtrade-{hexed(draw, 4)}",
    }
    return draw.choice(("config.json", "config-private.json")), json.dumps(config, indent=draw.choice((2, 4)))


def dotenv(draw: Random, pair: Pair) -> Written:
    """Write a .env file."""
    quote = '"' if "\n" in pair.secret else draw.choice(("", '"', "'"))
    if draw.random() < 0.2:
        names = ("FREQTRADE__EXCHANGE__KEY", "FREQTRADE__EXCHANGE__SECRET", "FREQTRADE__EXCHANGE__PASSWORD")
    else:
        start = upper(draw, pair)
        names = (
            f"{start}_API_KEY",
            f"{start}_{draw.choice(('API_SECRET', 'SECRET', 'SECRET_KEY'))}",
            f"{start}_PASSPHRASE",
        )
    values = (pair.key, escaped(pair.secret), pair.passphrase)
    export = draw.choice(("", "", "export "))
    lines = [f"{export}{name}={quote}{value}{quote}" for name, value in zip(names, values, strict=True) if value]
    return draw.choice((".env", ".env.local", "prod.env")), _joined(["# settings", "LOG_LEVEL=info"], lines, ["TZ=UTC"])


def yaml(draw: Random, pair: Pair) -> Written:
    """Write a YAML configuration."""
    quote = '"' if "\n" in pair.secret else draw.choice(("", '"', "'"))
    names = draw.choice((("api_key", "api_secret"), ("apiKey", "secret"), ("key", "secret"), ("api-key", "secret-key")))
    lines = [f"    {names[0]}: {quote}{pair.key}{quote}"]
    if "\n" in pair.secret and draw.random() < 0.5:
        lines += [f"    {names[1]}: |", *(f"      {line}" for line in pair.secret.splitlines())]
    else:
        lines.append(f"    {names[1]}: {quote}{escaped(pair.secret)}{quote}")
    if pair.passphrase:
        lines.append(f"    passphrase: {quote}{pair.passphrase}{quote}")
    head = ["strategy: grid", "exchanges:", f"  {ccxt_name(draw, pair)}:"]
    return draw.choice(("config.yml", "config.yaml")), _joined(head, lines, ["interval: 5m"])


def compose(draw: Random, pair: Pair) -> Written:
    """Write the environment of a container."""
    start = upper(draw, pair)
    items = [(f"{start}_API_KEY", pair.key), (f"{start}_API_SECRET", escaped(pair.secret))]
    items += [(f"{start}_PASSPHRASE", pair.passphrase)] if pair.passphrase else []
    if "\n" in pair.secret or draw.random() < 0.5:
        lines = [f'      {name}: "{value}"' for name, value in items]
    else:
        lines = [f"      - {name}={value}" for name, value in items]
    head = ["services:", "  bot:", "    image: tradingbot:1.4", "    environment:"]
    return "docker-compose.yml", _joined(head, lines, ["    restart: unless-stopped"])


def shell_history(draw: Random, pair: Pair) -> Written:
    """Leave the pair in what a shell remembers."""
    start, secret = upper(draw, pair), escaped(pair.secret)
    quote = "'" if "\n" in pair.secret else draw.choice(("", '"', "'"))
    lines = draw.choice(
        (
            [f"export {start}_API_KEY={pair.key}", f"export {start}_API_SECRET={quote}{secret}{quote}"],
            [f"python bot.py --api-key {pair.key} --api-secret {quote}{secret}{quote} --live"],
            [f"{start}_KEY={pair.key} {start}_SECRET={quote}{secret}{quote} python3 run.py"],
            [f"docker run -d -e API_KEY={pair.key} -e API_SECRET={quote}{secret}{quote} bot:latest {pair.exchange}"],
        )
    )
    zsh = draw.random() < 0.4
    all_lines = ["cd bots", "git pull", *lines, "tail -f bot.log", "htop"]
    at = draw.randint(1_700_000_000, 1_790_000_000)
    text = [f": {at + place * 9}:0;{line}" if zsh else line for place, line in enumerate(all_lines)]
    return ".zsh_history" if zsh else ".bash_history", "\n".join(text) + "\n"


def log_line(draw: Random, pair: Pair) -> Written:
    """Leave the pair in a log."""
    stamp = (
        f"2026-{draw.randint(1, 12):02}-{draw.randint(1, 28):02} 0{draw.randint(0, 9)}:14:07,{draw.randint(100, 999)}"
    )
    secret, name = escaped(pair.secret), pair.exchange
    extra = f", 'password': '{pair.passphrase}'" if pair.passphrase else ""
    line = draw.choice(
        (
            f"DEBUG - config: {{'name': '{name}', 'apiKey': '{pair.key}', 'secret': '{secret}'{extra}}}",
            f"INFO {name} connecting with api_key={pair.key} api_secret={secret}",
            f'DEBUG {{"exchange": "{name}", "key": "{pair.key}", "secret": "{secret}"}}',
            f"ERROR {name} AuthenticationError: invalid signature (apiKey={pair.key}, secret={secret})",
        )
    )
    before = f"{stamp} INFO bot.main - heartbeat, order {uuid(draw)} filled"
    return draw.choice(("bot.log", "freqtrade.log")), _joined([before], [f"{stamp} {line}"], [f"{stamp} INFO stopped"])


def notebook(draw: Random, pair: Pair) -> Written:
    """Leave the pair in a notebook: in what was typed, or in what it printed."""
    imports, called = CLASSES[pair.exchange]
    values = ", ".join(f'"{escaped(value)}"' for value in (pair.key, pair.secret, pair.passphrase) if value)
    shown = f"{{'apiKey': '{pair.key}', 'secret': '{escaped(pair.secret)}'}}\n"
    typed = [
        [f"{imports}\n", "\n", f"client = {called}({values})\n", "client"],
        [f"{pair.exchange}_key = '{pair.key}'\n", f"{pair.exchange}_secret = '{escaped(pair.secret)}'\n"],
        ["exchange = build(config)\n", f"print({pair.exchange}_credentials)"],
    ]
    pick = draw.randrange(3)
    outputs = [{"name": "stdout", "output_type": "stream", "text": [shown]}] if pick == 2 else []
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": outputs, "source": typed[pick]}
    title = {"cell_type": "markdown", "metadata": {}, "source": [f"# {pair.exchange} research"]}
    book = {"cells": [title, cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return "research.ipynb", json.dumps(book, indent=1)


def comment(draw: Random, pair: Pair) -> Written:
    """Leave the pair in a comment."""
    secret = escaped(pair.secret)
    mark = draw.choice(("#", "#", "//"))
    lines = draw.choice(
        (
            [f"{mark} old {pair.exchange} keys: {pair.key} / {secret}"],
            [f"{mark} {pair.key}", f"{mark} {secret}"],
            [f"{mark} key: {pair.key}", f"{mark} secret: {secret}"],
            [f"{mark} TODO remove: {CLASSES[pair.exchange][1]}('{pair.key}', '{secret}')"],
        )
    )
    if mark == "#":
        head, tail = [f'"""Runs the {pair.exchange} bot."""', "import os"], ["", "key = os.environ['API_KEY']"]
        return "main.py", _joined(head, lines, tail)
    return "main.js", _joined([f"const ccxt = require('ccxt'); // {pair.exchange}"], lines, ["module.exports = {};"])


def systemd(draw: Random, pair: Pair) -> Written:
    """Write the environment of a unit."""
    start, secret = upper(draw, pair), escaped(pair.secret)
    both = (f"{start}_API_KEY={pair.key}", f"{start}_API_SECRET={secret}")
    lines = [f'Environment="{each}"' for each in both]
    if "\n" not in pair.secret and draw.random() < 0.4:
        lines = [f"Environment={both[0]} {both[1]}"]
    return "bot.service", _joined(["[Unit]", "Description=bot", "[Service]"], lines, ["ExecStart=/opt/bot/run", ""])


def toml(draw: Random, pair: Pair) -> Written:
    """Write a TOML configuration."""
    quote = '"' if "\n" in pair.secret else draw.choice("\"'")
    names = draw.choice((("api_key", "api_secret"), ("key", "secret"), ("apikey", "secretkey")))
    lines = [f"{names[0]} = {quote}{pair.key}{quote}", f"{names[1]} = {quote}{escaped(pair.secret)}{quote}"]
    if draw.random() < 0.3:
        items = ", ".join(line for line in lines)
        return "bot.toml", _joined(["[accounts]"], [f"{pair.exchange} = {{ {items} }}"], ["[risk]", "max = 3"])
    return "bot.toml", _joined(["dry_run = false", f"[exchange.{pair.exchange}]"], lines, ["[risk]", "max_orders = 3"])


def javascript(draw: Random, pair: Pair) -> Written:
    """Write a client in JavaScript or TypeScript."""
    quote = "`" if "\n" in pair.secret and draw.random() < 0.5 else draw.choice("\"'")
    names = draw.choice((("apiKey", "secret"), ("key", "secret"), ("APIKEY", "APISECRET"), ("api_key", "api_secret")))
    secret = pair.secret if quote == "`" else escaped(pair.secret)
    lines = [f"  {names[0]}: {quote}{pair.key}{quote},", f"  {names[1]}: {quote}{secret}{quote},"]
    head = [f"import {{ Exchange }} from '{pair.exchange}-client';", "", "const client = new Exchange({"]
    return draw.choice(("bot.ts", "bot.js")), _joined(head, lines, ["});", "client.start();"])


def _quoted(value: str, quote: str) -> str:
    return f"{quote}{escaped(value)}{quote}"


def _joined(*parts: list[str]) -> str:
    return "\n".join(line for part in parts for line in part) + "\n"


Context = Callable[[Random, Pair], Written]
CONTEXTS: dict[str, Context] = {
    "python variable": python_variable,
    "ccxt dict": ccxt_dict,
    "positional call": positional,
    "freqtrade json": freqtrade_json,
    ".env": dotenv,
    "yaml": yaml,
    "compose environment": compose,
    "shell history": shell_history,
    "log line": log_line,
    "notebook": notebook,
    "comment": comment,
}
UNSEEN: dict[str, Context] = {"systemd unit": systemd, "toml": toml, "javascript": javascript}
