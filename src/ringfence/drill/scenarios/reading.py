"""S41 to S46: requests that a guard and an exchange may read differently."""

from collections.abc import Iterator

from ringfence.drill import calls
from ringfence.drill.attacks.leaving import HIDDEN
from ringfence.drill.calls import Call, Wire
from ringfence.drill.scenario import WATCHER, Scenario, refused
from ringfence.drill.scenarios import calling
from ringfence.drill.scenarios.codes import NEVER, SHAPE, UNREAD
from ringfence.drill.scenarios.controls import with_all_ways_open
from ringfence.drill.scene import THIN, Scene
from ringfence.drill.thief import all_of
from ringfence.drill.venue import QUOTE

_LARGE = "9000"
_NUMBERS = (
    "NaN", "Infinity", "-1", "%2B1", "1e3", "1_000", "0x10", "%EF%BC%91", "%D9%A1", "1%20", "%0A1", "1.", ".5", "0", "",
    "1" * 40, "00001",
)  # fmt: skip
_NAMES = (
    "%EF%BC%A2TCUSDT", "BTCUSD%D0%A2", "btcusdt", "BTC-USDT", "BTC%2FUSDT", "XBTUSDT", "BTCUSDT%20", "BTCUSDT%00",
    "%E2%84%AATHUSDT", "..%2FETHUSDT", "", "BTCUSDT,VIAUSDT",
)  # fmt: skip
_PATHS = (
    "/api/v3/../../sapi/v1/capital/withdraw/apply",
    "/api/v3//order",
    "/api/v3/order/",
    "/api/v3/%6Frder",
    "/api/v3/order;x=1",
    "/api/v3/order%00",
    "/api/v3/order%3Fsymbol=BTCUSDT",
    "/api/v3/order%2F",
    "//sapi/v1/capital/withdraw/apply",
    "/api/v3\\order",
    "/API/V3/ORDER",
)


def _say_it_twice(scene: Scene) -> None:
    """Say how much twice: plainly, and once in disguise."""
    order = scene.buy(scene.means.modest, "0.99", timeInForce="GTC")
    scene.bot.send(calls.twice(order, "quantity", _LARGE))
    scene.bot.send(Call("POST", order.path, f"{order.query}&%71uantity={_LARGE}"))
    scene.bot.send(calls.twice(order, "symbol", THIN))
    scene.bot.send(calls.twice(order, "side", "SELL"))
    if scene.rehearsed is not None:
        calling.say_it_twice(scene)


def _say_it_in_two_places(scene: Scene) -> None:
    """Name a harmless coin in the body and a thin one in the query; and cut a number in two between them."""

    def buy() -> None:
        pump = calls.market(THIN, "BUY", quoteOrderQty=all_of(scene.money()))
        scene.bot.send(calls.covered(pump, symbol=scene.symbol))

    scene.thief.bait(THIN, "SELL", scene.price("10", THIN), buy)
    price = f"{scene.price('0.99'):f}"
    words = f"symbol={scene.symbol}&side=BUY&type=LIMIT&timeInForce=GTC&price={price}"
    for cut in (f"{words}&quantity=0.00", f"{words}&timestamp=1&quantity=1"):
        seam = Call("POST", "/api/v3/order", cut, f"1&timestamp={scene.bot.stamps.next()}")
        scene.bot.again(seam, calls.signed_in_the_body(seam, scene.bot.secret))


def _speak_json(scene: Scene) -> None:
    """Write the order as JSON: with a name twice, with a number past all bounds, nested without end."""
    small = f'"symbol":"{scene.symbol}","side":"BUY","type":"MARKET","quantity":"0.001"'
    for body in (
        f'{{{small},"quantity":"{_LARGE}"}}',
        f'{{{small},"\\u0071uantity":"{_LARGE}"}}',
        f'{{{small},"price":1e400}}',
        f'{{{small},"price":NaN}}',
        "[" * 20_000,
    ):
        scene.bot.send(Call("POST", "/api/v3/order", "", body))
    if scene.rehearsed is not None:
        calling.speak_json(scene)


def _write_numbers_oddly(scene: Scene) -> None:
    """Write how much in ways that are no number, or another one to somebody else: NaN is greater than no limit."""
    price = f"{scene.price('0.99'):f}"
    words = f"symbol={scene.symbol}&side=BUY&type=LIMIT&timeInForce=GTC&price={price}"
    for number in _NUMBERS:
        scene.bot.send(Call("POST", "/api/v3/order", f"{words}&quantity={number}"))
    if scene.rehearsed is not None:
        calling.write_oddly(scene, "quantity", _NUMBERS)


def _write_names_oddly(scene: Scene) -> None:
    """Name a coin by letters that look alike, by another case, by an old name, or name two."""
    price = f"{scene.price('0.99'):f}"
    for name in _NAMES:
        words = f"symbol={name}&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price={price}"
        scene.bot.send(Call("POST", "/api/v3/order", words))
    if scene.rehearsed is not None:
        calling.write_oddly(scene, "symbol", _NAMES)


def _write_paths_oddly(scene: Scene) -> None:
    """Write a path so that a guard sees one endpoint and the exchange another."""
    money = scene.money()
    for way in scene.ways:
        for path in (HIDDEN, *_PATHS):
            way.send(calls.withdrawal(QUOTE, money, path))
        for wire in _oddly_begun(scene):
            way.again(Call(wire.method, wire.target), wire)


def _oddly_begun(scene: Scene) -> Iterator[Wire]:
    for method in ("post", "PATCH", "TRACE"):
        wire = scene.bot.sign(scene.entry(scene.means.modest))
        yield Wire(method, wire.target)


READING = (
    Scenario(
        "S41",
        "say one thing twice",
        "The same parameter twice in one request: a guard that reads the first and an exchange that reads the last see"
        " two different orders.",
        "unknown-request: a name that comes twice, in whatever disguise, refuses the request",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*UNREAD, *SHAPE),
        _say_it_twice,
    ),
    Scenario(
        "S42",
        "say it in two places",
        "Binance takes parameters from the query and from the body, and signs the two with nothing in between. One name"
        " in both, or a number cut in two, can mean one thing to a guard and another to the exchange.",
        "unknown-request: a name in both places comes twice; what leaves has a query that we wrote, and no body",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*UNREAD, *SHAPE, "symbol", "stale", "signature"),
        _say_it_in_two_places,
    ),
    Scenario(
        "S43",
        "speak JSON",
        "JSON leaves room for two readings: a name twice, numbers without bound, values that are no numbers. By HTTP"
        " bots of Binance send none; by WebSocket every call is JSON.",
        "unknown-request: a body that is no form is not read at all, and a call is read in one way or not",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*UNREAD),
        _speak_json,
    ),
    Scenario(
        "S44",
        "write numbers oddly",
        "`NaN` is not greater than any limit; `1e3`, `1_000` and digits of other scripts are numbers to some programs"
        " and not to others.",
        "unknown-request: plain digits by pattern, before anything becomes a number",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*UNREAD, *SHAPE),
        _write_numbers_oddly,
    ),
    Scenario(
        "S45",
        "write names oddly",
        "A Cyrillic letter in place of a Latin one, another case, an old name: to a guard it is a coin that is not"
        " listed as forbidden, to the exchange it may be the one that is.",
        "symbol, unknown-request: a name is looked up to the letter, and what is not listed is refused",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*UNREAD, "symbol", *SHAPE),
        _write_names_oddly,
        half="numbers and second names of OKX and Kraken (their dialects)",
    ),
    Scenario(
        "S46",
        "write paths oddly",
        "Dots, slashes and percent signs in the path: a guard sees an order, and the exchange, or a library on the way,"
        " tidies it into a withdrawal.",
        "unknown-request: a path is compared to the letter, and the one that leaves is a constant of ours",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*NEVER),
        _write_paths_oddly,
        full_key=True,
        stage=with_all_ways_open,
    ),
)
