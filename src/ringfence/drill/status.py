"""What `ringfence status --json` says, as far as a rehearsal looks at it."""

from decimal import Decimal

import msgspec

_FRESH_SECONDS = 4.0  # a quote is good for five

Used = tuple[str | int | None, str | int | None]


class Account(msgspec.Struct, frozen=True):
    """One real key; `unfit` is why only exits are placed with it, None while that is not known.

    `waiting_s` is for how long the exchange has asked to be left alone.
    """

    venue_offset_ms: int | None = None
    unfit: str | None = None
    waiting_s: int | None = None


class Bot(msgspec.Struct, frozen=True):
    """What one bot has used of its limits, and how often it was refused."""

    bot: str
    refused: int = 0
    unknown_outcomes: int = 0
    window_notional: Used | None = None
    loss: Used | None = None
    exposure: Used | None = None
    open_orders: Used | None = None

    @property
    def loss_share(self) -> Decimal:
        """How much of its loss budget is used; nothing where it has none."""
        used, cap = self.loss or (None, None)
        if used is None or cap is None or not _is_number(str(cap)):
            return Decimal(0)
        return Decimal(str(used)) / Decimal(str(cap))


class Alarm(msgspec.Struct, frozen=True):
    """Something that should not have been."""

    at: int
    text: str


class Journal(msgspec.Struct, frozen=True):
    """How many entries the journal has."""

    size: int = 0


class Status(msgspec.Struct, frozen=True):
    """The whole signer at one moment."""

    warm_up: dict[str, float | None]
    processes: dict[str, bool]
    accounts: tuple[Account, ...]
    switch: str = ""
    journal: Journal = Journal()
    bots: tuple[Bot, ...] = ()
    alarms: tuple[Alarm, ...] = ()

    @property
    def left_alone(self) -> bool:
        """Whether an exchange has asked for quiet."""
        return any(account.waiting_s for account in self.accounts)

    @property
    def warm(self) -> bool:
        """Whether orders pass: all runs, prices are fresh, the exchange's time is known, and its keys are fit."""
        fresh = [age is not None and age < _FRESH_SECONDS for age in self.warm_up.values()]
        known = [account.venue_offset_ms is not None and account.unfit == "" for account in self.accounts]
        return bool(fresh and known) and all((*fresh, *known, *self.processes.values()))


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def read(body: bytes | str) -> Status:
    """Read a status."""
    return msgspec.json.decode(body, type=Status)
