"""Setting values in a JSON document in place: those that are there are changed, those that are not are put in."""

import json
from collections.abc import Iterator, Mapping

from ringfence.adopt.edits import Edit, newline_of
from ringfence.jsonc import Member, Table
from ringfence.pointing.clients import Plain

_STEP = 4  # spaces a level, where a file does not show its own (freqtrade's template)


def merged(text: str, table: Table, wanted: Mapping[str, Plain], anchor: str = "") -> Iterator[Edit]:
    """Yield the edits that make an object have these values; new ones come before the member named `anchor`."""
    fresh: dict[str, Plain] = {}
    for name, value in wanted.items():
        member = table.member(name)
        if member is None:
            fresh[name] = value
        elif isinstance(value, Mapping) and isinstance(member.value, Table) and member.value.members:
            yield from merged(text, member.value, value)
        else:
            yield Edit(member.value.start, member.value.end, _written(text, value, member))
    if fresh:
        yield _inserted(text, table, fresh, anchor)


def _inserted(text: str, table: Table, fresh: Mapping[str, Plain], anchor: str) -> Edit:
    if not table.members:
        return Edit(table.start, table.end, json.dumps(fresh))
    before = table.member(anchor) or table.members[0]
    indent = _indent(text, before)
    gap = " " if indent is None else newline_of(text) + indent
    written = [f"{json.dumps(name)}: {_written(text, value, before)},{gap}" for name, value in fresh.items()]
    return Edit(before.name.start, before.name.start, "".join(written))


def _written(text: str, value: Plain, near: Member) -> str:
    indent = _indent(text, near)
    if indent is None or not isinstance(value, Mapping):
        return json.dumps(value)
    step = "\t" if indent.startswith("\t") else _STEP
    return json.dumps(value, indent=step).replace("\n", newline_of(text) + indent)


def _indent(text: str, member: Member) -> str | None:
    """Return the blanks before a member that begins its line; None for one that does not."""
    begin = text.rfind("\n", 0, member.name.start) + 1
    before = text[begin : member.name.start]
    return before if begin and not before.strip(" \t") else None
