"""What the probe is asked to try, with the words that a person reads; and what it tells. Values only."""

import msgspec

GATEWAY = "gateway"
"""The one kind that must be open; every other must be closed."""


class Try(msgspec.Struct, frozen=True):
    """One thing to try: its kind, what it takes, and what it is called."""

    kind: str
    args: tuple[str | int, ...]
    what: str


class Told(msgspec.Struct, frozen=True):
    """What the probe told: who it was, in which network, under which restrictions, and each try's outcome."""

    uid: int
    gids: tuple[int, ...]
    net: str
    flags: dict[str, str]
    rows: tuple[tuple[str, str, str], ...]


class Process(msgspec.Struct, frozen=True):
    """One process of the bot's user, as root sees it."""

    pid: int
    net: str
    flags: dict[str, str]
    in_unit: bool


def question(tries: tuple[Try, ...]) -> bytes:
    """Write what the probe reads: the tries by kind."""
    kinds = dict.fromkeys(each.kind for each in tries)
    return msgspec.json.encode({kind: [each.args for each in tries if each.kind == kind] for kind in kinds})


def keyed(tries: tuple[Try, ...]) -> dict[str, Try]:
    """Find each try by what the probe calls it."""
    counts: dict[str, int] = {}
    found = {}
    for each in tries:
        number = counts.get(each.kind, 0)
        counts[each.kind] = number + 1
        found[f"{each.kind}/{number}"] = each
    return found
