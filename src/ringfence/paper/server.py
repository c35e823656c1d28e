"""The exchange's doors: HTTP in, HTTP out, and the faults that are ordered for them."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import msgspec
from aiohttp import web

from ringfence.paper.clock import now_ms
from ringfence.paper.exchange import Exchange
from ringfence.paper.faults import Fault, Kind
from ringfence.paper.routes import Asked, Reply, serve
from ringfence.paper.seen import Log
from ringfence.paper.sockets import Sockets

Door = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_UNKNOWN = b'{"code":-1007,"msg":"Timeout waiting for response from backend server. Send status unknown; execution status unknown."}'  # noqa: E501 - errors.md, -1007
_DOWN = b'{"code":-1008,"msg":"Server is currently overloaded with other requests. Please try again in a few minutes."}'
_TOO_MANY = b'{"code":-1003,"msg":"Too many requests; please use the websocket for live updates."}'
_LARGEST = 1 << 16  # bytes of a body: hundreds of times the longest order, and what the log can hold thousands of
_TRADING = frozenset({"main", "plain"})
_JSON = {"Content-Type": "application/json;charset=UTF-8"}


def door(exchange: Exchange, log: Log, sockets: Sockets, listener: str) -> Door:
    """What answers one port; WebSockets are opened where trading is."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        asked = await _asked(request, listener)
        if len(asked.body) > _LARGEST:
            return _response(Reply(413, b""))
        log.add(asked, now_ms())
        fault = exchange.faults.take(listener, asked.method, asked.path, now_ms())
        if fault is None and listener in _TRADING and _opens(request) and sockets.serves(asked.path):
            return await sockets.open(request, asked, now_ms())
        if fault is None:
            answered: web.StreamResponse = _response(serve(exchange, asked, now_ms()))
        else:
            answered = await _faulty(exchange, request, asked, fault)
        sockets.tell(now_ms())
        return answered

    return answer


def _opens(request: web.BaseRequest) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


async def _asked(request: web.BaseRequest, listener: str) -> Asked:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers)
    body = await request.read()
    return Asked(listener, request.method, request.raw_path, headers, body, request.remote or "")


async def _faulty(exchange: Exchange, request: web.BaseRequest, asked: Asked, fault: Fault) -> web.StreamResponse:
    instead = _instead(asked, fault)
    if instead is not None:
        return _response(instead)
    if fault.kind is Kind.DROP_BEFORE:
        return _dropped(request)
    if fault.kind is Kind.HOLD:
        await _wait(fault.seconds)
    reply = serve(exchange, asked, now_ms())
    return await _spoiled(request, reply, fault)


def _instead(asked: Asked, fault: Fault) -> Reply | None:
    """What some faults answer in place of doing anything."""
    if fault.kind is Kind.OUTAGE:
        return Reply(503, _DOWN, _JSON)
    if fault.kind is Kind.LIMIT:
        return Reply(429, _TOO_MANY, {**_JSON, "Retry-After": f"{fault.seconds:.0f}"})
    if fault.kind is Kind.REDIRECT:
        return Reply(307, b"", {"Location": fault.to + asked.target})
    if fault.kind is Kind.ECHO:
        said = f"{asked.method} {asked.target} {asked.header('X-MBX-APIKEY')} {asked.body.decode('latin-1')}"
        return Reply(400, msgspec.json.encode({"code": -1000, "msg": said}), _JSON)
    return None


async def _spoiled(request: web.BaseRequest, reply: Reply, fault: Fault) -> web.StreamResponse:
    """Pass on an answer the way that the fault has it."""
    if fault.kind is Kind.DELAY:
        await _wait(fault.seconds)
    if fault.kind is Kind.DROP_AFTER:
        return _dropped(request)
    if fault.kind is Kind.ERROR_AFTER:
        return _response(Reply(504, _UNKNOWN, _JSON))
    if fault.kind is Kind.GARBAGE:
        return _response(Reply(200, reply.body[: len(reply.body) // 2], _JSON))
    if fault.kind is Kind.DUPLICATE:
        _write_raw(request, reply)
    return _response(reply)


async def _wait(seconds: Decimal) -> None:
    await asyncio.sleep(float(seconds))  # a length of time, which is not money


def _dropped(request: web.BaseRequest) -> web.StreamResponse:
    """Cut the connection; what is returned has nowhere to go."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _write_raw(request: web.BaseRequest, reply: Reply) -> None:
    """Send the answer once more than the client waits for."""
    head = [f"HTTP/1.1 {reply.status} Duplicate", f"Content-Length: {len(reply.body)}"]
    head += [f"{name}: {value}" for name, value in reply.headers.items()]
    if request.transport is not None:
        request.transport.write("\r\n".join((*head, "", "")).encode() + reply.body)


def _response(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, headers=reply.headers)
