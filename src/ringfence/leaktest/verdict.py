"""What a test has shown: clean, leaking, or nothing, and which setting is missing where that is known. Pure."""

import re
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from ringfence.leaktest.asked import Door, Heard
from ringfence.leaktest.internet import Row
from ringfence.pointing.clients import Client, Mode

_STREAMS = re.compile(r"(?:^|[.-])(?:ws|[a-z]*stream)(?:[.-]|$)")
_STREAM_PORT = 9443  # Binance's streams


class Verdict(StrEnum):
    """What a test has shown."""

    CLEAN = "clean"
    LEAKS = "leaks"
    UNPROVEN = "unproven"


class Report(msgspec.Struct, frozen=True):
    """A test's result; `code` is the command's own exit code, None where it had to be ended."""

    verdict: Verdict
    ringfence: int
    mode: Mode | None
    code: int | None
    leaks: tuple[Row, ...]
    more: int
    hints: tuple[str, ...]


def judge(heard: Heard, doors: tuple[Door, ...], client: Client | None, hosts: frozenset[str]) -> Report:
    """Judge what was heard; a command that never came to Ringfence has proven nothing."""
    taken = {Mode(door.mode): 0 for door in doors if door.mode}
    for door, count in zip(doors, heard.doors, strict=False):
        if door.mode:
            taken[Mode(door.mode)] += count
    total = sum(taken.values())
    mode = max(taken, key=lambda one: taken[one]) if total else None
    verdict = Verdict.LEAKS if heard.rows else Verdict.CLEAN if total else Verdict.UNPROVEN
    hints = tuple(dict.fromkeys(_hints(heard.rows, client, mode, hosts)))
    return Report(verdict, total, mode, heard.code, heard.rows, heard.lost, hints)


def _hints(rows: tuple[Row, ...], client: Client | None, mode: Mode | None, hosts: frozenset[str]) -> Iterator[str]:
    """Say which setting brings in what went past."""
    for row in rows:
        if row.name not in hosts:
            continue
        kind = "stream" if row.port == _STREAM_PORT or _STREAMS.search(row.name.partition(".")[0]) else "HTTP"
        if client is None:
            yield f"{row.name} is the exchange's: name the client (--client) to hear which of its settings is missing"
            continue
        way = client.ways.get(mode or client.default) or client.way(None)
        setting = way.stream if kind == "stream" else way.rest
        known = f"{setting} is what brings it in" if setting else "the client cannot bring it in"
        yield f"{row.name} is the exchange's ({kind}): in the {way.mode} mode of {client.title}, {known}"
