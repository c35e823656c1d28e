"""What the signer knows of the world now, and how it becomes the facts of one decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec
from msgspec.structs import force_setattr

from ringfence.ipc.messages import Quotes
from ringfence.model.facts import Facts, Holding, Instrument, Reference, Role, Switch
from ringfence.model.names import AccountName, Asset, BotName, Symbol
from ringfence.policy.policy import BotPolicy, Policy
from ringfence.signer.clock import boot_ms
from ringfence.signer.ledger import Ledger

# A venue that disagrees more than this about the time contradicts another fact (docs/explanation/attacks.md, S37).
MAX_SKEW_MS = 5_000
# Our own clock is corrected by the venue's, but never by more than this: Binance lets a timestamp be ahead by less than
# a second (docs/explanation/sources.md, Binance's documentation), so no lie about its time makes it refuse an exit.
MAX_CORRECTION_MS = 999
# A price older than this values nothing (docs/explanation/sources.md, Reference prices: 5 s, and 60 s for exits).
MAX_PRICE_AGE = 60.0
_NOTHING = Holding(Decimal(0), Decimal(0), Decimal(0))


class InForce(msgspec.Struct, frozen=True):
    """The policy that counts, the instruments pinned with it, and the journal entry that made it so.

    `symbols` are the exchange's names of what is pinned, to ours: made once, since every request is read with them.
    """

    policy: Policy
    instruments: Mapping[AccountName, Mapping[Symbol, Instrument]]
    digest: str
    seq: int
    applied_at: int
    symbols: Mapping[AccountName, Mapping[str, Symbol]] = {}

    def __post_init__(self) -> None:
        """Turn the instruments round."""
        symbols = {
            account: {instrument.native: symbol for symbol, instrument in pinned.items()}
            for account, pinned in self.instruments.items()
        }
        force_setattr(self, "symbols", symbols)


@dataclass(frozen=True, slots=True)
class Position:
    """Where the owner's switch stands, why, since when (timeline ms); `cancel`: resting orders are to go."""

    switch: Switch
    why: str = ""
    since: int = 0
    cancel: bool = False


@dataclass(slots=True)
class World:
    """Everything that changes: policy, prices, clock offsets, and the owner's switch."""

    position: Position = Position(Switch.TRADING)
    in_force: InForce | None = None
    references: dict[Symbol, Reference] = field(default_factory=dict)
    offsets: dict[AccountName, int] = field(default_factory=dict)

    def take_quotes(self, quotes: Quotes) -> None:
        """Take in reference prices; one from the future, not positive, or older than what we have, is none."""
        now = boot_ms() / 1000
        for quote in quotes.quotes:
            known = self.references.get(Symbol(quote.symbol))
            if known is not None and known.at > quote.at:
                continue
            if quote.at <= now and quote.buy.is_finite() and quote.sell.is_finite() and min(quote.buy, quote.sell) > 0:
                symbol = Symbol(quote.symbol)
                self.references[symbol] = Reference(symbol, quote.buy, quote.sell, quote.venues, quote.at)

    def bot(self, bot: BotName) -> BotPolicy | None:
        """The bot's part of the policy in force."""
        return None if self.in_force is None else self.in_force.policy.bots.get(bot)

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

    def facts(self, bot: BotPolicy, role: Role, symbol: Symbol | None, ledger: Ledger, now: int) -> Facts:
        """Gather what the rules may know about one bot and, where it places something, one symbol."""
        instrument = self.instruments(bot.account).get(symbol) if symbol else None
        return Facts(
            now=boot_ms() / 1000,
            role=role,
            switch=self.position.switch,
            instrument=instrument,
            reference=self.references.get(symbol) if symbol else None,
            usage=ledger.usage(bot.name, now),
            holding=ledger.holding(bot.name, instrument.base) if instrument else _NOTHING,
            others=self._others(bot, instrument.base if instrument else None, ledger),
        )

    def _others(self, bot: BotPolicy, base: Asset | None, ledger: Ledger) -> Decimal | None:
        """The exposure of the bot's other assets, in the account's currency; None where one has no price."""
        total = Decimal(0)
        for asset in ledger.assets(bot.name) - {base}:
            value = self.value(bot, asset, ledger)
            if value is None:
                return None
            total += value
        return total

    def value(self, bot: BotPolicy, asset: Asset, ledger: Ledger) -> Decimal | None:
        """The exposure in one asset, open orders included, at the higher reference price."""
        reference = self.references.get(Symbol(f"{asset}/{bot.currency}"))
        if reference is None or boot_ms() / 1000 - reference.at > MAX_PRICE_AGE:
            return None
        held = ledger.holding(bot.name, asset)
        worst = max(abs(held.position + held.open_buys), abs(held.position - held.open_sells))
        return worst * max(reference.buy, reference.sell)
