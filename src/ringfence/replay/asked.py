"""What a bot asked for, as the entries tell it: the orders themselves, and what is not told of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from msgspec.structs import replace

from ringfence.model.action import Place, PlaceList, Placing
from ringfence.model.decision import Code, Reason
from ringfence.model.names import AccountName, BotName
from ringfence.model.order import WITH_LIMIT, Kind, Order, Tif
from ringfence.replay.entries import IntentLine, RefusalLine, Seen, Wanted
from ringfence.signer.written import describe, orders_of

# What an order may have been before it was given a limit, where an entry of before does not say.
_MAYBE = {sent: asked for asked, sent in WITH_LIMIT.items()}


@dataclass(frozen=True, slots=True)
class Request:
    """One request for orders, and the answer that it got: `reasons` is empty where it was allowed.

    There is more than one of `readings` where the entry does not say which it was. `seen` is what prices it was judged
    by, `reference` the one price that an entry of before has.
    """

    seq: int
    at: int
    bot: BotName
    account: AccountName
    readings: tuple[Placing, ...]
    reasons: tuple[Reason, ...] = ()
    seen: Seen | None = None
    reference: Decimal | None = None

    @property
    def words(self) -> str:
        """The orders in one line."""
        return describe(self.readings[0])

    @property
    def codes(self) -> frozenset[Code]:
        """Why it was refused."""
        return frozenset(reason.code for reason in self.reasons)

    @property
    def first(self) -> Order:
        """Its first order, which names the symbol of all."""
        return orders_of(self.readings[0])[0]


def allowed(lines: Sequence[IntentLine]) -> Request:
    """Say what was asked by the entries of one request that was allowed."""
    first, named = lines[0], BotName(lines[0].actor)
    readings = _readings(first) if first.form is None else (_list(lines),)
    return Request(first.seq, first.t_wall, named, first.account, readings, (), first.seen, first.reference)


def refused(line: RefusalLine) -> Request:
    """Say what was asked by the entry of a request that was refused; it must be one for orders."""
    orders = tuple(map(_wanted, line.orders))
    action = Place(orders[0]) if line.form is None else PlaceList(line.form, orders, None)
    reasons = tuple(Reason(said.code, said.text) for said in line.reasons)
    account = line.account or AccountName("")
    return Request(line.seq, line.t_wall, BotName(line.actor), account, (action,), reasons, line.seen)


def sent(line: IntentLine) -> Order:
    """Return the order that left."""
    return Order(
        symbol=line.symbol,
        side=line.side,
        kind=line.type,
        quantity=line.quantity,
        quote=None,
        price=line.price,
        tif=Tif(line.tif) if line.tif else None,
        client_id=line.client_id,
        trigger=Decimal(line.trigger) if line.trigger else None,
        trailing=line.trailing or None,
        visible=line.visible,
        routed=line.routed,
    )


def _list(lines: Sequence[IntentLine]) -> Placing:
    assert lines[0].form is not None  # noqa: S101  # whoever calls has looked
    return PlaceList(lines[0].form, tuple(_asked(line) for line in lines), None)


def _readings(line: IntentLine) -> tuple[Placing, ...]:
    """List what one order may have been."""
    order = _asked(line)
    maybe = _MAYBE.get(line.type) if line.seen is None and _may_have_been(order) else None
    if maybe is None:
        return (Place(order),)
    return (Place(order), Place(_unpriced(order, maybe, order.tif if order.tif is Tif.FOK else None)))


def _may_have_been(order: Order) -> bool:
    """Say whether an order could be one that was given its limit: such a one never rests."""
    return order.kind is not Kind.LIMIT or order.tif in {Tif.IOC, Tif.FOK}


def _asked(line: IntentLine) -> Order:
    """Return the order as its bot sent it."""
    order, asked = sent(line), line.asked
    if asked is None:
        return order
    order = _unpriced(order, asked.type, asked.tif)
    return order if asked.quote is None else replace(order, quantity=None, quote=asked.quote)


def _unpriced(order: Order, kind: Kind, tif: Tif | None) -> Order:
    return replace(order, kind=kind, price=None, tif=tif)


def _wanted(wanted: Wanted) -> Order:
    return Order(
        symbol=wanted.symbol,
        side=wanted.side,
        kind=wanted.type,
        quantity=wanted.quantity,
        quote=wanted.quote,
        price=wanted.price,
        tif=wanted.tif,
        client_id=None,
        trigger=wanted.trigger,
        trailing=wanted.trailing,
        visible=wanted.visible,
        routed=wanted.routed,
    )
