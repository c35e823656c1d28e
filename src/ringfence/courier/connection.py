"""A verified connection to one host: one request at a time, and nothing is ever taken for the answer to another."""

import asyncio
from collections.abc import Callable
from typing import cast

from ringfence.courier.answer import Answer, Heard, silence
from ringfence.deadline import Deadline

_LOST = silence("the connection was lost")
_LATE = silence("no answer in time")

Tell = Callable[[Heard], None]


class Connection(asyncio.Protocol):
    """One connection, once TLS is set up. It ends itself as soon as anything comes that was not asked for."""

    def __init__(self) -> None:
        self.since = 0.0  # when it was last put aside
        self._transport: asyncio.Transport | None = None
        self._answer: Answer | None = None
        self._tell: Tell | None = None
        self._sound = True  # each request so far has had its answer, and nothing else has come
        self._deadline = Deadline(self._overdue)

    @property
    def usable(self) -> bool:
        """Whether another request may be sent over it."""
        return self._sound and self._transport is not None and not self._transport.is_closing()

    def ask(self, request: bytes, deadline: float, tell: Tell) -> None:
        """Send a request, which counts as sent from here on, and tell once what was heard; at the deadline, silence.

        Only while it is `usable`. When that is told, it is usable again or has ended.
        """
        if self._transport is None:
            tell(_LOST)
            return
        self._sound = False
        self._answer, self._tell = Answer(), tell
        self._deadline.at(deadline)
        self._transport.write(request)

    def give_up(self, heard: Heard) -> None:
        """End the connection at once, and tell whoever waits."""
        self._sound = False
        if self._transport is not None:
            self._transport.abort()
        self._finish(heard)

    def close(self) -> None:
        """End a connection on which nothing is on its way."""
        self._sound = False
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out; the peer's certificate has been checked."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports are not of asyncio's classes

    def data_received(self, data: bytes) -> None:
        """Read on."""
        answer = self._answer
        heard = _LOST if answer is None else answer.feed(data)
        if answer is None or (heard is not None and not answer.kept):
            self.give_up(heard or _LOST)
        elif heard is not None:
            self._sound = True
            self._finish(heard)

    def eof_received(self) -> None:
        """End it: TLS vouches for that no more is coming. Where it does not, an answer may have been cut short."""
        self.give_up(_LOST if self._answer is None else self._answer.ended())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Tell whoever waits."""
        self._transport = None
        self._deadline.cancel()
        self.give_up(_LOST)

    def _finish(self, heard: Heard) -> None:
        tell, self._tell, self._answer = self._tell, None, None
        if tell is not None:
            tell(heard)

    def _overdue(self) -> None:
        if self._tell is not None:
            self.give_up(_LATE)
