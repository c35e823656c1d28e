"""A deployment to be drilled, for tests: as the command makes it, and one whose gateway guards nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ringfence.cli import starter
from ringfence.cli.drill import Owner
from ringfence.drill.adapt import adapted
from ringfence.drill.deployment import Deployment
from ringfence.drill.judge import Verdict, judged
from ringfence.drill.means import means
from ringfence.drill.play import Stage
from ringfence.drill.rehearsal import Rehearsal, rehearsing
from ringfence.drill.scenario import Scenario
from ringfence.drill.tunnel import Tunnel

POLICY = starter.policy_text("paper-binance")


class Unguarded(Rehearsal):
    """A deployment whose gateway is the exchange itself."""

    @property
    def gateway(self) -> int:
        """Where bots find the exchange."""
        return self.exchange


class Behind(Rehearsal):
    """A deployment whose proxy is another one; `proxied` is given by a class of its own, with its port."""

    proxied = 0

    def tunnel(self, key: str) -> Tunnel:
        """By that one."""
        return replace(super().tunnel(key), port=self.proxied)

    def neighbour(self, key: str) -> Tunnel:
        """By that one."""
        return replace(super().neighbour(key), port=self.proxied)


@contextmanager
def stage(home: Path, scenarios: Sequence[Scenario], policy: str = POLICY) -> Iterator[Stage]:
    """Make everything ready for some scenarios."""
    names = [scenario.id.lower() for scenario in scenarios]
    fitted = adapted(policy, names, None, {scenario.id.lower(): scenario.symbols for scenario in scenarios})
    with rehearsing(Owner(), Deployment(home), fitted.text, names, fitted.listed) as rehearsal:
        yield Stage.set(rehearsal, means(fitted.fitted))


def unguarded(made: Stage) -> Stage:
    """The same with nothing in between: every bot has the real key, and comes straight to the exchange."""
    there = made.rehearsal
    bots = dict.fromkeys(there.bots, there.real)
    return Stage(Unguarded(there.deployment, there.owner, bots, there.keys, there.supervisor), made.means, made.prices)


def behind(made: Stage, port: int) -> Stage:
    """The same with another proxy."""
    there = made.rehearsal
    other = type("Other", (Behind,), {"proxied": port, "__slots__": ()})
    return replace(made, rehearsal=other(there.deployment, there.owner, there.bots, there.keys, there.supervisor))


def tried(made: Stage, scenario: Scenario) -> Verdict:
    """Play one and judge it."""
    return judged(made.play(scenario), made.means)
