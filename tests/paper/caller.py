"""One connection that calls a venue by WebSocket, inside the test."""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ringfence.paper import calls, keyfile
from ringfence.paper.keys import ApiKey, Right, Type
from tests.paper.venue import HERE, MAIN, NOW, Venue, sign

VIA = "VIAUSDT"
ORDER: dict[str, Any] = {
    "symbol": VIA,
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "50",
    "price": "0.3",
}
KEY, SECRET = keyfile.fresh(Type.ED25519)
PAIR = ApiKey("pair", "main", KEY, SECRET, frozenset({Right.READ, Right.TRADE}), type=Type.ED25519)


def signature(key: ApiKey, text: str) -> str:
    if key.type is Type.HMAC:
        return sign(key.secret, text)
    private = load_pem_private_key(key.secret.encode(), None)
    assert isinstance(private, Ed25519PrivateKey)
    return b64encode(private.sign(text.encode())).decode()


@dataclass(slots=True)
class Caller:
    """One connection to a venue, and everything that it was told."""

    venue: Venue = field(default_factory=Venue.make)
    session: calls.Session = field(default_factory=lambda: calls.Session(HERE, "main", NOW))
    told: list[Any] = field(default_factory=list)

    def raw(self, text: bytes) -> Any:
        self.told = [json.loads(each) for each in calls.serve(self.venue.exchange, self.session, text, self.venue.now)]
        return self.told[0]

    def call(self, method: str, **params: object) -> Any:
        return self.raw(json.dumps({"id": 1, "method": method, "params": params}).encode())

    def signed(self, method: str, by: ApiKey = MAIN, **params: object) -> Any:
        every: dict[str, object] = {"timestamp": self.venue.now, **params, "apiKey": by.key}
        text = "&".join(f"{name}={as_text(every[name])}" for name in sorted(every))
        return self.call(method, **every, signature=signature(by, text))

    def log_on(self, by: ApiKey = PAIR) -> Any:
        self.venue.exchange.keys.put(PAIR)
        return self.signed("session.logon", by)


def as_text(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def error(answer: Any) -> tuple[int, int]:
    return answer["status"], answer["error"]["code"]
