"""Say what Binance's answers mean. Never takes silence, a 5xx or a contradiction for an outcome.

Reference: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/http-return-codes
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from ringfence.dialects.answers import Said, fees, parse, rows, said, shown
from ringfence.dialects.binance.names import CLIENT_ID, MOST_ID, MOST_TIME, NATIVE
from ringfence.errors import Misread
from ringfence.model.action import Action, Amend, Cancel, CancelList, Place, PlaceList, Preview, Read
from ringfence.model.fill import Fill
from ringfence.model.names import Asset, ClientId, OrderId, Symbol
from ringfence.model.order import Order, OrderRef, Side
from ringfence.model.reply import Accepted, Limited, Listed, Missing, Rejected, Reply, Report, Told, Unclear

Symbols = Mapping[str, Symbol]

_OK = 200
_FORBIDDEN = 403  # the firewall's: the request never reached the exchange
_SLOW_DOWN = {429: 60, 418: 120}  # seconds: weights renew each minute; the shortest ban is two minutes
_REFUSED = frozenset(range(400, 500)) - {408, 409}  # a timeout, and a half-done replacement
_UNCLEAR = frozenset({"-1000", "-1001", "-1006", "-1007", "-2021", "-2022"})  # documented: may have been done
_TWICE = "Duplicate order sent."  # the first of two has arrived, so a refusal of the second settles nothing
_NO_SUCH_ORDER: Final = "-2013"
_NOTHING_TO_CANCEL: Final = "-2011"

_OPEN = frozenset({"NEW", "PENDING_NEW", "PARTIALLY_FILLED", "PENDING_CANCEL"})
_FINAL = frozenset({"FILLED", "CANCELED", "REJECTED", "EXPIRED", "EXPIRED_IN_MATCH"})
_KNOWN = _OPEN | _FINAL
_NO_LEG: Final = Said({})  # reading it says what is missing
_NO_LIST: Final = "-1"
_OWN: Final = "clientOrderId"
_LETTERS: Final = (
    ("symbol", "s"),
    ("status", "X"),
    ("origQty", "q"),
    ("executedQty", "z"),
    ("cummulativeQuoteQty", "Z"),
    ("orderId", "i"),
    ("orderListId", "g"),
)
_FILL: Final = ("commissionAsset", "commission", "qty")


def hear(action: Action, status: int, body: bytes, symbols: Symbols) -> Reply:
    """Say what an answer means."""
    try:
        if status == _OK:
            return _done(action, body, symbols)
        if status in _SLOW_DOWN:
            # An account's count of new orders begins anew every ten seconds, and does not say so (rest-api.md, LIMITS).
            seconds = 10 if b'"code":-1015' in body else _SLOW_DOWN[status]
            return Limited(seconds, shown(body.decode("ascii", "replace")))
        if status == _FORBIDDEN:
            return Rejected(str(status), "the exchange's firewall refused the request")
        if status in _REFUSED:
            return _refused(action, said(body))
    except Misread as error:
        return Unclear(f"HTTP {status}, {error}")
    return Unclear(f"HTTP {status}")


def reports(body: bytes, symbols: Symbols) -> tuple[Report, ...]:
    """Read a list of orders; raises `Misread` where any of them cannot be read."""
    return tuple(_report(row, "clientOrderId", symbols) for row in rows(parse(body)))


def order_event(event: Said, symbols: Symbols) -> Report | None:
    """Read how an order stands from an event of the account; None where it is about something else."""
    if event.text("e") != "executionReport":
        return None
    own = "C" if event.has("C") and event.text("C") else "c"  # a cancel has a name of its own, and tells the order's
    return _report(Said({name: event.values.get(letter) for name, letter in (*_LETTERS, (_OWN, own))}), _OWN, symbols)


def balances(body: bytes) -> tuple[tuple[Asset, Decimal], ...]:
    """Read the answer to the read `account`: all of each asset, free or not. Raises `Misread`."""
    held = said(body).rows("balances")
    return tuple((Asset(row.text("asset")), row.amount("free") + row.amount("locked")) for row in held)


def fills(body: bytes) -> tuple[Fill, ...]:
    """Read the answer to the read `my-trades`. Raises `Misread`."""
    return tuple(map(_fill, rows(parse(body))))


def _refused(action: Action, answer: Said) -> Reply:
    code, text = answer.text("code"), shown(answer.text("msg"))
    if code in _UNCLEAR or text == _TWICE:
        return Unclear(f"{code}: {text}")
    if code == (_NOTHING_TO_CANCEL if isinstance(action, Cancel | CancelList) else _NO_SUCH_ORDER):
        return Missing(text)
    return Rejected(shown(code), text)


def _done(action: Action, body: bytes, symbols: Symbols) -> Reply:
    match action:
        case Read() | Preview() | Amend():
            return Told()
        case Place(order):
            return Accepted(_placed(order, said(body), symbols))
        case PlaceList(_, orders, name):
            rows = _legs(said(body), name, "clientOrderId")
            return Listed(tuple([_placed(order, rows.get(order.client_id, _NO_LEG), symbols) for order in orders]))
        case Cancel(ref):
            return Accepted(_cancelled(ref, said(body), symbols))
        case CancelList(symbol, _, name):
            rows = _legs(said(body), name, "origClientOrderId")
            refs = {OrderRef(symbol, None, client_id): row for client_id, row in rows.items()}
            return Listed(tuple([_cancelled(ref, row, symbols) for ref, row in refs.items()]))
        case _:
            return Unclear("an answer to what is never sent")


def _placed(order: Order, answer: Said, symbols: Symbols) -> Report:
    report = _report(answer, "clientOrderId", symbols, order.client_id)
    if report.symbol != order.symbol or answer.text("side") != order.side:
        raise Misread("answer", "about another order")
    if order.quantity is not None and report.quantity > order.quantity:
        raise Misread("origQty", "more than was ordered")
    return report


def _legs(answer: Said, name: ClientId | None, id_name: str) -> Mapping[ClientId | None, Said]:
    """Find the full report of every order of a list by its client id."""
    if answer.text("listClientOrderId") != name:
        raise Misread("listClientOrderId", "about another list")
    found: dict[ClientId | None, Said] = {ClientId(row.text(id_name)): row for row in answer.rows("orderReports")}
    if len(found) != len(answer.rows("orders")):
        raise Misread("orderReports", "not one for each order")
    return found


def _cancelled(ref: OrderRef, answer: Said, symbols: Symbols) -> Report:
    report = _report(answer, "origClientOrderId", symbols, ref.client_id)
    if report.symbol != ref.symbol or ref.order_id not in {None, report.order_id} or not report.final:
        raise Misread("answer", "about another order, or not of a cancel")
    return report


def _report(answer: Said, id_name: str, symbols: Symbols, expected: ClientId | None = None) -> Report:
    native, status = answer.text("symbol"), answer.text("status")
    if not NATIVE.fullmatch(native) or status not in _KNOWN:
        raise Misread("status", "not one that this version knows")
    executed, quote = answer.amount("executedQty"), answer.amount("cummulativeQuoteQty")
    ordered = answer.amount("origQty")
    if executed > ordered or (quote and not executed) or (status == "FILLED" and executed != ordered):
        raise Misread("executedQty", "does not fit the rest of the answer")
    return Report(
        symbol=symbols.get(native, Symbol(native)),
        order_id=OrderId(str(answer.whole("orderId", MOST_ID))),
        client_id=_client_id(answer, id_name, status, expected),
        quantity=ordered,
        executed=executed,
        executed_quote=quote,
        final=status in _FINAL,
        fees=fees(answer.rows("fills"), _FILL, executed) if answer.has("fills") else None,
        list_id=_list_id(answer),
    )


def _fill(row: Said) -> Fill:
    native, side = row.text("symbol"), Side.BUY if row.yes("isBuyer") else Side.SELL
    trade, order_id = row.whole("id", MOST_ID), OrderId(str(row.whole("orderId", MOST_ID)))
    money = (row.positive("price"), row.positive("qty"), row.amount("quoteQty"), row.amount("commission"))
    paid_in, at = Asset(row.text("commissionAsset")), row.whole("time", MOST_TIME // 1000)
    if not NATIVE.fullmatch(native):
        raise Misread("symbol", "not of Binance's form")
    return Fill(native, trade, order_id, side, *money, paid_in, at, row.yes("isMaker"))


def _list_id(answer: Said) -> OrderId | None:
    if not answer.has("orderListId") or answer.text("orderListId") == _NO_LIST:
        return None
    return OrderId(str(answer.whole("orderListId", MOST_ID)))


def _client_id(answer: Said, name: str, status: str, expected: ClientId | None) -> ClientId:
    """Take the order's own id; an order that was cancelled may be listed under the id of its cancel."""
    told = ClientId(answer.text(name))
    if expected is None or told == expected:
        if not CLIENT_ID.fullmatch(told):
            raise Misread(name, "not of Binance's form")
        return told
    if status != "CANCELED":
        raise Misread(name, "about another order")
    return expected
