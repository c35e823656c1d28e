"""Questions to one peer process, each matched to its answer by id; bounded in number and in time."""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from ringfence.errors import Unreachable
from ringfence.ipc.messages import Message


class Numbered(Protocol):
    """A message that says which question it answers."""

    @property
    def id(self) -> int:
        """The number of the question."""
        ...


class Peer(Protocol):
    """A link, whatever else comes over it."""

    def send(self, message: Message) -> None:
        """As `Link` has it."""
        ...


Answer = TypeVar("Answer", bound=Numbered)


class Silence(StrEnum):
    """Why there is no answer."""

    UNSENT = "unsent"  # nobody is connected, or too many questions are open: the peer has not heard of it
    UNANSWERED = "unanswered"  # the peer may have acted on it


class Asking(Generic[Answer]):
    """The open questions of one socket. `received` and `changed` are what `stay_connected` and `listen` take."""

    def __init__(self, most: int, patience: float) -> None:
        self._most = most
        self._patience = patience
        self._last = 0
        self._link: Peer | None = None
        self._open: dict[int, asyncio.Future[Answer | Silence]] = {}

    @property
    def connected(self) -> bool:
        """Whether a peer is there now."""
        return self._link is not None

    def changed(self, link: Peer, up: bool) -> None:  # noqa: FBT001  # the shape that Link calls
        """Take a new connection, or give up every question that the lost one carried."""
        if up:
            self._link = link
        elif link is self._link:
            self._link = None
            for waiter in self._open.values():
                _settle(waiter, Silence.UNANSWERED)

    def received(self, link: Peer, answer: Answer) -> None:
        """Hand an answer to whoever asked; one that comes too late, or over an older connection, has no reader."""
        waiter = self._open.get(answer.id)
        if waiter is not None and link is self._link:
            _settle(waiter, answer)

    async def ask(self, write: Callable[[int], Message]) -> Answer | Silence:
        """Send what `write` makes of a fresh number, and wait for the answer to that number."""
        if self._link is None or len(self._open) >= self._most:
            return Silence.UNSENT
        self._last += 1
        number = self._last
        try:
            self._link.send(write(number))
        except Unreachable:
            return Silence.UNSENT
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Answer | Silence] = loop.create_future()
        self._open[number] = waiter
        late = loop.call_later(self._patience, _settle, waiter, Silence.UNANSWERED)
        try:
            return await waiter
        finally:
            late.cancel()
            del self._open[number]


def _settle(waiter: "asyncio.Future[Answer | Silence]", outcome: Answer | Silence) -> None:
    if not waiter.done():
        waiter.set_result(outcome)
