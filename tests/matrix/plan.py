"""What is done in a case of the matrix: a pure function from a number to a frozen plan."""

import random  # noqa: TID251  # seeded, so that a case comes again
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

CASES = 1000


class Victim(StrEnum):
    """Whom the fault befalls. The exchange is the rehearsal exchange, behind its own door."""

    GATEWAY = "gateway"
    SIGNER = "signer"
    COURIER = "courier"
    PRICES = "prices"
    EXCHANGE = "exchange"


class Step(StrEnum):
    """Where on its way an order is when the fault comes (docs/explanation/one-order.md)."""

    BYTES = "bytes"  # 1: half of the request has been read
    ASK = "ask"  # 2: the gateway has asked
    VERIFIED = "verified"  # 3: the bot's signature has been checked
    READ = "read"  # 4: the request has a meaning
    DECIDED = "decided"  # 5: the decision is on its way to the disk
    COMMITTED = "committed"  # 5: the commit is being made durable, or just has been
    REFUSED = "refused"  # 6: a refusal is on its way to the bot
    SIGNED = "signed"  # 7: the request is being written anew
    CARRIED = "carried"  # 8: the signed request is on its way
    HEARD = "heard"  # 9: the outcome is on its way back
    FILLS = "fills"  # 10: an errand asks after orders that rest, and some have been filled


class Fault(StrEnum):
    """What goes wrong."""

    KILL = "kill"
    STOP = "stop"  # SIGSTOP, and SIGCONT after a while
    SLOW = "slow"
    CUT = "cut"  # its connections end
    DISK_FULL = "disk-full"
    SYNC_ERROR = "sync-error"
    CLOCK_FORWARD = "clock-forward"
    CLOCK_BACK = "clock-back"
    LOST = "lost"  # what it says does not arrive
    DOUBLED = "doubled"  # what it says arrives twice
    REORDERED = "reordered"  # what it says arrives in another order


class Press(StrEnum):
    """Which limit the bot's orders press, so that a reservation which got lost would show."""

    WINDOW = "window"
    EXPOSURE = "exposure"
    LOSS = "loss"
    OPEN = "open"
    PACE = "pace"


class What(StrEnum):
    """What a bot asks."""

    REST = "rest"  # a buy far below the market
    NEAR = "near"  # a buy just below the market
    TAKE = "take"  # a buy at market
    LEAVE = "leave"  # a sale at market of what the bot knows that it holds
    SHORT = "short"  # a sale just above the market
    HUGE = "huge"  # a buy that has to be refused
    CANCEL = "cancel"  # the newest order that the bot knows of
    CANCEL_ALL = "cancel-all"
    REPEAT = "repeat"  # the order that the fault was for, the same bytes again
    LOOK = "look"  # open orders
    DIP = "dip"  # a buy that waits until the market has fallen
    GUARD = "guard"  # a sale of what it holds, once the market has fallen
    PAIR = "pair"  # the same, and a sale above the market; one cancels the other
    ENTRY = "entry"  # a buy far below the market, and a sale that follows it
    REPLACE = "replace"  # an order in the place of the newest one that rests
    AMEND = "amend"  # the newest one that rests, half as large


@dataclass(frozen=True, slots=True)
class Act:
    """One request of the bot: its size in USDT, whether it names the order itself, and the pause before it."""

    what: What
    size: int = 0
    named: bool = True
    symbol: str = "BTCUSDT"
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `late`: the fault comes just after the step rather than just before it.

    `amount` is what the fault needs: bytes of room left, frames, ms of delay, or seconds that a clock jumps.
    `company`: who else's clock jumps with the victim's.
    """

    seed: int
    victim: Victim
    fault: Fault
    step: Step
    late: bool
    lasts: float
    amount: int
    company: frozenset[str]
    press: Press
    before: tuple[Act, ...]
    focus: Act
    during: tuple[Act, ...]
    after: tuple[Act, ...]

    def __str__(self) -> str:
        return f"{self.seed}-{self.victim}-{self.fault}-{self.step}-{'late' if self.late else 'early'}-{self.press}"


def possible(victim: Victim, fault: Fault) -> bool:
    """Whether a fault can befall a process: only the signer syncs, and the exchange's disk is not ours to fill."""
    if fault is Fault.SYNC_ERROR:
        return victim is Victim.SIGNER
    return not (fault is Fault.DISK_FULL and victim is Victim.EXCHANGE)


CELLS = tuple((v, f, s) for s in Step for f in Fault for v in Victim if possible(v, f))
_ORDER = random.Random("cells").sample(range(len(CELLS)), len(CELLS))
_FORMS = (What.DIP, What.GUARD, What.PAIR, What.ENTRY, What.REPLACE, What.AMEND)
_JUMPS = (2, 30, 3_700, 90_000)  # within a window, past it, past an hour, past the 24 hours that limits slide over
_TOLD_APART = 2  # from here on: jumps that are longer than a run, so that the exchange's own times can be set right


def plan(seed: int) -> Case:
    """Say what is done in a case. Every cell of the matrix comes once in any `len(CELLS)` seeds in a row."""
    victim, fault, step = CELLS[_ORDER[seed % len(CELLS)]]
    dice = random.Random(f"case {seed}")
    press = dice.choice(list(Press))
    company = dice.choice((frozenset(), frozenset({"bot"}), frozenset({"bot", "exchange"})))
    return Case(
        seed=seed,
        victim=victim,
        fault=fault,
        step=step,
        late=dice.random() < 0.5,
        lasts=_lasts(dice, fault),
        amount=_amount(dice, fault, victim is Victim.EXCHANGE or "exchange" in company),
        company=company,
        press=press,
        before=_before(dice, step, press),
        focus=_focus(dice, step, press),
        during=_during(dice, press),
        after=_after(dice, press),
    )


def spread(seeds: Iterable[int] = range(CASES)) -> tuple[Case, ...]:
    """Choose few cases in which every process, fault, step and limit comes, and at the signer every fault."""
    cases = tuple(case for case in map(plan, seeds) if case.lasts < _LONG)
    missing = frozenset().union(*map(_shows, cases))
    chosen = []
    while missing:
        best = max(cases, key=lambda case: len(_shows(case) & missing))
        missing -= _shows(best)
        chosen.append(best)
    return tuple(chosen)


def _shows(case: Case) -> frozenset[object]:
    at_signer = (case.victim, case.fault) if case.victim is Victim.SIGNER else None
    return frozenset({case.victim, case.fault, case.step, case.press, at_signer} - {None})


def _amount(dice: random.Random, fault: Fault, exchange: bool) -> int:
    jumps = _JUMPS[_TOLD_APART if exchange else 0 :]
    match fault:
        case Fault.DISK_FULL:
            return dice.choice((0, 0, dice.randrange(1, 4096), dice.randrange(4096, 40_000)))
        case Fault.SYNC_ERROR:
            return dice.choice((1, 1, 1_000_000))  # once is the trap: the kernel says yes the second time
        case Fault.CLOCK_FORWARD:
            return dice.choice(jumps)
        case Fault.CLOCK_BACK:
            return -dice.choice(jumps)
        case Fault.SLOW:
            return dice.choice((20, 100, 400, 2500))
        case _:
            return dice.choice((1, 2, 3))


_LONG = 13.0


def _lasts(dice: random.Random, fault: Fault) -> float:
    """Seldom longer than anybody waits for an answer (docs/format/socket.md: 10, 12 and 20 seconds)."""
    waited_out = fault in (Fault.STOP, Fault.KILL, Fault.SLOW) and dice.random() < 0.06
    return _LONG if waited_out else round(dice.choice((0.2, 0.4, 0.8, 1.5)) * dice.uniform(0.5, 1.5), 3)


def _size(dice: random.Random, press: Press) -> int:
    return dice.randrange(20, 60) if press in (Press.OPEN, Press.PACE) else dice.randrange(280, 480)


def _act(dice: random.Random, press: Press, whats: tuple[What, ...]) -> Act:
    symbol = dice.choice(("BTCUSDT", "BTCUSDT", "ETHUSDT"))
    return Act(dice.choice(whats), _size(dice, press), dice.random() < 0.7, symbol, round(dice.uniform(0, 0.1), 3))


def _before(dice: random.Random, step: Step, press: Press) -> tuple[Act, ...]:
    """Use a part of the limits, and leave room for the one order that the fault is for."""
    size = _size(dice, press)
    first = Act(What.NEAR if step is Step.FILLS else What.TAKE, size, symbol="BTCUSDT")
    return first, Act(dice.choice((What.REST, What.REST, What.LOOK)), size)


def _focus(dice: random.Random, step: Step, press: Press) -> Act:
    if step is Step.REFUSED:
        return Act(What.HUGE, 50_000, named=dice.random() < 0.5)
    plain = dice.random() < 0.5
    what = dice.choice((What.REST, What.NEAR, What.TAKE, What.TAKE, What.LEAVE) if plain else _FORMS)
    return Act(what, _size(dice, press), dice.random() < 0.7)


def _during(dice: random.Random, press: Press) -> tuple[Act, ...]:
    risk, other = (What.REST, What.TAKE, What.NEAR), (What.LOOK, What.LEAVE, What.REPEAT, What.CANCEL_ALL, What.SHORT)
    acts = [_act(dice, press, risk), _act(dice, press, _FORMS), Act(What.CANCEL), _act(dice, press, other)]
    return tuple(dice.sample(acts, len(acts)))


def _after(dice: random.Random, press: Press) -> tuple[Act, ...]:
    """Ask for more than any limit allows: what was lost on the way would let it through."""
    many = 9 if press is Press.PACE else 6
    risk = (What.TAKE, What.TAKE, What.NEAR) if press is Press.LOSS else (What.REST, What.TAKE)
    greedy = [_act(dice, press, risk) for _ in range(many)]
    return Act(What.REPEAT), *greedy, _act(dice, press, (What.LEAVE, What.SHORT, What.CANCEL_ALL)), greedy[0]
