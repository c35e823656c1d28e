"""Freqtrade's configuration as freqtrade comes to it: files, those that they add, and variables over both."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from ringfence.audit.bot.files import MOST, Files
from ringfence.audit.bot.node import STRING, Node, Odd, Rows, Scalar, Table, at, is_null, merged
from ringfence.audit.bot.readers import json
from ringfence.audit.bot.service import Service
from ringfence.audit.finding import Place, Unanswered

_NAMED: Final = re.compile(r"config[^/]*\.json", re.IGNORECASE)
_SAMPLE: Final = re.compile(r".*(?:example|sample|template|dist|schema)[^/]*", re.IGNORECASE)
_WORDS: Final = re.compile(r'"(?:exchange|api_server|add_config_files|dry_run|stake_currency)"')
_SIGNS: Final = frozenset(
    [
        "stake_currency", "stake_amount", "dry_run", "api_server", "add_config_files", "max_open_trades", "pairlists",
        "entry_pricing", "force_entry_enable", "db_url",
    ]
)  # fmt: skip
_LEVELS: Final = 5  # as deep as freqtrade follows add_config_files (load_config.py)
_PREFIX: Final = "FREQTRADE__"
_TEXT: Final = frozenset({"CHAT_ID", "PASSWORD"})  # never taken for numbers (environment_vars.py)
_CCXT: Final = ("ccxt_config", "ccxt_sync_config", "ccxt_async_config")  # below them names keep their letters
_GIVEN: Final = re.compile(r"(?:^|\s)(?:--config|-c)(?:\s+|=)(\S+)")
_USUAL: Final = "config.json"


@dataclass(frozen=True, slots=True)
class Config:
    """What one start of freqtrade goes by; `service` is what starts it, None where that is no container."""

    path: str
    table: Table
    service: Service | None = None


@dataclass(slots=True)
class Configs:
    """Every configuration of a directory."""

    found: list[Config] = field(default_factory=list)
    files: dict[str, Table] = field(default_factory=dict)
    gaps: list[Unanswered] = field(default_factory=list)


def read(files: Files, services: list[Service]) -> Configs:
    """Read every configuration, each with what the containers that use it lay over it."""
    configs = Configs()
    starts = [one for one in services if one.bot == "freqtrade"]
    for path in _paths(files, starts):
        try:
            found = json.read(path, files.text(path))
        except Odd as odd:
            configs.gaps.append(Unanswered(odd.place, odd.why))
            continue
        if _is_freqtrade(found, path, starts):
            configs.files[path] = found
    for path in _roots(files, configs, starts):
        configs.found += _tried(configs, _starts(files, path, configs, starts))
    for start in starts:
        configs.gaps += _missing(configs, start)
        configs.found += _tried(configs, _alone(configs, start))
    return configs


def _tried(configs: Configs, found: Iterator[Config]) -> list[Config]:
    try:
        return list(found)
    except Odd as odd:
        configs.gaps.append(Unanswered(odd.place, odd.why))
        return []


def _roots(files: Files, configs: Configs, starts: list[Service]) -> list[str]:
    """List the files that a bot starts with: those that a command names, and that no other adds but in a circle."""
    added = {path: set(_included(files, path, found, configs)) for path, found in configs.files.items()}
    named = {name for one in starts for name in _given(one)}
    roots = [path for path in added if path not in set().union(*added.values()) or path.rpartition("/")[2] in named]
    reached = set[str]()
    for root in (*roots, *sorted(added)):
        if root in reached:
            continue
        if root not in roots:
            roots.append(root)
        waiting = [root]
        while waiting:
            path = waiting.pop()
            if path not in reached:
                reached.add(path)
                waiting += added.get(path, ())
    return sorted(roots)


def _missing(configs: Configs, start: Service) -> Iterator[Unanswered]:
    for name in sorted(_given(start) - {path.rpartition("/")[2] for path in configs.files}):
        yield Unanswered(start.place, f"it starts with a configuration that is not here: {name[:60]}")


def _alone(configs: Configs, start: Service) -> Iterator[Config]:
    """Judge what a container is told by variables alone."""
    over = overlay(start)
    if over.rows and not any(one.service is start for one in configs.found):
        yield Config(start.place.path, over, start)


def overlay(service: Service) -> Table:
    """Write the variables FREQTRADE__SECTION__NAME of a service as the settings that they are."""
    whole = Table({}, service.place)
    for name, value in sorted(service.env.rows.items()):
        if name.startswith(_PREFIX) and isinstance(value, Scalar):
            whole = merged(_nested(name.removeprefix(_PREFIX).split("__"), value), whole)
    return whole


def _nested(names: list[str], value: Scalar) -> Table:
    kept = names[0].lower() == "exchange" and any(one.lower() in _CCXT for one in names)
    last = names[-1] if kept else names[-1].lower()
    made: Node = replace(value, tag=STRING) if names[-1] in _TEXT else value
    for name in (last, *(one.lower() for one in reversed(names[:-1]))):
        made = Table({name: made}, value.place)
    assert isinstance(made, Table)  # noqa: S101  # a variable has a name
    return made


def _starts(files: Files, path: str, configs: Configs, services: list[Service]) -> Iterator[Config]:
    whole = _whole(files, path, configs)
    users = [one for one in services if path.rpartition("/")[2] in _names(one)]
    if not users:
        yield Config(path, whole)
    for one in users:
        yield Config(path, merged(overlay(one), whole), one)


def _names(service: Service) -> set[str]:
    return _given(service) or {_USUAL}


def _given(service: Service) -> set[str]:
    return {one.strip("\"'").rpartition("/")[2] for one in _GIVEN.findall(service.command)}


def _paths(files: Files, services: list[Service]) -> Iterator[str]:
    named = {name for one in services for name in _names(one)}
    for entry in files.find(r".*\.jsonc?"):
        if _NAMED.fullmatch(entry.name) or entry.name in named:
            if not _SAMPLE.fullmatch(entry.name) or entry.name in named:
                yield entry.path
        elif entry.size <= MOST and not _SAMPLE.fullmatch(entry.name) and _has_words(files, entry.path):
            yield entry.path


def _has_words(files: Files, path: str) -> bool:
    try:
        return _WORDS.search(files.text(path)) is not None
    except Odd:
        return False


def _is_freqtrade(found: Table, path: str, services: list[Service]) -> bool:
    exchange = at(found, "exchange")
    if isinstance(exchange, Table) and {"pair_whitelist", "ccxt_config", "key", "api_key"} & exchange.rows.keys():
        return True
    if _SIGNS & found.rows.keys():
        return True
    return any(path.rpartition("/")[2] in _names(one) for one in services)


def _included(files: Files, path: str, found: Table, configs: Configs) -> Iterator[str]:
    try:
        for one in _added(found):
            yield files.beside(path, one.text)
    except Odd as odd:
        configs.gaps.append(Unanswered(odd.place, odd.why))


def _added(found: Table) -> tuple[Scalar, ...]:
    rows = at(found, "add_config_files")
    if rows is None or is_null(rows):
        return ()
    if not isinstance(rows, Rows):
        raise Odd(rows.place, "add_config_files is no list")
    return tuple(one for one in rows.items if isinstance(one, Scalar))


def _whole(files: Files, path: str, configs: Configs, level: int = 0) -> Table:
    """Lay a file over those that it adds, the last of which lies over the others (load_config.py)."""
    if level > _LEVELS:
        raise Odd(Place(path), f"is added more than {_LEVELS} levels deep")
    found = configs.files.get(path)
    if found is None:
        found = json.read(path, files.text(path))
        configs.files[path] = found
    below = Table({}, Place(path))
    for one in _added(found):
        try:
            below = merged(_whole(files, files.beside(path, one.text), configs, level + 1), below)
        except Odd as odd:
            configs.gaps.append(Unanswered(one.place, f"adds a file that was not read: it {odd.why}"))
    return merged(found, below)
