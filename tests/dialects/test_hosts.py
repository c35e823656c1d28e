"""The list of hosts has every one that a dialect reaches or a client says, and serves nothing else there."""

import re

import ccxt
import pytest

from ringfence.dialects.binance.catalogue import CLASSES, MARKET
from ringfence.dialects.hosts import HOSTS, hosts_of, known_hosts
from ringfence.dialects.registry import DIALECTS
from ringfence.dialects.sockets import FRAMES
from ringfence.errors import Misconfigured
from ringfence.model.names import ExchangeId

BINANCE = ExchangeId("binance")
_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def test_every_exchange_has_its_hosts_and_a_rehearsal_those_that_it_stands_for() -> None:
    assert set(HOSTS) == set(DIALECTS)
    assert hosts_of(ExchangeId("paper-binance")) == hosts_of(BINANCE)


def test_an_exchange_that_is_not_listed_has_none() -> None:
    with pytest.raises(Misconfigured):
        hosts_of(ExchangeId("kraken"))


def test_names_are_plain_and_no_address_is_among_them() -> None:
    assert [name for name in known_hosts() if not _NAME.fullmatch(name)] == []


def test_every_host_that_a_key_may_be_sealed_to_or_that_is_read_from_is_there() -> None:
    frames = FRAMES[BINANCE]
    reached = {*DIALECTS[BINANCE].hosts, frames.call_host, frames.stream_host.partition(":")[0]}
    reached |= {DIALECTS[BINANCE].public_host(route.what) for route in MARKET.values()}
    assert reached <= set(hosts_of(BINANCE))


def test_every_address_that_ccxt_has_is_answered_for() -> None:
    """One that is left out would go past us, or be refused without a word that its client understands."""
    found = ccxt.binance().urls["api"]
    addresses = {url for url in found.values() if isinstance(url, str)}
    assert len(addresses) > 10
    for url in addresses:
        _, _, rest = url.partition("://")
        name, _, path = rest.partition("/")
        assert hosts_of(BINANCE)[name].serves(f"/{path}/x"), url


def test_every_route_of_the_catalogue_is_served_by_some_host() -> None:
    assert [path for _, path in CLASSES if not any(host.serves(path) for host in hosts_of(BINANCE).values())] == []


SERVED = [
    ("api.binance.com", "/api/v3/order", True),
    ("api.binance.com", "/sapi/v1/account", True),
    ("api.binance.com", "/fapi/v1/order", False),
    ("api.binance.com", "/api", True),
    ("api.binance.com", "/apix/v3/order", False),
    ("api.binance.com", "/", False),
    ("api.binance.com", "/ws-api/v3", False),
    ("api.binance.com", "//api/v3/order", False),
    ("fapi.binance.com", "/fapi/v1/time", True),
    ("fapi.binance.com", "/futures/data/openInterestHist", True),
    ("fapi.binance.com", "/api/v3/order", False),
    ("stream.binance.com", "/ws", True),
    ("stream.binance.com", "/ws/btcusdt@trade", True),
    ("stream.binance.com", "/stream", True),
    ("stream.binance.com", "/ws-api/v3", False),
    ("ws-api.binance.com", "/ws-api/v3", True),
    ("ws-api.binance.com", "/ws/btcusdt@trade", False),
    ("data-api.binance.vision", "/api/v3/klines", True),
    ("data-api.binance.vision", "/api/v3/ticker/price", True),
    ("data-api.binance.vision", "/api/v3/order", False),
    ("data-api.binance.vision", "/api/v3/account", False),
    ("data-api.binance.vision", "/api/v3/tickers", False),
    ("fstream.binance.com", "/ws", False),
]


@pytest.mark.parametrize(("host", "path", "served"), SERVED)
def test_a_host_serves_its_own_paths_alone(host: str, path: str, served: bool) -> None:
    assert hosts_of(BINANCE)[host].serves(path) is served
