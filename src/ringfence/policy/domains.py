"""Which domains are an exchange's: a way out to one of them would go round everything that is decided here."""

from importlib.resources import files
from typing import Final

import msgspec


class _Domains(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    own: tuple[str, ...]
    other: tuple[str, ...]


_KNOWN: Final = msgspec.toml.decode(
    files("ringfence.policy").joinpath("domains.toml").read_text("utf-8"), type=dict[str, _Domains]
)

OWN: Final = tuple(sorted({domain for of in _KNOWN.values() for domain in of.own}))
"""Those that are known to be an exchange's own."""


def exchange_of(host: str) -> str | None:
    """Say which exchange a host belongs to, by its name in lower case; None where it is none's."""
    for exchange, of in _KNOWN.items():
        if any(host == domain or host.endswith(f".{domain}") for domain in (*of.own, *of.other)):
            return exchange
    return None
