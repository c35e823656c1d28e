"""Hummingbot's bridge to a broker, by which it is started, stopped and set, and its gateway, which holds wallets."""

import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.bot.answered import answered
from ringfence.audit.bot.bot import Bot
from ringfence.audit.bot.node import Scalar, Table, at, flag, items, place_of, scalar, table
from ringfence.audit.bot.rules import say
from ringfence.audit.bot.service import Service, reach
from ringfence.audit.finding import Finding, Place, Unanswered

_ANONYMOUS: Final = re.compile(r"\s*allow_anonymous\s+true\s*")
_EMPTY: Final = frozenset({"", "''", '""'})
_HEADLESS: Final = re.compile(r"(?:^|\s)--headless(?:\s|$)")
_WORDS: Final = frozenset({"true", "1", "yes", "on"})
_NAMES_NOBODY: Final = re.compile(r"(?:^|[.:=])127\.\d+\.\d+\.\d+$")


def bridge(bot: Bot) -> Iterator[Finding | Unanswered]:
    """Whoever reaches the broker steers the bot."""
    for found in bot.hummingbots:
        yield from answered(_bridge(bot, found))


def _bridge(bot: Bot, found: Table) -> Iterator[Finding]:
    part = table(found, "mqtt_bridge")
    if part is None or not (flag(part, "mqtt_autostart") or _is_headless(bot)):
        return
    named = _said(part, "mqtt_username") and _said(part, "mqtt_password")
    if flag(part, "mqtt_commands", default=True) and not named:
        place = place_of(part, "mqtt_password")
        text = "the broker asks for no password, and whoever reaches it starts, stops and sets the bot"
        yield say("mqtt-open", place, text, "mqtt_bridge.mqtt_password")
    host = scalar(part, "mqtt_host")
    if host is not None and reach(host.text) != "nobody" and "." in host.text and not flag(part, "mqtt_ssl"):
        text = "commands to the bot cross a network without TLS: set mqtt_ssl to true"
        yield say("mqtt-plain", host.place, text, "mqtt_bridge.mqtt_ssl")


def brokers(bot: Bot) -> Iterator[Finding]:
    """A broker lets everybody in."""
    for one in bot.variables:
        if one.name.upper() == "EMQX_ALLOW_ANONYMOUS" and one.value.text.strip().lower() in _WORDS:
            yield say("mqtt-open", one.value.place, "EMQX_ALLOW_ANONYMOUS lets everybody steer the bot", one.name)
    for script in bot.brokers:
        for number, line in enumerate(script.text.splitlines(), 1):
            if _ANONYMOUS.fullmatch(line):
                text = "allow_anonymous lets everybody steer the bot"
                yield say("mqtt-open", Place(script.path, number), text, "allow_anonymous")


def gateway(bot: Bot) -> Iterator[Finding | Unanswered]:
    """The gateway signs with the owner's wallets for whoever reaches it."""
    for found in bot.hummingbots:
        yield from answered(_gateway(found))
    for service in bot.services:
        image = service.image
        mode = at(service.env, "DEV")
        if (
            image is not None
            and "hummingbot/gateway" in image.text.lower()
            and isinstance(mode, Scalar)
            and _is_yes(mode)
        ):
            yield say("gateway-plain", mode.place, "DEV turns the gateway's TLS and its client certificates off", "DEV")


def _gateway(found: Table) -> Iterator[Finding]:
    part = table(found, "gateway")
    host = scalar(part, "gateway_api_host")
    if part is not None and host is not None and reach(host.text) != "nobody" and not flag(part, "gateway_use_ssl"):
        text = "the gateway is spoken to without TLS: set gateway_use_ssl to true"
        yield say("gateway-plain", place_of(part, "gateway_use_ssl"), text, "gateway_use_ssl")


def way(bot: Bot) -> Iterator[Finding | Unanswered]:
    """Where its orders go is decided by names, which a container's `extra_hosts` can say and /etc/hosts else."""
    connectors = bot.files.find(r"(?:.*/)?conf/connectors/[^/]+\.ya?ml")
    starts = [one for one in bot.services if one.bot == "hummingbot"]
    if not connectors or (starts and all(_is_pointed(one) for one in starts)):
        return
    why = (
        "whether hummingbot's orders pass Ringfence is decided outside of this directory, in /etc/hosts: "
        "`ringfence leaktest` shows it"
    )
    yield Unanswered(Place(connectors[0].folder), why)


def _is_pointed(service: Service) -> bool:
    hosts = at(service.table, "extra_hosts")
    if isinstance(hosts, Table):
        found = [one.text for one in hosts.rows.values() if isinstance(one, Scalar)]
    else:
        found = [one.text for one in items(hosts) if isinstance(one, Scalar)]
    return bool(found) and all(_NAMES_NOBODY.search(text.strip()) for text in found)


def _is_headless(bot: Bot) -> bool:
    named = any(one.name.upper() == "HEADLESS_MODE" and _is_yes(one.value) for one in bot.variables)
    return named or any(_HEADLESS.search(one.command) for one in bot.services)


def _is_yes(found: Scalar) -> bool:
    return found.text.strip().lower() in _WORDS


def _said(found: Table, name: str) -> bool:
    value = scalar(found, name)
    return value is not None and value.text.strip() not in _EMPTY


CHECKS: Final = (bridge, brokers, gateway, way)
"""What is asked of hummingbot and its broker."""
