"""A bot's directory as the checks see it: every kind of settings that was found, and what could not be read."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from ringfence.audit.bot import compose, freqtrade
from ringfence.audit.bot.files import Entry, Files, gather
from ringfence.audit.bot.freqtrade import Config
from ringfence.audit.bot.node import Odd, Scalar, Table
from ringfence.audit.bot.readers import dotenv, json, nginx, python, yaml
from ringfence.audit.bot.readers.nginx import Directive
from ringfence.audit.bot.service import Service
from ringfence.audit.finding import Unanswered

T = TypeVar("T")
_SAMPLE: Final = re.compile(r".*(?:example|sample|template|dist)(?:\..*)?", re.IGNORECASE)
_DOTENV: Final = r"(?:.*/)?(?:[^/]*\.)?env(?:\.(?!(?:py|pyc|sh|[jt]sx?|ya?ml|json|md|toml|html|csv|d\.ts)$)[^/]*)?"
_JUPYTER: Final = r"(?:.*/)?jupyter_(?:server|notebook|lab|application)?_?config"
_NGINX: Final = (r"(?:.*/)?[^/]*nginx[^/]*\.conf", r"(?:.*/)?(?:sites-(?:available|enabled)|conf\.d|nginx)/[^/]+",
                 r"(?:.*/)?[^/]+\.conf")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Owner:
    """The user that the bot runs as."""

    name: str
    uid: int
    groups: frozenset[int]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the environment, in a file or of a service."""

    name: str
    value: Scalar
    service: Service | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """A text that is looked at by lines: a shell script, a unit, a broker's settings."""

    path: str
    text: str


@dataclass(slots=True)
class Bot:
    """Everything that is judged. `gaps` are what could not be read."""

    files: Files
    owner: Owner | None = None
    services: list[Service] = field(default_factory=list)
    configs: list[Config] = field(default_factory=list)
    documents: list[Table] = field(default_factory=list)
    dotenvs: list[Table] = field(default_factory=list)
    hummingbots: list[Table] = field(default_factory=list)
    octobots: list[Table] = field(default_factory=list)
    passivbots: list[Table] = field(default_factory=list)
    jupyters: list[Table] = field(default_factory=list)
    sites: list[list[Directive]] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    brokers: list[Script] = field(default_factory=list)
    gaps: list[Unanswered] = field(default_factory=list)

    @property
    def variables(self) -> Iterator[Variable]:
        """Yield every variable once, with its service where it has one."""
        seen = set[tuple[str, object]]()
        for service in self.services:
            for name, value in service.env.rows.items():
                if isinstance(value, Scalar) and (name, value.place) not in seen:
                    seen.add((name, value.place))
                    yield Variable(name, value, service)
        for found in self.dotenvs:
            for name, value in found.rows.items():
                if isinstance(value, Scalar) and (name, value.place) not in seen:
                    yield Variable(name, value)

    @property
    def has(self) -> frozenset[str]:
        """Name the bots that are there."""
        found = {service.bot for service in self.services}
        found |= {"freqtrade"} if self.configs else set()
        found |= {"hummingbot"} if self.hummingbots else set()
        found |= {"octobot"} if self.octobots else set()
        found |= {"passivbot"} if self.passivbots else set()
        return frozenset(found - {""})


def look(root: Path, owner: Owner | None = None, top: Path = Path("/")) -> Bot:
    """Read a bot's directory, or one file of it; raises `OSError` where the root cannot be read."""
    files = gather(root, top)
    bot = Bot(files, owner)
    projects = compose.read(files)
    bot.services, bot.documents = projects.services, projects.documents
    configs = freqtrade.read(files, projects.services)
    bot.configs = configs.found
    bot.documents += configs.files.values()
    bot.gaps += [*files.gaps, *projects.gaps, *configs.gaps]
    bot.dotenvs = _each(bot, dotenv.read, _DOTENV)
    bot.hummingbots = _each(bot, yaml.read, r"(?:.*/)?conf_client\.ya?ml")
    bot.passivbots = _each(bot, json.read, r"(?:.*/)?api-keys[^/]*\.json")
    bot.octobots = _each(bot, json.read, r"(?:.*/)?user/config\.json")
    bot.jupyters = [*_each(bot, python.read, rf"{_JUPYTER}\.py"), *_each(bot, json.read, rf"{_JUPYTER}\.json")]
    bot.sites = _each(bot, nginx.read, *_NGINX, wanted=lambda entry: "proxy_pass" in files.text(entry.path))
    bot.scripts = _each(bot, Script, r"(?:.*/)?[^/]+\.(?:sh|service)")
    bot.brokers = _each(bot, Script, r"(?:.*/)?mosquitto[^/]*\.conf", r"(?:.*/)?mosquitto/(?:.*/)?[^/]+\.conf")
    bot.documents += [*bot.dotenvs, *bot.hummingbots, *bot.passivbots, *bot.octobots]
    return bot


def _each(
    bot: Bot, read: Callable[[str, str], T], *patterns: str, wanted: Callable[[Entry], bool] = lambda _: True
) -> list[T]:
    """Read every file of a name; samples say nothing of what runs."""
    found = list[T]()
    for entry in bot.files.find(*patterns):
        if _SAMPLE.fullmatch(entry.name):
            continue
        try:
            if wanted(entry):
                found.append(read(entry.path, bot.files.text(entry.path)))
        except Odd as odd:
            bot.gaps.append(Unanswered(odd.place, odd.why))
    return found
