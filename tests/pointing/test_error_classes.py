"""ccxt itself says which class an error has at the exchange's own addresses; at our TLS it must be the same."""

import asyncio
import io
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest
import requests
import urllib3

from ringfence import whole
from ringfence.gateway.http import Refused
from ringfence.gateway.limits import Limits
from ringfence.gateway.reply import Reply
from ringfence.gateway.secure import SecureSite
from ringfence.gateway.site import Site
from ringfence.gateway.tls import Leaves
from ringfence.gateway.websocket import Talk
from ringfence.model.names import ExchangeId
from ringfence.model.request import Request
from ringfence.pointing.answer import answer
from ringfence.pointing.clients import Mode, client
from ringfence.pointing.place import Place
from ringfence.settings import Listener
from tests.gateway.doorway import trusted

# A call of each market that ccxt has error classes of its own for, and the codes that it knows there.
CALLS = {
    "spot": "publicGetTime",
    "linear": "fapiPublicGetTime",
    "inverse": "dapiPublicGetTime",
    "option": "eapiPublicGetTime",
    "portfolioMargin": "papiGetPing",
}
KNOWN = ccxt.binance().describe()["exceptions"]
CODES = {market: tuple(KNOWN[market]["exact"]) for market in CALLS}


def told(code: str) -> bytes:
    return json.dumps({"code": int(code), "msg": "no"}).encode()


class Saying:
    """Answers every request with the code that it asks for."""

    def __init__(self) -> None:
        self.heard: list[Request] = []

    async def answer(self, request: Request) -> Reply:
        self.heard.append(request)
        return Reply(400, told(parse_qs(request.query.decode())["said"][0]))

    async def open(self, request: Request) -> Talk | Reply:
        return await self.answer(request)

    def refuse(self, refused: Refused) -> Reply:
        raise AssertionError(refused)


class Exchange(requests.adapters.BaseAdapter):
    """The exchange at its own addresses, which says the same."""

    def send(self, request: requests.PreparedRequest, *_: Any, **_more: Any) -> requests.Response:
        assert str(urlsplit(request.url).hostname).endswith("api.binance.com")
        body = told(parse_qs(str(urlsplit(request.url).query))["said"][0])
        raw = urllib3.HTTPResponse(io.BytesIO(body), status=400, preload_content=False)
        return requests.adapters.HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        pass


@asynccontextmanager
async def pointed(home: Path, *, tls: bool) -> AsyncIterator[tuple[Place, Saying]]:
    """A listener, and where it is found."""
    whole.put(home / "trust" / "ca.pem", trusted()[0], 0o600)
    whole.put(home / "localhost.pem", trusted()[1]["localhost"], 0o600)
    saying, limits = Saying(), Limits()
    leaves = Leaves(lambda host: home / f"{host}.pem")
    site = SecureSite("a", saying, 0, leaves, limits, Counter()) if tls else Site(saying, 0, limits)
    await site.open()
    listener = Listener("a", ExchangeId("binance"), site.port, tls=tls)
    try:
        doors = (None, listener) if tls else (listener, None)
        yield Place(home, "grid", "binance", "K" * 64, "S" * 64, *doors), saying
    finally:
        await site.close()


def settings(name: str, place: Place) -> dict[str, Any]:
    way = client(name).way(Mode.BASE_URL)
    return {**answer(client(name), way, place).config, "enableRateLimit": False}


def classes(exchange: Any, market: str) -> dict[str, str]:
    """Which class each code of a market comes out as."""
    found = {}
    for code in CODES[market]:
        try:
            getattr(exchange, CALLS[market])({"said": code})
        except ccxt.BaseError as error:
            found[code] = type(error).__name__
    exchange.session.close()  # or the loop's end would wait for it
    return found


def at_the_exchange(market: str) -> dict[str, str]:
    own = ccxt.binance({"apiKey": "K" * 64, "secret": "S" * 64, "enableRateLimit": False})
    own.session.mount("https://", Exchange())
    return classes(own, market)


@pytest.mark.parametrize("market", CALLS)
async def test_each_code_has_the_class_that_it_has_at_the_exchange(market: str, tmp_path: Path) -> None:
    async with pointed(tmp_path, tls=True) as (place, saying):
        ours = ccxt.binance(settings("ccxt", place))
        found = await asyncio.to_thread(classes, ours, market)
    assert len(found) == len(CODES[market]) == len(saying.heard) > 40
    assert found == at_the_exchange(market)
    assert len(set(found.values())) > 3


@pytest.mark.parametrize(("name", "kind"), [("ccxt-async", ccxt.async_support), ("ccxt-pro", ccxt.pro)])
@pytest.mark.parametrize("market", CALLS)
async def test_so_it_is_where_a_client_does_not_wait(name: str, kind: Any, market: str, tmp_path: Path) -> None:
    own = at_the_exchange(market)
    one_each = {of: code for code, of in own.items()}.values()
    found = {}
    async with pointed(tmp_path, tls=True) as (place, _):
        ours = kind.binance(settings(name, place))
        try:
            for code in one_each:
                with pytest.raises(ccxt.BaseError) as raised:
                    await getattr(ours, CALLS[market])({"said": code})
                found[code] = type(raised.value).__name__
        finally:
            await ours.close()
    assert found == {code: own[code] for code in one_each}


async def test_over_plain_http_most_classes_are_lost_which_is_what_these_tests_would_see(tmp_path: Path) -> None:
    async with pointed(tmp_path, tls=False) as (place, _):
        found = await asyncio.to_thread(classes, ccxt.binance(settings("ccxt", place)), "spot")
    own = at_the_exchange("spot")
    assert sum(found[code] != own[code] for code in own) > len(own) / 2


async def test_what_stands_before_the_address_comes_as_a_header_and_the_host_is_ours(tmp_path: Path) -> None:
    async with pointed(tmp_path, tls=True) as (place, saying):
        ours = ccxt.async_support.binance(settings("ccxt-async", place))
        try:
            with pytest.raises(ccxt.BaseError):
                await ours.publicGetTime({"said": "-1000"})
        finally:
            await ours.close()
        assert place.secure is not None
        [heard] = saying.heard
        assert heard.host == f"127.0.0.1:{place.secure.port}"
        assert any(name.lower() == "authorization" for name, _ in heard.headers)
