"""Tags of YAML that make a reader call a function by its name: whoever loads the file with no safe loader runs it."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

import yaml

from ringfence.audit.code.data.content import plain, text_of
from ringfence.audit.code.data.danger import runs
from ringfence.audit.code.data.found import Found
from ringfence.audit.finding import Severity

_HINT: Final = re.compile(rb"python(?:/|%2[fF])|![^\s!]{0,40}%|%TAG", re.ASCII)
_PYTHON: Final = "tag:yaml.org,2002:python/"
_WRITTEN: Final = re.compile(r"!{1,2}<?(?:tag:yaml\.org,2002:)?python/([a-z/]{4,20}):([\w.]{0,200})")
_PARSED: Final = 4 << 20  # characters; what comes after is searched for the words alone
_SEVERAL: Final = 500  # tags that are looked at: a file with more of them has told already

_CALLS: Final = frozenset({"object/apply", "object/new"})
_NAMES: Final = frozenset({"name", "module", "object"})
_HONEST: Final = re.compile(
    r"(?:collections|datetime|decimal|fractions|uuid|pathlib|_codecs|copy_?reg|enum|numpy|pandas|argparse|torch|pymdownx|material|materialx|mermaid2)\.[\w.]*"
    r"|(?:__builtin__|builtins)\.(?:set|frozenset|slice|range|complex|bytearray|object|dict|list|tuple|str|int|float)"
)
"""What writers of YAML call for values of Python's own and of numpy, and mkdocs.yml for its extensions."""


def look(data: bytes, found: Found) -> None:
    """Note each tag that calls a function, at its line."""
    data = plain(data)
    if not _HINT.search(data):
        return
    text = text_of(data)
    for count, (line, kind, name) in enumerate(_tags(text)):
        if count == _SEVERAL:
            return
        if kind in _CALLS | _NAMES and runs(name):
            found.say("yaml-runs", line, name, f"{kind}:{name}")
        elif kind in _CALLS and not _HONEST.fullmatch(name):
            found.say("yaml-runs", line, name, f"{kind}:{name}", Severity.HIGH)


def _tags(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, kind and name of each tag: as a parser resolves them, and by the words where it does not go on."""
    read = 0
    try:
        for event in yaml.parse(text[:_PARSED], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            tag = getattr(event, "tag", None)
            read = event.start_mark.line if event.start_mark is not None else read
            if isinstance(tag, str) and tag.startswith(_PYTHON):
                kind, _, name = unquote(tag.removeprefix(_PYTHON)).partition(":")
                yield read + 1, kind, name
        read += 1 + text.count("\n") * (len(text) <= _PARSED)
    except (yaml.YAMLError, ValueError, RecursionError):
        pass  # a template, or another's YAML: the rest by its words
    for number, line in enumerate(text.split("\n"), 1):
        if number > read and "python/" in line and not line.lstrip().startswith("#"):
            yield from ((number, one[1], one[2]) for one in _WRITTEN.finditer(unquote(line)))
