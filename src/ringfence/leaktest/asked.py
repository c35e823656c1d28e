"""What is told between the command and the process in the namespace: what to run, and what came of it."""

import msgspec

from ringfence.leaktest.internet import Row


class Door(msgspec.Struct, frozen=True):
    """A loopback address and port that are let through to the machine; `mode` is empty where it is not one of ours."""

    address: str
    port: int
    mode: str = ""


class Asked(msgspec.Struct, frozen=True):
    """What to run: the command, for how long (seconds), with which doors, and where they are relayed."""

    command: tuple[str, ...]
    seconds: float
    doors: tuple[Door, ...]
    relay: str
    quiet: bool = False


class Heard(msgspec.Struct, frozen=True):
    """What came of it: what was tried, how often each door was taken, how the command ended (None: it was ended)."""

    rows: tuple[Row, ...] = ()
    lost: int = 0
    doors: tuple[int, ...] = ()
    code: int | None = None
    failed: str = ""
    hint: str = ""
