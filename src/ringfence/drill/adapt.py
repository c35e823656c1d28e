"""Fit a policy to the rehearsal exchange: the same limits for a bot of each scenario, so that none uses up another's.

Pure. Every limit is carried over as it is written, also one that this file has never heard of. What cannot be carried
over is said: a symbol that the rehearsal exchange does not have, a currency, a fee below the one that it takes.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from msgspec.structs import replace

from ringfence.drill.venue import QUOTE
from ringfence.errors import Misconfigured
from ringfence.model.names import Symbol
from ringfence.policy.amounts import as_percent
from ringfence.policy.bound import radius
from ringfence.policy.load import load
from ringfence.policy.policy import UNLIMITED, BotPolicy

EXCHANGE = "paper-binance"
_ACCOUNT = "main"
_THIN = "VIA"  # the rehearsal exchange's thin coin, which stays the one that no bot may trade
_ALWAYS = ("BTC", "ETH")
_LONGEST = 16  # letters of a coin that the rehearsal exchange takes (paper/scenario.py)
_STANDS_IN = f"ETH/{QUOTE}"
_TIMES = ("hours", "valid_from", "valid_until")
_FEE = Decimal("0.001")  # what the rehearsal exchange takes (paper/rates.py)


@dataclass(frozen=True, slots=True)
class Adapted:
    """A policy for the rehearsal. `bot` is the drilled bot as its owner has it, `fitted` as it is rehearsed.

    `listed` has the symbols that the rehearsal exchange must list besides its own.
    """

    text: str
    bot: BotPolicy
    fitted: BotPolicy
    notes: tuple[str, ...]
    listed: tuple[str, ...] = ()


def adapted(
    text: str, names: Sequence[str], wanted: str | None = None, more: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> Adapted:
    """Write one policy with a bot of each name, each with the limits of one bot of `text`.

    `more` has further symbols for some of the names.

    It is the bot `wanted`, or else the one that most can be stolen with. Raises `Misconfigured` where there is none.
    """
    bot = _chosen(text, wanted)
    symbols, notes = _symbols(bot)
    raw = tomllib.loads(text)
    own, shared = raw["bot"][bot.name], raw["account"][bot.account].get("limits", {})
    limits = _limits(own["limits"], shared, bot, symbols)
    fee = max(bot.fee, _FEE)
    account = {"exchange": EXCHANGE, "currency": QUOTE, "fee": as_percent(fee)}
    kept = {key: value for key, value in own.items() if key not in _TIMES}
    one = {**kept, "account": _ACCOUNT, "symbols": list(symbols), "limits": limits}
    bots = {name: {**one, "symbols": [*symbols, *more.get(name, ())]} for name in names}
    made = "\n".join(_toml({"account": {_ACCOUNT: account}, "bot": bots}))
    fitted = replace(next(iter(load(made).bots.values())), symbols=tuple(map(Symbol, symbols)))
    times = [key for key in _TIMES if key in own]
    every = dict.fromkeys((*symbols, *(symbol for name in names for symbol in more.get(name, ()))))
    listed = tuple(symbol.replace("/", "") for symbol in every if symbol.split("/")[0] not in _ALWAYS)
    return Adapted(made, bot, fitted, (*notes, *_other_notes(bot, fee), *_left_out(times, shared)), listed)


def _chosen(text: str, wanted: str | None) -> BotPolicy:
    traders = [bot for bot in load(text).bots.values() if bot.limits is not None and bot.guards is None]
    if wanted is not None:
        traders = [bot for bot in traders if bot.name == wanted]
    if not traders:
        which = "no bot" if wanted is None else f"no bot {wanted}"
        raise Misconfigured(f"the policy has {which} that trades", hint="a bot that only watches has nothing to drill")
    return max(traders, key=_stealable)


def _stealable(bot: BotPolicy) -> Decimal:
    amount = radius(bot, confined=True)[0].amount
    return Decimal("Infinity") if amount is None else amount


def _symbols(bot: BotPolicy) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say what is traded in place of the bot's symbols, and what is to be said of it."""
    if bot.symbol_class is not None:
        traded = tuple(f"{base}/{QUOTE}" for base in _ALWAYS)
        return traded, (f"its symbols are a class; {', '.join(traded)} are taken for what it comes to",)
    bases = {symbol: symbol.split("/")[0] for symbol in bot.symbols}
    left = [symbol for symbol, base in bases.items() if base == _THIN or len(base) > _LONGEST]
    kept = tuple(f"{base}/{QUOTE}" for symbol, base in bases.items() if symbol not in left)
    made_up = [f"{base}/{QUOTE}" for symbol, base in bases.items() if symbol not in left and base not in _ALWAYS]
    notes = [f"{', '.join(made_up)}: traded on the rehearsal exchange at a made-up price"] if made_up else []
    if left:
        stands_in = f"{_STANDS_IN} stands in" if not kept else f"{', '.join(kept)} alone is drilled"
        notes.append(f"{', '.join(left)} cannot be traded there; {stands_in}, under the same limits")
    return kept or (_STANDS_IN,), tuple(notes)


def _limits(
    own: Mapping[str, object], shared: Mapping[str, object], bot: BotPolicy, symbols: Sequence[str]
) -> dict[str, object]:
    """Take the bot's limits, held to those of its account, and name its quantities by what is traded here."""
    limits = dict(own)
    for key, cap in shared.items():
        if key not in limits or limits[key] == UNLIMITED.value or Decimal(str(limits[key])) > Decimal(str(cap)):
            limits[key] = cap
    quantities = limits.pop("order_quantity", None)
    if isinstance(quantities, Mapping):
        traded = {symbol: f"{symbol.split('/')[0]}/{QUOTE}" for symbol in bot.symbols}
        fitted = {traded[symbol]: amount for symbol, amount in quantities.items() if traded[symbol] in symbols}
        limits |= {"order_quantity": fitted} if len(fitted) == len(symbols) else {}
    return limits


def _left_out(times: Sequence[str], shared: Mapping[str, object]) -> Iterator[str]:
    if times:
        yield f"{', '.join(times)} cannot wait for their time here, and are left out"
    if shared:
        yield "the limits of the account are those of each bot here, since only one of its bots is drilled"


def _other_notes(bot: BotPolicy, fee: Decimal) -> Iterator[str]:
    if bot.exchange != EXCHANGE:
        yield f"{bot.exchange} is played by the rehearsal exchange ({EXCHANGE})"
    if bot.currency != QUOTE:
        yield f"the rehearsal exchange counts in {QUOTE}; amounts in {bot.currency} are taken for as many {QUOTE}"
    if fee != bot.fee:
        yield f"the rehearsal exchange takes a fee of {as_percent(fee)}, so that is what is charged"


def _toml(table: Mapping[str, object], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Write tables, values first. A string in JSON is one in TOML as well (toml.io, "String")."""
    values = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    if path and values:
        yield f"[{'.'.join(map(_key, path))}]"
    for key, value in values.items():
        yield f"{_key(key)} = {json.dumps(value, ensure_ascii=False)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _toml(value, (*path, key))


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() else json.dumps(name)
