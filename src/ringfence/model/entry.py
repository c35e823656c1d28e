"""One line of the journal."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

Value = str | int | bool | None | list["Value"] | Mapping[str, "Value"]


class EntryKind(StrEnum):
    """What an entry records; the journal's format document says which fields each carries."""

    START = "start"
    POLICY = "policy"
    CHANGE = "policy-change"  # asked for and waiting, or no longer
    CODE = "policy-code"  # of the second factor, right or wrong
    SYMBOLS = "policy-symbols"  # what a class of the policy in force came to
    INSTRUMENTS = "instruments"
    INTENT = "intent"
    OUTCOME = "outcome"
    LOSS = "loss"  # a fill lost more than was counted when it was taken in
    REFUSAL = "refusal"
    REFUSALS = "refusals"  # a count of refusals past the first twenty in a second
    CANCEL = "cancel"
    AMEND = "amend"
    ERRAND = "errand"
    SWITCH = "switch"
    GRANT = "grant"
    KEY = "key"
    CANARY = "canary"  # what a bot was found to reach
    ALARM = "alarm"
    EMERGENCY = "emergency"  # written to the emergency file first, brought in at the next start


class Entry(msgspec.Struct, frozen=True):
    """One entry as it was written: `text` is its canonical JSON, which is what the tree hashes."""

    seq: int
    kind: EntryKind
    text: bytes
