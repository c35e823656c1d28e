"""`deploy.toml`: how each bot is started, what it may write, and which of its pages the owner wants to see."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import msgspec

from ringfence.deploy import names
from ringfence.errors import Misconfigured

FILE = "deploy.toml"
# A user's name has at most 32 letters (useradd(8)), and ours begins with "bot-".
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,27}", re.ASCII)
_MEMORY = re.compile(r"[1-9][0-9]{0,5}[MG]", re.ASCII)
_LETTERS = re.compile(r"[ -~]{1,4096}", re.ASCII)  # what a unit file may hold on a line
_PORTS = range(1, 65536)
# Whoever may write there owns the server, and a bot's files are never there alone.
_WHOLE = frozenset(
    {"/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/opt", "/proc", names.SUPERUSER_HOME, "/run"}
)
_SYSTEM = frozenset({"/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/local", "/var", "/var/lib", "/var/tmp", "/mnt"})  # noqa: S108


class Bot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bot. Without a `command` its place is made, and nothing is started there.

    `command` is a program and its arguments; `directory` is where its code and settings are, which it may read;
    `write` are the folders in there that it may write to. `ui` are ports on which it shows pages. `jit`: it makes code
    as it runs, as numba, PyTorch and node do. `environment` is a file of NAME=value lines. `container`: it is started
    by Docker Compose, and nothing of it by systemd (`ringfence compose`).
    """

    command: tuple[str, ...] = ()
    directory: str = ""
    write: tuple[str, ...] = ()
    ui: tuple[int, ...] = ()
    memory: str = "2G"
    jit: bool = False
    environment: str = ""
    container: bool = False

    @property
    def started(self) -> tuple[str, ...]:
        """The command, its program as an absolute path."""
        return (str(PurePosixPath(self.directory, self.command[0])), *self.command[1:]) if self.command else ()

    @property
    def writable(self) -> tuple[str, ...]:
        """The folders that it may write to, as absolute paths."""
        return tuple(str(PurePosixPath(self.directory, each)) for each in self.write)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bot: dict[str, Bot] = {}


def load(home: Path) -> Mapping[str, Bot]:
    """Read how the bots are started, none where there is no file; raises `Misconfigured`."""
    path = home / FILE
    try:
        bots = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File).bot
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise Misconfigured(f"{path}: {error}", hint="docs/how-to/deploy.md shows one") from None
    for name, bot in bots.items():
        check(name, bot)
    return bots


def check(name: str, bot: Bot) -> None:
    """Raise `Misconfigured` for what cannot be meant, or could be read otherwise by systemd."""
    wrong = _wrong(name, bot)
    if wrong:
        raise Misconfigured(f"bot {name}: {wrong}", hint="docs/how-to/deploy.md shows how a bot is described")


def _wrong(name: str, bot: Bot) -> str:
    texts = (*bot.command, bot.directory, *bot.write, bot.environment)
    if not _NAME.fullmatch(name):
        return "its name has at most 28 of a-z, 0-9, - and _"
    if any(text and not _LETTERS.fullmatch(text) for text in texts):
        return "only printable ASCII fits into a unit file"
    if not _MEMORY.fullmatch(bot.memory):
        return "memory is a number with M or G, such as 2G"
    if any(port not in _PORTS for port in bot.ui):
        return "ui is a list of ports"
    if bot.container and (bot.command or bot.directory or bot.write or bot.environment or bot.jit):
        return "it is in a container, so the compose file says how it is started"
    return _wrong_place(bot) if bot.command or bot.directory or bot.write else ""


def _wrong_place(bot: Bot) -> str:
    where = PurePosixPath(bot.directory)
    if (
        not where.is_absolute()
        or ".." in where.parts
        or str(where).replace("//", "/") in _WHOLE | _SYSTEM | {names.SUPERUSER_HOME}
    ):
        return "directory is not the absolute path of a folder of its own"
    for each in bot.write:
        below = PurePosixPath(each)
        if below.is_absolute() or ".." in below.parts or below == PurePosixPath():
            return f"it may write to folders below its directory, and {each} is none"
    return "" if bot.command or not bot.write else "it has folders to write to and no command"


def text_of(bots: Mapping[str, Bot]) -> str:
    """Write `deploy.toml`."""
    parts = ["# How each bot is started; read by `ringfence deploy`.\n"]
    for name, bot in bots.items():
        rows = [f"{key} = {_toml(value)}" for key, value in msgspec.to_builtins(bot).items() if value]
        parts.append("\n".join((f"[bot.{name}]", *rows, "")))
    return "\n".join(parts)


def _toml(value: object) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    # A TOML basic string is a JSON one without the escape of the slash (toml.io, String).
    return msgspec.json.encode(value).decode()
