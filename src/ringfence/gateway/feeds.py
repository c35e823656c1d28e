"""Accounts' events on their way to bots: each goes to every socket that may hear it, or to none."""

from collections.abc import Callable
from typing import Protocol

from ringfence.asking import Asking
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Answered, Cut, ToGateway, Told


class Listening(Protocol):
    """A bot's socket that hears a feed."""

    def event(self, event: bytes) -> None:
        """Pass one event on."""
        ...

    def cut(self) -> None:
        """End: events may have been missed, and a bot that begins anew looks at how things stand."""
        ...


class Feeds:
    """Who hears which feed. `received` and `changed` are what `stay_connected` takes for the signer's socket."""

    def __init__(self, answers: "Asking[Answered]") -> None:
        self._answers = answers
        self._live: dict[str, set[Listening]] = {}

    def received(self, link: Link[ToGateway], message: ToGateway) -> None:
        """Take an answer, an event, or the end of a feed; in the order in which the signer said them."""
        match message:
            case Answered():
                if message.feed is not None:
                    self._live.setdefault(message.feed, set())
                self._answers.received(link, message)
            case Told(feed, event):
                self._each(feed, lambda socket: socket.event(event))
            case Cut(feed):
                self._each(feed, lambda socket: socket.cut())
                self._live.pop(feed, None)

    def changed(self, link: Link[ToGateway], up: bool) -> None:  # noqa: FBT001  # the shape that Link calls
        """Cut every feed where the signer has gone."""
        if not up:
            for feed in [*self._live]:
                self.received(link, Cut(feed))
        self._answers.changed(link, up)

    def listen(self, feed: str, socket: Listening) -> bool:
        """Let a socket hear a feed; False where that has been cut since it was granted."""
        if feed not in self._live:
            return False
        self._live[feed].add(socket)
        return True

    def leave(self, socket: Listening) -> None:
        """Let a socket hear nothing more."""
        for listening in self._live.values():
            listening.discard(socket)

    def _each(self, feed: str, tell: Callable[[Listening], None]) -> None:
        for socket in [*self._live.get(feed, ())]:
            tell(socket)
