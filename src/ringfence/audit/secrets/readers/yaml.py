"""Reads YAML by its events: compose files, Kubernetes' secrets, bots' settings.

Objects are never built, and aliases never followed.
"""

import base64
import binascii
import re

import yaml

from ringfence.audit.secrets.readers import text
from ringfence.audit.secrets.value import How, Unread, Value, Values

_LARGEST = 1_000_000  # libyaml reads some 5 MB/s; what is larger is data, and read as text
_INNER = re.compile(r"[\s:=&?]")
_NAMES = 4
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SECRET_KIND = re.compile(r"(?m)^[ \t]*kind:[ \t]*[\"']?Secret\b")


class _Box:
    """A mapping or a list that is open; a mapping takes a name and a value in turn."""

    def __init__(self, number: int, outer: tuple[str, ...], *, named: bool) -> None:
        self.number = number
        self.outer = outer
        self.named = named
        self.name: str | None = None

    def names(self) -> tuple[str, ...]:
        return (self.name, *self.outer)[:_NAMES] if self.name else self.outer

    def done(self) -> None:
        self.name = None


def read(source: str) -> Values:
    """Read every document of a file."""
    if len(source) > _LARGEST:
        raise Unread("it is too large for a reader of YAML")
    encoded = _SECRET_KIND.search(source) is not None
    try:
        for value in _events(source):
            yield from _values(value, encoded=encoded)
    except (yaml.YAMLError, ValueError, RecursionError) as broken:
        raise Unread("it does not parse as YAML") from broken
    yield from _comments(source)


def _events(source: str) -> Values:
    boxes, counted = [_Box(0, (), named=False)], 0
    for event in yaml.parse(source, Loader=_LOADER):
        box = boxes[-1]
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            counted += 1
            boxes.append(_Box(counted, box.names(), named=isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            boxes.pop()
            boxes[-1].done()
        elif isinstance(event, yaml.AliasEvent):
            box.done()
        elif isinstance(event, yaml.ScalarEvent):
            if box.named and box.name is None:
                box.name = str(event.value)[:80]
                continue
            line = (event.start_mark.line if event.start_mark else 0) + (2 if event.style in {"|", ">"} else 1)
            how = How.NAMED if box.names() else How.PLACED
            yield Value(str(event.value), line, box.names(), (), how, box.number)
            box.done()


def _values(value: Value, *, encoded: bool) -> Values:
    opened = _decoded(value.text) if encoded and "data" in value.names[1:2] else ""
    if opened:
        yield Value(opened.strip(), value.line, value.names, (), value.how, value.group, made=True)
        if _INNER.search(opened):
            yield from text.read_words(opened.replace("\n", " \u2028 "), value.line, value.names)
        return
    if "\n" not in value.text:
        yield value
    if _INNER.search(value.text):
        yield from text.read_words(value.text, value.line, value.names)


def _decoded(raw: str) -> str:
    try:
        return base64.b64decode("".join(raw.split()), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _comments(source: str) -> Values:
    for number, line in enumerate(source.split("\n"), 1):
        start = line.find("#")
        if start >= 0 and (start == 0 or line[start - 1].isspace()) and any(map(str.isdigit, line[start:])):
            yield from text.read_words(line[start + 1 :], number)
