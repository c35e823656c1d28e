"""A JSON Schema of the policy file, for editors: made from the values that the loader makes, so that none is forgotten.

It says what may be written where. Whether that can be meant is `ringfence policy check`'s to say.
"""

from collections.abc import Mapping

import msgspec

from ringfence.model.facts import Role
from ringfence.model.order import SelfTrade
from ringfence.policy.diff import SETTINGS
from ringfence.policy.load import COUNTS, KINDS, REQUIRED
from ringfence.policy.policy import AccountLimits, Cap, Limits
from ringfence.policy.symbols import MOST, VENUES
from ringfence.policy.tunnels import MOST as MOST_TUNNELS
from ringfence.policy.tunnels import PATTERN

Json = Mapping[str, "Json"] | list["Json"] | str | int | bool


def _whole(allowed: range) -> Json:
    return {"type": "integer", "minimum": allowed[0], "maximum": allowed[-1]}


_AMOUNT: Json = {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?$"}
_PERCENT: Json = {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,2})(\.[0-9]{1,8})?%$"}
_DURATION: Json = {"type": "string", "pattern": "^[1-9][0-9]{0,4}[smhd]$"}
_MOMENT: Json = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?Z$"}
_CAP: Json = {"anyOf": [_AMOUNT, {"const": "unlimited"}]}
_SYMBOL: Json = {"type": "string", "pattern": "^[A-Z0-9]{1,20}/[A-Z0-9]{1,20}$"}
_HOURS: Json = {
    "type": "string",
    "pattern": "^[A-Z][a-z]{2}(-[A-Z][a-z]{2})? [0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$",
}
_WRITTEN: Mapping[str, Json] = {"amount": _AMOUNT, "percent": _PERCENT, "duration": _DURATION, "": _whole(COUNTS)}
_NAMES = "^[a-z][a-z0-9-]{0,31}$"


def schema() -> Json:
    """Make the whole schema (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ringfence policy",
        **_table({"account": _named(_account()), "bot": _named(_bot()), "change": _change()}, ["account", "bot"]),
    }


def _account() -> Json:
    keys: dict[str, Json] = {"exchange": _name(), "currency": {"type": "string"}, "fee": _PERCENT}
    modes: Json = {"enum": [mode.value for mode in SelfTrade]}
    more: dict[str, Json] = {"limits": _limits(AccountLimits, []), "self_trade": modes, "read_share": _PERCENT}
    return _table({**keys, **more}, [*keys])


def _bot() -> Json:
    keys: dict[str, Json] = {
        "account": _name(),
        "role": {"enum": [role.value for role in Role]},
        "symbols": {"anyOf": [_some(_SYMBOL), _class()]},
        "orders": _some({"enum": list(KINDS)}),
        "limits": _limits(Limits, list(REQUIRED)),
        "hours": _some(_HOURS),
        "valid_from": _MOMENT,
        "valid_until": _MOMENT,
        "shadow_until": _MOMENT,
        "guards": _name(),
        "tunnels": {**_some({"type": "string", "pattern": f"^{PATTERN}$"}), "maxItems": MOST_TUNNELS},
    }
    return _table(keys, ["account", "role"])


def _class() -> Json:
    keys: dict[str, Json] = {"most": _whole(MOST), "venues": _whole(VENUES), "volume": _AMOUNT, "listed": _DURATION}
    return _table({**keys, "except": _some(_SYMBOL)}, [*keys])


def _change() -> Json:
    return _table({"wait": _DURATION}, ["wait"])


def _limits(of: type[msgspec.Struct], required: list[Json]) -> Json:
    return _table({name: _limit(of, name) for name in of.__struct_fields__}, required)


def _limit(of: type[msgspec.Struct], name: str) -> Json:
    if of.__annotations__[name] == Cap:
        return _CAP
    if name == "order_quantity":
        return {"type": "object", "additionalProperties": _AMOUNT}
    return _WRITTEN[SETTINGS[of][name].write]


def _table(keys: Mapping[str, Json], required: list[Json]) -> dict[str, Json]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": dict(keys)}


def _named(table: Json) -> Json:
    return {"type": "object", "minProperties": 1, "additionalProperties": False, "patternProperties": {_NAMES: table}}


def _some(item: Json) -> dict[str, Json]:
    return {"type": "array", "minItems": 1, "uniqueItems": True, "items": item}


def _name() -> Json:
    return {"type": "string", "pattern": _NAMES}
