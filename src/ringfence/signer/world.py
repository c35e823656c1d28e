"""What the signer knows of the world now, and how it becomes the facts of one decision."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec
from msgspec.structs import astuple, force_setattr, replace

from ringfence.model.entry import Value
from ringfence.model.facts import AccountUse, Facts, Holding, Instrument, Role, Switch, SymbolUsage, Usage
from ringfence.model.names import AccountName, Asset, BotName, Symbol
from ringfence.model.order import SelfTrade
from ringfence.policy.policy import AccountLimits, AccountPolicy, BotPolicy, Policy
from ringfence.signer.clock import boot_ms
from ringfence.signer.ledger import Ledger
from ringfence.signer.market import Market

# A venue that disagrees more than this about the time contradicts another fact (docs/explanation/attacks.md, S37).
MAX_SKEW_MS = 5_000
# Our own clock is corrected by the venue's, but never by more than this: Binance lets a timestamp be ahead by less than
# a second (docs/explanation/sources.md, Binance's documentation), so no lie about its time makes it refuse an exit.
MAX_CORRECTION_MS = 999
_UNLIMITED = AccountLimits()
_NOTHING = Holding(Decimal(0), Decimal(0), Decimal(0))
_UNUSED = SymbolUsage(Decimal(0), 0, None, 0)


class InForce(msgspec.Struct, frozen=True):
    """The policy that counts, the instruments pinned with it, and the journal entry that made it so.

    `members` are the symbols of each bot whose policy has a class, as of `members_at` (timeline ms); `bots` are those
    of the policy with their symbols filled in. `symbols` are the exchange's names of what is pinned, to ours: made
    once, since every request is read with them.
    """

    policy: Policy
    instruments: Mapping[AccountName, Mapping[Symbol, Instrument]]
    digest: str
    seq: int
    applied_at: int
    members: Mapping[BotName, tuple[Symbol, ...]] = {}
    members_at: int = 0
    symbols: Mapping[AccountName, Mapping[str, Symbol]] = {}
    bots: Mapping[BotName, BotPolicy] = {}

    def __post_init__(self) -> None:
        """Turn the instruments round, and say what each bot may trade now."""
        symbols = {
            account: {instrument.native: symbol for symbol, instrument in pinned.items()}
            for account, pinned in self.instruments.items()
        }
        force_setattr(self, "symbols", symbols)
        bots = {
            name: bot if bot.symbol_class is None else replace(bot, symbols=self.members.get(bot.books, ()))
            for name, bot in self.policy.bots.items()
        }
        force_setattr(self, "bots", bots)

    @property
    def classed(self) -> bool:
        """Whether some bot has a class of symbols."""
        return any(bot.symbol_class is not None for bot in self.policy.bots.values())


class Waiting(msgspec.Struct, frozen=True):
    """A policy that waits: its entry, that of the policy it was compared with, when it was asked for and is due."""

    seq: int
    text: str
    base: int
    at: int
    due: int


@dataclass(frozen=True, slots=True)
class Position:
    """Where the owner's switch stands, why, since when (timeline ms); `cancel`: resting orders are to go."""

    switch: Switch
    why: str = ""
    since: int = 0
    cancel: bool = False


@dataclass(slots=True)
class World:
    """Everything that changes: policy, prices, clock offsets, the owner's switch, and what bots have been stopped for.

    `drifts` say how the exchange trades a symbol otherwise than was pinned, the policy in force being what pinned it.

    `balances` are what accounts hold by the exchange's own word, by asset; `peaks` the best result of each bot so far.
    """

    position: Position = Position(Switch.TRADING)
    in_force: InForce | None = None
    newest: int | None = None  # the entry of the newest policy that there ever was, in force or not
    waiting: Waiting | None = None
    market: Market = field(default_factory=Market)
    offsets: dict[AccountName, int] = field(default_factory=dict)
    balances: dict[AccountName, Mapping[Asset, Decimal]] = field(default_factory=dict)
    peaks: dict[BotName, Decimal] = field(default_factory=dict)
    stops: dict[BotName, str] = field(default_factory=dict)
    drifts: dict[tuple[AccountName, Symbol], str] = field(default_factory=dict)

    def bot(self, bot: BotName) -> BotPolicy | None:
        """The bot's part of the policy in force."""
        return None if self.in_force is None else self.in_force.bots.get(bot)

    def account(self, account: AccountName) -> AccountPolicy | None:
        """An account's part of the policy in force."""
        return None if self.in_force is None else self.in_force.policy.accounts.get(account)

    def self_trade(self, account: AccountName) -> SelfTrade:
        """What ends where two orders of an account would meet."""
        policy = self.account(account)
        return SelfTrade.EXPIRE_TAKER if policy is None else policy.self_trade

    def instruments(self, account: AccountName) -> Mapping[Symbol, Instrument]:
        """What is pinned for an account."""
        return {} if self.in_force is None else self.in_force.instruments.get(account, {})

    def symbols(self, account: AccountName) -> Mapping[str, Symbol]:
        """The exchange's names of the pinned symbols, to ours."""
        return {} if self.in_force is None else self.in_force.symbols.get(account, {})

    def skewed(self, account: AccountName) -> str | None:
        """Say why an account's clock cannot be trusted, or None."""
        offset = self.offsets.get(account)
        if offset is None:
            return "the exchange's time is not known yet"
        if abs(offset) > MAX_SKEW_MS:
            return f"this machine's clock is {abs(offset) / 1000:.1f} s off the exchange's"
        return None

    def stamp(self, account: AccountName, wall: int) -> int:
        """The time to write into a request to the exchange, ms since 1970."""
        offset = self.offsets.get(account, 0)
        return wall + max(-MAX_CORRECTION_MS, min(MAX_CORRECTION_MS, offset))

    def facts(
        self, bot: BotPolicy, role: Role, symbol: Symbol | None, ledger: Ledger, now: int, *, granted: bool = False
    ) -> Facts:
        """Gather what the rules may know about one bot and, where it places something, one symbol."""
        instrument = self.instruments(bot.account).get(symbol) if symbol else None
        books = bot.books
        usage = ledger.usage(books, now) if books == bot.name else ledger.guarding(bot.name, books, now)
        return Facts(
            now=boot_ms() / 1000,
            at=now,
            role=role,
            switch=self.position.switch,
            instrument=instrument,
            reference=self.market.references.get(symbol) if symbol else None,
            usage=usage,
            symbol=self._symbol(bot, symbol, ledger, now),
            pace=ledger.habits(books).pace(now),
            account=self._account(bot, usage, ledger, now),
            holding=ledger.holding(books, instrument.base) if instrument else _NOTHING,
            others=self._others(bot, instrument.base if instrument else None, ledger),
            equity=self.equity(bot.account, bot.currency) if bot.limits and bot.limits.order_share else None,
            drawdown=self.drawdown(bot, ledger),
            stopped=self.stops.get(books),
            drifted=self.drifts.get((bot.account, symbol)) if symbol else None,
            granted=granted,
        )

    def seen(self, name: BotName, symbol: Symbol, ledger: Ledger) -> dict[str, Value]:
        """Say which prices a decision goes by: the symbol's own, and what else the account's bots hold is valued at.

        Amounts as text, the age in milliseconds, rounded up; None for what has no price, and dust of that is left out.
        Empty without a reference.
        """
        reference, bot = self.market.references.get(symbol), self.bot(name)
        if reference is None or bot is None:
            return {}
        age = math.ceil((boot_ms() / 1000 - reference.at) * 1000)
        seen: dict[str, Value] = {"buy": str(reference.buy), "age": age, "venues": reference.venues}
        seen |= {} if reference.buy == reference.sell else {"sell": str(reference.sell)}
        seen |= {} if reference.slow is None else {"slow": str(reference.slow)}
        held = {asset for each in ledger.bots(bot.account) for asset in ledger.assets(each)}
        symbols = (Symbol(f"{asset}/{bot.currency}") for asset in sorted(held))
        told: dict[str, Value] = {}
        for other in (each for each in symbols if each != symbol):
            price = self._price(other)
            if price is not None or self.holds(bot.account, other, ledger):
                told[other] = price
        return seen | ({"others": told} if told else {})

    def holds(self, account: AccountName, symbol: Symbol, ledger: Ledger) -> bool:
        """Say whether a bot of an account has more of a symbol than dust, or may come to."""
        base = Asset(symbol.partition("/")[0])
        furthest = (ledger.holding(bot, base).furthest for bot in ledger.bots(account))
        return any(not self.is_dust(account, symbol, quantity) for quantity in furthest)

    def _price(self, symbol: Symbol) -> str | None:
        reference = self.market.fresh(symbol)
        return None if reference is None else str(max(reference.buy, reference.sell))

    def _symbol(self, bot: BotPolicy, symbol: Symbol | None, ledger: Ledger, now: int) -> SymbolUsage:
        if symbol is None:
            return _UNUSED
        counted = bot.limits is not None and bot.limits.far_orders is not None
        reference = self.market.references.get(symbol) if counted else None
        price = None if reference is None else (reference.buy + reference.sell) / 2
        return ledger.symbol_usage(bot.books, symbol, price, now)

    def _account(self, bot: BotPolicy, usage: Usage, ledger: Ledger, now: int) -> AccountUse:
        """Add up what all bots of the account have used; where nothing limits that, nobody asks for it."""
        if bot.account_limits is _UNLIMITED or bot.account_limits == _UNLIMITED or self.in_force is None:
            return AccountUse(usage, None, None)
        policies = self.in_force.policy.bots
        named = [each.books for each in policies.values() if each.account == bot.account]
        bots = dict.fromkeys([*named, *ledger.bots(bot.account)])
        usages = [ledger.usage(name, now) for name in bots]
        usage = Usage(*(sum(values) for values in zip(*map(astuple, usages), strict=True)))
        exposures = [self.exposure(policies.get(name, bot), name, ledger) for name in bots]
        if any(exposure is None for exposure in exposures):
            return AccountUse(usage, None, None)
        known = [exposure or Decimal(0) for exposure in exposures]
        rates = [_exit_rate(policies.get(name), bot) for name in bots]
        ways = sum((exposure * rate for exposure, rate in zip(known, rates, strict=True)), Decimal(0))
        return AccountUse(usage, sum(known, Decimal(0)), ways)

    def _others(self, bot: BotPolicy, base: Asset | None, ledger: Ledger) -> Decimal | None:
        """The exposure of the bot's other assets, in the account's currency; None where one has no price."""
        return self._worth(bot, bot.books, ledger.assets(bot.books) - {base}, ledger)

    def exposure(self, bot: BotPolicy, name: BotName, ledger: Ledger) -> Decimal | None:
        """The exposure of everything that a bot holds and may come to hold; `bot` says in which currency."""
        return self._worth(bot, name, ledger.assets(name), ledger)

    def _worth(self, bot: BotPolicy, name: BotName, assets: Iterable[Asset], ledger: Ledger) -> Decimal | None:
        total = Decimal(0)
        for asset in assets:
            symbol, furthest = Symbol(f"{asset}/{bot.currency}"), ledger.holding(name, asset).furthest
            reference = self.market.fresh(symbol)
            if reference is not None:
                total += furthest * max(reference.buy, reference.sell)
            elif not self.is_dust(bot.account, symbol, furthest):
                return None
        return total

    def is_dust(self, account: AccountName, symbol: Symbol, quantity: Decimal) -> bool:
        """Say whether a quantity is less than can be traded: what fees left of a symbol that nobody watches now."""
        pinned = self.instruments(account).get(symbol)
        return pinned is not None and abs(quantity) < pinned.step

    def equity(self, account: AccountName, currency: Asset) -> Decimal | None:
        """What an account is worth by the exchange's word, None before it was told. What has no price is nothing."""
        held = self.balances.get(account)
        if held is None:
            return None
        values = (
            quantity if asset == currency else self.market.value(asset, quantity, currency)
            for asset, quantity in held.items()
        )
        return sum((value for value in values if value is not None), Decimal(0))

    def result(self, bot: BotPolicy, ledger: Ledger) -> Decimal | None:
        """What the bot's own fills have made so far, in the account's currency; None where a position has no price."""
        total = ledger.cash(bot.books)
        for asset, quantity in ledger.positions(bot.books).items():
            value = self.market.value(asset, quantity, bot.currency)
            if value is not None:
                total += value
            elif not self.is_dust(bot.account, Symbol(f"{asset}/{bot.currency}"), quantity):
                return None
        return total

    def drawdown(self, bot: BotPolicy, ledger: Ledger) -> Decimal | None:
        """How far the bot's result is below its best; None where nothing stops it for that, or it cannot be valued."""
        if bot.limits is None or bot.limits.drawdown_stop is None:
            return None
        result = self.result(bot, ledger)
        if result is None:
            return None
        return max(Decimal(0), self.peaks.get(bot.books, result) - result)


def _exit_rate(policy: BotPolicy | None, asking: BotPolicy) -> Decimal:
    """Say what leaving costs a bot per unit; one that is in no policy any more leaves as the one that asks would."""
    limits = None if policy is None else policy.limits
    limits = limits or asking.limits
    return Decimal(0) if limits is None else limits.exit_rate(asking.fee)
