"""One scenario as a value: what the attacker does, what must become of it, and the program that tries it.

The sixty are those of docs/explanation/attacks.md, by the same ids.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum

from ringfence.drill.scene import Scene

WATCHER = "waits for the watcher"


class Outcome(StrEnum):
    """What became of a scenario, or must."""

    REFUSED = "refused"
    BOUNDED = "bounded"
    SEEN = "seen"
    WAITS = "waits"
    UNEXPECTED = "not as expected"


class Most(StrEnum):
    """What a scenario may cost the account."""

    NOTHING = "nothing"
    BUDGET = "loss_budget"
    RADIUS = "the radius of the policy"


class Cap(StrEnum):
    """A limit that what really happened is held against, by its name in a policy."""

    WINDOW = "window_notional"
    EXPOSURE = "exposure"
    OPEN = "open_orders"
    RATE = "orders_per_minute"


@dataclass(frozen=True, slots=True)
class Expected:
    """What must become of it. Every refusal must carry one of `codes`.

    `orders` is how many new orders may reach the exchange, None where the limits alone bound them; `caps` must hold.
    """

    outcome: Outcome
    codes: tuple[str, ...] = ()
    orders: int | None = None
    most: Most = Most.NOTHING
    caps: tuple[Cap, ...] = ()
    alarm: str = ""


Program = Callable[[Scene], None]
Stage = Callable[[Scene], AbstractContextManager[None]]


@contextmanager
def bare_stage(_scene: Scene) -> Iterator[None]:
    """Prepare nothing."""
    yield


@contextmanager
def with_position(scene: Scene) -> Iterator[None]:
    """Let the bot hold something before the attack."""
    scene.prepare(scene.entry(scene.means.modest))
    yield


@contextmanager
def with_resting_order(scene: Scene) -> Iterator[None]:
    """Let an order of the bot rest before the attack."""
    scene.prepare(scene.resting(scene.means.modest))
    yield


@contextmanager
def with_coins(scene: Scene) -> Iterator[None]:
    """Let the owner have coins that the bot has not bought."""
    scene.ground.venue.deposit(scene.ground.account, scene.base, scene.size(scene.means.modest * 4))
    yield


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to try.

    `story` says what the attacker does and why, `control` what must stop or bound it, `alert` what the owner sees.
    `by` names what bounds it where no request is refused. `waits` names the part that must stop, bound or see it and
    is not built; `half` says what of it cannot be tried yet, beside what is. `bare` says that it is also tried without
    Ringfence, to see what it would cost, and `full_key` that this needs a key that may do more than trade. `late` ones
    disturb what comes after them, the more the later. `symbols` are further ones that its bot may trade, which the
    rehearsal exchange lists for it.
    """

    id: str
    title: str
    story: str
    control: str
    alert: str
    expected: Expected
    program: Program | None = None
    waits: str = ""
    half: str = ""
    bare: bool = True
    full_key: bool = False
    by: str = ""
    late: int = 0
    symbols: tuple[str, ...] = ()
    stage: Stage = bare_stage


def refused(*codes: str, orders: int = 0) -> Expected:
    """Nothing of it may reach the exchange."""
    return Expected(Outcome.REFUSED, codes, orders)


def bounded(*codes: str, most: Most = Most.RADIUS, caps: tuple[Cap, ...] = (), orders: int | None = None) -> Expected:
    """Some of it may pass, and the limits hold what it comes to."""
    return Expected(Outcome.BOUNDED, codes, orders, most, caps)


def seen(alarm: str = "", *codes: str) -> Expected:
    """Nothing stops it; the owner sees it."""
    return Expected(Outcome.SEEN, codes, None, Most.RADIUS, alarm=alarm)
