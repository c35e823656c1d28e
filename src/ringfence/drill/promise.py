"""What was promised before the attacks, and the journal after them, asked for as the owner asks."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import msgspec

from ringfence.drill.deployment import Deployment
from ringfence.errors import Broken

_CHECKPOINT_SECONDS = 10.0  # the signer makes one within a second of an entry
_AGAIN_SECONDS = 0.5
_NOT_VERIFIED = 4  # the exit code of `log verify` where something does not fit


class Term(msgspec.Struct, frozen=True):
    """One addend of the figure."""

    name: str
    amount: str


class Figure(msgspec.Struct, frozen=True):
    """One figure; without an amount it is the whole account."""

    amount: str | None
    terms: tuple[Term, ...] = ()


class _Figures(msgspec.Struct, frozen=True):
    stealable: Figure


class _Bot(msgspec.Struct, frozen=True):
    stealable: Figure
    if_confined: _Figures | None = None


class _Radius(msgspec.Struct, frozen=True):
    bots: tuple[_Bot, ...]


@dataclass(frozen=True, slots=True)
class Radius:
    """What can be stolen in a day: as this deployment runs, and as its limits alone would have it behind a wall."""

    as_it_is: Figure
    by_limits: Figure

    @property
    def promised(self) -> Decimal | None:
        """The figure that the limits promise; None where they promise none."""
        return None if self.by_limits.amount is None else Decimal(self.by_limits.amount)


class _Size(msgspec.Struct, frozen=True):
    size: int


class _Status(msgspec.Struct, frozen=True):
    journal: _Size


class _Verified(msgspec.Struct, frozen=True):
    ok: bool
    size: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """An exported journal that was checked: how many entries, the lines of its checkpoint, and what does not fit."""

    size: int
    checkpoint: tuple[str, ...]
    problems: Sequence[str]


def radius(deployment: Deployment) -> Radius:
    """Ask for the figures."""
    found = msgspec.json.decode(deployment.command("radius", "--json").encode(), type=_Radius)
    if len(found.bots) != 1:
        raise Broken(f"the radius speaks of {len(found.bots)} bots, and there is one")
    bot = found.bots[0]
    return Radius(bot.stealable, bot.stealable if bot.if_confined is None else bot.if_confined.stealable)


def journal(deployment: Deployment, directory: Path) -> Journal:
    """Export the journal once a checkpoint covers everything that is in it now, and verify what was exported."""
    size = msgspec.json.decode(deployment.command("status", "--json").encode(), type=_Status).journal.size
    deadline = time.monotonic() + _CHECKPOINT_SECONDS
    found = _verified(deployment, directory)
    while found.size < size and time.monotonic() < deadline:
        time.sleep(_AGAIN_SECONDS)
        found = _verified(deployment, directory)
    problems = list(found.problems) or ([] if found.ok else ["it is not said why"])
    if found.size < size:
        problems.append(f"its checkpoint covers {found.size} of {size} entries")
    return Journal(found.size, tuple((directory / "checkpoint").read_text("utf-8").splitlines()), problems)


def _verified(deployment: Deployment, directory: Path) -> _Verified:
    deployment.command("log", "export", str(directory))
    said = deployment.command("log", "verify", str(directory), "--json", accept=(0, _NOT_VERIFIED))
    return msgspec.json.decode(said.encode(), type=_Verified)
