"""Freqtrade's own server: who reaches it, and by what somebody gets in. Whoever gets in can trade and stop the bot.

A setting that freqtrade would refuse is odd, and never taken for a harmless one.
"""

import ipaddress
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from ringfence.audit.bot.bot import Bot
from ringfence.audit.bot.freqtrade import Config
from ringfence.audit.bot.node import Odd, Scalar, Table, at, flag, place_of, scalar, table, texts
from ringfence.audit.bot.rules import say
from ringfence.audit.bot.service import Port, reach
from ringfence.audit.bot.strength import PASSWORD, SECRET, wrong
from ringfence.audit.finding import Finding, Severity

_USUAL_PORT: Final = 8080
_WORST: Final = ("nobody", "private", "everybody")
_TOKEN: Final = 16
"""Characters of a token: 96 bits of base64, where freqtrade's own wizard makes 34."""


def exposed(_: Bot, config: Config) -> Iterator[Finding]:
    """It listens to others; a container's address means nothing where docker publishes the port."""
    server = _server(config)
    if server is None or (config.service is not None and not config.service.on_host):
        return
    where = scalar(server, "listen_ip_address")
    if where is None:
        raise Odd(server.place, "api_server says not where it listens")
    who = reach(where.text)
    if who == "nobody":
        return
    whom = "everybody who reaches this machine" if who == "everybody" else "a whole private network"
    text = f'freqtrade\'s server listens to {whom}: write "listen_ip_address": "127.0.0.1"'
    yield say("api-exposed", where.place, text, "api_server", None if who == "everybody" else Severity.HIGH)


def password(_: Bot, config: Config) -> Iterator[Finding]:
    """Its password or its user's name is no obstacle; freqtrade takes an empty one for right."""
    server = _server(config)
    if server is None:
        return
    for name, least in (("password", PASSWORD), ("username", 1)):
        found = scalar(server, name)
        fault = "is not there" if found is None else _fault(name, found.text, least)
        if fault:
            short = "characters" in fault and _exposure(config) == "nobody"
            yield say(
                "api-password",
                found.place if found is not None else server.place,
                f"api_server.{name} {fault}",
                f"api_server.{name}",
                Severity.HIGH if short else None,
            )


def _fault(name: str, text: str, least: int) -> str:
    return wrong(text, least) if name == "password" else "" if text.strip() else "is empty"


def jwt(_: Bot, config: Config) -> Iterator[Finding]:
    """Anybody can sign a token: older versions take a published word where there is none."""
    server = _server(config)
    if server is None:
        return
    found = scalar(server, "jwt_secret_key")
    fault = "is not there" if found is None else wrong(found.text, SECRET)
    if fault:
        place = server.place if found is None else found.place
        yield say("api-jwt-secret", place, f"api_server.jwt_secret_key {fault}", "api_server.jwt_secret_key")


def ws_token(_: Bot, config: Config) -> Iterator[Finding]:
    """A token of the message stream can be guessed; each of a list opens it."""
    server = _server(config)
    for found in () if server is None else texts(at(server, "ws_token")):
        fault = wrong(found.text, _TOKEN) if found.text.strip() else ""
        if fault:
            yield say("api-ws-token", found.place, f"api_server.ws_token {fault}", "api_server.ws_token")


def origins(_: Bot, config: Config) -> Iterator[Finding]:
    """Pages of others may call it from the owner's browser."""
    server = _server(config)
    for found in () if server is None else texts(at(server, "CORS_origins")):
        fault = _origin(found)
        if fault:
            yield say(
                "api-cors", found.place, f"api_server.CORS_origins lets {fault} call it", "api_server.CORS_origins"
            )


def _origin(found: Scalar) -> str:
    text = found.text.strip()
    if "*" in text or text.lower() == "null":
        return "every page"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "a page whose address nobody can read"
    if not parts.hostname:
        return "a page whose address nobody can read"
    if reach(parts.hostname) == "nobody" or parts.scheme == "https":
        return ""
    return "a page that comes without TLS"


def documents(_: Bot, config: Config) -> Iterator[Finding]:
    """It tells strangers more than it has to."""
    server = _server(config)
    if server is None:
        return
    if flag(server, "enable_openapi"):
        yield _told(server, "enable_openapi", "it shows everybody what it can do")
    verbosity = scalar(server, "verbosity")
    if verbosity is not None and verbosity.text.strip().lower() == "info":
        yield _told(server, "verbosity", "it writes every request into the log")


def _told(server: Table, name: str, text: str) -> Finding:
    return say("api-docs", place_of(server, name), f"api_server.{name}: {text}", f"api_server.{name}")


def forced(_: Bot, config: Config) -> Iterator[Finding]:
    """Orders can be given by remote."""
    if flag(config.table, "force_entry_enable"):
        place = place_of(config.table, "force_entry_enable")
        yield say("force-entry", place, "force_entry_enable lets whoever gets in open any trade", "force_entry_enable")


def _server(config: Config) -> Table | None:
    found = table(config.table, "api_server")
    return found if found is not None and flag(found, "enabled") else None


def _exposure(config: Config) -> str:
    """Say who reaches the server in the end."""
    where = scalar(config.table, "api_server", "listen_ip_address")
    if config.service is None or config.service.on_host or where is None:
        return reach(where.text) if where is not None else "everybody"
    port = scalar(config.table, "api_server", "listen_port")
    number = int(port.text) if port is not None and port.text.isdigit() else _USUAL_PORT
    found = [one.reach for one in config.service.ports if _covers(one, number)]
    return max(found, key=_WORST.index, default="nobody")


def _covers(port: Port, number: int) -> bool:
    first, _, last = port.inner.partition("-")
    return int(first) <= number <= int(last or first)


def is_local(host: str) -> bool:
    """Say whether a host is this machine, or another container of the same network: a name without a dot."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "." not in host or host == "host.docker.internal"
    return reach(host) == "nobody"


CHECKS: Final = (exposed, password, jwt, ws_token, origins, documents, forced)
"""What is asked of each configuration."""
