"""Faults to order: what goes wrong, for which requests, how often. Pure."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """What goes wrong. "After" means that the exchange did what it was asked."""

    HOLD = "hold"  # the request waits before it is looked at
    DELAY = "delay"  # done at once, answered late
    DROP_BEFORE = "drop-before-accept"  # the connection closes, nothing is done
    DROP_AFTER = "drop-after-accept"  # done, then the connection closes without an answer
    ERROR_AFTER = "error-after-accept"  # done, then a 504 that says "execution status unknown"
    DUPLICATE = "duplicate-reply"  # done once, answered twice on the same connection
    GARBAGE = "garbage-after-accept"  # done, then a 200 whose body is half an answer
    ECHO = "echo"  # not done; the refusal repeats the whole request, key and signature included
    REDIRECT = "redirect"  # not done; the answer is a 307 to the same target at another origin
    OUTAGE = "outage"  # every request is answered with 503 and not done
    LIMIT = "limit"  # not done; a 429 that asks for `seconds` without requests


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. It ends after `count` requests, or at `until` where that is given (milliseconds).

    An empty word matches everything; `path` matches the whole path, without the query.
    """

    kind: Kind
    count: int = 1
    seconds: Decimal = Decimal(0)
    until: int | None = None
    method: str = ""
    path: str = ""
    listener: str = ""
    to: str = ""  # the origin that a redirect names

    def matches(self, listener: str, method: str, path: str, now: int) -> bool:
        """Whether it befalls this request."""
        if self.until is not None and now >= self.until:
            return False
        wanted = ((self.listener, listener), (self.method, method), (self.path, path))
        return all(not want or want == is_ for want, is_ in wanted)


class Faults:
    """The faults in force, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put one in force."""
        self._faults.append(fault)

    def clear(self) -> None:
        """End all of them."""
        self._faults.clear()

    def take(self, listener: str, method: str, path: str, now: int) -> Fault | None:
        """The first fault that befalls a request; counts it."""
        for index, fault in enumerate(self._faults):
            if fault.matches(listener, method, path, now):
                self._use(index, fault)
                return fault
        return None

    def _use(self, index: int, fault: Fault) -> None:
        if fault.until is not None:
            return
        if fault.count <= 1:
            del self._faults[index]
        else:
            self._faults[index] = replace(fault, count=fault.count - 1)
