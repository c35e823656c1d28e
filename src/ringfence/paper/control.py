"""The control side, on a unix socket of the owner: move prices, order faults, bring money, see the truth.

No account of the exchange can reach it, and nothing that a bot is offered speaks of it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

import msgspec
from aiohttp import web

from ringfence.paper.call import Json
from ringfence.paper.clock import now_ms
from ringfence.paper.exchange import Exchange
from ringfence.paper.faults import Fault, Kind
from ringfence.paper.issuing import KeyOrder, issue
from ringfence.paper.refused import Refused
from ringfence.paper.scenario import plain
from ringfence.paper.seen import Log
from ringfence.paper.sockets import Sockets, Trouble
from ringfence.paper.truth import truth

Body = TypeVar("Body")
_STEPS_A_MINUTE = 120


class PriceOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /price. `jump` and `drift` (a minute) are percentages with a sign; `path` is one price a half second."""

    symbol: str
    price: str | None = None
    path: list[str] | None = None
    jump: str | None = None
    drift: str | None = None
    freeze: bool | None = None


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which requests a fault is for; what is not named matches all."""

    method: str = ""
    path: str = ""
    listener: str = ""


class FaultOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /fault. An outage without a count lasts `seconds`; everything else befalls `count` requests.

    `to` is where a redirect points, such as `http://127.0.0.1:8080`.
    """

    kind: Kind
    count: int | None = None
    seconds: str = "0"
    match: Match = Match()
    to: str = ""


class Deposit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /deposit."""

    account: str
    asset: str
    amount: str


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /group: put an account into a trade group; -1 takes it out."""

    account: str
    group: int


class Relisting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /relist: trade a symbol in other steps, as an exchange does now and then; what is not named stays."""

    symbol: str
    tick: str | None = None
    step: str | None = None


class Revocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /revoke: delete a key, as its owner would on the web site."""

    key: str


class SocketOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /sockets: trouble for the WebSockets that are open, all or those whose path begins with `path`."""

    kind: Trouble
    code: int = 1012
    path: str = ""


class Burst(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /burst: say so many messages on a stream, as fast as they are read."""

    stream: str
    count: int


class Control:
    """What the control side may do."""

    def __init__(self, exchange: Exchange, log: Log, sockets: Sockets) -> None:
        self._exchange = exchange
        self._sockets = sockets
        self._log = log

    def app(self) -> web.Application:
        """Its HTTP application."""
        made = web.Application(client_max_size=1 << 20)
        made.router.add_post("/price", self._posted(PriceOrder, self._price))
        made.router.add_post("/fault", self._posted(FaultOrder, self._fault))
        made.router.add_post("/faults/clear", self._clear)
        made.router.add_post("/deposit", self._posted(Deposit, self._deposit))
        made.router.add_post("/group", self._posted(Group, self._group))
        made.router.add_post("/key", self._posted(KeyOrder, self._key))
        made.router.add_post("/relist", self._posted(Relisting, self._relist))
        made.router.add_post("/revoke", self._posted(Revocation, self._revoke))
        made.router.add_post("/step", self._step)
        made.router.add_post("/sockets", self._posted(SocketOrder, self._trouble))
        made.router.add_post("/burst", self._burst)
        made.router.add_get("/sockets", self._open)
        made.router.add_get("/truth", self._truth)
        made.router.add_get("/requests", self._requests)
        return made

    def _posted(
        self, kind: type[Body], does: Callable[[Body], Json]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            try:
                return _json(does(msgspec.json.decode(await request.read(), type=kind)) or {})
            except (msgspec.MsgspecError, ValueError) as error:
                return _json({"error": str(error)}, 400)
            except Refused as refused:
                return _json({"error": refused.text}, 400)

        return answer

    def _price(self, order: PriceOrder) -> None:
        market = self._exchange.market(order.symbol)
        if order.freeze is not None:
            market.path.frozen = order.freeze
        if order.drift is not None:
            market.path.drift = _percent(order.drift) / _STEPS_A_MINUTE
        if order.path is not None:
            market.path.plan([_amount(price) for price in order.path])
        if order.jump is not None:
            self._exchange.set_price(order.symbol, market.path.price * (1 + _percent(order.jump)), now_ms())
        if order.price is not None:
            self._exchange.set_price(order.symbol, _amount(order.price), now_ms())

    def _fault(self, order: FaultOrder) -> None:
        seconds = _amount(order.seconds) if order.seconds != "0" else Decimal(0)
        lasts = order.kind is Kind.OUTAGE and order.count is None
        until = now_ms() + int(seconds * 1000) if lasts else None
        count = 1 if order.count is None else order.count
        match, faults = order.match, self._exchange.faults
        faults.add(Fault(order.kind, count, seconds, until, match.method, match.path, match.listener, order.to))

    def _deposit(self, order: Deposit) -> None:
        self._known(order.account)
        self._exchange.accounts.deposit(order.account, order.asset, _amount(order.amount), now_ms())

    def _group(self, order: Group) -> None:
        self._known(order.account)
        self._exchange.accounts.groups[order.account] = order.group

    def _key(self, order: KeyOrder) -> Json:
        self._known(order.account)
        key = issue(self._exchange.keys, order, now_ms())
        return {"key": key.key, "secret": key.secret}

    def _relist(self, order: Relisting) -> None:
        self._exchange.market(order.symbol)
        was = self._exchange.instruments[order.symbol]
        tick = was.tick if order.tick is None else _amount(order.tick)
        step = was.step if order.step is None else _amount(order.step)
        self._exchange.instruments[order.symbol] = replace(was, tick=tick, step=step)

    def _revoke(self, order: Revocation) -> None:
        self._exchange.keys.revoke(order.key)

    def _known(self, account: str) -> None:
        if account not in self._exchange.people:
            raise ValueError(f"there is no account {account!r}")

    def _trouble(self, order: SocketOrder) -> Json:
        return {"sockets": self._sockets.trouble(order.kind, order.code, order.path)}

    async def _burst(self, request: web.Request) -> web.Response:
        order = msgspec.json.decode(await request.read(), type=Burst)
        await self._sockets.burst(order.stream, order.count)
        return _json({})

    async def _open(self, _request: web.Request) -> web.Response:
        return _json(self._sockets.as_json())

    async def _clear(self, _request: web.Request) -> web.Response:
        self._exchange.faults.clear()
        return _json({})

    async def _step(self, _request: web.Request) -> web.Response:
        self._exchange.step(now_ms())
        return _json({})

    async def _truth(self, _request: web.Request) -> web.Response:
        return _json(truth(self._exchange, now_ms(), self._log.total))

    async def _requests(self, _request: web.Request) -> web.Response:
        return _json(self._log.as_json())


def _amount(text: str) -> Decimal:
    if not plain(text) or not Decimal(text):
        raise ValueError(f"{text!r} is not an amount in plain digits")
    return Decimal(text)


def _percent(text: str) -> Decimal:
    sign = -1 if text.startswith("-") else 1
    share = sign * _amount(text.removeprefix("-")) / 100
    if share <= -1:
        raise ValueError("a price cannot lose all of itself")
    return share


def _json(body: Json, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json")
