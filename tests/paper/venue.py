"""A rehearsal exchange inside the test: no sockets, a clock that the test holds, prices that stand still."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from ringfence.paper.exchange import Exchange, Start
from ringfence.paper.keys import ApiKey, Right
from ringfence.paper.markets import LISTINGS
from ringfence.paper.routes import Asked, Reply, serve

NOW = 1_700_000_000_123
HERE = "127.0.0.1"


def key(name: str, account: str, *rights: Right, addresses: tuple[str, ...] = ()) -> ApiKey:
    return ApiKey(name, account, name[0] * 64, name[-1] * 64, frozenset(rights), frozenset(addresses))


KEYS = (
    key("1main9", "main", Right.READ, Right.TRADE),
    key("2watch8", "main", Right.READ),
    key("3all7", "main", *Right, addresses=(HERE,)),
    key("4accomplice6", "accomplice", Right.READ, Right.TRADE),
    key("5bare5", "bare", Right.READ, Right.TRADE),
)
MAIN, WATCH, ALL, ACCOMPLICE, BARE = KEYS
SINCE = 40  # days that its symbols have been listed: enough for a month of candles
START = Start(
    frozen=True, past_minutes=10, listings=tuple(replace(listing, listed_days=SINCE) for listing in LISTINGS)
)  # fmt: skip


@dataclass(slots=True)
class Venue:
    exchange: Exchange
    now: int = NOW
    address: str = HERE
    replies: list[Reply] = field(default_factory=list)

    @classmethod
    def make(cls, **changes: Any) -> "Venue":
        return cls(Exchange(replace(START, **changes), KEYS, NOW))

    def raw(
        self, method: str, target: str, key: str | None = None, body: bytes = b"", listener: str = "main"
    ) -> tuple[int, Any]:
        headers = () if key is None else (("X-MBX-APIKEY", key),)
        reply = serve(self.exchange, Asked(listener, method, target, headers, body, self.address), self.now)
        self.replies.append(reply)
        return reply.status, json.loads(reply.body or b"null")

    def get(self, path: str, **parameters: object) -> tuple[int, Any]:
        return self.raw("GET", f"{path}?{urlencode(parameters)}" if parameters else path)

    def signed(self, method: str, path: str, by: ApiKey = MAIN, **parameters: object) -> tuple[int, Any]:
        query = urlencode({"timestamp": self.now, **parameters})
        return self.raw(method, f"{path}?{query}&signature={sign(by.secret, query)}", by.key)

    def order(self, by: ApiKey = MAIN, **parameters: object) -> tuple[int, Any]:
        return self.signed("POST", "/api/v3/order", by, **parameters)

    def limit(
        self, side: str, quantity: str, price: str, symbol: str = "VIAUSDT", by: ApiKey = MAIN, **more: object
    ) -> tuple[int, Any]:
        base = {"symbol": symbol, "side": side, "type": "LIMIT", "timeInForce": "GTC"}
        return self.order(by, **{**base, "quantity": quantity, "price": price, **more})


def sign(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
