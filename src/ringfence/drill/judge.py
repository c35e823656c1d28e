"""Whether a scenario went as it must. Pure: what is judged are answers, the exchange's truth and what was claimed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ringfence.drill.client import Answer
from ringfence.drill.means import Means
from ringfence.drill.measure import Effect, stopped_by
from ringfence.drill.scenario import Cap, Most, Outcome, Scenario
from ringfence.drill.scene import Claim

# The other venues' mids are a basis point off the rehearsal exchange's price, and so may their median be that Ringfence
# goes by (docs/explanation/blast-radius.md, "What it does not cover"); twice that holds whichever way it is off.
_REFERENCE_OFF = Decimal("0.0002")
_LEAST_EXITS, _EXITS_SHARE = 10, 5  # docs/reference/policy.md, "Exits": a fifth more, ten at least


@dataclass(frozen=True, slots=True)
class Played:
    """One scenario as it went. `guarded` is None where it was not tried, `bare` where it was not tried without us.

    `resting` is how many of the account's orders were open in the end, `leaked` whether an answer to the bot had the
    real key, its secret or a signature of its in it, `broken` why it could not be carried out.
    """

    scenario: Scenario
    guarded: Effect | None = None
    bare: Effect | None = None
    claims: tuple[Claim, ...] = ()
    alarms: tuple[str, ...] = ()
    resting: int = 0
    leaked: bool = False
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a scenario, why that is not what must become of it, and what stopped it."""

    played: Played
    outcome: Outcome
    faults: tuple[str, ...]
    by: str
    why: str


def judged(played: Played, means: Means) -> Verdict:
    """Judge one scenario."""
    wrong = tuple(_faults(played, means))
    by, why = _stopped(played)
    return Verdict(played, _outcome(played, wrong), wrong, by, why)


def _outcome(played: Played, wrong: Sequence[str]) -> Outcome:
    scenario, guarded = played.scenario, played.guarded
    if wrong:
        return Outcome.UNEXPECTED
    if scenario.waits or guarded is None:
        return Outcome.WAITS
    if scenario.expected.outcome is Outcome.BOUNDED and all(answer.refusal for answer in guarded.answers):
        return Outcome.REFUSED
    return scenario.expected.outcome


def _stopped(played: Played) -> tuple[str, str]:
    """Say what stopped it in the words of the answers, or what is missing."""
    scenario, guarded = played.scenario, played.guarded
    if guarded is None:
        return "", f"waits for {scenario.waits}"
    found = _refusals(guarded.answers)
    texts = dict(reversed(found))
    for code in (*scenario.expected.codes, *texts):
        if code in texts:
            return code, f"{len(found)} of {len(guarded.answers)} refused; {texts[code]}"
    by, why = stopped_by(guarded, played.bare or guarded)
    return scenario.by or by, why


def _faults(played: Played, means: Means) -> Iterator[str]:
    scenario, guarded = played.scenario, played.guarded
    if played.broken:
        yield f"it could not be carried out: {played.broken}"
    if guarded is None:
        if scenario.program is not None and not played.broken:
            yield "it was not tried"
        return
    if not guarded.answers:
        yield "nothing was sent"
    if played.leaked:
        yield "the real key, its secret or its signature was in an answer to the bot"
    yield from (claim.text for claim in played.claims if not claim.held)
    yield from _wrong_answers(scenario, guarded.answers)
    yield from _wrong_effects(scenario, guarded, means)
    yield from _passed_caps(scenario, guarded, played.resting, means)
    if scenario.expected.alarm and not any(scenario.expected.alarm in alarm for alarm in played.alarms):
        yield f"no alarm says {scenario.expected.alarm!r}"


def _wrong_answers(scenario: Scenario, answers: Sequence[Answer]) -> Iterator[str]:
    expected = scenario.expected
    for code in sorted({code for code, _ in _refusals(answers)} - set(expected.codes)):
        yield f"refused as {code}, which is not what must stop it"
    passed = [answer for answer in answers if answer.refusal is None]
    if expected.outcome is Outcome.REFUSED and expected.orders == 0 and passed:
        first = passed[0]
        yield f"{len(passed)} of {len(answers)} requests were not refused: {first.call.method} {first.call.path[:60]}"


def _wrong_effects(scenario: Scenario, guarded: Effect, means: Means) -> Iterator[str]:
    expected = scenario.expected
    if expected.orders is not None and guarded.orders > expected.orders:
        yield f"{guarded.orders} orders reached the exchange, {expected.orders} at most should have"
    if guarded.cancelled:
        yield f"{guarded.cancelled} of the owner's orders are gone"
    most = _most(expected.most, means, guarded)
    if most is None:
        yield f"no limit of the policy bounds what this can cost, and it cost {guarded.lost:.2f}"
    elif guarded.lost > most:
        yield f"{guarded.lost:.2f} was lost, and {most:.2f} at most should have been ({expected.most})"


def _most(most: Most, means: Means, guarded: Effect) -> Decimal | None:
    match most:
        case Most.NOTHING:
            return Decimal(0)
        case Most.BUDGET:
            turned_over = 2 * guarded.bought  # each is sold again at most
            return means.stealable if means.budget is None else means.budget + turned_over * _REFERENCE_OFF
        case Most.RADIUS:
            return means.stealable


def _passed_caps(scenario: Scenario, guarded: Effect, resting: int, means: Means) -> Iterator[str]:
    for cap in scenario.expected.caps:
        found, most = _measured(cap, guarded, resting, means)
        if most is not None and found > most:
            yield f"{cap}: {found:f}, and {most:f} at most should be"


def _measured(cap: Cap, guarded: Effect, resting: int, means: Means) -> tuple[Decimal, Decimal | None]:
    match cap:
        case Cap.WINDOW:
            return guarded.bought, means.window
        case Cap.EXPOSURE:
            return guarded.bought, means.exposure
        case Cap.OPEN:
            return Decimal(resting), _with_exits(means.limits.open_orders)
        case Cap.RATE:
            return Decimal(guarded.orders), _with_exits(means.limits.orders_per_minute)


def _with_exits(count: int) -> Decimal:
    return Decimal(count + max(_LEAST_EXITS, count // _EXITS_SHARE))


def _refusals(answers: Sequence[Answer]) -> list[tuple[str, str]]:
    return [answer.refusal for answer in answers if answer.refusal is not None]
