"""Where the program of a bot really stands: its Python or node, which may be in somebody's home."""

import os
from collections.abc import Iterator
from pathlib import Path

from ringfence.deploy.bots import Bot
from ringfence.errors import Misconfigured

_SYSTEM = ("/usr/", "/bin/", "/lib/", "/lib64/", "/opt/ringfence/")
_LONGEST = 256  # of a first line that names a program (execve(2), Linux cuts there)


def runtimes(bot: Bot) -> tuple[str, ...]:
    """List the folders beside its directory that a bot's program needs; raises `Misconfigured` where there is none."""
    if not bot.command:
        return ()
    found = dict.fromkeys(_folders(Path(bot.started[0])))
    return tuple(path for path in found if not Path(path).is_relative_to(bot.directory))


def _folders(program: Path) -> Iterator[str]:
    real = program.resolve()
    if not real.is_file() or not os.access(real, os.X_OK):
        hint = "give the path of the program, such as .venv/bin/freqtrade"
        raise Misconfigured(f"{program} is no program that can be run", hint=hint)
    yield from _outside(real)
    named = _named(real)
    if named is not None:
        yield from _outside(named.resolve())
        yield from _base(named)
    yield from _base(program)


def _named(program: Path) -> Path | None:
    """Find the program that a script's first line names."""
    with program.open("rb") as file:
        first = file.readline(_LONGEST)
    words = first[2:].decode("utf-8", "replace").split() if first.startswith(b"#!") else []
    return Path(words[0]) if words else None


def _base(python: Path) -> Iterator[str]:
    """Find where the Python stands that an environment was made with (PEP 405)."""
    settings = python.parent.parent / "pyvenv.cfg"
    if settings.is_file():
        for line in settings.read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition("=")
            if name.strip() == "home" and value.strip():
                yield from _outside(Path(value.strip()).resolve() / "python3")


def _outside(program: Path) -> Iterator[str]:
    if not str(program).startswith(_SYSTEM):
        yield str(program.parent.parent if program.parent.name == "bin" else program.parent)
