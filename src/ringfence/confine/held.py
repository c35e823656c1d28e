"""What a bot that is started by `ringfence confine` is kept from on this machine, in words. Pure.

A row says what holds, or what does not: nothing here is a promise that the kernel does not keep.
"""

from dataclasses import dataclass

from ringfence.confine import landlock


@dataclass(frozen=True, slots=True)
class Kernel:
    """What the kernel gives: the version of Landlock (0: none), a network of one's own, and filters of calls."""

    landlock: int
    apart: bool
    filters: bool


@dataclass(frozen=True, slots=True)
class Held:
    """One wall: its name, whether it stands, what that means, and whether a bot may start without it."""

    name: str
    live: bool
    text: str
    needed: bool = True


def held(kernel: Kernel, doors: tuple[str, ...]) -> tuple[Held, ...]:
    """Say what holds."""
    return (
        _files(kernel),
        _home(kernel),
        _network(kernel, doors),
        _calls(kernel),
        _changes(kernel),
        _signals(kernel),
        _USER,
    )


def _files(kernel: Kernel) -> Held:
    if kernel.landlock:
        return Held(
            "files", live=True, text="it reads the system, its environment and what was named; it writes what was named"
        )
    return Held(
        "files", live=False, text="it reads and writes whatever this user can: this kernel has no Landlock (Linux 5.13)"
    )


def _home(kernel: Kernel) -> Held:
    if kernel.landlock or kernel.apart:
        return Held("vault and journal", live=True, text="the deployment's directory is closed to it")
    return Held("vault and journal", live=False, text="it can read and replace the vault, the journal and the policy")


def _network(kernel: Kernel, doors: tuple[str, ...]) -> Held:
    named = ", ".join(doors) or "nothing"
    if kernel.apart:
        return Held("network", live=True, text=f"it is in a network of its own, where there is {named}")
    if kernel.landlock >= landlock.TCP_SINCE:
        ports = ", ".join(dict.fromkeys(door.rpartition(":")[2] for door in doors)) or "none"
        text = f"TCP to port {ports} alone, but at any address: whoever listens there, anywhere, can be reached"
        return Held("network", live=False, text=text)
    return Held("network", live=False, text="it reaches any address and port by TCP, the exchanges as well")


def _calls(kernel: Kernel) -> Held:
    if kernel.filters:
        text = "no UDP and so no DNS, no raw or unix sockets, no other process's memory, no change to the system"
        return Held("system calls", live=True, text=text)
    return Held("system calls", live=False, text="no filter is written for this machine's architecture")


def _changes(kernel: Kernel) -> Held:
    if kernel.apart:
        return Held(
            "changes",
            live=True,
            text="nothing but what it writes can be changed, not even modes and times",
            needed=False,
        )
    text = "it can still change modes, owners and times of this user's files, which Landlock does not cover"
    return Held("changes", live=False, text=text, needed=False)


def _signals(kernel: Kernel) -> Held:
    if kernel.landlock >= landlock.SCOPE_SINCE:
        return Held("signals", live=True, text="it can signal nothing but what it started", needed=False)
    text = "it can end this user's other processes, Ringfence's too: that takes Linux 6.12"
    return Held("signals", live=False, text=text, needed=False)


_USER = Held(
    "user",
    live=False,
    text="it is the user that Ringfence runs as: what runs as that user outside this command reaches the keys, "
    "so `ringfence radius` goes on saying the whole account",
    needed=False,
)
