"""Texts of strangers as plain values: JSON, TOML, YAML, INI. Bounded, without expanding what refers to itself.

It must never follow a tag or an alias into an object, and never let one file take the time or memory of all.
"""

import json
import tomllib
from collections.abc import Iterator
from datetime import date, time

import yaml

Value = dict[str, "Value"] | list["Value"] | str | int | float | bool | date | time | None

TOML_SIZE = 8 << 20  # tomllib reads about 2 MB a second; the longest uv.lock of a bot that was seen has 2 MB
DOTS = 64  # a key of more parts than that is no key; classifiers and addresses have fewer dots
DOTTED = 20_000_000  # tomllib takes the square of a key's parts: 20,000 dots in one line took 29 s
NESTING = 100  # lock files nest 10 deep
NODES = 2_000_000  # a pnpm-lock of 32 MiB has fewer


class Unreadable(Exception):
    """A text that is not what its name says, or is made to cost too much. The message says why."""


class Parsed:
    """A JSON text's value, and the keys that stood twice in one object."""

    __slots__ = ("twice", "value")

    def __init__(self, text: str) -> None:
        self.twice: list[str] = []
        try:
            self.value: Value = json.loads(text, object_pairs_hook=self._single)
        except RecursionError:
            raise Unreadable("it is nested too deep") from None
        except ValueError as error:
            raise Unreadable(f"it is not JSON: {str(error)[:80]}") from None

    def _single(self, pairs: list[tuple[str, Value]]) -> Value:
        single = dict(pairs)
        if len(single) != len(pairs):
            seen: set[str] = set()
            for name, _ in pairs:
                (self.twice.append if name in seen else seen.add)(name)
        return single


def toml(text: str) -> dict[str, Value]:
    """Read TOML."""
    if len(text) > TOML_SIZE:
        raise Unreadable(f"TOML of more than {TOML_SIZE >> 20} MiB")
    dots = (line.count(".") for line in text.splitlines())
    if sum(count * count for count in dots if count > DOTS) > DOTTED:
        raise Unreadable("its keys have too many parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise Unreadable("it is nested too deep") from None
    except ValueError as error:
        raise Unreadable(f"it is not TOML: {str(error)[:80]}") from None


def ini(text: str) -> dict[str, dict[str, str]]:
    """Read an INI file: sections by name, keys in small letters; what stands before the first section is under ''.

    It is read line by line and not by the standard library, which breaks on a value that goes on below a key without
    one. Nothing is interpolated.
    """
    sections: dict[str, dict[str, list[str]]] = {"": {}}
    section, held = sections[""], list[str]()
    for line in text.splitlines():
        bare = line.strip()
        if not bare or bare[0] in "#;":
            continue
        if line[0].isspace() and held:
            held.append(bare)
        elif bare.startswith("["):
            if not bare.endswith("]"):
                raise Unreadable("it is not an INI file: a section's name has no end")
            section, held = sections.setdefault(bare[1:-1].strip(), {}), []
        else:
            at = min((at for at in (bare.find("="), bare.find(":")) if at >= 0), default=len(bare))
            held = section[bare[:at].strip().lower()] = [bare[at + 1 :].strip()]
    return {name: {key: "\n".join(lines) for key, lines in keys.items()} for name, keys in sections.items()}


def yaml_value(text: str) -> Value:
    """Read the first document of a YAML text: all scalars as texts, an alias as the same value again, never a copy."""
    try:
        return _Growing().all(yaml.parse(text, Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, ValueError) as error:
        raise Unreadable(f"it is not YAML: {' '.join(str(error).split())[:80]}") from None


class _Growing:
    """A YAML value while its events arrive: what is open, and what has a name."""

    def __init__(self) -> None:
        self.open: list[tuple[dict[str, Value] | list[Value], list[str]]] = []
        self.named: dict[str, Value] = {}
        self.root: Value = None

    def all(self, events: Iterator[yaml.Event]) -> Value:
        for number, event in enumerate(events):
            if number > NODES or len(self.open) > NESTING:
                raise Unreadable("it has too many parts, or is nested too deep")
            if isinstance(event, yaml.DocumentEndEvent):
                break
            self._take(event)
        return self.root

    def _take(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self._put(event.value, event.anchor)
            case yaml.AliasEvent():
                self._put(self.named.get(event.anchor or ""), None)
            case yaml.MappingStartEvent():
                self._begin({}, event.anchor)
            case yaml.SequenceStartEvent():
                self._begin([], event.anchor)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.open.pop()

    def _begin(self, value: dict[str, Value] | list[Value], anchor: str | None) -> None:
        self._put(value, anchor)
        self.open.append((value, []))

    def _put(self, value: Value, anchor: str | None) -> None:
        if anchor:
            self.named[anchor] = value
        if not self.open:
            self.root = value
            return
        holder, key = self.open[-1]
        if isinstance(holder, list):
            holder.append(value)
        elif key:
            holder[key.pop()] = value
        else:
            key.append(value if isinstance(value, str) else "")


def table(value: Value, *names: str) -> dict[str, Value]:
    """Return the table under these names, one inside the other; an empty one where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def items(value: Value) -> list[Value]:
    """Return a list; an empty one where it is none."""
    return value if isinstance(value, list) else []


def tables(value: Value) -> list[dict[str, Value]]:
    """Return the tables of a list; none where it is no list."""
    return [item for item in items(value) if isinstance(item, dict)]


def word(value: Value) -> str:
    """Return a text; an empty one where it is none."""
    return value if isinstance(value, str) else ""


def words(value: Value) -> list[str]:
    """Return the texts of a list; none where it is no list."""
    return [item for item in items(value) if isinstance(item, str)]
