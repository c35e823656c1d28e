"""What the signer knows of prices: the references of now, those of the last minutes, and a slow anchor for each.

The anchor is an average of a day, into which a price goes only as far as a tenth from it: whoever holds every source of
prices moves it by a tenth in a day, and not at once (docs/explanation/sources.md, Reference prices).
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from ringfence.ipc.messages import Quotes
from ringfence.model.facts import Reference
from ringfence.model.names import Asset, Symbol
from ringfence.model.order import Side
from ringfence.signer.clock import boot_ms
from ringfence.signer.intent import Worst

# A price older than this values nothing (docs/explanation/sources.md, Reference prices: 5 s, and 30 s for exits).
MAX_PRICE_AGE = 30.0
DAY_SECONDS = 86_400.0
_STEP = Decimal("0.1")  # how far from the anchor a price still counts
_MOST_PART = Decimal("0.02")  # of a day, that one price may stand for: half an hour; longer was not watched
_PAST = 512  # at least; two minutes at four quotes a second, and polls are five seconds apart
_FINEST = Decimal("1e-12")


class Anchor(msgspec.Struct, frozen=True):
    """A day's average of one symbol, and the boot-clock second of the last price that went in."""

    price: Decimal
    at: float

    def moved(self, price: Decimal, at: float) -> "Anchor":
        """Let a price pull the average, by how long it stands for."""
        part = min(_MOST_PART, Decimal(max(0.0, at - self.at)) / Decimal(DAY_SECONDS))
        most = self.price * _STEP
        pull = max(-most, min(most, price - self.price))
        return Anchor((self.price + pull * part).quantize(_FINEST), at)


@dataclass(slots=True)
class _Past:
    """A symbol's references of the last minutes, oldest first: when each came (timeline ms), and its two prices."""

    at: list[int] = field(default_factory=list)
    buy: list[Decimal] = field(default_factory=list)
    sell: list[Decimal] = field(default_factory=list)

    def add(self, at: int, buy: Decimal, sell: Decimal) -> None:
        self.at.append(at)
        self.buy.append(buy)
        self.sell.append(sell)
        if len(self.at) > 2 * _PAST:
            del self.at[:_PAST], self.buy[:_PAST], self.sell[:_PAST]


@dataclass(slots=True)
class Market:
    """Prices as they come in; each symbol's reference carries its anchor."""

    references: dict[Symbol, Reference] = field(default_factory=dict)
    anchors: dict[Symbol, Anchor] = field(default_factory=dict)
    _past: dict[Symbol, _Past] = field(default_factory=dict)
    _since: float = field(default_factory=lambda: boot_ms() / 1000)

    def take(self, quotes: Quotes, now: int) -> None:
        """Take in reference prices at a moment of the timeline.

        One from the future, not positive, or older than what we have, is none.
        """
        boot = boot_ms() / 1000
        for quote in quotes.quotes:
            symbol = Symbol(quote.symbol)
            known = self.references.get(symbol)
            if known is not None and known.at > quote.at:
                continue
            if quote.at <= boot and quote.buy.is_finite() and quote.sell.is_finite() and min(quote.buy, quote.sell) > 0:
                slow = self._anchored(symbol, (quote.buy + quote.sell) / 2, quote.at)
                self.references[symbol] = Reference(symbol, quote.buy, quote.sell, quote.venues, quote.at, slow)
                self._past.setdefault(symbol, _Past()).add(now, quote.buy, quote.sell)

    def restore(self, anchors: Mapping[Symbol, Decimal]) -> None:
        """Take in the anchors of before; they stand from now on."""
        boot = boot_ms() / 1000
        self.anchors = {symbol: Anchor(price, boot) for symbol, price in anchors.items()}

    def known(self, symbol: Symbol) -> Reference | float:
        """Return the newest reference, or since when (boot-clock second) one has been waited for."""
        return self.references.get(symbol, self._since)

    def fresh(self, symbol: Symbol) -> Reference | None:
        """Return a reference that may still value something."""
        reference = self.references.get(symbol)
        if reference is None or boot_ms() / 1000 - reference.at > MAX_PRICE_AGE:
            return None
        return reference

    def value(self, asset: Asset, quantity: Decimal, currency: Asset) -> Decimal | None:
        """Value a position at the worse price: the lower for what is held, the higher for what is owed."""
        reference = self.fresh(Symbol(f"{asset}/{currency}"))
        if reference is None:
            return None
        prices = (reference.buy, reference.sell)
        return quantity * (min(prices) if quantity >= 0 else max(prices))

    def worst(self, symbol: Symbol, side: Side, since: int) -> Worst:
        """Say against which reference since a moment (timeline ms) a fill lost most."""
        past = self._past.get(symbol)
        if past is None:
            return Worst(None, certain=False)
        before = bisect_right(past.at, since) - 1  # the reference that stood at that moment
        prices = (past.buy if side is Side.BUY else past.sell)[max(0, before) :]
        return Worst((min if side is Side.BUY else max)(prices), certain=before >= 0)

    def _anchored(self, symbol: Symbol, price: Decimal, at: float) -> Decimal:
        kept = self.anchors.get(symbol)
        anchor = Anchor(price.quantize(_FINEST), at) if kept is None else kept.moved(price, at)
        self.anchors[symbol] = anchor
        return anchor.price
