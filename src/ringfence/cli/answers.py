"""What the signer answers, as values: the shapes of `--json`, read strictly enough to be shown."""

from typing import TypeVar

import msgspec

from ringfence.errors import Broken
from ringfence.model.facts import Instrument
from ringfence.model.fill import Fill
from ringfence.model.finding import Finding

Used = tuple[str | int | None, str | int | None]


class _Answer(msgspec.Struct, frozen=True):
    """A part of an answer; fields that this version does not show are let be."""


class InForce(_Answer, frozen=True):
    """Which policy is in force, and since when (ms)."""

    digest: str
    seq: int
    applied_at: int


class Protection(_Answer, frozen=True):
    """One thing that the signer has given up, or could not."""

    name: str
    live: bool
    detail: str


class Account(_Answer, frozen=True):
    """A real key, masked; `unfit` is why only exits are placed with it, None while that is not known.

    `read_only_key` is the second one, with which events are followed, where there is one.
    """

    account: str
    exchange: str
    key: str
    read_only_key: str | None = None
    venue_offset_ms: int | None = None
    waiting_s: int | None = None
    unfit: str | None = ""


class Bot(_Answer, frozen=True):
    """A virtual key, masked, and what its bot has used of its limits; they are None where no policy names it.

    `stopped` is why it may only leave.
    """

    bot: str
    account: str
    role: str
    key: str
    refused: int = 0
    unknown_outcomes: int = 0
    in_policy: bool = True
    stopped: str | None = None
    shadow_until: int = 0
    window_notional: Used | None = None
    loss: Used | None = None
    exposure: Used | None = None
    open_orders: Used | None = None


class Decoy(_Answer, frozen=True):
    """A decoy, its key masked, the file it is planted in, and how often it was used since the signer began."""

    decoy: str
    exchange: str
    place: str
    key: str
    used: int | None = None


class Alarm(_Answer, frozen=True):
    """Something that should not have been."""

    at: int
    text: str


class Journal(_Answer, frozen=True):
    """How long the journal is, and the root of its tree in hex."""

    size: int
    root: str


class Due(_Answer, frozen=True):
    """That a policy waits, and until when (ms)."""

    seq: int
    due: int


class Wall(_Answer, frozen=True):
    """What the last canary of a bot came to: `held` only while it is fresh enough to be believed."""

    bot: str
    held: bool
    age_s: int
    tried: int
    failed: tuple[str, ...] = ()


class Status(_Answer, frozen=True):
    """The whole signer at one moment."""

    switch: str
    why: str
    since: int
    policy: InForce | None
    warm_up: dict[str, float | None]
    suspect: str | None
    processes: dict[str, bool]
    journal: Journal
    memory: str
    protections: tuple[Protection, ...]
    accounts: tuple[Account, ...]
    bots: tuple[Bot, ...]
    alarms: tuple[Alarm, ...]
    now: int | None = None
    first: bool = False
    second_factor: bool = True
    change: Due | None = None
    decoys: tuple[Decoy, ...] = ()
    walls: tuple[Wall, ...] = ()

    @property
    def proven(self) -> frozenset[str]:
        """Name the bots that are proven to be confined, as of now."""
        return frozenset(wall.bot for wall in self.walls if wall.held)


class Reason(_Answer, frozen=True):
    """Why, with the figures."""

    code: str
    text: str


class Refusal(_Answer, frozen=True):
    """One request that was refused; with `shadow` one that passed, and would have been."""

    at: int
    bot: str
    action: str
    reasons: tuple[Reason, ...]
    shadow: bool = False


class Refusals(_Answer, frozen=True):
    """The last refusals, newest first."""

    refusals: tuple[Refusal, ...]


class Held(_Answer, frozen=True):
    """One order that waits for a person."""

    id: str
    bot: str
    words: str
    why: str
    at: int


class Holds(_Answer, frozen=True):
    """The orders that wait, newest first."""

    held: tuple[Held, ...]


class Allowed(_Answer, frozen=True):
    """That an order may pass once, and for how long."""

    held: str
    seconds: int


class Term(_Answer, frozen=True):
    """One addend of a bound."""

    name: str
    amount: str
    why: str


class Figure(_Answer, frozen=True):
    """A bound; `amount` None is the whole account."""

    amount: str | None
    currency: str
    terms: tuple[Term, ...]


class Figures(_Answer, frozen=True):
    """Both bounds of one bot."""

    stealable: Figure
    gambleable: Figure


class BotRadius(Figures, frozen=True):
    """Both bounds of one bot as they are, as its limits alone would have them, and whom it can tell what it knows.

    `confined`: a canary has found, not long ago, that it can reach nothing else.
    """

    bot: str = ""
    if_confined: Figures | None = None
    tunnels: tuple[str, ...] = ()
    confined: bool = False


class AccountRadius(Figures, frozen=True):
    """Both bounds of all bots of one account together, as they are, and as limits alone would have them."""

    account: str = ""
    if_confined: Figures | None = None


class Radius(_Answer, frozen=True):
    """The bounds of every bot, and of every account."""

    bots: tuple[BotRadius, ...]
    accounts: tuple[AccountRadius, ...] = ()
    confined: bool = False


class PolicyText(_Answer, frozen=True):
    """The policy in force, as it was written, and what the classes of its bots came to when it was `looked` up (ms).

    `pinned` is how each account's symbols trade, as it was looked up when they came in.
    """

    text: str
    digest: str
    seq: int
    members: dict[str, tuple[str, ...]] = {}
    looked: int = 0
    now: int = 0
    pinned: dict[str, tuple[Instrument, ...]] = {}


class KeyCheck(_Answer, frozen=True):
    """What the exchange says of a key."""

    account: str
    ok: bool
    findings: tuple[Finding, ...]


class Trades(_Answer, frozen=True):
    """A page of past trades, oldest first, and where to go on; with `wait_s` there are none before that."""

    exchange: str
    fills: tuple[Fill, ...]
    after: int | None = None
    wait_s: int = 0


class LogEntry(_Answer, frozen=True):
    """One entry of the journal; `text` is the canonical JSON that the tree hashes."""

    seq: int
    kind: str
    text: str


class Log(_Answer, frozen=True):
    """Some entries, oldest first, and how many there are in all."""

    entries: tuple[LogEntry, ...]
    size: int


class Applied(_Answer, frozen=True):
    """A policy that is in force now, or was asked for and is due then (ms)."""

    digest: str
    seq: int
    due: int | None = None
    now: int = 0


class Waiting(_Answer, frozen=True):
    """A policy that waits: its entry and its text, when it was asked for, and when it is due (ms)."""

    seq: int
    text: str
    at: int
    due: int


class Pending(_Answer, frozen=True):
    """What waits, if anything does, and what time it is by the signer's clock."""

    change: Waiting | None
    now: int


class Switched(_Answer, frozen=True):
    """Where the switch stands now."""

    switch: str
    cancelling: int = 0


class Order(_Answer, frozen=True):
    """One order: what was allowed, what became of it, and which entries say so."""

    intent: dict[str, str | int | None]
    outcomes: tuple[dict[str, object], ...]
    entries: tuple[int, ...]


Kind = TypeVar("Kind")


def read(body: bytes, kind: type[Kind]) -> Kind:
    """Read an answer; raises `Broken` where the signer is of another version."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise Broken(f"the signer's answer cannot be read: {error}", hint="restart `ringfence run`") from None
