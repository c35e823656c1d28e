"""Accounts' events: followed while there is a courier, taken in once, handed to who was granted them, and cut."""

import json
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from ringfence.dialects.dialect import Opening
from ringfence.ipc.messages import Cut, Ended, Event, Message, Outcome, Told
from ringfence.model.names import KeyId
from ringfence.signer.feeds import Feeds
from ringfence.signer.intent import State
from ringfence.signer.keyring import Keyring
from tests.replay.world import MAIN, Driven, desk, place, policy

__all__ = ["desk"]
OPEN = json.dumps({"id": 0, "status": 200, "result": {"subscriptionId": 0}}).encode()


@dataclass
class Courier:
    """What the signer has asked of the courier."""

    venue: Any
    up: bool = True
    opened: list[Opening] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    listener: Any = None
    silent: bool = False

    async def carry(self, *sent: Any) -> Any:
        if self.silent:
            await self.venue.carry(*sent)
            return Outcome(1, sent=True, status=None, body=b"", error="silence")
        return await self.venue.carry(*sent)

    def follow(self, _exchange: str, opening: Opening) -> int | None:
        self.opened.append(opening)
        return len(self.opened) if self.up else None

    def unfollow(self, seq: int) -> None:
        self.ended.append(seq)

    def says(self, text: bytes | object, seq: int | None = None) -> None:
        body = text if isinstance(text, bytes) else json.dumps({"subscriptionId": 0, "event": text}).encode()
        self.listener(Event(len(self.opened) if seq is None else seq, body))


@dataclass(eq=False)
class Gateway:
    """What a gateway hears."""

    heard: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> None:
        self.heard.append(message)


@dataclass
class World:
    """A signer that follows one account."""

    driven: Driven
    courier: Courier
    feeds: Feeds
    gateway: Any = field(default_factory=Gateway)

    def row(self) -> Any:
        return next(iter(self.driven.venue.rows.values()))

    def event(self, **more: object) -> dict[str, object]:
        said = self.row().said()
        letters = {
            "s": "symbol", "X": "status", "q": "origQty", "z": "executedQty", "Z": "cummulativeQuoteQty",
            "i": "orderId", "c": "clientOrderId",
        }  # fmt: skip
        return {"e": "executionReport", "C": "", "g": -1, **{to: said[name] for to, name in letters.items()}, **more}


@pytest.fixture
def there(desk: Driven, monkeypatch: pytest.MonkeyPatch) -> World:
    desk.begin(policy())
    courier = Courier(desk.venue)
    desk.desk.carrier = courier  # type: ignore[assignment]
    made = World(desk, courier, Feeds(desk.desk, desk.errands))
    made.feeds._look()
    courier.says(OPEN)
    return made


def test_a_feed_opens_with_the_real_keys_signature_at_the_exchanges_own_host(there: World) -> None:
    (opening,) = there.courier.opened
    sent = json.loads(opening.text)
    assert (opening.host, opening.target) == ("ws-api.binance.com", "/ws-api/v3")
    assert sent["method"] == "userDataStream.subscribe.signature"
    assert sent["params"]["apiKey"] in opening.hidden
    assert sent["params"]["signature"] in opening.hidden
    there.feeds._look()
    assert len(there.courier.opened) == 1


def test_nothing_is_granted_before_the_exchange_has_said_yes(desk: Driven) -> None:
    desk.begin(policy())
    courier = Courier(desk.venue)
    desk.desk.carrier = courier  # type: ignore[assignment]
    feeds = Feeds(desk.desk, desk.errands)
    assert feeds.grant(MAIN, Gateway()) is None  # type: ignore[arg-type]
    feeds._look()
    assert feeds.grant(MAIN, Gateway()) is None  # type: ignore[arg-type]
    courier.says(OPEN)
    assert feeds.grant(MAIN, Gateway()) == MAIN  # type: ignore[arg-type]


def test_a_fill_is_taken_in_when_it_is_told_and_only_once(there: World) -> None:
    there.driven.place(("grid", place("buy", "0.5", "99")))
    there.row().fill(Decimal("0.5"), Decimal(99))
    told = there.event()
    for _ in range(3):
        there.courier.says(told)
    (intent,) = there.driven.desk.ledger.live()
    assert (intent.state, intent.executed) == (State.OPEN, Decimal("0.25"))
    assert there.driven.desk.ledger.position(intent.bot, intent.base) == Decimal("0.24975")
    there.row().fill(Decimal(1), Decimal(99))
    there.courier.says(there.event())
    assert not there.driven.desk.ledger.live()
    there.courier.says(told)  # an older one that comes late
    assert there.driven.desk.ledger.position(intent.bot, intent.base) == Decimal("0.4995")


def test_what_a_poll_or_an_answer_has_told_already_changes_nothing(there: World) -> None:
    there.driven.place(("grid", place("buy", "0.5", "99")))
    there.row().fill(Decimal("0.5"), Decimal(99))
    there.driven.poll()
    before = there.driven.desk.ledger.live()
    there.courier.says(there.event())
    assert there.driven.desk.ledger.live() == before


def test_an_order_whose_answer_was_lost_is_known_by_its_event(there: World, monkeypatch: pytest.MonkeyPatch) -> None:
    there.courier.silent = True
    monkeypatch.setattr("ringfence.signer.orders.RESOLVE_SECONDS", 0.01)
    there.driven.place(("grid", place("buy", "0.5", "99")))
    there.driven.rest()
    (intent,) = there.driven.desk.ledger.live()
    assert intent.state is State.RESERVED
    there.courier.says(there.event())
    assert there.driven.desk.ledger.live()[0].state is State.OPEN


def test_whoever_waits_for_a_lost_answer_gets_one_though_an_event_was_sooner(there: World) -> None:
    carry = there.driven.venue.carry

    async def overtaken(*sent: Any) -> Any:
        """The exchange fills the order, tells of it by its stream, and loses the answer."""
        if "/order?" not in sent[1].target or sent[1].method != "POST":
            return await carry(*sent)
        await carry(*sent)
        there.row().fill(Decimal(1), Decimal(99))
        there.courier.says(there.event())
        return Outcome(1, sent=True, status=None, body=b"", error="silence")

    there.courier.carry = overtaken  # type: ignore[method-assign]
    (answer,) = there.driven.place(("grid", place("buy", "0.5", "99")))
    assert (answer.status, json.loads(answer.body)["status"]) == (200, "FILLED")


def test_a_cancel_that_others_made_is_seen(there: World) -> None:
    there.driven.place(("grid", place("buy", "0.5", "99")))
    mine = there.row().said()["clientOrderId"]
    there.courier.says(there.event(X="CANCELED", c="web_123", C=mine))
    assert not there.driven.desk.ledger.live()


@pytest.mark.parametrize(
    "more",
    [
        {"i": 999, "c": "web_1"},  # an order that is not ours
        {"c": "web_1"},  # ours by its number, another's by its name
        {"s": "ETHUSDT"},
        {"X": "NO_SUCH_STATE"},
        {"z": "9"},
        {"z": "-1"},
        {"q": "1e3"},
        {"e": "outboundAccountPosition"},
        {"e": None},
    ],
)
def test_what_is_not_surely_of_an_order_of_ours_settles_nothing_and_still_reaches_bots(
    more: dict[str, object], there: World
) -> None:
    there.driven.place(("grid", place("buy", "0.5", "99")))
    before = there.driven.desk.ledger.live()
    there.feeds.grant(MAIN, there.gateway)
    there.row().fill(Decimal("0.5"), Decimal(99))
    there.courier.says(there.event(**more))
    assert there.driven.desk.ledger.live() == before
    assert len(there.gateway.heard) == 1


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b'{"event":1}', b'{"subscriptionId":0}', b"\xff", b'{"event":{},"event":{"e":"x"}}']
)
def test_garbage_is_an_alarm_and_reaches_nobody(text: bytes, there: World) -> None:
    there.feeds.grant(MAIN, there.gateway)
    there.courier.says(text)
    assert not there.gateway.heard
    assert any("cannot be read" in text for _, text in there.driven.desk.alarms)


def test_events_go_to_gateways_that_were_granted_them_with_the_real_key_blanked(there: World) -> None:
    key = there.courier.opened[0].hidden[0]
    there.courier.says({"e": "balanceUpdate"})
    there.feeds.grant(MAIN, there.gateway)
    there.courier.says({"e": "balanceUpdate", "echo": key})
    (told,) = there.gateway.heard
    assert isinstance(told, Told)
    assert (told.feed, json.loads(told.event)["echo"]) == (MAIN, "*" * len(key))


@pytest.mark.parametrize("how", ["ended", "courier gone", "declined"])
def test_a_feed_that_ends_is_cut_and_followed_again_after_a_while(
    how: str, there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr("ringfence.signer.feeds.time.monotonic", lambda: now)
    there.feeds.grant(MAIN, there.gateway)
    match how:
        case "ended":
            there.courier.listener(Ended(1, "gone"))
        case "courier gone":
            there.courier.listener(None)
        case _:
            there.courier.says(b'{"id":0,"status":400,"error":{"code":-1021,"msg":"late"}}')
            assert there.courier.ended == [1]
    assert there.gateway.heard == [Cut(MAIN)]
    assert there.feeds.grant(MAIN, there.gateway) is None
    there.feeds._look()
    assert len(there.courier.opened) == 1
    now += 1.0
    there.feeds._look()
    assert len(there.courier.opened) == 2
    there.courier.says(OPEN)
    there.courier.says({"e": "x"})
    assert there.gateway.heard == [Cut(MAIN)], "who was cut must ask again"


def test_each_failure_waits_longer_and_a_success_begins_anew(there: World, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("ringfence.signer.feeds.time.monotonic", lambda: now)
    waits: list[float] = []
    for _ in range(6):
        there.courier.listener(Ended(len(there.courier.opened), "gone"))
        before = now
        while len(there.courier.opened) == len(there.courier.ended) + len(waits) + 1:
            now += 0.5
            there.feeds._look()
        waits.append(now - before)
    assert waits == [1.0, 2.0, 5.0, 15.0, 60.0, 60.0]


def test_what_is_told_after_a_key_has_left_the_vault_is_heard_by_nobody(there: World) -> None:
    """A message can come between the vault's reload and the next look; it must not break the link to the courier."""
    desk = there.driven.desk
    there.feeds.grant(MAIN, there.gateway)
    desk.keyring = Keyring(desk.keyring.bots, {})
    there.courier.says({"e": "balanceUpdate"})
    assert not there.gateway.heard
    there.feeds._look()
    assert there.gateway.heard == [Cut(MAIN)]


def reading(there: World, key: str, unfit: str | None = "") -> None:
    """Give the account a second key, which can only read; `unfit` is what is known to speak against that."""
    ring = there.driven.desk.keyring
    if unfit is not None:
        there.driven.desk.unfit[KeyId(key)] = unfit
    there.driven.desk.keyring = replace(ring, watching={MAIN: replace(ring.accounts[MAIN], key=KeyId(key))})


def test_a_key_that_can_only_read_follows_instead_of_the_one_that_trades_as_soon_as_it_is_there(there: World) -> None:
    there.feeds.grant(MAIN, there.gateway)
    reading(there, "watch")
    there.feeds._look()
    assert there.courier.ended == [1]
    assert there.gateway.heard == [Cut(MAIN)]
    assert [json.loads(opening.text)["params"]["apiKey"] for opening in there.courier.opened][1:] == ["watch"]
    assert "watch" in there.courier.opened[1].hidden
    there.courier.says(OPEN)
    there.feeds._look()
    assert len(there.courier.opened) == 2
    assert there.feeds.grant(MAIN, there.gateway) == MAIN
    there.driven.desk.keyring = replace(there.driven.desk.keyring, watching={})
    there.feeds._look()
    assert len(there.courier.opened) == 3  # and goes back to the other where it is taken away


@pytest.mark.parametrize("unfit", [None, "it is a key of another account", "it can trade on spot"])
def test_a_key_that_is_not_known_to_be_the_accounts_own_and_to_read_alone_follows_nothing(
    there: World, unfit: str | None
) -> None:
    there.feeds.grant(MAIN, there.gateway)
    reading(there, "watch", unfit)
    for _ in range(3):
        there.feeds._look()
    assert len(there.courier.opened) == 1  # with the one that trades, before
    assert there.courier.ended == [1]
    assert there.gateway.heard == [Cut(MAIN)]
    there.driven.desk.unfit[KeyId("watch")] = ""
    there.feeds._look()
    assert len(there.courier.opened) == 2
    there.driven.desk.unfit[KeyId("watch")] = "it can withdraw"  # it was given more later
    there.feeds._look()
    assert there.courier.ended == [1, 2]


def test_a_read_only_key_that_is_refused_does_not_let_the_one_that_trades_take_its_place(there: World) -> None:
    reading(there, "watch")
    there.feeds._look()
    there.courier.says(json.dumps({"id": 0, "status": 401, "error": {"code": -2015, "msg": "no"}}).encode())
    assert there.courier.ended == [1, 2]
    there.feeds._feeds[MAIN].due = 0.0
    there.feeds._look()
    assert [json.loads(opening.text)["params"]["apiKey"] for opening in there.courier.opened][1:] == ["watch", "watch"]


def test_messages_of_a_socket_that_is_no_longer_followed_are_not_heard(there: World) -> None:
    there.feeds.grant(MAIN, there.gateway)
    there.courier.says({"e": "x"}, seq=7)
    assert not there.gateway.heard


def test_nothing_is_followed_without_a_courier_or_while_the_exchange_wants_quiet(desk: Driven) -> None:
    desk.begin(policy())
    courier = Courier(desk.venue, up=False)
    desk.desk.carrier = courier  # type: ignore[assignment]
    feeds = Feeds(desk.desk, desk.errands)
    feeds._look()
    courier.up = True
    desk.desk.backoff[MAIN] = 1e12
    feeds._look()
    assert not courier.opened
