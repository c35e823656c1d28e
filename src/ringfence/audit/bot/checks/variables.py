"""Secrets and passwords in variables of the environment: in a compose file, beside it, or guessed by anybody."""

import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.bot.bot import Bot, Variable
from ringfence.audit.bot.node import FILLED, at
from ringfence.audit.bot.rules import say
from ringfence.audit.bot.service import Service
from ringfence.audit.bot.strength import PASSPHRASE, PASSWORD, is_key, is_stand_in, is_virtual, wrong
from ringfence.audit.finding import Finding, Place, Unanswered

SECRET: Final = re.compile(
    r"(?:.*_)?(?:PASSWORD|PASSWD|PASS|PASSPHRASE|SECRET|TOKEN|API_?KEY|SECRET_?KEY|ACCESS_?KEY|PRIVATE_?KEY|MNEMONIC|"
    r"SEED_?PHRASE|JWT_SECRET_KEY|WS_TOKEN)|FREQTRADE__EXCHANGE__(?:.*__)?(?:KEY|UID)",
    re.IGNORECASE,
)
"""Names of variables that hold a secret."""
_EXCHANGE_KEY: Final = re.compile(
    r"FREQTRADE__EXCHANGE__(?:.*__)?(?:KEY|API_?KEY|SECRET|PRIVATE_?KEY)|"
    r"(?:.*_)?(?:API_?KEY|API_?SECRET|SECRET_?KEY|PRIVATE_?KEY|MNEMONIC|SEED_?PHRASE)",
    re.IGNORECASE,
)
_NO_EXCHANGE: Final = re.compile(
    r"FREQTRADE__(?!EXCHANGE__)|(?:.*_)?(?:JWT|WS|DJANGO|FLASK|SESSION|OPENAI|ANTHROPIC|SENTRY|LICENSE|TELEGRAM)_",
    re.IGNORECASE,
)
_HUMMINGBOT: Final = frozenset({"CONFIG_PASSWORD", "HBOT_PASSWORD", "GATEWAY_PASSPHRASE", "GATEWAY_CERT_PASSPHRASE"})
_BROKER: Final = frozenset(
    [
        "EMQX_DASHBOARD__DEFAULT_PASSWORD", "BROKER_PASSWORD", "BROKER_DASHBOARD_PASSWORD", "MQTT_PASSWORD",
        "EMQX_DASHBOARD_PASSWORD",
    ]
)  # fmt: skip
_PANEL: Final = frozenset({"PASSWORD", "DASHBOARD_PASSWORD"})
_IN_ADDRESS: Final = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
_TYPED: Final = re.compile(r"(?:^|\s)(?:-p|--config-password)(?:\s+|=)(?P<value>\S+)")


def written_in_compose(bot: Bot) -> Iterator[Finding]:
    """A secret is written into a compose file, which is copied, committed and shown to those who help."""
    for one in bot.variables:
        if one.service is None or one.value.tag == FILLED or not one.value.text.strip():
            continue
        named = SECRET.fullmatch(one.name) or _IN_ADDRESS.search(one.value.text)
        if not _is_of_compose(one) or not named or is_virtual(one.value.text):
            continue
        text = f"{one.name} is written into the compose file: write {one.name}=${{{one.name}:?}} and keep it in .env"
        yield say("secret-in-compose", one.value.place, text, f"{one.service.name} {one.name}")
    for service in bot.services:
        if service.bot.startswith("hummingbot") and _TYPED.search(service.command):
            text = "the password stands on the command line, which every process of this machine can read"
            yield say("secret-in-compose", _command(service), text, f"{service.name} command")


def _is_of_compose(one: Variable) -> bool:
    return one.value.place.path.endswith((".yml", ".yaml"))


def keys(bot: Bot) -> Iterator[Finding]:
    """A real key of an exchange is a variable, which every child of the bot inherits."""
    for one in bot.variables:
        if not _EXCHANGE_KEY.fullmatch(one.name) or _NO_EXCHANGE.match(one.name):
            continue
        if is_key(one.value):
            name = "key-in-environment"
            yield say(name, one.value.place, f"{one.name} is a real key", one.name)


def passwords(bot: Bot) -> Iterator[Finding | Unanswered]:
    """A password that everybody knows stands before the bot's keys, its web page or its broker."""
    for one in bot.variables:
        kind = _kind(one)
        if kind is None:
            continue
        rule, least = kind
        if one.value.open:
            yield Unanswered(one.value.place, f"{one.name} is set by no file: a shell sets it, or it is empty")
            continue
        fault = wrong(one.value.text, least)
        if fault:
            yield say(rule, one.value.place, f"{one.name} {fault}", one.name)
    for service in bot.services:
        found = _TYPED.search(service.command) if service.bot.startswith("hummingbot") else None
        fault = wrong(found["value"].strip("\"'"), PASSPHRASE) if found else ""
        if fault:
            yield say(
                "hummingbot-password", _command(service), f"the password on the command line {fault}", service.name
            )


def _kind(one: Variable) -> tuple[str, int] | None:
    name = one.name.upper()
    if name in _HUMMINGBOT:
        return "hummingbot-password", PASSPHRASE
    if name in _BROKER:
        return "broker-password", PASSPHRASE
    if name in _PANEL and (one.service is None or not one.service.is_beside):
        return "panel-password", PASSWORD
    return None


def dashboards(bot: Bot) -> Iterator[Finding]:
    """EMQX has a dashboard whose password everybody knows until another is set."""
    for service in bot.services:
        image = service.image
        if image is None or "emqx" not in image.text.lower():
            continue
        if not {"EMQX_DASHBOARD__DEFAULT_PASSWORD", "EMQX_DASHBOARD_PASSWORD"} & service.env.rows.keys():
            text = (
                f"service {service.name[:40]!r} keeps the password that is known: set EMQX_DASHBOARD__DEFAULT_PASSWORD"
            )
            yield say("broker-password", service.place, text, f"{service.name} dashboard")


def _command(service: Service) -> Place:
    found = at(service.table, "command") or at(service.table, "entrypoint")
    return service.place if found is None else found.place


def names_a_secret(name: str, text: str) -> bool:
    """Say whether a variable holds something that others must not read."""
    return SECRET.fullmatch(name) is not None and bool(text.strip()) and not is_stand_in(text)


CHECKS: Final = (written_in_compose, keys, passwords, dashboards)
"""What is asked of all variables."""
