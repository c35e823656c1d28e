"""The requests that reached the exchange, as they were: what a test shows to prove what came through. Pure."""

from collections import deque
from dataclasses import dataclass

from ringfence.paper.call import Json
from ringfence.paper.refused import Refused
from ringfence.paper.routes import Asked
from ringfence.paper.signing import read

_KEPT = 5000  # requests: a long rehearsal's orders, a few megabytes


@dataclass(frozen=True, slots=True)
class Seen:
    """One request and when it came, in milliseconds."""

    time: int
    asked: Asked


class Log:
    """The last requests, and how many there were in all."""

    def __init__(self) -> None:
        self.total = 0
        self._recent: deque[Seen] = deque(maxlen=_KEPT)

    def add(self, asked: Asked, now: int) -> None:
        """Note a request before anything is done with it."""
        self.total += 1
        self._recent.append(Seen(now, asked))

    def as_json(self) -> Json:
        """What is remembered, oldest first."""
        return [_row(seen) for seen in self._recent]


def _row(seen: Seen) -> Json:
    asked = seen.asked
    return {
        "time": seen.time,
        "listener": asked.listener,
        "address": asked.address,
        "method": asked.method,
        "target": asked.target,
        "headers": [[name, value] for name, value in asked.headers],
        "body": asked.body.decode("utf-8", "backslashreplace"),
        "client_id": _client_id(asked),
    }


def _client_id(asked: Asked) -> str | None:
    try:
        values = read(asked.query, asked.body)
    except Refused:
        return None
    return values.get("newClientOrderId") or values.get("origClientOrderId")
