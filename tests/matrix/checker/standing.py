"""The program stands again: the journal verifies, orders pass, and whatever it refused meanwhile the fault explains."""

from collections.abc import Iterator
from dataclasses import replace

from tests.matrix.evidence import Evidence, Trouble
from tests.matrix.plan import Fault, Victim
from tests.matrix.said import Said

_CLOCKS = (Fault.CLOCK_FORWARD, Fault.CLOCK_BACK)
_BREAKING = (Fault.DISK_FULL, Fault.SYNC_ERROR)
# What is refused for these reasons is refused because something is wrong, not because of what was asked.
_WRONG = {
    "journal", "warm-up", "no-reference-price", "busy", "upstream", "stale", "replay", "broken-rule", "no-policy",
    "halted", "exits-only", "signature", "virtual-key", "instrument",
}  # fmt: skip
_SLOW_MS = 2_000  # what a fault has held up may be told a little later
# A price that was asked for and never came is waited for twelve seconds before it is asked for again, and one that is
# known passes for fresh for five (docs/format/socket.md, quotes): so orders may pass at first, and then not.
_PRICES_MS = 15_000
_WARNS = "% of its loss_budget"  # a bot that trades as much as these uses its budget up, fault or none


def problems(evidence: Evidence) -> Iterator[str]:
    """Say what does not stand."""
    yield from (f"the journal does not verify: {line}" for line in evidence.unverified)
    for probe in evidence.probes:
        if probe.status != 200:
            yield f"orders do not pass any more: {probe.status} {probe.reason}"
    for said in evidence.said:
        again = [replace(each, body=said.body) for each in evidence.same_as(said)] if said.code in _WRONG else []
        if again and not any(_explains(trouble, each) for trouble in evidence.troubles for each in again):
            yield f"{said.bot} heard {said.reason!r}, which no fault explains"
    for text in [alarm["text"] for alarm in evidence.of("alarm") if _WARNS not in alarm["text"]]:
        if not any(_alarms(each, text) for each in evidence.troubles):
            yield f"alarm: {text}"
    for switch in evidence.of("switch"):
        yield f"the switch was thrown to {switch['to']}: {switch['why']}"


def _explains(trouble: Trouble, said: Said) -> bool:
    """Whether a fault was in force while something was said, and can be why it was answered so."""
    later = _PRICES_MS if said.code == "no-reference-price" else _SLOW_MS
    if said.ended < trouble.begun or said.begun > trouble.ended + later:
        return False
    case = trouble.case
    match said.code:
        case "journal":
            return case.victim is Victim.SIGNER and case.fault in _BREAKING
        case "halted" | "exits-only" | "broken-rule" | "no-policy" | "signature" | "virtual-key" | "instrument":
            return False
        case "stale":
            return case.fault in (*_CLOCKS, Fault.STOP, Fault.SLOW)
        case "replay":
            return "sent before" in said.reason
        case _:
            return True


def _alarms(trouble: Trouble, text: str) -> bool:
    """Whether a fault is why an alarm was raised: a clock that is off, and no journal to write into."""
    case = trouble.case
    if "clock" in text:
        return case.fault in _CLOCKS
    if case.victim is Victim.EXCHANGE and case.fault is Fault.DOUBLED:
        # The second answer may be read as the one to the next request, which it does not fit.
        return any(words in text for words in ("cannot be read", "heard of", "answered"))
    return "written" in text and case.victim is Victim.SIGNER and case.fault in _BREAKING
