"""`ringfence drill`: play scenarios against a policy in a deployment of their own, and say how each went."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from ringfence.drill.adapt import Adapted, adapted
from ringfence.drill.deployment import Deployment, temporary_home
from ringfence.drill.interrupt import INTERRUPTED, interruptible
from ringfence.drill.judge import Verdict, judged
from ringfence.drill.means import Means, means
from ringfence.drill.play import Stage
from ringfence.drill.rehearsal import Owner, rehearsing
from ringfence.drill.scenario import Outcome, Scenario
from ringfence.drill.scenarios import SCENARIOS
from ringfence.drill.told import Progress, Told
from ringfence.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be drilled: a policy, where it is from, one of its bots (None: the most dangerous), and scenarios."""

    text: str
    origin: str
    bot: str | None = None
    scenarios: tuple[Scenario, ...] = SCENARIOS


def chosen(ids: Sequence[str]) -> tuple[Scenario, ...]:
    """Find scenarios by their ids, all of them where none is named; raises `Misconfigured` where there is none such."""
    wanted = {each.upper() for each in ids}
    unknown = sorted(wanted - {scenario.id for scenario in SCENARIOS})
    if unknown:
        raise Misconfigured(f"there is no scenario {unknown[0]}", hint="`ringfence drill --list` shows all sixty")
    return tuple(scenario for scenario in SCENARIOS if not wanted or scenario.id in wanted)


def drill(wanted: Wanted, owner: Owner, told: Told, *, explained: bool) -> int:
    """Play everything that is wanted; 0 where nothing went otherwise than it must, 1 where something did."""
    names = tuple(scenario.id.lower() for scenario in wanted.scenarios)
    more = {scenario.id.lower(): scenario.symbols for scenario in wanted.scenarios}
    fitted = adapted(wanted.text, names, wanted.bot, more)
    allowed = means(fitted.fitted)
    _ = allowed.modest  # too small a policy is told before anything is started
    told.begun(wanted.origin, fitted.bot.name, fitted.notes)
    progress = Progress()
    try:
        with interruptible(), temporary_home(keep=False, name="drill") as home:
            verdicts = play_all(wanted.scenarios, owner, Deployment(home), fitted, allowed, progress)
    except KeyboardInterrupt:
        progress.line("stopped; nothing is left running")
        return INTERRUPTED
    told.verdicts(verdicts, explained=explained)
    return 1 if any(verdict.outcome is Outcome.UNEXPECTED for verdict in verdicts) else 0


def play_all(  # what a drill is made of
    scenarios: Sequence[Scenario],
    owner: Owner,
    deployment: Deployment,
    fitted: Adapted,
    allowed: Means,
    progress: Progress,
) -> tuple[Verdict, ...]:
    """Play scenarios in one deployment, those last that disturb what comes after them; in the order of their ids."""
    verdicts: dict[str, Verdict] = {}
    with ExitStack() as stack:
        with progress.busy("making a vault, an exchange and a bot for each scenario; waiting for fresh prices"):
            names = [scenario.id.lower() for scenario in scenarios]
            rehearsal = stack.enter_context(rehearsing(owner, deployment, fitted.text, names, fitted.listed))
        stage = Stage.set(rehearsal, allowed)
        for scenario in sorted(scenarios, key=lambda one: (one.late, one.id)):
            with progress.busy(f"{scenario.id}  {scenario.title}  ({len(verdicts) + 1} of {len(scenarios)})"):
                verdicts[scenario.id] = judged(stage.play(scenario), allowed)
    return tuple(verdicts[scenario.id] for scenario in scenarios)
