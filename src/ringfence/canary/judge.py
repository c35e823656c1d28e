"""Whether a bot is confined, from what the probe told and what root saw. Pure; what was not tried is not closed."""

from collections.abc import Iterator

import msgspec

from ringfence.canary.asked import GATEWAY, Process, Told, Try, keyed

_OPEN, _CLOSED = "open", "closed"
_NO_CAPABILITIES = "0" * 16  # proc(5), /proc/pid/status
_FILTERED = "2"  # SECCOMP_MODE_FILTER, prctl(2)


class Row(msgspec.Struct, frozen=True):
    """One thing that was tried: what, whether it is as it must be, and what was seen."""

    what: str
    held: bool
    seen: str


class Verdict(msgspec.Struct, frozen=True):
    """What a canary comes to. `held`: every single thing was as it must be, and every one was tried."""

    held: bool
    rows: tuple[Row, ...]

    @property
    def failed(self) -> tuple[Row, ...]:
        """What was not as it must be."""
        return tuple(row for row in self.rows if not row.held)


def judge(tries: tuple[Try, ...], told: Told, uid: int, own_net: str, processes: tuple[Process, ...]) -> Verdict:
    """Judge a run. `uid` is the bot's, `own_net` the machine's own network, `processes` all those of the bot's user."""
    rows = (*_who(told, uid, own_net), *_tried(tries, told), *_others(told, processes))
    return Verdict(bool(tries) and all(row.held for row in rows), rows)


def missing(why: str) -> Verdict:
    """Say that nothing could be tried: that is no proof of anything."""
    return Verdict(held=False, rows=(Row("the probe", held=False, seen=why),))


def _who(told: Told, uid: int, own_net: str) -> Iterator[Row]:
    yield Row("it ran as the bot's user", told.uid == uid and uid != 0, f"uid {told.uid}")
    yield Row("its network is its own", bool(told.net) and told.net != own_net, told.net)
    yield from limits("the probe", told.flags)


def limits(who: str, flags: dict[str, str]) -> Iterator[Row]:
    """Hold a process to what the kernel says of its rights."""
    yield Row(f"{who}: no program raises its rights", flags.get("NoNewPrivs") == "1", "NoNewPrivs")
    yield Row(f"{who}: its system calls are filtered", flags.get("Seccomp") == _FILTERED, "Seccomp")
    held = [name for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb") if flags.get(name) != _NO_CAPABILITIES]
    yield Row(f"{who}: it has no capability", not held, ", ".join(held) or "none")


def _tried(tries: tuple[Try, ...], told: Told) -> Iterator[Row]:
    outcome = {key: (state, seen) for key, state, seen in told.rows}
    for key, each in keyed(tries).items():
        state, seen = outcome.get(key, ("", "it was not tried"))
        wanted = _OPEN if each.kind == GATEWAY else _CLOSED
        yield Row(each.what, state == wanted, seen if state == wanted else f"{state or 'untried'}: {seen}")


def _others(told: Told, processes: tuple[Process, ...]) -> Iterator[Row]:
    """Hold every process of the bot's user to what the probe lives under, which proves its own place alone."""
    for each in processes:
        who = f"process {each.pid}"
        yield Row(f"{who}: it runs in the bot's unit", each.in_unit, "its control group")
        yield Row(f"{who}: it is in the network that was tried", each.net == told.net, each.net)
        yield from limits(who, each.flags)
