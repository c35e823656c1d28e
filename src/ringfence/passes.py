"""The bots' credentials for the proxy. A pass opens nothing: it says whose tunnels count, and which exchange is meant.

Who asks is still proven by the signature with the virtual key.
"""

import hmac
import os
import secrets
import stat
import tomllib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ringfence import whole
from ringfence.errors import Misconfigured
from ringfence.model.names import BotName, ExchangeId

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_LENGTH = 32  # 160 bits: nobody guesses one, however often he may try
_OTHERS = 0o077


class Pass(msgspec.Struct, frozen=True):
    """One bot's credential."""

    bot: BotName
    exchange: ExchangeId
    token: str

    def __repr__(self) -> str:
        return f"Pass({self.bot!r}, {self.exchange!r})"


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    exchange: str
    token: str


def draw(bot: str, exchange: str) -> Pass:
    """Make a new pass for a bot."""
    return Pass(BotName(bot), ExchangeId(exchange), "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)))


def read(path: Path) -> tuple[Pass, ...]:
    """Read the passes, none where there is no file; raises `Misconfigured` for one that is broken or open to others."""
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & _OTHERS:
                raise Misconfigured(f"others may read {path}", hint=f"chmod 600 {path}")
            tables = msgspec.convert(tomllib.loads(file.read().decode("utf-8")), dict[str, _Written])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, msgspec.ValidationError):  # whose text might quote a token
        raise Misconfigured(f"{path} cannot be read", hint="`ringfence certificates` writes it anew") from None
    return tuple(_checked(path, name, entry) for name, entry in tables.items())


def write(path: Path, passes: Iterable[Pass]) -> None:
    """Write all passes, whole or not at all, for nobody else to read."""
    head = "# The bots' credentials for the proxy; written by `ringfence bot` and `ringfence certificates`.\n"
    lines = [f'[{one.bot}]\nexchange = "{one.exchange}"\ntoken = "{one.token}"\n' for one in passes]
    whole.put(path, (head + "\n".join(lines)).encode(), 0o600)


def keep(path: Path, bots: Iterable[tuple[str, str]], *, mend: bool = False) -> bool:
    """See to it that each bot (its name and its exchange) has its pass, and nobody else; False where that was so.

    `mend`: passes that cannot be read are all drawn anew; otherwise raises `Misconfigured`.
    """
    try:
        there = read(path)
    except Misconfigured:
        if not mend:
            raise
        there = ()
    known = {(one.bot, one.exchange): one for one in there}
    wanted = [known.get((BotName(bot), ExchangeId(exchange))) or draw(bot, exchange) for bot, exchange in bots]
    if path.exists() and wanted == [*there]:
        return False
    write(path, wanted)
    return True


def find(passes: Iterable[Pass], bot: str, token: str) -> Pass | None:
    """Find the pass that somebody shows. How long that takes says nothing of any token, nor of which bots there are."""
    given, found = f"{bot}:{token}".encode(), None
    for one in passes:
        if hmac.compare_digest(f"{one.bot}:{one.token}".encode(), given):
            found = one
    return found


def _checked(path: Path, bot: str, entry: _Written) -> Pass:
    if len(entry.token) != _LENGTH or set(entry.token) - set(_ALPHABET):
        raise Misconfigured(f"{path}: the token of {bot} is not {_LENGTH} of a-z and 2-7")
    return Pass(BotName(bot), ExchangeId(entry.exchange), entry.token)
