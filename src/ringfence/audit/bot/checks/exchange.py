"""Keys in freqtrade's and passivbot's settings, what writes them into logs, and the way that orders take."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from ringfence.audit.bot.bot import Bot
from ringfence.audit.bot.checks.api import is_local
from ringfence.audit.bot.freqtrade import Config
from ringfence.audit.bot.node import Odd, Scalar, Table, at, flag, is_null, place_of, scalar, table, walk
from ringfence.audit.bot.rules import say
from ringfence.audit.bot.service import reach
from ringfence.audit.bot.strength import is_key, is_pem, is_virtual
from ringfence.audit.finding import Finding, Severity

_KEYS: Final = ("api_key", "apiKey", "key")
_SECRETS: Final = ("secret",)
_WALLETS: Final = ("private_key", "privateKey")
_IN_CCXT: Final = frozenset({"apikey", "secret", "privatekey", "password", "token", "twofa", "login"})
_CCXT: Final = ("ccxt_config", "ccxt_sync_config", "ccxt_async_config")
_LOUD: Final = ("ccxt", "aiohttp", "urllib3", "requests", "root", "httpx", "freqtrade.exchange")
_PROXIES: Final = frozenset(
    [
        "httpsproxy", "https_proxy", "httpproxy", "http_proxy", "aiohttp_proxy", "socksproxy", "socks_proxy",
        "proxyurl", "proxy_url",
    ]
)  # fmt: skip
_WS_PROXIES: Final = frozenset({"wssproxy", "wss_proxy", "wsproxy", "ws_proxy", "wssocksproxy", "ws_socks_proxy"})


def keys(_: Bot, config: Config) -> Iterator[Finding]:
    """A real key lies in the file."""
    exchange = table(config.table, "exchange")
    if exchange is None:
        return
    ours = any(is_virtual(_text(exchange, name)) for name in _KEYS)
    live = is_live(config)
    for name in (*_KEYS, *_SECRETS):
        found = scalar(exchange, name)
        if found is None or not is_key(found) or (ours and is_pem(found.text)):
            continue
        does = "the bot trades with it" if live else "a dry run needs none"
        text = f"exchange.{name} is a real key, and {does}"
        yield say("key-in-config", found.place, text, f"exchange.{name}", None if live else Severity.HIGH)
    for name in _WALLETS:
        found = scalar(exchange, name)
        if found is not None and is_key(found):
            yield say("wallet-key", found.place, f"exchange.{name} is the key of a wallet", f"exchange.{name}")


def hidden_keys(_: Bot, config: Config) -> Iterator[Finding]:
    """A key lies where freqtrade writes it into its log."""
    exchange = table(config.table, "exchange")
    for name in () if exchange is None else _CCXT:
        below = at(exchange, name)
        for names, found in () if below is None else walk(below):
            last = names[-1] if names else ""
            if last.lower() in _IN_CCXT and is_key(found):
                where = ".".join(("exchange", name, *names))
                yield say("key-in-ccxt-config", found.place, f"{where} is a real key or password", where)


def responses(_: Bot, config: Config) -> Iterator[Finding]:
    """What goes to the exchange and comes back is written into the log."""
    exchange = table(config.table, "exchange")
    if exchange is not None and flag(exchange, "log_responses"):
        yield _logged(
            exchange, "log_responses", "exchange.log_responses writes every answer of the exchange into the log"
        )
    for name in () if exchange is None else _CCXT:
        part = table(exchange, name)
        if part is not None and flag(part, "verbose"):
            yield _logged(
                part, "verbose", f"exchange.{name}.verbose writes every request into the log, its signature too"
            )
    loggers = table(config.table, "log_config", "loggers")
    root = table(config.table, "log_config", "root")
    levels = {"root": root, **{one: at(loggers, one) for one in _LOUD if at(loggers, one) is not None}}
    for name, node in levels.items():
        level = scalar(node, "level")
        if level is not None and level.text.strip().upper() in {"DEBUG", "NOTSET", "10", "0"}:
            yield say("responses-logged", level.place, f"the level of {name} writes every request into the log", name)


def _logged(found: Table, name: str, text: str) -> Finding:
    return say("responses-logged", place_of(found, name), text, name)


def past(_: Bot, config: Config) -> Iterator[Finding]:
    """A live bot with a real key goes to the exchange itself."""
    exchange = table(config.table, "exchange")
    if exchange is None or not is_live(config):
        return
    real = next((one for name in (*_KEYS, *_SECRETS, *_WALLETS) if is_key(one := scalar(exchange, name))), None)
    if real is None:
        return
    ways = [_way(exchange, name) for name in ("ccxt_sync_config", "ccxt_async_config")]
    streams = flag(exchange, "enable_ws", default=True)
    if not all(rest for rest, _ in ways):
        yield say("past-ringfence", exchange.place, "its orders go straight to the exchange, past every limit", "rest")
    elif streams and not ways[1][1]:
        text = "its WebSockets go straight to the exchange: set exchange.ccxt_config.wssProxy too"
        yield say("past-ringfence", exchange.place, text, "stream")


def _way(exchange: Table, name: str) -> tuple[bool, bool]:
    """Say whether HTTP calls and WebSockets of one of freqtrade's two clients stay on this machine."""
    rest = stream = False
    for part in (table(exchange, "ccxt_config"), table(exchange, name)):
        if part is None:
            continue
        for setting, value in part.rows.items():
            if setting.lower() in _PROXIES and not is_null(value):
                rest = _is_here(scalar(part, setting))
            if setting.lower() in _WS_PROXIES and not is_null(value):
                stream = _is_here(scalar(part, setting))
        urls = at(part, "urls", "api")
        if urls is not None:
            found = [one for names, one in walk(urls) if "ws" not in names]
            rest = bool(found) and all(map(_is_here, found))
            streams = [one for names, one in walk(urls) if "ws" in names]
            stream = bool(streams) and all(map(_is_here, streams))
    return rest, stream


def _is_here(found: Scalar | None) -> bool:
    if found is None:
        return False
    try:
        host = urlsplit(found.text.replace("{hostname}", "x.invalid")).hostname
    except ValueError:
        raise Odd(found.place, "is no address") from None
    return host is not None and (is_local(host) or reach(host) == "private")


def is_live(config: Config) -> bool:
    """Say whether it trades with real money; without a word it is taken to."""
    return not flag(config.table, "dry_run")


def _text(found: Table, name: str) -> str:
    value = scalar(found, name)
    return "" if value is None else value.text


CHECKS: Final = (keys, hidden_keys, responses, past)
"""What is asked of each configuration of freqtrade."""


def passivbot(bot: Bot) -> Iterator[Finding]:
    """Passivbot's keys lie open in api-keys.json, and it trades with whatever stands there."""
    for found in bot.passivbots:
        for user, value in found.rows.items():
            if not isinstance(value, Table):
                continue
            for name, one in value.rows.items():
                if isinstance(one, Scalar) and is_key(one):
                    yield from _of_passivbot(user, name, one)


def _of_passivbot(user: str, name: str, found: Scalar) -> Iterator[Finding]:
    plain = name.lower().replace("_", "")
    if plain in {"privatekey", "mnemonic", "seed"}:
        yield say("wallet-key", found.place, f"{name} of {user[:40]!r} is the key of a wallet", f"{user}.{name}")
    elif plain in {"key", "secret", "apikey", "apisecret"}:
        yield say("key-in-config", found.place, f"{name} of {user[:40]!r} is a real key", f"{user}.{name}")
