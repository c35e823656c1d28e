"""Names that a person gives on the command line, in the one form that policies and records take."""

import re

from ringfence.errors import Misconfigured
from ringfence.model.names import ExchangeId
from ringfence.settings import Listener, Settings

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)


def name(text: str, what: str) -> str:
    """Check a bot's or an account's name; raises `Misconfigured`."""
    if _NAME.fullmatch(text) is None:
        raise Misconfigured(f"{text!r} is no name for {what}", hint="a-z first, then a-z, 0-9 and -, at most 32")
    return text


def listeners_of(settings: Settings, exchange: str) -> list[Listener]:
    """List where bots of an exchange come in: where all of it is served first, and of those in plain HTTP first."""
    found = [listener for listener in settings.listeners if listener.exchange == ExchangeId(exchange)]
    return sorted(found, key=lambda one: (one.host is not None, one.tls))


def listener_of(settings: Settings, exchange: str) -> Listener:
    """Find where bots of an exchange come in, in plain HTTP where they can; raises `Misconfigured`."""
    for listener in listeners_of(settings, exchange):
        return listener
    raise Misconfigured(
        f"no listener speaks {exchange}", hint=f'add [listeners.NAME] with exchange = "{exchange}" to ringfence.toml'
    )
