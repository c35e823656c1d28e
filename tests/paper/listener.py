"""Somebody who listens to streams of a venue, inside the test."""

import json
from typing import Any

from ringfence.paper.streams import Streams
from tests.paper.venue import ACCOMPLICE, MAIN, Venue


class Listener:
    """Streams of a venue that somebody listens to, at the venue's time."""

    def __init__(self, venue: Venue, *names: str) -> None:
        self.venue = venue
        self.streams = Streams(venue.exchange)
        self.streams.keep(names, venue.now)

    def take(self, after: int = 0) -> list[Any]:
        self.venue.now += after
        return [json.loads(json.dumps(message)) for _, message in self.streams.take(self.venue.now)]


def told(venue: Venue, name: str) -> list[Any]:
    return Listener(venue, name).take()


def buy(venue: Venue, quantity: str = "20", symbol: str = "VIAUSDT", side: str = "BUY") -> None:
    by = MAIN if side == "BUY" else ACCOMPLICE
    status, answer = venue.order(by, symbol=symbol, side=side, type="MARKET", quantity=quantity)
    assert status == 200, answer
