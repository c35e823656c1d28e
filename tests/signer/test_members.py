"""Symbols by class, as the signer finds them: at the apply, every day, after a restart, and when nobody tells."""

import json

import msgspec
import pytest
from msgspec.structs import replace

from ringfence.ipc.messages import AskPolicy
from ringfence.model.entry import EntryKind
from ringfence.model.names import AccountName, Asset, BotName, Symbol
from ringfence.signer import pins, records
from ringfence.signer.keyring import Keyring
from tests.policy.world import D
from tests.signer.owner import DAY, HOUR, MINUTE, POLICY, House, Refused

LIST = 'symbols = ["BTC/USDT"]'
CLASS = POLICY.replace(LIST, 'symbols = { most = 3, venues = 3, volume = "1000", listed = "30d" }')
FEWER = CLASS.replace("most = 3", "most = 2")
GRID, MAIN = BotName("grid"), AccountName("main")
VOLUMES = {"BTCUSDT": "9000", "ETHUSDT": "8000", "SOLUSDT": "7000", "XRPUSDT": "6000", "LOWUSDT": "999"}


@pytest.fixture
def classed(house: House) -> House:
    """A signer whose policy has a class, and has just come into force."""
    house.exchange.trades = dict(VOLUMES)
    house.wide(CLASS)
    house.pass_(HOUR)
    assert house.in_force == CLASS
    return house


def traded(house: House) -> tuple[Symbol, ...]:
    bot = house.desk.world.bot(GRID)
    assert bot is not None
    return bot.symbols


def looked(house: House) -> list[dict[str, object]]:
    return [entry for entry in house.entries if entry["kind"] == str(EntryKind.SYMBOLS)]


def test_a_class_comes_to_its_most_traded_symbols(classed: House) -> None:
    assert traded(classed) == ("BTC/USDT", "ETH/USDT", "SOL/USDT")
    assert [entry["symbols"] for entry in looked(classed)] == [["BTC/USDT", "ETH/USDT", "SOL/USDT"]]
    pinned = classed.desk.world.instruments(MAIN)
    assert set(pinned) == {"BTC/USDT", "ETH/USDT", "SOL/USDT"}


def test_what_is_listed_too_recently_is_left_out(house: House) -> None:
    house.exchange.trades, house.exchange.young = dict(VOLUMES), {"ETHUSDT"}
    house.wide(CLASS)
    house.pass_(HOUR)
    assert traded(house) == ("BTC/USDT", "SOL/USDT", "XRP/USDT")


def test_where_nobody_tells_the_policy_is_not_applied(house: House) -> None:
    house.exchange.up = False
    with pytest.raises(Refused, match="did not say what was traded in a day"):
        house.wide(CLASS)
    assert house.in_force == POLICY


def test_a_day_later_it_is_looked_up_again_and_no_sooner(classed: House) -> None:
    classed.exchange.trades |= {"XRPUSDT": "9500"}
    classed.pass_(DAY - 1)
    assert traded(classed) == ("BTC/USDT", "ETH/USDT", "SOL/USDT")
    classed.pass_(1)
    assert traded(classed) == ("XRP/USDT", "BTC/USDT", "ETH/USDT")
    assert len(looked(classed)) == 2
    assert "SOL/USDT" in classed.desk.world.instruments(MAIN), "orders of a moment ago must still be understood"


def test_what_was_pinned_stays_as_it_was_pinned(classed: House) -> None:
    """A drift is for a person to look at, though the class is looked up anew (S40)."""
    classed.exchange.tick = "0.10000000"
    classed.exchange.trades |= {"XRPUSDT": "9500"}
    classed.pass_(DAY)
    pinned = classed.desk.world.instruments(MAIN)
    assert (pinned[Symbol("BTC/USDT")].tick, pinned[Symbol("XRP/USDT")].tick) == (D("0.01"), D("0.1"))


def test_it_is_found_again_after_a_restart_with_its_age(classed: House) -> None:
    classed.exchange.up = False
    classed.machine.wait(DAY - MINUTE)
    classed.again()
    assert traded(classed) == ("BTC/USDT", "ETH/USDT", "SOL/USDT")
    asked = classed.exchange.asked
    classed.look()
    assert classed.exchange.asked == asked
    classed.exchange.up = True
    classed.exchange.trades.pop("BTCUSDT")
    classed.pass_(MINUTE)
    assert traded(classed) == ("ETH/USDT", "SOL/USDT", "XRP/USDT")
    classed.again()
    assert traded(classed) == ("ETH/USDT", "SOL/USDT", "XRP/USDT")


def test_where_nobody_tells_for_two_days_only_exits_are_left(classed: House) -> None:
    classed.exchange.up = False
    classed.pass_(DAY)
    assert "is not known anew" in classed.alarms
    assert len(traded(classed)) == 3
    classed.pass_(DAY - 1)
    assert len(traded(classed)) == 3
    classed.pass_(1)
    assert traded(classed) == ()
    assert "nobody has told for two days what the symbols of a class are" in classed.alarms
    classed.exchange.up = True
    classed.pass_(10 * MINUTE)
    assert len(traded(classed)) == 3


def test_without_its_key_an_account_is_not_asked_and_the_signer_goes_on(classed: House) -> None:
    keys = classed.desk.keyring
    classed.desk.keyring = Keyring(keys.bots, {})
    classed.pass_(DAY)
    assert "is not known anew: account main has no key" in classed.alarms
    assert len(traded(classed)) == 3
    classed.desk.keyring = keys
    classed.exchange.trades |= {"XRPUSDT": "9500"}
    classed.pass_(10 * MINUTE)
    assert traded(classed)[0] == "XRP/USDT"


def test_a_start_after_two_days_asks_before_anything_is_traded(classed: House) -> None:
    classed.exchange.up = False
    classed.stop()
    classed.machine.reboot(3 * DAY)
    classed.start()
    classed.look()
    assert traded(classed) == ()


def test_a_narrower_class_counts_at_once_and_is_then_looked_up(classed: House) -> None:
    classed.exchange.up = False
    assert classed.apply(FEWER, proven=False)["done"]
    assert traded(classed) == ("BTC/USDT", "ETH/USDT")
    classed.exchange.up = True
    classed.exchange.trades |= {"XRPUSDT": "9500"}
    classed.pass_(10 * MINUTE)
    assert traded(classed) == ("XRP/USDT", "BTC/USDT")


def test_the_owner_is_told_what_a_class_comes_to(classed: House) -> None:
    told = classed.ask(AskPolicy())
    assert told["members"] == {"grid": ["BTC/USDT", "ETH/USDT", "SOL/USDT"]}
    assert told["now"] - told["looked"] < MINUTE


def test_symbols_put_into_the_state_by_hand_do_not_come_in(classed: House) -> None:
    """Whoever can write the state while the signer is down pins nothing there, and no bot gets a symbol by it."""
    before = classed.desk.world.instruments(MAIN)
    store = classed.desk.writer.store
    kept = json.loads(records.get(store, "policy") or "")
    kept["instruments"] = {"main": [msgspec.to_builtins(replace(before[Symbol("BTC/USDT")], native="EVILUSDT"))]}
    kept["members"] = {"grid": ["EVIL/USDT"]}
    store.begin()
    records.put(store, "policy", json.dumps(kept, default=str))
    store.commit()
    classed.again()
    assert traded(classed) == ("BTC/USDT", "ETH/USDT", "SOL/USDT")
    assert classed.desk.world.instruments(MAIN) == before


def test_what_is_held_is_watched_and_dust_is_not(classed: House) -> None:
    ledger = classed.desk.ledger
    for asset, quantity in (("SOL", "1"), ("ETH", "0.000001")):
        ledger.restore_position(GRID, MAIN, Asset(asset), D(quantity))
    classed.exchange.trades = {"BTCUSDT": "9000", "XRPUSDT": "8000"}
    classed.pass_(DAY)
    assert traded(classed) == ("BTC/USDT", "XRP/USDT")
    assert pins.watched(classed.desk, MAIN) == ("BTC/USDT", "XRP/USDT", "SOL/USDT")
