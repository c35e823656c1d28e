"""Which file has which command: an explicit list.

Only the command that is asked for is loaded, since a start takes as long as what it loads.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple


class Where(NamedTuple):
    """The module of `ringfence.cli` that has a command, and what it calls it: `app` is a group of commands."""

    module: str
    name: str = "app"


COMMANDS = {
    "init": Where("init", "init"),
    "key": Where("key"),
    "bot": Where("bot"),
    "decoy": Where("decoy"),
    "certificates": Where("certificates", "certificates"),
    "point": Where("point", "point"),
    "adopt": Where("adopt", "adopt"),
    "deploy": Where("deploy", "deploy"),
    "compose": Where("compose", "overlay"),
    "canary": Where("canary", "canary"),
    "harden": Where("harden", "harden"),
    "leaktest": Where("leaktest", "leaktest"),
    "confine": Where("confine", "confine"),
    "policy": Where("policy"),
    "second-factor": Where("factor"),
    "run": Where("run", "run"),
    "status": Where("status", "status"),
    "doctor": Where("doctor", "doctor"),
    "halt": Where("halt", "halt"),
    "resume": Where("halt", "resume"),
    "hold": Where("hold"),
    "why": Where("why", "why"),
    "order": Where("order"),
    "log": Where("log"),
    "radius": Where("radius", "radius"),
    "demo": Where("demo", "demo"),
    "incidents": Where("incidents", "incidents"),
    "drill": Where("drill", "drill"),
    "audit": Where("audit"),
}
_VALUED = "--home"  # the only option before a command that has a value


def asked(arguments: Sequence[str]) -> tuple[str, ...]:
    """Say which commands a command line needs: its own, or all where help or an error is going to list them."""
    rest = iter(arguments)
    for word in rest:
        if word == _VALUED:
            next(rest, None)
        elif not word.startswith("-"):
            return (word,) if word in COMMANDS else tuple(COMMANDS)
    return tuple(COMMANDS)


def load(name: str) -> object:
    """Load one command, by its name in the list above."""
    where = COMMANDS[name]
    found: object = getattr(import_module(f"ringfence.cli.{where.module}"), where.name)
    return found
