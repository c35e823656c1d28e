"""Read the policy file. Typed TOML without expressions; whatever cannot be meant is an error, never a default."""

import re
import tomllib
from decimal import Decimal
from types import MappingProxyType

from msgspec.structs import replace

from ringfence.errors import Misconfigured
from ringfence.model.facts import Role
from ringfence.model.names import AccountName, Asset, BotName, ExchangeId, Symbol
from ringfence.model.order import Kind, SelfTrade
from ringfence.policy.amounts import amount, as_percent, percent
from ringfence.policy.policy import (
    DEFAULT_READ_SHARE,
    DEFAULT_WAIT_MS,
    UNLIMITED,
    AccountLimits,
    AccountPolicy,
    BotPolicy,
    Cap,
    Limits,
    Policy,
)
from ringfence.policy.symbols import with_symbols
from ringfence.policy.table import Locate, Table, matching
from ringfence.policy.times import as_duration, duration, hours, moment
from ringfence.policy.tunnels import MOST as MOST_TUNNELS
from ringfence.policy.tunnels import against

MAX_TEXT = 64 * 1024  # what a bot may send as well (docs/explanation/attacks.md, S30); thousands of bots fit
MAX_COLLAR = Decimal("0.5")  # past half the price it is no collar; the worst thin-pair incidents began at 2x (I8)
MAX_FEE = Decimal("0.05")  # no venue in the catalogue charges a taker more; past it, a slip of the decimal point
COUNTS = range(1, 10_001)  # no venue allows one account more; past it, a slip of the finger

KINDS = {
    "limit": Kind.LIMIT,
    "limit-maker": Kind.LIMIT_MAKER,
    "market": Kind.MARKET,
    "stop-limit": Kind.STOP_LOSS_LIMIT,
    "stop-market": Kind.STOP_LOSS,
    "take-profit-limit": Kind.TAKE_PROFIT_LIMIT,
    "take-profit-market": Kind.TAKE_PROFIT,
}
LIMITS = Limits.__struct_fields__
REQUIRED = LIMITS[: len(LIMITS) - len(Limits.__struct_defaults__)]
ACCOUNT_LIMITS = AccountLimits.__struct_fields__
FOR_TRADERS = ("symbols", "orders", "limits", "hours", "valid_from", "valid_until", "shadow_until")
WAITS = (600_000, 7 * 86_400_000)  # ten minutes, in which a halt can come, to a week
LIFETIMES = (10_000, 30 * 86_400_000)  # ten seconds, which the sweeper needs itself, to a month

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
_ASSET = re.compile(r"[A-Z0-9]{1,20}", re.ASCII)
_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def load(text: str, locate: Locate | None = None) -> Policy:
    """Read a policy; raises `Misconfigured` with the key, what was probably meant, and the line by `locate`."""
    if len(text) > MAX_TEXT:
        raise Misconfigured(f"a policy of {len(text)} characters is longer than {MAX_TEXT}")
    try:
        return _policy(Table((), _toml(text), locate), text)
    except RecursionError:
        raise Misconfigured("the policy nests deeper than any table of it") from None


def _toml(text: str) -> dict[str, object]:
    """Read TOML; an error has its line in front, as every other message here."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        why = str(error)
        at = _AT.search(why)
        line = at[1] if at and at[1] else text.count("\n") + 1
        raise Misconfigured(f"line {line}: {why[:1].lower()}{_AT.sub('', why[1:])}") from None
    except ValueError:  # Python reads no integer of more than 4300 digits, and `tomllib` lets that out as it is
        raise Misconfigured("the policy holds a number past any that is meant") from None


def _policy(root: Table, text: str) -> Policy:
    root.only("change", "account", "bot")
    accounts = {account.name: account for account in map(_account, root.child("account").children())}
    tables = root.child("bot").children()
    bots = {bot.name: bot for bot in (_bot(table, accounts) for table in tables)}
    if not bots:
        root.refuse("bot", "names no bot")
    bots |= {bot.name: bot for bot in (_guard(table, bots, accounts) for table in tables if "guards" in table.content)}
    policy = Policy(MappingProxyType(accounts), MappingProxyType(bots), text, 0)
    return replace(policy, wait_ms=_wait(root, policy))


def _wait(root: Table, policy: Policy) -> int:
    """Say how long a change that widens waits: what is written, or else an hour, or nothing in a rehearsal."""
    if "change" not in root.content:
        return 0 if policy.rehearsal else DEFAULT_WAIT_MS
    table = root.child("change")
    table.only("wait")
    wait = table.words("wait", duration, 'a time such as "1h" or "2d"')
    if not WAITS[0] <= wait <= WAITS[1]:
        table.refuse("wait", f"must be from {as_duration(WAITS[0])} to {as_duration(WAITS[1])}")
    return wait


def _account(table: Table) -> AccountPolicy:
    table.only("exchange", "currency", "fee", "limits", "self_trade", "read_share")
    fee = table.words("fee", percent, 'a percentage such as "0.1%"')
    if fee > MAX_FEE:
        table.refuse("fee", f"is {as_percent(fee)}; more than {as_percent(MAX_FEE)} cannot be meant")
    return AccountPolicy(
        name=AccountName(_name(table)),
        exchange=ExchangeId(table.words("exchange", matching(_NAME), 'an exchange such as "binance"')),
        currency=Asset(table.words("currency", matching(_ASSET), 'an asset such as "USDT"')),
        fee=fee,
        limits=_account_limits(table.child("limits")) if "limits" in table.content else AccountLimits(),
        self_trade=_self_trade(table),
        read_share=_read_share(table),
    )


def _self_trade(table: Table) -> SelfTrade:
    if "self_trade" not in table.content:
        return SelfTrade.EXPIRE_TAKER
    modes = {mode.value: mode for mode in SelfTrade}
    return table.words("self_trade", modes.get, " or ".join(f'"{mode}"' for mode in modes))


def _read_share(table: Table) -> Decimal:
    share, most = _share(table, "read_share"), DEFAULT_READ_SHARE
    if share is not None and share > most:
        table.refuse("read_share", f"is {as_percent(share)}; the rest is the owner's, so at most {as_percent(most)}")
    return most if share is None else share


def _account_limits(table: Table) -> AccountLimits:
    table.only(*ACCOUNT_LIMITS)
    if not table.content:
        table.refuse(None, "limits nothing", f"what an account can limit is {', '.join(ACCOUNT_LIMITS)}")
    return AccountLimits(
        window_notional=_amount(table, "window_notional"),
        exposure=_amount(table, "exposure"),
        loss_budget=_amount(table, "loss_budget"),
        open_orders=_count(table, "open_orders"),
        orders_per_minute=_count(table, "orders_per_minute"),
    )


def _bot(table: Table, accounts: dict[AccountName, AccountPolicy]) -> BotPolicy:
    table.only("account", "role", *FOR_TRADERS, "guards", "tunnels")
    role = table.words("role", {role.value: role for role in Role}.get, '"trade" or "watch"')
    account = accounts.get(AccountName(table.words("account", str, "the name of an account")))
    if account is None:
        table.refuse("account", "names no account of this policy", f"there is {', '.join(accounts) or 'none'}")
    bot = BotPolicy(
        name=BotName(_name(table)),
        account=account.name,
        role=role,
        symbols=(),
        kinds=(),
        limits=None,
        exchange=account.exchange,
        currency=account.currency,
        fee=account.fee,
        account_limits=account.limits,
        tunnels=_tunnels(table),
    )
    guards = "guards" in table.content
    if role is Role.TRADE and not guards:
        return _trader(table, bot)
    for key in (*FOR_TRADERS, *(("guards",) if role is Role.WATCH else ())):
        if key in table.content:
            table.refuse(key, "has no meaning for a bot that only " + ("guards another" if guards else "watches"))
    return bot


def _tunnels(table: Table) -> tuple[str, ...]:
    if "tunnels" not in table.content:
        return ()
    hosts = table.many("tunnels", str, 'host such as "api.telegram.org"')
    for host in hosts:
        if why := against(host):
            table.refuse("tunnels", f'has "{host[:64]}", which {why}')
    if len(hosts) > MOST_TUNNELS:
        table.refuse("tunnels", f"names more than {MOST_TUNNELS} hosts")
    return hosts


def _guard(table: Table, bots: dict[BotName, BotPolicy], accounts: dict[AccountName, AccountPolicy]) -> BotPolicy:
    """Give a bot that guards another what it needs to leave that one's positions: its symbols and limits, any order."""
    bot, ward = bots[BotName(table.path[-1])], bots.get(BotName(table.words("guards", str, "the name of a bot")))
    if ward is None or ward.limits is None or ward.account != bot.account:
        table.refuse("guards", "must be the name of another bot that trades on the same account")
    if accounts[bot.account].self_trade is not SelfTrade.EXPIRE_TAKER:
        why = "has no meaning while self_trade of its account lets a bot end orders that rest"
        table.refuse("guards", why, 'a guardian\'s orders stay on the book with self_trade = "expire-taker"')
    symbols, described = ward.symbols, ward.symbol_class
    guard = replace(bot, symbols=symbols, symbol_class=described, kinds=tuple(Kind), limits=ward.limits)
    return replace(guard, guards=ward.name)


def _trader(table: Table, bot: BotPolicy) -> BotPolicy:
    kinds = table.many("orders", KINDS.get, f"order type ({', '.join(KINDS)})")
    bot = with_symbols(table, replace(bot, kinds=kinds))
    bot = replace(bot, limits=_limits(table.child("limits"), bot))
    if "hours" in table.content:
        bot = replace(bot, hours=table.many("hours", hours, 'time such as "Mon-Fri 08:00-18:00" (UTC)'))
    first, last = (_moment(table, key) for key in ("valid_from", "valid_until"))
    if first is not None and last is not None and first >= last:
        table.refuse("valid_until", "is not after valid_from, so this bot could never trade")
    return replace(bot, valid_from=first, valid_until=last, shadow_until=_moment(table, "shadow_until") or 0)


def _moment(table: Table, key: str) -> int | None:
    what = 'a moment such as "2027-01-31Z" or "2027-01-31T18:00Z"'
    return table.words(key, moment, what) if key in table.content else None


def _name(table: Table) -> str:
    name = table.path[-1]
    if not _NAME.fullmatch(name):
        table.refuse(None, "is not a name: a-z first, then a-z, 0-9 and -, 32 characters at most")
    return name


def _limits(table: Table, bot: BotPolicy) -> Limits:
    table.only(*LIMITS)
    limits = Limits(
        collar=_collar(table, "collar"),
        exit_collar=_collar(table, "exit_collar"),
        order_notional=_cap(table, "order_notional"),
        window_notional=_cap(table, "window_notional"),
        exposure=_cap(table, "exposure"),
        loss_budget=_cap(table, "loss_budget"),
        open_orders=table.whole("open_orders", COUNTS),
        orders_per_minute=table.whole("orders_per_minute", COUNTS),
        slow_collar=_collar(table, "slow_collar") if "slow_collar" in table.content else None,
        order_quantity=_quantities(table, bot),
        order_minimum=_amount(table, "order_minimum"),
        order_share=_share(table, "order_share"),
        symbol_notional=_amount(table, "symbol_notional"),
        side_notional=_amount(table, "side_notional"),
        symbol_exposure=_amount(table, "symbol_exposure"),
        symbol_orders=_count(table, "symbol_orders"),
        far_orders=_count(table, "far_orders"),
        order_lifetime=_lifetime(table),
        drawdown_stop=_amount(table, "drawdown_stop"),
        round_trips=_count(table, "round_trips"),
        amends_per_minute=_count(table, "amends_per_minute"),
        cancels_per_minute=_count(table, "cancels_per_minute"),
        cancels_per_fill=_count(table, "cancels_per_fill"),
        identical_fills=_count(table, "identical_fills"),
        hold_above=_amount(table, "hold_above"),
    )
    if limits.exit_collar < limits.collar:
        table.refuse("exit_collar", "is tighter than collar, so a position would be harder to leave than to enter")
    if limits.slow_collar is not None and limits.slow_collar < limits.collar:
        table.refuse("slow_collar", "is tighter than collar, so the anchor of a day would be closer than the price now")
    return limits


def _amount(table: Table, key: str) -> Decimal | None:
    return table.words(key, amount, 'an amount above zero such as "500"') if key in table.content else None


def _count(table: Table, key: str) -> int | None:
    return table.whole(key, COUNTS) if key in table.content else None


def _share(table: Table, key: str) -> Decimal | None:
    if key not in table.content:
        return None
    share = table.words(key, percent, 'a percentage such as "5%"')
    if not 0 < share <= 1:
        table.refuse(key, f"is {as_percent(share)}; it must be above 0% and at most 100%")
    return share


def _lifetime(table: Table) -> int | None:
    key = "order_lifetime"
    if key not in table.content:
        return None
    lifetime = table.words(key, duration, 'a time such as "90s", "30m", "6h" or "2d"')
    if not LIFETIMES[0] <= lifetime <= LIFETIMES[1]:
        table.refuse(key, "must be from 10s to 30d")
    return lifetime


def _quantities(table: Table, bot: BotPolicy) -> tuple[tuple[Symbol, Decimal], ...] | None:
    """Read a table of base-unit quantities by symbol; every symbol of the bot must have one, and no other."""
    key = "order_quantity"
    if key not in table.content:
        return None
    if bot.symbol_class is not None:
        table.refuse(
            key, "has no meaning where the symbols are a class", "order_notional limits an order of any of them"
        )
    inner = table.child(key)
    inner.only(*bot.symbols)
    what = 'an amount of base units above zero such as "0.5"'
    return tuple((symbol, inner.words(symbol, amount, what)) for symbol in bot.symbols)


def _collar(table: Table, key: str) -> Decimal:
    collar = table.words(key, percent, 'a percentage such as "0.5%"')
    if not 0 < collar <= MAX_COLLAR:
        table.refuse(key, f"is {as_percent(collar)}; it must be above 0% and at most {as_percent(MAX_COLLAR)}")
    return collar


def _cap(table: Table, key: str) -> Cap:
    if table.content.get(key) == UNLIMITED.value:
        return UNLIMITED
    return table.words(key, amount, 'an amount above zero such as "500", or "unlimited"')
