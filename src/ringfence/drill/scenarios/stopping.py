"""S25 to S32: keep the owner from stopping it."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from decimal import Decimal

from ringfence.drill import calls
from ringfence.drill.attacks.orders import an_order_of_the_owner, cancel_what_protects
from ringfence.drill.calls import Call
from ringfence.drill.scenario import (
    WATCHER,
    Cap,
    Most,
    Scenario,
    bounded,
    refused,
    with_coins,
)
from ringfence.drill.scenarios import calling
from ringfence.drill.scenarios.codes import LIMITS, NEVER, SHAPE, UNREAD
from ringfence.drill.scene import Scene
from ringfence.errors import Broken

_HOST = "127.0.0.1"
_READS, _READERS = 40, 8
_DEEP = Call("GET", "/api/v3/depth", "symbol=ETHUSDT&limit=5000")
_DEEP_WEIGHT, _ALL_ORDERS_WEIGHT, _WEIGHT = 250, 80, 6000  # paper/routes.py, as Binance has them
_HALF = _WEIGHT * 6 // 10
_FAR = "0.6"
_TAKEN, _OWNERS = "drilled-once", "owners-stop"
_SLOTS, _STOPS = 260, 7
_CONNECTIONS = 300
_HUGE = 100 * 1024 * 1024
_DEEPEST = Decimal("0.4")  # a market that falls further is no rehearsal
_FALL_SECONDS, _SETTLE_SECONDS = 10.0, 2.5
_GZIP = b"\x1f\x8b\x08\x00" + b"\x00" * 60


def _flood_with_reads(scene: Scene) -> None:
    """Ask for the dearest things there are, many at once, until somebody says no; then let the owner cancel."""
    placed = scene.prepare(scene.resting(scene.means.modest)).placed
    before = scene.ground.venue.moment()
    everything = Call("GET", "/api/v3/openOrders")
    with ThreadPoolExecutor(_READERS) as pool:
        list(pool.map(lambda number: _read(scene, everything if number % 2 else _DEEP), range(_READS)))
    calling.flood_with_reads(scene)
    weighed = sum(_weight(each.target) for each in scene.arrived(before))
    scene.claim(weighed <= _HALF, f"reads used {weighed} of the {_WEIGHT} that the exchange gives for a minute")
    if placed.orderId:
        gone = scene.bot.quietly(calls.cancel(scene.symbol, placed.orderId))
        scene.claim(gone.ok, "a cancel did not get through the flood of reads")


def _read(scene: Scene, call: Call) -> None:
    """Read without waiting where there is too much: that is what is tried."""
    scene.bot.again(call, scene.bot.sign(call) if call is not _DEEP else calls.plain(call))


def _weight(target: str) -> int:
    if "/depth" in target:
        return _DEEP_WEIGHT
    return _ALL_ORDERS_WEIGHT if "/openOrders" in target and "symbol=" not in target else 0


def _fill_the_slots(scene: Scene) -> None:
    """Leave stops until none is taken any more, and far-away orders until nothing more rests."""
    for _ in range(_STOPS):
        words = {"quantity": f"{scene.size(scene.means.least):f}", "stopPrice": f"{scene.price('1.2'):f}"}
        more = {"price": f"{scene.price('1.2'):f}", "timeInForce": "GTC"}
        if not scene.bot.send(calls.order(scene.symbol, "BUY", "STOP_LOSS_LIMIT", **words, **more)).ok:
            break
    for _ in range(min(_SLOTS, scene.means.limits.open_orders + 20)):
        if not scene.bot.send(scene.resting(scene.means.least, _FAR)).ok:
            break
    stop = {"quantity": f"{scene.size(Decimal(10)):f}", "stopPrice": f"{scene.price('0.8'):f}", "timeInForce": "GTC"}
    guard = calls.order(scene.symbol, "SELL", "STOP_LOSS_LIMIT", price=f"{scene.price('0.8'):f}", **stop)
    placed = scene.ground.owner.send(guard)  # which waits where the exchange has had too many
    scene.claim(placed.ok, f"no slot is left for a stop of the owner's ({placed.placed.msg}); symbol_orders leaves one")


@contextmanager
def _guarded_by_hand(scene: Scene) -> Iterator[None]:
    with an_order_of_the_owner(scene.ground):
        yield


def _cancel_what_protects(scene: Scene) -> None:
    cancel_what_protects(scene.thief)
    if scene.rehearsed is not None:
        calling.cancel_what_protects(scene)


def _disarm(scene: Scene) -> None:
    """Set a dead-man's switch to never, and to at once."""
    for countdown in ("0", "1"):
        words = {"symbol": "BTCUSDT", "countdownTime": countdown}
        scene.bot.send(calls.ask("POST", "/fapi/v1/countdownCancelAll", **words))
        scene.bot.send(calls.ask("POST", "/api/v3/countdownCancelAll", **words))
    scene.bot.send(calls.ask("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT"))


def _squat(scene: Scene) -> None:
    """Use an id of the form that only Ringfence makes, one that is taken, and name the owner's order by it."""
    worth = scene.means.modest
    scene.bot.send(scene.resting(worth, newClientOrderId=f"rf-{'a' * 24}"))
    if scene.prepared[0].ok:
        scene.bot.send(scene.resting(worth / 2, newClientOrderId=_TAKEN))
    named = {"symbol": scene.symbol, "origClientOrderId": _OWNERS}
    scene.bot.send(calls.ask("DELETE", "/api/v3/order", **named))


@contextmanager
def _with_ids_taken(scene: Scene) -> Iterator[None]:
    """Let an order of the bot and one of the owner rest, each under an id that is known."""
    scene.prepare(scene.resting(scene.means.modest, newClientOrderId=_TAKEN))
    owners = scene.buy(Decimal(20), "0.9", timeInForce="GTC", newClientOrderId=_OWNERS)
    if not scene.ground.owner.quietly(owners).ok:
        raise Broken("the owner cannot place an order to protect")
    yield


def _exhaust(scene: Scene) -> None:
    """Send what is too long, what is packed, what never ends, and more connections than anybody needs."""
    post, key = "POST /api/v3/order HTTP/1.1\r\nHost: h\r\n", f"X-MBX-APIKEY: {scene.bot.key}\r\n"
    order = Call("POST", "/api/v3/order")
    scene.bot.raw(order, f"{post}{key}Content-Length: {_HUGE}\r\n\r\n".encode() + b"x" * 200_000)
    scene.bot.raw(order, f"{post}{key}Content-Encoding: gzip\r\nContent-Length: 64\r\n\r\n".encode() + _GZIP)
    scene.bot.raw(order, f"{post}X-Long: {'a' * 9000}\r\n\r\n".encode())
    scene.bot.raw(order, f"{post}{'X: a' * 1}\r\n".encode() + b"X: a\r\n" * 200 + b"\r\n")
    with ExitStack() as stack:
        for _ in range(_CONNECTIONS):
            stack.enter_context(_trickling(scene.guard.gateway))
    scene.claim(_is_served(scene), "an honest order is not answered after the flood")
    with ExitStack() as stack:
        for _ in range(_CONNECTIONS // 3):
            stack.enter_context(_trickling(scene.guard.gateway))
        scene.claim(_is_served(scene), "an honest order is not answered beside a hundred slow connections")
    calling.exhaust(scene, lambda: _is_served(scene))


def _is_served(scene: Scene) -> bool:
    """Whether an order is judged, and not turned away for want of room."""
    answer = scene.bot.quietly(scene.resting(scene.means.modest / 2))
    return answer.ok or (answer.refusal is not None and answer.refusal[0] in LIMITS)


@contextmanager
def _trickling(port: int) -> Iterator[None]:
    """Open a connection and begin a head that never ends."""
    with socket.socket() as connection:
        connection.settimeout(2.0)
        try:
            connection.connect((_HOST, port))
            connection.sendall(b"GET /api/v3/time HTTP/1.1\r\nHost:")
        except OSError:  # hung up on, as it should be
            pass
        yield


def _lock_in(scene: Scene) -> None:
    """Use up what the bot may lose and trade, so that it could not leave its position; then leave it."""
    for worth in (scene.means.order * Decimal("0.9"), scene.means.modest):
        while scene.bot.send(scene.entry(worth)).ok:
            pass
    if scene.means.limits.drawdown_stop is not None:
        _set_off_the_stop(scene, scene.means.limits.drawdown_stop)
    left = scene.leave()
    if left is not None:
        scene.claim(left.ok, f"a position cannot be left once limits are used up: {left.refusal or left.placed.msg}")


def _set_off_the_stop(scene: Scene, most: Decimal) -> None:
    """Let the market fall until the stop for risk is reached; a part of the position must still be sold there."""
    worth = scene.held() * scene.price("1")
    fall = most / worth * Decimal("1.1") if worth else Decimal(1)
    if fall > _DEEPEST:
        return
    now = 1 - fall
    scene.ground.venue.move(scene.symbol, scene.price(now))
    stopped = scene.guard.until(lambda: _is_stopped(scene, now), _FALL_SECONDS)
    scene.claim(stopped, "the stop for drawdown was not set off")
    part = scene.size(scene.means.least * 2, scene.price(now))
    left = scene.bot.send(scene.sell(part, now * scene.means.low))
    scene.claim(left.ok, f"a position cannot be left once the stop is set off: {left.refusal or left.placed.msg}")
    scene.ground.venue.move(scene.symbol, scene.thief.prices[scene.symbol])
    time.sleep(_SETTLE_SECONDS)


def _is_stopped(scene: Scene, now: Decimal) -> bool:
    answer = scene.bot.quietly(scene.buy(scene.means.least, now * Decimal("0.99"), timeInForce="GTC"))
    return answer.refusal is not None and answer.refusal[0] in {"drawdown-stop", "bot-stopped"}


STOPPING = (
    Scenario(
        "S25",
        "use up the rate limit",
        "Exchanges count the weight of requests for each address, and ban the address that passes it: for minutes, then"
        " for days, cancels included. The stolen key asks for the dearest things in a loop, so that nobody can stop"
        " it.",
        "reads of all bots share less than half of the weight; cancels have a reserve",
        f"the reserve is touched: {WATCHER} (W5)",
        bounded("busy", *SHAPE, most=Most.NOTHING, orders=1),
        _flood_with_reads,
        bare=False,
        late=1,
    ),
    Scenario(
        "S26",
        "fill every slot for orders",
        "An exchange keeps a certain number of open orders for each symbol, and five stops. The stolen key fills them"
        " with orders that will never trade, so that the owner's stop is rejected.",
        "open_orders and far_orders, with a share of its own for exits",
        f"`ringfence why`; {WATCHER} (W7)",
        bounded("far-orders", "open-orders", *LIMITS, "busy", most=Most.NOTHING, caps=(Cap.OPEN,)),
        _fill_the_slots,
        late=1,
        stage=with_coins,
    ),
    Scenario(
        "S27",
        "cancel the owner's orders",
        "The owner has an order at the exchange that protects the position. The stolen key looks it up and cancels it,"
        " by its number and by cancelling everything.",
        "not-this-bots-order: a bot can only cancel what it has placed",
        f"`ringfence why`; a missing stop {WATCHER} (W7)",
        refused("not-this-bots-order"),
        _cancel_what_protects,
        stage=_guarded_by_hand,
    ),
    Scenario(
        "S28",
        "disarm the dead-man's switch",
        "Some exchanges cancel everything unless they are told in time that the owner is there. The stolen key sets"
        " that to never, or sets it off.",
        "not-described: no route that arms or disarms it can be used",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*NEVER),
        _disarm,
        half="the switch of Kraken (its dialect)",
    ),
    Scenario(
        "S29",
        "take an id that is not its own",
        "Orders are found again by their client ids. The stolen key uses one of the form that Ringfence makes, one that"
        " is taken, and that of the owner's order, so that one order passes for another.",
        "client-id-reuse, unknown-request: an id is used once, and ours cannot be made by anybody else",
        f"`ringfence why`; {WATCHER} (W9)",
        refused("client-id-reuse", "not-this-bots-order", *UNREAD, *SHAPE),
        _squat,
        stage=_with_ids_taken,
    ),
    Scenario(
        "S30",
        "exhaust the gateway",
        "A hundred megabytes in one request, packed bodies, heads that never end, three hundred connections, seventy"
        " WebSockets: a guard that is busy, full or dead is no guard.",
        "limits on every size, time and count at the door; honest requests are answered all the same",
        f"heartbeat: {WATCHER} (W8)",
        bounded(*UNREAD, most=Most.NOTHING, orders=4),
        _exhaust,
        bare=False,
        late=1,
    ),
    Scenario(
        "S31",
        "lock the bot in",
        "The attacker uses up the limits near a low, or sets off a stop for risk, so that the bot cannot leave its"
        " position while it goes on losing.",
        "exits have a lane and a budget of their own, also once drawdown_stop is reached",
        "`ringfence status`: limits used up, and an alarm where a bot is stopped",
        bounded(*LIMITS, caps=(Cap.WINDOW, Cap.EXPOSURE)),
        _lock_in,
        bare=False,
    ),
    Scenario(
        "S32",
        "do nothing",
        "Nothing is sent. The position bleeds, and the bot that should close it keeps still.",
        "no limit can make anybody act; an owner's stop at the exchange can",
        f"silence of the bot: {WATCHER} (W8)",
        bounded(),
        waits="the watcher W8",
        bare=False,
    ),
)
