"""What an attacker writes: requests in Binance's words, and their signature. Pure, and the same for every base URL."""

import hashlib
import hmac
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

NOWHERE = "0x000000000000000000000000000000000000dEaD"  # the customary address that nobody holds the key of


@dataclass(frozen=True, slots=True)
class Call:
    """One request before it is signed: everything as it will stand on the wire."""

    method: str
    path: str
    query: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Wire:
    """One request as it is sent."""

    method: str
    target: str
    body: str = ""


def signed(call: Call, secret: str, now: int) -> Wire:
    """Add time (milliseconds) and signature: over the query and then the body, with nothing between them.

    Binance, rest-api.md, "SIGNED endpoint security". A signature may stand in either; it stands at the end of both.
    """
    query = "&".join(part for part in (call.query, f"timestamp={now}") if part)
    mac = hmac.new(secret.encode(), (query + call.body).encode(), hashlib.sha256).hexdigest()
    if call.body:
        return Wire(call.method, f"{call.path}?{query}", f"{call.body}&signature={mac}")
    return Wire(call.method, f"{call.path}?{query}&signature={mac}")


def signed_as_is(call: Call, secret: str) -> Wire:
    """Sign a request without adding a time."""
    mac = hmac.new(secret.encode(), (call.query + call.body).encode(), hashlib.sha256).hexdigest()
    return Wire(call.method, f"{call.path}?{call.query}&signature={mac}", call.body)


def signed_in_the_body(call: Call, secret: str) -> Wire:
    """Sign query and body as they are, with the signature at the end of the body."""
    mac = hmac.new(secret.encode(), (call.query + call.body).encode(), hashlib.sha256).hexdigest()
    return Wire(call.method, f"{call.path}?{call.query}", f"{call.body}&signature={mac}")


def plain(call: Call) -> Wire:
    """Send without time or signature, as anybody may ask for what is public."""
    return Wire(call.method, f"{call.path}?{call.query}" if call.query else call.path, call.body)


def limit(symbol: str, side: str, quantity: Decimal, price: Decimal, **more: str) -> Call:
    """Place a limit order that does not wait, unless `timeInForce` says so."""
    words = {"symbol": symbol, "side": side, "type": "LIMIT", "timeInForce": "IOC"}
    return _order({**words, "quantity": f"{quantity:f}", "price": f"{price:f}", **more})


def market(symbol: str, side: str, **more: str) -> Call:
    """Place a market order, sized by `quantity` or by `quoteOrderQty`."""
    return _order({"symbol": symbol, "side": side, "type": "MARKET", **more})


def twice(call: Call, name: str, value: str) -> Call:
    """Say a parameter a second time, in the hope that a guard and an exchange read different ones."""
    return Call(call.method, call.path, f"{call.query}&{urlencode({name: value})}", call.body)


def covered(call: Call, **harmless: str) -> Call:
    """Say something harmless in the body: where a name is in both places, the exchange takes the query's value."""
    return Call(call.method, call.path, call.query, urlencode(harmless))


def withdrawal(coin: str, amount: Decimal, path: str = "/sapi/v1/capital/withdraw/apply") -> Call:
    """Send money to an address outside; `path` may be written in another way."""
    words = {"coin": coin, "address": NOWHERE, "amount": f"{amount:f}", "network": "ETH"}
    return Call("POST", path, urlencode(words))


def wallet_transfer(asset: str, amount: Decimal, kind: str) -> Call:
    """Move money to another wallet of the account, where other rules hold."""
    return Call("POST", "/sapi/v1/asset/transfer", urlencode({"type": kind, "asset": asset, "amount": f"{amount:f}"}))


def new_key() -> Call:
    """Make an API key of the attacker's own, with the right to trade."""
    return Call("POST", "/sapi/v1/sub-account/subAccountApi", urlencode({"subAccountId": "1", "canTrade": "true"}))


def account() -> Call:
    """Read the balances."""
    return Call("GET", "/api/v3/account")


def best(symbol: str) -> Call:
    """Look at the best bid and ask, which anybody may."""
    return Call("GET", "/api/v3/ticker/bookTicker", urlencode({"symbol": symbol}))


def open_orders(symbol: str) -> Call:
    """List what rests."""
    return Call("GET", "/api/v3/openOrders", urlencode({"symbol": symbol}))


def cancel(symbol: str, order_id: int) -> Call:
    """Cancel one order."""
    return Call("DELETE", "/api/v3/order", urlencode({"symbol": symbol, "orderId": order_id}))


def cancel_all(symbol: str) -> Call:
    """Cancel everything that rests in a symbol."""
    return Call("DELETE", "/api/v3/openOrders", urlencode({"symbol": symbol}))


def order(symbol: str, side: str, kind: str, **more: str) -> Call:
    """Place an order of any type."""
    return _order({"symbol": symbol, "side": side, "type": kind, **more})


def ask(method: str, path: str, **words: str) -> Call:
    """Ask for anything, in the query."""
    return Call(method, path, urlencode(words))


def _order(words: dict[str, str]) -> Call:
    return Call("POST", "/api/v3/order", urlencode(words))
