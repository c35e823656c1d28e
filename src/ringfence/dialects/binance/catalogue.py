"""Every private route of Binance by what it does, so that a refusal can say what was refused. Data: routes.toml."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from ringfence.model.action import AccountChange, Action, Transfer, Undescribed, Withdraw

PUBLIC: Final = "public"
_CHANGES = frozenset({"address", "apikey", "account", "risk", "deposit_address"})


def load() -> Mapping[tuple[str, str], str]:
    """Map method and path to the route's class; a path is on one host only, so the host does not choose."""
    text = files("ringfence.dialects.binance").joinpath("routes.toml").read_text("utf-8")
    classes: dict[tuple[str, str], str] = {}
    for kind, hosts in tomllib.loads(text).items():
        for routes in hosts.values():
            for route in routes:
                method, _, path = route.partition(" ")
                classes.setdefault((method, path), kind)  # [public] comes last: a private class stays
    return classes


def classed(method: str, path: str, kind: str) -> Action:
    """Say what a route that no reader describes would do; no rule permits any of it."""
    route = f"{method} {path}"
    match kind.partition(".")[0]:
        case "withdraw":
            return Withdraw(route)
        case "transfer":
            return Transfer(route, kind)
        case change if change in _CHANGES:
            return AccountChange(route, kind)
        case _:
            return Undescribed(route, kind)


CLASSES: Final = load()
