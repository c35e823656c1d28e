"""The four things that the checker sees, gathered at the end of a run: words, the exchange's truth, journal, policy."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ringfence.cli.export import export
from tests.matrix.plan import Case, Fault, Victim
from tests.matrix.said import Said
from tests.matrix.world import World, boot_ms, wall_of

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trouble:
    """When a fault was in force, by the boot clock: from its first moment until orders passed again."""

    case: Case
    begun: int
    ended: int
    reached: bool
    """Whether the order had really come to the step."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything about one run. `band`: the lowest and highest price of each symbol that was set.

    The exchange's times have been made times of the boot clock, whatever was done to its own.
    """

    policy: str
    said: tuple[Said, ...]
    orders: tuple[Row, ...]
    requests: tuple[Row, ...]
    total_requests: int
    journal: tuple[Row, ...]
    unverified: tuple[str, ...]
    band: dict[str, tuple[Decimal, Decimal]]
    troubles: tuple[Trouble, ...]
    probes: tuple[Said, ...]
    """The last request of each case, by a bot with limits that nothing reaches: it has to pass."""

    def same_as(self, said: Said) -> list[Said]:
        """List every time that the same bytes were sent: who repeats a request hears what its first asker heard."""
        what = (said.bot, said.method, said.path, said.query)
        return [each for each in self.said if (each.bot, each.method, each.path, each.query) == what]

    def of(self, kind: str) -> list[Row]:
        """List the journal's entries of a kind."""
        return [entry for entry in self.journal if entry["kind"] == kind]


def gather(
    world: World, into: Path, said: tuple[Said, ...], troubles: tuple[Trouble, ...], probes: tuple[Said, ...]
) -> Evidence:
    """Take everything down; the journal is exported and verified as anyone would."""
    unverified, journal = _journal(world.deployment.settings.journal, into)
    truth = world.deployment.truth()
    zero = wall_of(0)  # once: it is a millisecond more or less each time, and what happened together must stay so
    moved = [0, *(each.case.amount * 1000 for each in troubles if _moves_exchange(each.case))]

    def boot(time: int) -> int:
        """The exchange's clock was right, or off by one of the jumps: the one that makes a time of this run."""
        return min((time - jump - zero for jump in moved), key=lambda each: abs(each - boot_ms()))

    return Evidence(
        policy=world.deployment.policy,
        said=said,
        orders=tuple(_timed(order, boot) for order in truth["orders"] if order["account"] == "main"),
        requests=tuple(_at(row, boot) for row in world.deployment.paper("GET", "/requests")),
        total_requests=truth["requests"],
        journal=journal,
        unverified=unverified,
        band=dict(world.band),
        troubles=troubles,
        probes=probes,
    )


def _moves_exchange(case: Case) -> bool:
    clocks = (Fault.CLOCK_FORWARD, Fault.CLOCK_BACK)
    return case.fault in clocks and (case.victim is Victim.EXCHANGE or "exchange" in case.company)


def _at(row: Row, boot: Callable[[int], int]) -> Row:
    return {**row, "time": boot(row["time"])}


def _timed(order: Row, boot: Callable[[int], int]) -> Row:
    history, fills = ([_at(row, boot) for row in order[name]] for name in ("history", "fills"))
    return {**order, "history": history, "fills": fills}


def _journal(journal: Path, into: Path) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Export, verify with the program that stands alone, and read the bundles as docs/format/journal.md has them."""
    export(journal, into)
    vkey = (into / "vkey").read_text().strip()
    command = [sys.executable, "-m", "ringfence.journal.verify", str(into), vkey]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    bundles = sorted((into / "tile" / "entries").rglob("[x0-9]*"), key=_place)
    entries = [json.loads(text) for bundle in bundles if bundle.is_file() for text in _entries(bundle.read_bytes())]
    return (() if run.returncode == 0 else tuple(run.stdout.splitlines())), tuple(entries)


def _place(bundle: Path) -> str:
    return str(bundle).replace(".p/", "/")


def _entries(bundle: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        found.append(bundle[at + 2 : end])
        at = end
    return found
