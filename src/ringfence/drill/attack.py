"""One attack as a value: what it is called, the program that does it, and what the exchange must do for it to bite."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from decimal import Decimal

from ringfence.drill.client import Client
from ringfence.drill.thief import Thief
from ringfence.drill.venue import Venue

ACCOMPLICE = "accomplice"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where an attack happens: the account, its owner at the exchange, and the door that its orders come through."""

    venue: Venue
    account: str
    owner: Client
    listener: str


Stage = Callable[[Ground], AbstractContextManager[None]]


@contextmanager
def bare_stage(_ground: Ground) -> Iterator[None]:
    """Prepare nothing."""
    yield


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack. `id` is the scenario or incident that it plays (docs/explanation/attacks.md).

    `orders` is how many orders may reach the exchange where it is stopped, None where the limits alone bound them;
    `bought` the most that may be bought in it, in the account's currency. `full_key` says that without Ringfence it
    needs a key that may do more than trade.
    """

    id: str
    title: str
    program: Callable[[Thief], None]
    orders: int | None = 0
    bought: Decimal | None = None
    full_key: bool = False
    stage: Stage = bare_stage
