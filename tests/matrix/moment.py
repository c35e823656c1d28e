"""Wait for the step of a case, and strike exactly there: while a frame is held, or the signer waits in the shim."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.matrix.plan import Step
from tests.matrix.relay import Frame
from tests.matrix.shim import Event, Shim

# How the signer can be seen at the steps that it takes alone: what it asks of the system, one after the other.
_INSIDE = {
    (Step.VERIFIED, False): (Event.CLOCK,),  # whether the request is stale is asked once the signature fits
    (Step.VERIFIED, True): (Event.CLOCK,),
    (Step.READ, False): (Event.CLOCK, Event.MONOTONIC),  # when it was seen is noted once it has been read
    (Step.READ, True): (Event.CLOCK, Event.MONOTONIC),
    (Step.DECIDED, False): (Event.WRITE,),
    (Step.DECIDED, True): (Event.WRITE, Event.WRITE),
    (Step.COMMITTED, False): (Event.SYNC,),
    (Step.COMMITTED, True): (Event.SYNCED,),
    (Step.SIGNED, False): (Event.SYNCED, Event.CLOCK),  # the new request gets a timestamp of its own
    (Step.SIGNED, True): (Event.SYNCED, Event.CLOCK),
}
_ORDER = "/api/v3/order"
_WAIT_SECONDS = 2.0


@dataclass(slots=True)
class Moment:
    """One step of one request: `query` is what the bot sent. `strike` is called once, `struck` tells that it was."""

    step: Step
    late: bool
    query: bytes
    shim: Shim
    strike: Callable[[], None]
    struck: threading.Event = field(default_factory=threading.Event)
    _asked: int | None = None
    _carried: int | None = None
    _at_door: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> None:
        """Strike, unless it has been done."""
        with self._lock:
            if not self.struck.is_set():
                self.strike()
                self.struck.set()

    def heard(self, frame: Frame, passed: bool) -> None:
        """Look at a frame that is held, or has just been passed on."""
        if self.struck.is_set():
            return
        kind = frame.message.get("type")
        if kind == "Ask" and frame.message["query"] == self.query:
            self._ask(frame.message["id"], passed)
        elif kind == "Answered" and frame.message["id"] == self._asked:
            self._at(Step.REFUSED, passed)
        elif kind == "Carry" and self._is_it(frame.message["method"], frame.message["target"]):
            self._carried = frame.message["seq"]
            self._carry(passed)
        elif kind == "Outcome" and frame.message["seq"] == self._carried:
            self._at(Step.HEARD, passed)
            if self.late:
                self._at(Step.FILLS, True)

    def door(self) -> None:
        """Look at bytes on their way to the exchange."""
        if self._at_door:
            self._at_door = False
            self.now()

    def _ask(self, number: int, passed: bool) -> None:
        self._asked = number
        self._at(Step.ASK, passed)
        if not passed and (self.step, self.late) in _INSIDE:
            self.shim.wait_at(*_INSIDE[self.step, self.late])
            threading.Thread(target=self._inside, name="moment", daemon=True).start()

    def _inside(self) -> None:
        """Strike while the signer waits at the step."""
        if self.shim.waits(_WAIT_SECONDS):
            self.now()
        self.shim.go_on()

    def _carry(self, passed: bool) -> None:
        if self.step is Step.CARRIED and self.late:
            self._at_door = self._at_door or not passed
        elif not self.late:
            for step in (Step.CARRIED, Step.FILLS):
                self._at(step, passed)

    def _is_it(self, method: str, target: str) -> bool:
        if self.step is Step.FILLS:
            return method == "GET" and target.partition("?")[0] in (_ORDER, "/api/v3/openOrders")
        return self._asked is not None and method != "GET" and target.startswith(_ORDER)

    def _at(self, step: Step, passed: bool) -> None:
        if self.step is step and self.late == passed:
            self.now()
