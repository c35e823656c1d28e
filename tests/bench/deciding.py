"""How long the rules take, in process: the decision alone, and with the gathering of what it goes by."""

import time
from decimal import Decimal
from statistics import median

from msgspec.structs import replace

from ringfence.model.action import Place
from ringfence.model.decision import Charge, Lane
from ringfence.model.facts import Reference
from ringfence.model.names import AccountName, ClientId, ExchangeId, Symbol
from ringfence.model.order import Kind, Order, Side, Tif
from ringfence.policy.engine import decide
from ringfence.policy.load import load
from ringfence.signer.clock import boot_ms
from ringfence.signer.intent import Intent
from ringfence.signer.ledger import Ledger
from ringfence.signer.world import InForce, World
from tests.bench.ours import POLICY
from tests.dialects.binance.asks import BTC

OPEN = 200
_ROUNDS = 2_000


def microseconds() -> tuple[float, float]:
    """Take the median of a decision of all rules with 200 orders open, and of one with its facts."""
    policy = load(POLICY)
    bot = next(iter(policy.bots.values()))
    symbol, price, now = Symbol("BTC/USDT"), Decimal(60_000), boot_ms()
    world, ledger = World(), Ledger()
    account = AccountName("main")
    world.in_force = InForce(policy, {account: {symbol: BTC}}, "", 0, 0)
    world.market.references[symbol] = Reference(symbol, price, price, 3, now / 1000, price)
    order = Order(symbol, Side.BUY, Kind.LIMIT, Decimal("0.001"), None, price, Tif.GTC, ClientId("a"))
    charge = Charge(order, Lane.ORDINARY, price, Decimal(60), Decimal("0.06"), Decimal("0.005"))
    for seq in range(OPEN):
        names = (seq, bot.name, account, ExchangeId("paper-binance"), BTC.base)
        ledger.reserve(Intent(*names, charge, Decimal("0.001"), price, ClientId(f"b{seq}"), bot.fee, now, "", str(seq)))
    alone, whole = [], []
    for number in range(_ROUNDS):
        action = Place(replace(order, client_id=ClientId(f"c{number}")))
        begun = time.perf_counter()
        facts = world.facts(bot, bot.role, symbol, ledger, now)
        gathered = time.perf_counter()
        decision = decide(action, facts, bot)
        ended = time.perf_counter()
        assert decision.allowed, decision
        alone.append(ended - gathered)
        whole.append(ended - begun)
    return median(alone) * 1e6, median(whole) * 1e6
