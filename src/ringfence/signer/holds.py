"""Orders that wait for a person, and the permissions for one of them that a person has given.

Both are in memory alone: a restart forgets them, and the order is asked for again.
A permission is for just what was shown: the same bot, symbol, side, kind, quantity and price, once, for ten minutes
(docs/explanation/attacks.md, S58). It takes one rule away, the one that held the order; all others are asked again.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from ringfence.model.action import Place, Placing
from ringfence.model.names import BotName

GRANT_MS = 600_000  # ten minutes: long enough for a bot's next round, short enough to be meant
_KEPT = 20  # of one bot; more at once is nothing that a person reads
_ID = 8  # letters of a digest; two among twenty that are alike are one in millions


class Held(msgspec.Struct, frozen=True):
    """One order that a person may allow: an id to name it by, and what it is in words."""

    id: str
    bot: BotName
    words: str
    why: str
    content: str
    at: int


@dataclass(slots=True)
class Holds:
    """What is held, newest last, and what has been allowed until when (timeline ms)."""

    held: OrderedDict[str, Held] = field(default_factory=OrderedDict)
    grants: dict[str, int] = field(default_factory=dict)
    _told: dict[BotName, int] = field(default_factory=dict)

    def note(self, held: Held) -> None:
        """Remember a held order; of one bot's the oldest goes where there are too many."""
        self.held[held.id] = held
        self.held.move_to_end(held.id)
        mine = [name for name, other in self.held.items() if other.bot == held.bot]
        for name in mine[:-_KEPT]:
            del self.held[name]

    def worth_telling(self, bot: BotName, now: int) -> bool:
        """Say whether a person is to be told again; a bot that asks and asks tires nobody out."""
        if now - self._told.get(bot, -GRANT_MS) < GRANT_MS:
            return False
        self._told[bot] = now
        return True

    def grant(self, name: str, now: int) -> Held | None:
        """Allow one held order once; None where no such order is held."""
        held = self.held.pop(name, None)
        if held is not None:
            self.grants[held.content] = now + GRANT_MS
        return held

    def allows(self, content: str, now: int) -> bool:
        """Say whether an order has been allowed, and not sent since."""
        self.grants = {kept: until for kept, until in self.grants.items() if until > now}
        return content in self.grants

    def use(self, content: str) -> None:
        """Use a permission up."""
        self.grants.pop(content, None)


def held(bot: BotName, content: str, words: str, why: str, now: int) -> Held:
    """Make a held order, named by the beginning of what it means."""
    return Held(content[:_ID], bot, words, why, content, now)


def unnamed(action: Placing) -> Placing:
    """Leave the names out that a bot gives anew each time it asks: what is left is what a person allows."""
    if isinstance(action, Place):
        return Place(replace(action.order, client_id=None))
    orders = tuple(replace(order, client_id=None) for order in action.orders)
    return replace(action, orders=orders, client_id=None)
