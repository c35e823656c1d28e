"""Jupyter beside a bot: whoever reaches it runs programs where the keys are."""

import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.bot.answered import answered
from ringfence.audit.bot.bot import Bot
from ringfence.audit.bot.node import Odd, Scalar, Table, walk
from ringfence.audit.bot.rules import say
from ringfence.audit.bot.service import Service, reach
from ringfence.audit.finding import Finding, Place, Unanswered

_IP: Final = re.compile(r"--(?:ServerApp\.|NotebookApp\.|LabApp\.)?ip(?:\s+|=)(\S+)")
_TOKEN: Final = re.compile(r"--(?:ServerApp\.|NotebookApp\.|LabApp\.|IdentityProvider\.)?token(?:\s+|=)(\S*)")
_PASSWORD: Final = re.compile(
    r"--(?:ServerApp\.|NotebookApp\.|LabApp\.|PasswordIdentityProvider\.)?(?:hashed_)?password(?:\s+|=)(\S*)"
)
_RUNS: Final = re.compile(r"\bjupyter(?:-lab|-notebook|-server)?\b")
_CLASSES: Final = re.compile(
    r"(?:c\.)?(?:ServerApp|NotebookApp|LabApp|JupyterApp|IdentityProvider|PasswordIdentityProvider)\.(\w+)"
)


def containers(_: Bot, service: Service) -> Iterator[Finding]:
    """A container runs it without a password, or for others."""
    if not _RUNS.search(service.command):
        return
    if _is_open(service.command):
        text = "Jupyter asks for neither a token nor a password"
        yield say("jupyter-open", _command(service), text, f"{service.name} token")
    found = _IP.findall(service.command)
    if service.on_host and any(_reached(one) for one in found):
        yield say("jupyter-open", _command(service), "Jupyter listens to others", f"{service.name} ip")


def lines(bot: Bot) -> Iterator[Finding]:
    """A script or a unit runs it without a password, or for others."""
    for script in bot.scripts:
        for number, line in enumerate(script.text.splitlines(), 1):
            if line.lstrip().startswith("#") or not _RUNS.search(line):
                continue
            if _is_open(line):
                yield say(
                    "jupyter-open",
                    Place(script.path, number),
                    "Jupyter asks for neither a token nor a password",
                    "token",
                )
            if any(_reached(one) for one in _IP.findall(line)):
                yield say("jupyter-open", Place(script.path, number), "Jupyter listens to others", "ip")


def settings(bot: Bot) -> Iterator[Finding | Unanswered]:
    """Its own settings open it."""
    for found in bot.jupyters:
        yield from answered(_settings(found))


def _settings(found: Table) -> Iterator[Finding]:
    values = _values(found)
    for name in ("ip", "token", "password", "hashed_password"):
        one = values.get(name)
        if one is not None and one.open:
            raise Odd(one.place, "is computed when Jupyter starts, so nobody can tell what it will be")
    ip, token = values.get("ip"), values.get("token")
    if ip is not None and _reached(ip.text):
        yield say("jupyter-open", ip.place, "Jupyter listens to others", "ip")
    guarded = any(values[name].text.strip() for name in ("password", "hashed_password") if name in values)
    if token is not None and not token.text.strip() and not guarded:
        yield say("jupyter-open", token.place, "Jupyter asks for neither a token nor a password", "token")


def _values(found: Table) -> dict[str, Scalar]:
    values: dict[str, Scalar] = {}
    for names, one in walk(found):
        name = _CLASSES.fullmatch(".".join(names))
        if name is not None:
            values[name[1]] = one
    return values


def _is_open(command: str) -> bool:
    tokens = [one.strip("\"'") for one in _TOKEN.findall(command)]
    passwords = [one.strip("\"'") for one in _PASSWORD.findall(command)]
    return bool(tokens) and not tokens[-1] and not (passwords and passwords[-1])


def _reached(address: str) -> bool:
    return reach(address.strip("\"'")) != "nobody"


def _command(service: Service) -> Place:
    found = service.table.rows.get("command") or service.table.rows.get("entrypoint")
    return service.place if found is None else found.place


OF_SERVICE: Final = (containers,)
"""What is asked of each service."""
CHECKS: Final = (lines, settings)
"""What is asked of the whole."""
