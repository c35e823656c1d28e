"""Accounts' own events: followed as soon as there is a courier, taken in here, and handed on to who may hear them.

What an event says of an order is taken in as the answer to a question about it would be. Polls go on beside it, so a
stream that is silent or lies by leaving out delays what is known and hides nothing for good.
"""

import asyncio
import time
from dataclasses import dataclass, field

from ringfence.dialects.registry import dialect_of
from ringfence.errors import Misread, Unreachable
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Ask, Cut, Ended, Event, Message, Told
from ringfence.model.facts import Role
from ringfence.model.names import AccountName, KeyId
from ringfence.model.reply import Declined, Following, News, Report
from ringfence.signer.carrier import scrub
from ringfence.signer.desk import Desk
from ringfence.signer.errands import Errands
from ringfence.signer.intent import Intent
from ringfence.signer.keyring import AccountKey

_TICK_SECONDS = 0.5
_AGAIN_SECONDS = (1.0, 2.0, 5.0, 15.0, 60.0)  # Binance lets one address open 300 sockets in five minutes


@dataclass(slots=True)
class _Feed:
    """What is followed of one account, and with which key; `seq` None: nothing, until `due` (monotonic seconds)."""

    seq: int | None = None
    key: KeyId | None = None
    live: bool = False
    due: float = 0.0
    failed: int = 0
    hidden: tuple[str, ...] = ()
    gateways: set[Link[Ask]] = field(default_factory=set)


class Feeds:
    """One feed for each account that has a key."""

    def __init__(self, desk: Desk, errands: Errands) -> None:
        self._desk = desk
        self._errands = errands
        self._feeds: dict[AccountName, _Feed] = {}
        desk.carrier.listener = self.received

    async def run(self) -> None:
        """Look after all feeds, for ever."""
        while True:
            self._look()
            await asyncio.sleep(_TICK_SECONDS)

    def _look(self) -> None:
        """Begin to follow what is not followed, and end what has no key any more."""
        for account in self._feeds.keys() - self._desk.keyring.accounts.keys():
            feed = self._feeds.pop(account)
            self._leave(account, feed)
        for account in self._desk.keyring.accounts:
            feed = self._feeds.setdefault(account, _Feed())
            key = self._key(account)
            if feed.seq is not None and (key is None or feed.key != key.key):
                self._leave(account, feed)
            away = not self._desk.carrier.up or self._desk.waiting_out(account)
            if key is not None and feed.seq is None and not away and time.monotonic() >= feed.due:
                self._follow(key, feed)

    def grant(self, account: AccountName, gateway: Link[Ask]) -> str | None:
        """Let a gateway hear an account's events from here on; None where they are not followed now."""
        feed = self._feeds.get(account)
        if feed is None or not feed.live:
            return None
        feed.gateways.add(gateway)
        return account

    def received(self, message: Event | Ended | None) -> None:
        """Take one message of a socket, or its end; None: the courier has gone, and all sockets with it."""
        for account, feed in self._feeds.items():
            match message:
                case Event(seq, text) if seq == feed.seq:
                    self._heard(account, feed, text)
                case Ended(seq, _) if seq == feed.seq:
                    self._lost(account, feed)
                case None if feed.seq is not None:
                    self._lost(account, feed)
                case _:
                    pass

    def _key(self, account: AccountName) -> AccountKey | None:
        """Choose what an account is followed with; nothing until its own key to read with is known to do only that."""
        key = self._desk.keyring.key(account, Role.WATCH)
        fit = account not in self._desk.keyring.watching or self._desk.unfit.get(key.key) == ""
        return key if fit else None

    def _follow(self, key: AccountKey, feed: _Feed) -> None:
        dialect = dialect_of(key.exchange)
        opening = dialect.follow(key.hosts[0], dialect.hosts, key.key, key.signer, self._desk.stamp(key.account))
        feed.seq, feed.key = self._desk.carrier.follow(key.exchange, opening), key.key
        feed.hidden = opening.hidden

    def _heard(self, account: AccountName, feed: _Feed, text: bytes) -> None:
        key = self._desk.keyring.accounts.get(account)
        if key is None:
            return  # it has left the vault, and the next look ends the feed
        try:
            heard = dialect_of(key.exchange).hear_feed(text, self._desk.world.symbols(account))
        except Misread as misread:
            self._desk.alarm(f"{key.exchange} told account {account} what cannot be read: {misread}")
            return
        self._take(account, feed, heard, key.exchange)

    def _take(self, account: AccountName, feed: _Feed, heard: Following | Declined | News, exchange: str) -> None:
        match heard:
            case Following():
                feed.live, feed.failed = True, 0
            case Declined(why):
                self._desk.alarm(f"{exchange} does not let the events of account {account} be followed: {why}")
                self._leave(account, feed)
                self._put_off(feed)
            case News(event, report, unread):
                if unread is not None:
                    self._desk.alarm(f"{exchange} told account {account} of an order in words unknown: {unread}")
                if report is not None:
                    self._settle(account, report)
                _tell(feed, Told(account, scrub(event, feed.hidden)))

    def _settle(self, account: AccountName, report: Report) -> None:
        """Take in how an order of ours stands; what is not ours is for whoever reconciles."""
        intent = self._intent(account, report)
        if intent is not None:
            self._errands.settle(intent, report, "event")

    def _intent(self, account: AccountName, report: Report) -> Intent | None:
        bound = self._desk.bound.get((account, report.order_id))
        live = [intent for intent in self._desk.ledger.live() if intent.account == account]
        for intent in live:
            if intent.seq == bound or (bound is None and intent.client_id == report.client_id):
                return intent
        return None

    def _lost(self, account: AccountName, feed: _Feed) -> None:
        """Follow again in a while, and let bots know that they may have missed something."""
        self._end(account, feed)
        self._put_off(feed)

    def _leave(self, account: AccountName, feed: _Feed) -> None:
        """Have the socket ended, if there is one."""
        if feed.seq is not None:
            self._desk.carrier.unfollow(feed.seq)
        self._end(account, feed)

    def _put_off(self, feed: _Feed) -> None:
        feed.due = time.monotonic() + _AGAIN_SECONDS[min(feed.failed, len(_AGAIN_SECONDS) - 1)]
        feed.failed += 1

    def _end(self, account: AccountName, feed: _Feed) -> None:
        feed.seq, feed.live = None, False
        _tell(feed, Cut(account))
        feed.gateways.clear()


def _tell(feed: _Feed, message: Message) -> None:
    for gateway in [*feed.gateways]:
        try:
            gateway.send(message)
        except Unreachable:
            feed.gateways.discard(gateway)
