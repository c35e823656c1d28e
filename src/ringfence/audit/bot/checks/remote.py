"""What freqtrade talks to beside the exchange: Telegram, webhooks, other bots and databases."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from ringfence.audit.bot.answered import answered
from ringfence.audit.bot.bot import Bot
from ringfence.audit.bot.checks.api import is_local
from ringfence.audit.bot.freqtrade import Config
from ringfence.audit.bot.node import Odd, Rows, Scalar, Table, at, flag, scalar, table
from ringfence.audit.bot.rules import say
from ringfence.audit.bot.strength import PASSPHRASE, wrong
from ringfence.audit.finding import Finding, Place, Unanswered

_TOKEN: Final = 16
_TLS: Final = re.compile(
    r"(?i)(?:^|&)(?:sslmode=(?:require|verify-ca|verify-full)|ssl=(?:true|1|require|verify-full)|tls=true)(?:&|$)"
)
_ON_COMMAND: Final = re.compile(r"--db-url(?:\s+|=)(\S+)")
_PASSWORDS: Final = frozenset(
    [
        "POSTGRES_PASSWORD", "REDIS_PASSWORD", "MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD", "DB_PASSWORD",
        "DATABASE_PASSWORD", "PGPASSWORD",
    ]
)  # fmt: skip
_URLS: Final = frozenset({"DATABASE_URL", "DB_URL", "REDIS_URL", "SQLALCHEMY_DATABASE_URI"})


def telegram(_: Bot, config: Config) -> Iterator[Finding]:
    """Everybody in a group can steer the bot."""
    found = table(config.table, "telegram")
    if found is None or not flag(found, "enabled"):
        return
    chat = scalar(found, "chat_id")
    users = at(found, "authorized_users")
    if chat is not None and chat.text.strip().startswith("-") and not isinstance(users, Rows):
        text = 'everybody in this group can steer the bot: write "authorized_users": ["YOUR_ID"]'
        yield say("telegram-group", chat.place, text, "telegram.chat_id")


def webhooks(_: Bot, config: Config) -> Iterator[Finding]:
    """Trades are told to whoever listens on the way."""
    for section, name in (("webhook", "url"), ("discord", "webhook_url")):
        found = table(config.table, section)
        url = scalar(found, name)
        if found is None or url is None or not flag(found, "enabled", default=True):
            continue
        host = _parts(url).hostname
        if _parts(url).scheme.lower() != "https" and not (host and is_local(host)):
            yield say("webhook-plain", url.place, f"{section}.{name} goes out without TLS", f"{section}.{name}")


def consumers(_: Bot, config: Config) -> Iterator[Finding]:
    """Signals of another bot come over a line that anybody can write on."""
    found = table(config.table, "external_message_consumer")
    if found is None or not flag(found, "enabled"):
        return
    producers = at(found, "producers")
    for one in producers.items if isinstance(producers, Rows) else ():
        if not isinstance(one, Table):
            raise Odd(one.place, "is no producer")
        host, token = scalar(one, "host"), scalar(one, "ws_token")
        if host is not None and not is_local(host.text.strip()) and not flag(one, "secure"):
            yield say(
                "consumer-plain", host.place, 'this producer is heard without TLS: write "secure": true', "secure"
            )
        fault = "is not there" if token is None else wrong(token.text, _TOKEN)
        if fault:
            place = one.place if token is None else token.place
            yield say("consumer-plain", place, f"the ws_token of this producer {fault}", "ws_token")


def database(_: Bot, config: Config) -> Iterator[Finding]:
    """The books lie in a database that others open."""
    url = scalar(config.table, "db_url")
    if url is not None:
        yield from _database(url, "db_url")


def databases(bot: Bot) -> Iterator[Finding | Unanswered]:
    """Databases beside a bot have a password that everybody knows."""
    for one in bot.variables:
        if one.name.upper() in _PASSWORDS and not one.value.open:
            fault = wrong(one.value.text, PASSPHRASE)
            if fault:
                yield say("database-password", one.value.place, f"{one.name} {fault}", one.name)
        if one.name.upper() in _URLS and one.value.text:
            yield from answered(_database(one.value, one.name))
    for service in bot.services:
        for found in _ON_COMMAND.findall(service.command):
            yield from answered(_database(Scalar(str(found), _command_place(service.table)), "--db-url"))


def _command_place(found: Table) -> Place:
    command = at(found, "command")
    return found.place if command is None else command.place


def _database(url: Scalar, name: str) -> Iterator[Finding]:
    parts = _parts(url)
    if parts.scheme.lower().startswith("sqlite") or not parts.scheme or url.open:
        return
    if parts.password is not None or parts.username is not None:
        fault = wrong(unquote(parts.password or ""), PASSPHRASE)
        if fault:
            yield say("database-password", url.place, f"the password in {name} {fault}", name)
    if parts.hostname and not is_local(parts.hostname) and not _TLS.search(parts.query) and parts.scheme != "rediss":
        yield say("database-password", url.place, f"{name} reaches another machine without TLS", f"{name} tls")


def _parts(url: Scalar) -> SplitResult:
    try:
        parts = urlsplit(url.text.strip())
        _ = parts.port
    except ValueError:
        raise Odd(url.place, "is no address") from None
    return parts


CHECKS: Final = (telegram, webhooks, consumers, database)
"""What is asked of each configuration."""
