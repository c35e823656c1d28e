"""The catalogue is whole: counted, and nothing that ccxt can call is missing from it."""

import importlib.util
import re
from collections import Counter
from pathlib import Path

import ccxt
import pytest

from ringfence.dialects.binance.catalogue import CLASSES, MARKET, REFUSALS, SIGNED
from ringfence.dialects.catalogue import classed
from ringfence.model.action import AccountChange, Transfer, Undescribed, Withdraw
from ringfence.model.decision import Code

_CALL = re.compile(r'method="([A-Z]+)",\s+path="([^"]+)"')
COUNTS = {
    "read": 551,
    "stream": 29,
    "dms": 4,
    "trade.test": 3,
    "trade.create": 16,
    "trade.batch": 15,
    "trade.amend": 5,
    "trade.replace": 1,
    "trade.cancel": 21,
    "trade.cancel_all": 15,
    "trade.close": 1,
    "trade.algo": 4,
    "trade.algo_cancel": 2,
    "trade.rfq": 7,
    "risk": 21,
    "transfer.internal": 11,
    "transfer.sub": 12,
    "transfer.convert": 14,
    "transfer.earn": 45,
    "transfer.loan": 23,
    "transfer.other": 9,
    "withdraw": 6,
    "apikey": 20,
    "account": 32,
}


def test_every_class_has_as_many_routes_as_were_found() -> None:
    counted = Counter(CLASSES.values())
    del counted["public"]
    assert counted == COUNTS
    assert sum(COUNTS.values()) == 867


def test_paths_are_exact_so_that_they_can_be_compared_to_the_letter() -> None:
    for method, path in CLASSES:
        assert method in {"GET", "POST", "PUT", "DELETE"}
        assert path.startswith("/")
        assert path.isascii()
        assert not set(path) & set("{}%?#;\\ ")
        assert "//" not in path
        assert ".." not in path


def test_everything_that_is_described_is_in_the_catalogue_as_a_read_or_public() -> None:
    assert {CLASSES[where] for where in SIGNED} == {"read"}
    assert {CLASSES[where] for where in MARKET} == {"public"}


def test_our_names_of_reads_are_all_different() -> None:
    names = [route.what for route in (*SIGNED.values(), *MARKET.values())]
    assert len(set(names)) == len(names)


def test_every_reason_has_an_answer() -> None:
    assert set(REFUSALS) == set(Code)


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("withdraw", Withdraw),
        ("transfer.internal", Transfer),
        ("transfer.earn", Transfer),
        ("transfer", Transfer),
        ("address", AccountChange),
        ("deposit_address", AccountChange),
        ("apikey", AccountChange),
        ("account", AccountChange),
        ("risk", AccountChange),
        ("read", Undescribed),
        ("trade.create", Undescribed),
        ("a class that nobody has thought of", Undescribed),
    ],
)
def test_a_route_is_refused_for_what_it_would_do(kind: str, action: type[object]) -> None:
    assert isinstance(classed("POST", "/x", kind), action)


def ccxt_routes() -> dict[str, set[tuple[str, str]]]:
    """List what ccxt can call, by the section of its table."""
    exchange = ccxt.binance()
    found: dict[str, set[tuple[str, str]]] = {}
    for section, methods in exchange.api.items():
        base = exchange.urls["api"][section].partition("binance.com")[2]
        found[section] = {(method.upper(), f"{base}/{path}") for method, paths in methods.items() for path in paths}
    return found


def missing_from_the_catalogue(routes: set[tuple[str, str]]) -> str:
    """Say what to do about routes that nobody has classed: one line each, ready for routes.toml once it has a class."""
    lines = [f'  "{method} {path}",' for method, path in sorted(routes - set(CLASSES))]
    return "\n".join(["put each under its class and host in dialects/binance/routes.toml:", *lines]) if lines else ""


@pytest.mark.parametrize(("section", "routes"), ccxt_routes().items(), ids=list(ccxt_routes()))
def test_every_route_that_ccxt_can_call_is_in_the_catalogue(section: str, routes: set[tuple[str, str]]) -> None:
    missing = missing_from_the_catalogue(routes)
    assert not missing, f"ccxt {ccxt.__version__} can call routes of {section} that have no class; {missing}"


def sdk_routes() -> set[tuple[str, str]]:
    """List what Binance's own client can call on spot, from its source: method and path stand in each call."""
    spec = importlib.util.find_spec("binance_sdk_spot")
    assert spec is not None
    assert spec.origin is not None
    sources = Path(spec.origin).parent.joinpath("rest_api", "api").glob("*.py")
    found = (_CALL.findall(source.read_text("utf-8")) for source in sources)
    return {(method, path) for calls in found for method, path in calls}


def test_every_route_that_binances_own_client_can_call_is_in_the_catalogue() -> None:
    routes = sdk_routes()
    assert {("POST", "/api/v3/order"), ("PUT", "/api/v3/order/amend/keepPriority")} <= routes
    missing = missing_from_the_catalogue(routes)
    assert not missing, missing


def test_what_has_no_class_is_listed_ready_to_be_pasted() -> None:
    assert missing_from_the_catalogue({("POST", "/api/v3/order"), ("GET", "/api/v9/new")}).endswith(
        '\n  "GET /api/v9/new",'
    )


def test_reads_weigh_at_least_what_ccxt_counts_for_them() -> None:
    exchange = ccxt.binance()
    for route in (*SIGNED.values(), *MARKET.values()):
        for section in ("public", "private", "sapi"):
            base = exchange.urls["api"][section].partition("binance.com")[2]
            cost = exchange.api[section]["get"].get(route.path.removeprefix(f"{base}/"))
            if cost is not None and route.path.startswith(f"{base}/"):
                least = cost if isinstance(cost, (int, float)) else cost.get("noSymbol", cost["cost"])
                assert route.cost.most >= least * 5, route.what  # ccxt counts in fifths
