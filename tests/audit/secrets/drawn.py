"""Values as exchanges and wallets draw them, from a seed: nobody's, and the same on every run."""

import base64
import hashlib
import random  # noqa: TID251  # seeded, so that a failure comes again
import string
import uuid
from pathlib import Path

import ringfence.audit.secrets.phrase
from ringfence.dialects.virtual import mark, shape_of

_LETTERS = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_WORDS = Path(ringfence.audit.secrets.phrase.__file__).with_name("bip39_english.txt").read_text("ascii").split()


class Drawn:
    """Draws one value after the other."""

    def __init__(self, seed: int = 20_261_128) -> None:
        self._dice = random.Random(seed)

    def word(self, size: int, letters: str = _LETTERS) -> str:
        return "".join(self._dice.choices(letters, k=size))

    def mixed(self, size: int) -> str:
        """Letters of all kinds, with digits enough for the measure of what is random."""
        return self.word(size - 3) + "7bQ"

    def hex(self, size: int) -> str:
        return self.word(size, _HEX)

    def base64(self, size: int) -> str:
        return base64.b64encode(self._dice.randbytes(size)).decode()

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._dice.getrandbits(128)))

    def phrase(self, size: int = 12) -> str:
        bits = size * 11 - size // 3
        raw = self._dice.randbytes(bits // 8)
        number = int.from_bytes(raw, "big") << size // 3 | hashlib.sha256(raw).digest()[0] >> (8 - size // 3)
        return " ".join(_WORDS[number >> 11 * place & 2047] for place in reversed(range(size)))

    def virtual(self) -> str:
        body = self.word(54).encode()
        return (body + mark(shape_of("binance"), "secret", body)).decode()

    def telegram(self) -> str:
        return f"{self.word(10, '123456789')}:AA{self.word(33, _LETTERS + '_-')}"

    def jwt(self) -> str:
        head, load = (
            base64.urlsafe_b64encode(part).decode().rstrip("=")
            for part in (b'{"alg":"HS256"}', b'{"sub":"bot","uid":77}')
        )
        return f"{head}.{load}.{self.word(43)}"

    def pair(self, exchange: str) -> tuple[str, str]:
        """Draw a key and its secret in the form of one exchange."""
        return {
            "binance": lambda: (self.mixed(64), self.mixed(64)),
            "bybit": lambda: (self.mixed(18), self.mixed(36)),
            "okx": lambda: (self.uuid(), self.hex(32).upper()),
            "kraken": lambda: (self.base64(42), self.base64(64)),
            "coinbase": lambda: (f"organizations/{self.uuid()}/apiKeys/{self.uuid()}", self.base64(64)),
            "kucoin": lambda: (self.hex(24), self.uuid()),
            "bitget": lambda: (f"bg_{self.hex(32)}", self.hex(64)),
            "gate": lambda: (self.hex(32), self.hex(64)),
            "htx": lambda: (
                f"{self.hex(10)}-{self.hex(8)}-{self.hex(8)}-{self.hex(5)}",
                f"{self.hex(8)}-{self.hex(8)}-{self.hex(8)}-{self.hex(5)}",
            ),
            "mexc": lambda: (f"mx0v{self.mixed(14)}", self.hex(32)),
            "bitfinex": lambda: (self.mixed(43), self.mixed(43)),
            "bitstamp": lambda: (self.mixed(32), self.mixed(32)),
            "deribit": lambda: (self.mixed(8), self.mixed(43)),
            "bitmex": lambda: (self.mixed(24), self.mixed(48)),
            "gemini": lambda: (f"account-{self.mixed(20)}", self.mixed(28)),
        }[exchange]()

    def fill(self, example: str) -> str:
        """Put drawn values where a rule's example has a name in braces."""
        for name, draw in self._fillings().items():
            if f"{{{name}}}" in example:
                example = example.replace(f"{{{name}}}", draw)
        return example

    def _fillings(self) -> dict[str, str]:
        key, secret = self.pair("binance")
        return {
            "key": key, "secret": secret, "virtual": self.virtual(), "phrase": self.phrase(), "hex64": self.hex(64),
            "hex32": self.hex(32), "pem": self.base64(48), "password": f"Correct-horse{self.word(4, '2479')}!",
            "token": self.mixed(30), "token68": self.mixed(68), "telegram": self.telegram(), "jwt": self.jwt(),
            "number": self.word(18, "123456789"), "known": self.mixed(40),
        }  # fmt: skip


EXCHANGES = (
    "binance", "bybit", "okx", "kraken", "coinbase", "kucoin", "bitget", "gate", "htx", "mexc", "bitfinex", "bitstamp",
    "deribit", "bitmex", "gemini",
)  # fmt: skip
