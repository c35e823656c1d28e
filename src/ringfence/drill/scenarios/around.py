"""S54 to S60: around the guard, and against it."""

import http.client
import shutil
import time
from decimal import Decimal
from pathlib import Path

from ringfence.drill import calls
from ringfence.drill.calls import Call
from ringfence.drill.scenario import (
    WATCHER,
    Expected,
    Most,
    Outcome,
    Scenario,
    bounded,
    refused,
    seen,
    with_position,
    with_resting_order,
)
from ringfence.drill.scenarios.codes import LIMITS, NEVER, SHAPE
from ringfence.drill.scene import THIN, Scene

_ELSEWHERE = "127.0.0.2"  # to the rehearsal exchange, another address than the one the key is bound to
_DATABASE = ("journal.db", "journal.db-wal", "journal.db-shm")
_DARK_SECONDS = 14
_STALE_SECONDS = 12.0
_TOO_OLD_SECONDS = 5.2  # docs/reference/policy.md: a price is good for five
_CHECKPOINT_SECONDS = 2.0  # the signer signs one within a second of an entry
_FLOOD, _PROMPTS = 400, 50


def _use_the_real_key_elsewhere(scene: Scene) -> None:
    """Trade with the real key from another address, past Ringfence."""
    key, secret = scene.guard.real
    order = scene.entry(scene.means.modest)
    wire = calls.signed(order, secret, time.time_ns() // 1_000_000)
    connection = http.client.HTTPConnection(
        "127.0.0.1", scene.ground.owner.port, timeout=5, source_address=(_ELSEWHERE, 0)
    )
    try:
        connection.request(wire.method, wire.target, headers={"X-MBX-APIKEY": key})
        status = connection.getresponse().status
    finally:
        connection.close()
    scene.claim(status != 200, "the exchange takes the real key from an address that it is not bound to")  # noqa: PLR2004
    scene.bot.answers.append(scene.ground.owner.quietly(calls.account()))


def _blind(scene: Scene) -> None:
    """Let every venue that prices come from fall silent, and trade on what was known before."""
    for listener in ("east", "west", "main"):
        scene.ground.venue.outage(_DARK_SECONDS, "/api/v3/ticker/bookTicker", listener)
    scene.claim(scene.guard.until(lambda: _is_dark(scene), _STALE_SECONDS), "prices are known all the same")
    scene.bot.send(scene.entry(scene.means.modest / 2))
    dark = scene.bot.answers[-1].refusal
    scene.claim(dark is not None, "orders pass although no price is known")
    left = scene.leave()
    if left is not None:
        scene.claim(left.ok, f"a position cannot be left while prices are missing: {left.refusal}")
    scene.ground.venue.mend()
    scene.guard.until(lambda: scene.guard.status().warm, 30)


def _is_dark(scene: Scene) -> bool:
    ages = scene.guard.status().warm_up.values()
    return all(age is None or age > _TOO_OLD_SECONDS for age in ages)


def _drown(scene: Scene) -> None:
    """Raise a real alarm where an order can rest, then hundreds of cheap refusals after it."""
    alarmed = scene.prepared[0].ok
    if alarmed:
        scene.ground.venue.fault("garbage-after-accept", "GET", "/api/v3/openOrders")
        scene.claim(scene.guard.until(lambda: _is_alarmed(scene), 20), "no alarm was raised that could drown")
    before = scene.guard.status().journal.size
    for number in range(_FLOOD):
        scene.bot.again(_unlisted(number), scene.bot.sign(_unlisted(number)))
    status = scene.guard.status()
    scene.claim(_is_alarmed(scene) or not alarmed, "the alarm is gone after a flood of refusals")
    written = status.journal.size - before
    scene.claim(written <= _FLOOD // 2, f"{_FLOOD} refusals made {written} entries of the journal")
    scene.claim(scene.used().refused >= _FLOOD, "refusals were not counted")


def _is_alarmed(scene: Scene) -> bool:
    return any("open orders that cannot be read" in alarm.text for alarm in scene.guard.status().alarms)


def _unlisted(number: int) -> Call:
    return calls.market(THIN, "BUY", quoteOrderQty=str(10 + number % 7))


def _ask_for_more(scene: Scene) -> None:
    """Ask for a wider policy again and again: at the gateway, and at the owner's own socket without the owner."""
    for path in ("/ringfence/policy", "/api/v3/policy", "/sapi/v1/account/apiRestrictions/ipRestriction"):
        scene.bot.send(calls.ask("POST", path, order_notional="unlimited"))
    wider = (scene.guard.home / "policy.toml").read_text("utf-8").replace('collar = "', 'collar = "1')
    refusals = [scene.guard.apply_unproven(f"{wider}\n# {number}") for number in range(_PROMPTS)]
    scene.claim(all(refusals), f"{refusals.count('')} wider policies were taken without the owner's proof")
    if scene.means.limits.hold_above is not None:
        _tire_out(scene, scene.means.limits.hold_above)


def _tire_out(scene: Scene, most: Decimal) -> None:
    """Order more than passes without a person, fifty times, each a little different; and allow it oneself."""
    for number in range(_PROMPTS):
        scene.bot.send(scene.buy(most * (Decimal("1.1") + Decimal(number) / 1000), scene.means.high))
    if not any(answer.refusal and answer.refusal[0] == "held" for answer in scene.bot.answers):
        return  # another limit is lower
    scene.claim(scene.alarmed("waits for a person"), "nobody is told that an order waits")
    name = scene.used().bot
    told = [alarm for alarm in scene.guard.status().alarms if f"bot {name} waits" in alarm.text]
    scene.claim(len(told) <= 1, f"the owner is told {len(told)} times")
    scene.claim(all(scene.guard.allow_unproven(name)), "an order that waits was allowed without the owner's proof")


def _roll_back(scene: Scene) -> None:
    """Keep a copy of the journal, use limits up, and put the copy back, so that they look unused."""
    journal, copy = scene.guard.home / "journal", scene.guard.home / "older"
    with scene.guard.down("signer"):
        _copy(journal, copy)
    for _ in range(3):
        scene.bot.send(scene.entry(scene.means.modest / 4))
    position = scene.held()
    time.sleep(_CHECKPOINT_SECONDS)
    with scene.guard.down("signer"):
        _copy(copy, journal)
    status = scene.guard.status()
    scene.claim(status.switch == "exits-only", f"after an older journal the switch stands at {status.switch}")
    scene.bot.send(scene.entry(scene.means.modest / 4))
    scene.guard.resume()
    scene.claim(position > 0 or not scene.bot.answers[0].ok, "nothing was bought that the older journal does not know")


def _copy(source: Path, target: Path) -> None:
    """Make one directory's database that of another."""
    target.mkdir(exist_ok=True)
    for name in _DATABASE:
        (target / name).unlink(missing_ok=True)
        if (source / name).exists():
            shutil.copy(source / name, target / name)


def _feel_the_fence(scene: Scene) -> None:
    """Try one tiny trade in a coin that is not listed, and one in a coin that is."""
    scene.bot.send(calls.market(THIN, "BUY", quoteOrderQty="10"))
    scene.bot.send(scene.entry(scene.means.least))
    refusal = scene.bot.answers[0].refusal
    scene.claim(refusal is not None and refusal[0] == "symbol", "a coin that is not listed was not refused")


AROUND = (
    Scenario(
        "S54",
        "use the real key elsewhere",
        "The real key was found in an old backup or a git history, and is used straight at the exchange, from another"
        " machine. Ringfence is not in the way.",
        "the exchange's own list of addresses stops it; Ringfence can only see it",
        f"an order that is not ours: {WATCHER} (W1)",
        seen(),
        _use_the_real_key_elsewhere,
        by="the exchange",
        waits="the watcher W1, W2",
        bare=False,
    ),
    Scenario(
        "S55",
        "steal the web session",
        "The attacker has the owner's session at the exchange's web site, trades there, or makes a key there. No"
        " request passes Ringfence.",
        "nothing here can stop it; it can be seen",
        f"orders, keys and addresses that are not ours: {WATCHER} (W1, W3)",
        seen(),
        waits="the watcher W1, W3",
        bare=False,
    ),
    Scenario(
        "S56",
        "blind the prices",
        "The venues that prices come from are blocked, so that the collar has nothing to hold orders to, or holds them"
        " to what was true a while ago.",
        "no-reference-price: after five seconds without a price only exits pass",
        "`ringfence status` shows the age of every price",
        bounded("no-reference-price", *SHAPE, most=Most.RADIUS, orders=1),
        _blind,
        bare=False,
        late=1,
        stage=with_position,
        half="one venue that lies (tests/prices/test_reference.py has it)",
    ),
    Scenario(
        "S57",
        "drown the alarm",
        "Hundreds of cheap refusals, so that the one alarm that matters is lost among them, or the disk is full of"
        " them.",
        "refusals are counted and not alarmed one by one; an alarm stays until it is old",
        "`ringfence status` still shows the alarm",
        refused("symbol", "busy"),
        _drown,
        bare=False,
        late=1,
        stage=with_resting_order,
        half="quotas by severity for what is sent out (alerts)",
    ),
    Scenario(
        "S58",
        "ask until somebody says yes",
        "Fifty requests for a wider limit, until the owner is tired and agrees; or straight at the owner's own socket,"
        " which a program of the same user can reach.",
        "a bot cannot ask for a policy; a wider one, and an order above hold_above, need a person's proof",
        "`ringfence status`: an order that waits for a person, said once in ten minutes",
        refused("held", *NEVER, *LIMITS),
        _ask_for_more,
        bare=False,
        half="the second factor and the wait, which a rehearsal leaves out (tests/signer/test_pending.py has them)",
    ),
    Scenario(
        "S59",
        "put an old disk back",
        "The attacker keeps a copy of the journal, uses the limits up, and puts the copy back: to a guard that counts"
        " from it, nothing has been used.",
        "exits-only: the newest signed checkpoint is longer than the journal, and a person must say how to go on",
        "`ringfence status`: the journal is older than its checkpoint",
        Expected(Outcome.BOUNDED, ("exits-only", *LIMITS), None, Most.RADIUS, alarm="checkpoint"),
        _roll_back,
        bare=False,
        late=2,
        half="a witness that keeps the checkpoint elsewhere, for when all files are put back",
    ),
    Scenario(
        "S60",
        "feel along the fence",
        "One tiny trade in a coin that was never traded, one order of a new type: weeks before the theft, to learn what"
        " passes.",
        "what is not listed is refused; a first use of what is listed passes, and somebody should know",
        f"first use of a symbol or type: {WATCHER} (W10)",
        seen("", "symbol", *LIMITS),
        _feel_the_fence,
        waits="the watcher W10",
    ),
)
