"""The entries of a journal that say what was asked, decided and done; docs/format/journal.md describes their fields.

A field that is not known is let be, and so is a kind that nothing here counts. What cannot be read ends it all.
"""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from ringfence.errors import Broken
from ringfence.model.action import ListForm
from ringfence.model.decision import Code, Lane
from ringfence.model.entry import EntryKind
from ringfence.model.facts import Instrument, Switch
from ringfence.model.names import AccountName, BotName, ClientId, ExchangeId, OrderId, Symbol
from ringfence.model.order import Kind, Side, Tif
from ringfence.signer.intent import State


class _Part(msgspec.Struct, frozen=True):
    """A part of an entry, whose amounts are numbers."""

    def __post_init__(self) -> None:
        """Refuse what a sum must never meet."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Decimal) and not value.is_finite():
                raise ValueError(f"{name} is no number")


class Line(_Part, frozen=True):
    """What every entry has: its number, when it was written (ms since 1970), its kind, and who caused it."""

    seq: int
    t_wall: int
    kind: EntryKind
    actor: str


class Seen(_Part, frozen=True):
    """The prices that a decision went by; `sell` is None where it is `buy`. `others` None: it had no price."""

    buy: Decimal
    age: int
    venues: int
    sell: Decimal | None = None
    slow: Decimal | None = None
    others: Mapping[Symbol, Decimal | None] = {}


class Asked(_Part, frozen=True):
    """An order as its bot sent it, where that is not what left."""

    type: Kind
    tif: Tif | None = None
    quote: Decimal | None = None


class Wanted(_Part, frozen=True):
    """An order that was refused, as its bot sent it."""

    symbol: Symbol
    side: Side
    type: Kind
    tif: Tif | None = None
    quantity: Decimal | None = None
    quote: Decimal | None = None
    price: Decimal | None = None
    trigger: Decimal | None = None
    trailing: int | None = None
    visible: Decimal | None = None
    routed: bool = False


class Said(_Part, frozen=True):
    """One reason of a refusal."""

    code: Code
    text: str


class IntentLine(Line, frozen=True):
    """An order that was allowed. `seen` is None in an old journal, and in all but the first order of a list."""

    account: AccountName
    exchange: ExchangeId
    symbol: Symbol
    side: Side
    type: Kind
    tif: str
    quantity: Decimal
    price: Decimal
    client_id: ClientId
    lane: Lane
    reference: Decimal
    notional: Decimal
    loss: Decimal
    trigger: str = ""
    trailing: int = 0
    visible: Decimal | None = None
    routed: bool = False
    list: ClientId | None = None
    form: ListForm | None = None
    asked: Asked | None = None
    seen: Seen | None = None


class OutcomeLine(Line, frozen=True):
    """What became of an intent; `quantity` where it has become smaller, `slipped` where its fills lost something."""

    intent: int
    state: State
    order_id: OrderId | None
    executed: Decimal
    executed_quote: Decimal
    position: Decimal
    quantity: Decimal | None = None
    slipped: Decimal = Decimal(0)


class LossLine(Line, frozen=True):
    """That an intent's fills had lost more than was counted."""

    intent: int
    more: Decimal


class RefusalLine(Line, frozen=True):
    """A request that was refused; `orders` is empty where it was not for orders, and in an old journal."""

    action: str
    reasons: tuple[Said, ...]
    account: AccountName | None = None
    orders: tuple[Wanted, ...] = ()
    form: ListForm | None = None
    seen: Seen | None = None


class RefusalsLine(Line, frozen=True):
    """How many more were refused than were written out."""

    count: int


class ReducedLine(Line, frozen=True):
    """Orders that their bot asked to cancel, or one that it asked to be smaller."""

    intents: tuple[int, ...]


class SwitchLine(Line, frozen=True):
    """Where the switch was set; with `bot` that of one bot alone, which the limit `by` stopped."""

    to: Switch
    why: str
    bot: BotName | None = None
    by: str = ""


class GrantLine(Line, frozen=True):
    """That a person let one order pass, in the words in which it was shown."""

    words: str


class PolicyLine(Line, frozen=True):
    """A policy that came into force."""

    text: str


class SymbolsLine(Line, frozen=True):
    """What the symbols of a bot come to whose policy has a class."""

    bot: BotName
    symbols: tuple[Symbol, ...]


class InstrumentsLine(Line, frozen=True):
    """How symbols of an account trade."""

    account: AccountName
    instruments: tuple[Instrument, ...]


class StartLine(Line, frozen=True):
    """That the signer began, and where the switch stood."""

    switch: Switch


KINDS: Mapping[EntryKind, type[Line]] = {
    EntryKind.START: StartLine,
    EntryKind.POLICY: PolicyLine,
    EntryKind.SYMBOLS: SymbolsLine,
    EntryKind.INSTRUMENTS: InstrumentsLine,
    EntryKind.INTENT: IntentLine,
    EntryKind.OUTCOME: OutcomeLine,
    EntryKind.LOSS: LossLine,
    EntryKind.REFUSAL: RefusalLine,
    EntryKind.REFUSALS: RefusalsLine,
    EntryKind.CANCEL: ReducedLine,
    EntryKind.AMEND: ReducedLine,
    EntryKind.SWITCH: SwitchLine,
    EntryKind.GRANT: GrantLine,
}
_line = msgspec.json.Decoder(Line).decode
_decode = {kind: msgspec.json.Decoder(line).decode for kind, line in KINDS.items()}


def read(text: bytes) -> Line:
    """Read one entry; raises `Broken` where it says something else than its kind does."""
    try:
        head = _line(text)
    except msgspec.MsgspecError as error:
        raise Broken(f"an entry of the journal cannot be read: {error}", hint=_HINT) from None
    try:
        return _decode[head.kind](text) if head.kind in _decode else head
    except msgspec.MsgspecError as error:
        raise Broken(f"entry {head.seq} of the journal cannot be read: {error}", hint=_HINT) from None


_HINT = "`ringfence log verify` says whether the journal is damaged"
