"""What adopting changes: each file's new text, from the old ones and from where the bot is to come in. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ringfence import jsonc
from ringfence.adopt import dotenv, merging
from ringfence.adopt.edits import Edit, apply
from ringfence.adopt.found import MEMBERS, VARIABLES, Found, Half, Kind, Source, halves
from ringfence.errors import Misconfigured
from ringfence.jsonc import line_of
from ringfence.pointing.answer import Answer
from ringfence.pointing.clients import Mode, Plain
from ringfence.pointing.place import Place


@dataclass(frozen=True, slots=True)
class Pair:
    """The one key that a bot's files hold, both halves, and every place where they stand."""

    key: str
    secret: str
    found: tuple[Found, ...]
    exchange: str


@dataclass(frozen=True, slots=True)
class Change:
    """One file, before and after."""

    source: Source
    after: str


class Adopted(Exception):
    """There is no real key left: those that stand here are virtual."""


class Keyless(Misconfigured):
    """No key, or half of one, is in what was read."""


def pair_of(sources: Sequence[Source], dialect: str) -> Pair:
    """Find the one key; raises `Adopted`, or `Misconfigured` where there is none, half of one, or several."""
    found = [one for source in sources if source.kind is not Kind.CODE for one in halves(source, dialect)]
    real = tuple(one for one in found if not one.virtual)
    if found and not real:
        raise Adopted
    key, secret = (_one(real, half) for half in Half)
    exchanges = {one.exchange for one in real if one.exchange} or {dialect}
    if len(exchanges) > 1:
        raise Misconfigured(f"the files name several exchanges: {', '.join(sorted(exchanges))}")
    return Pair(key, secret, real, min(exchanges))


def _one(found: Sequence[Found], half: Half) -> str:
    values = {one.value: one.path for one in found if one.half is half}
    if not values:
        raise Keyless(
            f"no {half} of the exchange's shape is in these files",
            hint="one that is typed in at the start, or comes by another file, is for `ringfence key add`",
        )
    if len(values) > 1:
        where = " and ".join(sorted({str(path) for path in values.values()}))
        raise Misconfigured(f"there is more than one {half}, in {where}", hint="adopt one file at a time")
    return min(values)


def changes(sources: Sequence[Source], pair: Pair, place: Place, found: Answer) -> tuple[Change, ...]:
    """Write every file anew that holds the key: the virtual one in its place, and where the bot is to come in."""
    made = []
    for source in sources:
        if source.kind in {Kind.CODE, Kind.HUMMINGBOT}:
            continue
        edits = [*_keys(source, pair, place), *_pointing(source, pair, found)]
        if edits:
            after = apply(source.text, edits)
            _insist_gone(source, after, pair)
            made.append(Change(source, after))
    return tuple(made)


def _keys(source: Source, pair: Pair, place: Place) -> Iterator[Edit]:
    spans = [one for one in pair.found if one.path == source.path]
    for one in spans:
        new = place.key if one.half is Half.KEY else place.secret
        yield Edit(one.start, one.end, new if source.kind is Kind.DOTENV else json.dumps(new))
    for old, new in ((pair.secret, place.secret), (pair.key, place.key)):
        yield from _elsewhere(source.text, old, new, spans)


def _elsewhere(text: str, old: str, new: str, spans: Sequence[Found]) -> Iterator[Edit]:
    """Replace a half where nothing reads it, as in a comment: it is as good a copy there."""
    at = text.find(old)
    while at >= 0:
        end = at + len(old)
        if not any(one.start <= at and end <= one.end for one in spans):
            yield Edit(at, end, new)
        at = text.find(old, end)


def _pointing(source: Source, pair: Pair, found: Answer) -> Iterator[Edit]:
    """Point the bot where its key stands, since that file is read for certain."""
    here = [one for one in pair.found if one.path == source.path and one.half is Half.KEY]
    if not here:
        return
    match source.kind:
        case Kind.FREQTRADE:
            root = jsonc.parse(str(source.path), source.text)
            table, wanted = root.get("exchange"), found.config.get("exchange")
            if isinstance(table, jsonc.Table) and isinstance(wanted, Mapping):
                anchor = next((name for name in MEMBERS if table.member(name)), "")
                yield from merging.merged(source.text, table, _beside_keys(wanted), anchor)
        case Kind.DOTENV:
            yield from dotenv.merged(source.text, _variables(source, found))


def _variables(source: Source, found: Answer) -> Mapping[str, str]:
    names = {one.name.upper() for one in dotenv.parse(source.text)}
    wanted = found.config.get("exchange")
    if not names & set(VARIABLES) or not isinstance(wanted, Mapping):
        return found.environment
    if found.mode is Mode.BASE_URL:
        raise Misconfigured(
            "freqtrade's variables cannot hold ccxt's addresses",
            hint="take --mode proxy, or move the key into its JSON",
        )
    rest = {name.upper(): value for name, value in _beside_keys(wanted).items()}
    return dict(found.environment) | dict(_flat("FREQTRADE__EXCHANGE", rest))


def _beside_keys(wanted: Mapping[str, Plain]) -> Mapping[str, Plain]:
    return {name: value for name, value in wanted.items() if name != "name" and name not in MEMBERS}


def _flat(prefix: str, values: Mapping[str, Plain]) -> Iterator[tuple[str, str]]:
    """Write nested settings as freqtrade's variables (environment_vars.py): the last name keeps its letters."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}__{name}", value)
        else:
            yield f"{prefix}__{name}", str(value)


def _insist_gone(source: Source, after: str, pair: Pair) -> None:
    """Refuse where the old key would still be there, in whatever spelling, and where the new text does not read."""
    values = [after]
    if source.kind in {Kind.FREQTRADE, Kind.PASSIVBOT}:
        values += [one.value for one in jsonc.texts(jsonc.parse(str(source.path), after))]
    for half in (pair.secret, pair.key):
        left = next((one for one in values if half in one), None)
        if left is not None:
            line = line_of(after, max(after.find(half), 0))
            raise Misconfigured(f"{source.path} would still hold the key, near line {line}; it is spelt in another way")
