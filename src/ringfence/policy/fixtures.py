"""Tests that the owner of a policy writes: an order, what is so at that moment, and the answer that is expected. Pure.

A fixture holds words and amounts and nothing else: there is nothing in it to run, and no file to open.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import partial

from msgspec.structs import replace

from ringfence.errors import Misconfigured
from ringfence.model.action import Place
from ringfence.model.decision import Code, Decision
from ringfence.model.facts import (
    AccountUse,
    Facts,
    Holding,
    Instrument,
    Pace,
    Reference,
    Role,
    Switch,
    SymbolUsage,
    Usage,
)
from ringfence.model.names import Asset, BotName, Symbol
from ringfence.model.order import TRIGGERED, Kind, Order, Side, Tif
from ringfence.policy.amounts import amount
from ringfence.policy.engine import decide
from ringfence.policy.lines import line_of
from ringfence.policy.load import KINDS, MAX_TEXT
from ringfence.policy.policy import BotPolicy, Policy
from ringfence.policy.symbols import narrowed
from ringfence.policy.table import Table
from ringfence.policy.times import moment

_ORDER = ("symbol", "side", "type", "quantity", "quote", "price", "trigger", "tif")
_AMOUNTS = ("price", "slow", "position", "short", "window_notional", "window_loss", "others", "equity", "drawdown")
_COUNTS = ("open_orders", "orders_last_minute", "cancels_last_minute", "round_trips", "venues")
_GIVEN = (*_AMOUNTS, *_COUNTS, "at", "switch", "stopped")
_COUNT = range(1_000_001)
_ZERO = Decimal(0)
_NOON = 1_800_014_400_000  # a Friday, 20:00 UTC: some moment, where none is given


class Expected(StrEnum):
    """What a fixture expects."""

    ALLOW = "allow"
    REFUSE = "refuse"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Fixture:
    """One case: who orders what, what is given, and what must come of it; `code` None: any reason will do."""

    name: str
    bot: BotName
    order: Order
    given: Facts
    expected: Expected
    code: Code | None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a case: whether it is as expected, and what was decided, in words."""

    name: str
    ok: bool
    decided: Expected
    why: str


def load_fixtures(text: str) -> tuple[Fixture, ...]:
    """Read fixtures; raises `Misconfigured` with the line, the key and what was probably meant."""
    if len(text) > MAX_TEXT:
        raise Misconfigured(f"fixtures of {len(text)} characters are longer than {MAX_TEXT}")
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise Misconfigured(f"the fixtures are no TOML: {str(error)[:200]}") from None
    root = Table((), content, partial(line_of, text))
    root.only("case")
    cases = root.child("case").children()
    if not cases:
        root.refuse("case", "names no case")
    return tuple(map(_fixture, cases))


def run(fixture: Fixture, policy: Policy) -> Result:
    """Ask a policy about one case."""
    bot = policy.bots.get(fixture.bot)
    if bot is None:
        return Result(fixture.name, ok=False, decided=Expected.REFUSE, why=f"the policy names no bot {fixture.bot}")
    decision = decide(Place(fixture.order), replace(fixture.given, role=bot.role), _of_class(bot, fixture.order.symbol))
    decided = _decided(decision)
    codes = {reason.code for reason in decision.because}
    ok = decided is fixture.expected and (fixture.code is None or fixture.code in codes)
    why = "; ".join(f"{reason.code}: {reason.text}" for reason in decision.because)
    return Result(fixture.name, ok, decided, why or _sent(decision, bot))


def _of_class(bot: BotPolicy, symbol: Symbol) -> BotPolicy:
    """Take the symbol of a case for one of the bot's class, unless the class bars it."""
    described = bot.symbol_class
    if described is None or not symbol.endswith(f"/{bot.currency}"):
        return bot
    return replace(bot, symbols=narrowed(described, (symbol,)))


def _decided(decision: Decision) -> Expected:
    if decision.allowed:
        return Expected.ALLOW
    return Expected.HOLD if decision.held else Expected.REFUSE


def _sent(decision: Decision, bot: BotPolicy) -> str:
    charge = decision.charge
    if charge is None:
        return ""
    order = charge.order
    noted = "; ".join(f"in shadow: {reason.code}: {reason.text}" for reason in charge.noted)
    said = f"{charge.lane}: leaves as {order.kind} at {order.price}, reserves {charge.notional} {bot.currency}"
    return f"{said}; {noted}" if noted else said


def _fixture(table: Table) -> Fixture:
    table.only("bot", "order", "given", "expect", "code")
    order = _order(table.child("order"))
    codes = {code.value: code for code in Code}
    code = (
        table.words("code", codes.get, "the code of a refusal, as `ringfence why` shows it")
        if "code" in table.content
        else None
    )
    expected = table.words("expect", {each.value: each for each in Expected}.get, '"allow", "refuse" or "hold"')
    if code is not None and expected is Expected.ALLOW:
        table.refuse("code", "has no meaning where the order is to be allowed")
    given = _facts(table.child("given"), order)
    return Fixture(table.path[-1], BotName(table.words("bot", str, "the name of a bot")), order, given, expected, code)


def _order(table: Table) -> Order:
    table.only(*_ORDER)
    kind = table.words("type", KINDS.get, f"an order type ({', '.join(KINDS)})")
    for key, wanted in (("trigger", kind in TRIGGERED), ("price", kind in _PRICED)):
        if wanted is not (key in table.content):
            table.refuse(key, "is missing" if wanted else f"has no meaning for a {table.content['type']} order")
    if ("quantity" in table.content) is ("quote" in table.content):
        table.refuse("quantity", "or quote must be there, and not both")
    tifs: dict[str, Tif] = {tif.value.lower(): tif for tif in Tif}
    tif = table.words("tif", tifs.get, '"gtc", "ioc" or "fok"') if "tif" in table.content else _TIF.get(kind)
    return Order(
        symbol=Symbol(table.words("symbol", str, 'a symbol such as "BTC/USDT"')),
        side=table.words("side", {"buy": Side.BUY, "sell": Side.SELL}.get, '"buy" or "sell"'),
        kind=kind,
        quantity=_amount(table, "quantity"),
        quote=_amount(table, "quote"),
        price=_amount(table, "price"),
        tif=tif,
        client_id=None,
        trigger=_amount(table, "trigger"),
    )


_PRICED = frozenset({Kind.LIMIT, Kind.LIMIT_MAKER, Kind.STOP_LOSS_LIMIT, Kind.TAKE_PROFIT_LIMIT})
_TIF = {Kind.LIMIT: Tif.GTC, Kind.STOP_LOSS_LIMIT: Tif.GTC, Kind.TAKE_PROFIT_LIMIT: Tif.GTC}


def _facts(table: Table, order: Order) -> Facts:
    """Fill a calm world with what is given; a price must be given, since nothing may be judged without one."""
    table.only(*_GIVEN)
    price, slow = _must(table, "price"), _amount(table, "slow")
    usage = Usage(
        window_notional=_amount(table, "window_notional") or _ZERO,
        window_loss=_amount(table, "window_loss") or _ZERO,
        open_orders=_count(table, "open_orders"),
        orders_last_minute=_count(table, "orders_last_minute"),
        exits_last_minute=0,
        bought=_amount(table, "window_notional") or _ZERO,
        sold=_amount(table, "window_notional") or _ZERO,
    )
    position = (_amount(table, "position") or _ZERO) - (_amount(table, "short") or _ZERO)
    venues = _count(table, "venues") if "venues" in table.content else 3
    base, _, quote = order.symbol.partition("/")
    least = Decimal("1e-8")
    return Facts(
        now=0.0,
        at=table.words("at", moment, 'a moment such as "2027-01-31T18:00Z"') if "at" in table.content else _NOON,
        role=Role.TRADE,  # `run` puts the bot's own
        switch=_word(table, "switch", {each.value: each for each in Switch}.get, Switch.TRADING),
        instrument=Instrument(
            order.symbol, base + quote, Asset(base), Asset(quote), least, least, least, Decimal(10**9), least
        ),
        reference=Reference(order.symbol, price, price, venues, 0.0, price if slow is None else slow),
        usage=usage,
        symbol=SymbolUsage(usage.window_notional, usage.open_orders, 0, _count(table, "round_trips")),
        pace=Pace(0, _count(table, "cancels_last_minute"), _count(table, "cancels_last_minute"), 0),
        account=AccountUse(usage, _ZERO, _ZERO),
        holding=Holding(position, _ZERO, _ZERO),
        others=_amount(table, "others") or _ZERO,
        equity=_amount(table, "equity"),
        drawdown=_amount(table, "drawdown") or _ZERO,
        stopped=table.words("stopped", str, "why the bot is stopped") if "stopped" in table.content else None,
        drifted=None,
        granted=False,
    )


def _word(table: Table, key: str, parse: Callable[[str], Switch | None], otherwise: Switch) -> Switch:
    return table.words(key, parse, '"trading", "exits-only" or "halted"') if key in table.content else otherwise


def _must(table: Table, key: str) -> Decimal:
    return table.words(key, amount, 'an amount above zero such as "60000"')


def _amount(table: Table, key: str) -> Decimal | None:
    return _must(table, key) if key in table.content else None


def _count(table: Table, key: str) -> int:
    return table.whole(key, _COUNT) if key in table.content else 0
