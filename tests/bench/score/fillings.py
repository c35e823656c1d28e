"""What fills the blanks of a case: names, hosts, addresses, hidden texts, harmless functions. All drawn from a seed.

Every host is under a reserved name, every network address is one of those kept for documentation: nothing that is
written here can reach anybody.
"""

import base64
import codecs
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random  # noqa: TID251  # a corpus is the same for the same seed

from tests.bench.score import values

VERBS = ("load", "build", "make", "read", "push", "sync", "check", "update", "prepare", "collect", "handle", "apply")
NOUNS = ("state", "ticker", "signal", "report", "bundle", "frame", "batch", "entry", "payload", "book", "window", "row")
ADJECTIVES = ("fast", "main", "local", "base", "last", "core", "spare", "live", "first", "next", "raw", "quick")
WORDS = (
    "harbor",
    "maple",
    "orbit",
    "cedar",
    "falcon",
    "delta",
    "quartz",
    "ember",
    "lunar",
    "river",
    "summit",
    "violet",
)
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT", "ADA/USDT", "LINK/USDT")
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")  # RFC 5737
ENDINGS = ("example", "invalid", "test")  # RFC 2606


def _fillers(language: str) -> tuple[str, ...]:
    parts = (Path(__file__).parent / "cases" / "fillers.txt").read_text("utf-8").split("## ")
    return tuple(part.split("\n", 1)[1].rstrip("\n") for part in parts if part.startswith(language))


_PYTHON, _SCRIPT = _fillers("python"), _fillers("script")


class Fillings:
    """The fillings of one case: the same name for the same blank throughout, and no name twice."""

    def __init__(self, draw: Random) -> None:
        self._draw = draw
        self._given: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()

    def give(self, kind: str, what: str) -> str:
        """Fill one blank."""
        if kind in _HIDDEN:
            return _HIDDEN[kind](self._draw, what)
        if kind == "pick":
            return self._draw.choice(what.split("|"))
        if kind == "filler":
            return self._filler(what)
        if (kind, what) not in self._given:
            self._given[kind, what] = self._new(kind, what)
        return self._given[kind, what]

    def _new(self, kind: str, what: str) -> str:
        while True:
            name = _NEW[kind](self._draw, what)
            if name not in self._taken:
                self._taken.add(name)
                return name
            if kind in {"sym", "n"}:
                return name

    def _filler(self, ending: str) -> str:
        text = self._draw.choice(_PYTHON if ending == ".py" else _SCRIPT)
        each = {kind: self._new(kind, "") for kind in ("f", "v", "c", "u")}
        if ending != ".py":
            each = {name: value.replace("_", "") if name != "u" else value for name, value in each.items()}
        return text.format(n=self._draw.randint(2, 9), **each)


def _variable(draw: Random, what: str) -> str:
    return f"{draw.choice(ADJECTIVES)}_{draw.choice(NOUNS)}"


def _function(draw: Random, what: str) -> str:
    return f"{draw.choice(('', '', '_'))}{draw.choice(VERBS)}_{draw.choice(NOUNS)}"


def _class(draw: Random, what: str) -> str:
    return draw.choice(ADJECTIVES).capitalize() + draw.choice(NOUNS).capitalize()


def _upper(draw: Random, what: str) -> str:
    return f"{draw.choice(ADJECTIVES)}_{draw.choice(NOUNS)}".upper()


def _module(draw: Random, what: str) -> str:
    return f"{draw.choice(NOUNS)}_{draw.choice(('tools', 'core', 'common', 'lib', 'io'))}"


def _host(draw: Random, what: str) -> str:
    first = draw.choice(("api", "cdn", "data", "stats", "node"))
    return f"{first}.{draw.choice(WORDS)}-{draw.choice(WORDS)}.{draw.choice(ENDINGS)}"


def _ip(draw: Random, what: str) -> str:
    return f"{draw.choice(NETWORKS)}.{draw.randint(1, 254)}"


def _number(draw: Random, what: str) -> str:
    low, high = what.split("-") if what else ("2", "99")
    return str(draw.randint(int(low), int(high)))


def _pieces(draw: Random, text: str) -> str:
    at = draw.randint(1, len(text) - 1)
    return f"{text[:at]!r} + {text[at:]!r}"


def _packed(draw: Random, text: str) -> str:
    return base64.b64encode(zlib.compress(_lines(text).encode())).decode()


def _lines(text: str) -> str:
    """Read `¶` as the end of a line: a hidden text is one line in a case."""
    return text.replace("¶", "\n")


_NEW: dict[str, Callable[[Random, str], str]] = {
    "v": _variable,
    "f": _function,
    "c": _class,
    "u": _upper,
    "m": _module,
    "host": _host,
    "ip": _ip,
    "n": _number,
    "sym": lambda draw, what: draw.choice(SYMBOLS),
    "word": lambda draw, what: f"{draw.choice(WORDS)}-{draw.choice(WORDS)}",
    "evm": lambda draw, what: values.address(draw),
    "sol": lambda draw, what: values.base58(draw.randbytes(32)),
    "btc": lambda draw, what: f"bc1q{''.join(draw.choices('023456789acdefghjklmnpqrstuvwxyz', k=38))}",
    "tron": lambda draw, what: f"T{''.join(draw.choices(values.BASE58, k=33))}",
    "hex": lambda draw, what: values.hexed(draw, int(what or 32)),
}
_HIDDEN: dict[str, Callable[[Random, str], str]] = {
    "split": _pieces,
    "b64": lambda draw, what: base64.b64encode(_lines(what).encode()).decode(),
    "packed": _packed,
    "chars": lambda draw, what: "[" + ", ".join(str(ord(each)) for each in _lines(what)) + "]",
    "rot": lambda draw, what: codecs.encode(_lines(what), "rot13"),
    "back": lambda draw, what: _lines(what)[::-1],
    "hexed": lambda draw, what: _lines(what).encode().hex(),
    "spaces": lambda draw, what: " " * draw.randint(160, 400),
}
