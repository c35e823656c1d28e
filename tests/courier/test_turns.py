"""Turns to open a socket: everybody gets one, and nobody can take what the others need."""

import asyncio

from ringfence.courier.budget import Budget
from ringfence.courier.turns import Turns


class World:
    """Turns whose clock stands still, and who has had one, in order."""

    def __init__(self, burst: int, places: int = 128, patience: float = 5.0) -> None:
        self.now = 0.0
        budget = Budget(60, max(burst, 1))
        budget.left = burst
        self.turns = Turns(budget, places, lambda: self.now, patience)
        self.had: list[str] = []
        self.refused: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def ask(self, *askers: str) -> None:
        self.tasks += [asyncio.ensure_future(self._ask(asker)) for asker in askers]
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _ask(self, asker: str) -> None:
        (self.had if await self.turns.take(asker) else self.refused).append(asker)

    async def pass_time(self, seconds: float) -> None:
        """Let the clock run on, and the timer that waits for it."""
        self.now += seconds
        if self.turns._timer is not None:
            self.turns._timer.cancel()
        self.turns._again()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_a_bot_that_asks_for_everything_keeps_another_waiting_for_one_turn_at_most() -> None:
    world = World(burst=3)
    await world.ask(*["hog"] * 40)
    assert world.had == ["hog"] * 3
    await world.ask("honest", "third", "honest")
    for _ in range(5):
        await world.pass_time(1)
    assert world.had[3:] == ["hog", "honest", "third", "hog", "honest"]
    await world.end()


async def test_whoever_has_gone_takes_no_turn_from_those_who_wait() -> None:
    world = World(burst=0)
    await world.ask("gone", "gone", "waits")
    for task in world.tasks[:2]:
        task.cancel()
    await world.pass_time(1)
    assert world.had == ["waits"]
    await world.pass_time(1)
    assert not world.turns._lines
    await world.end()


async def test_an_asker_gets_no_more_places_than_are_left_for_others() -> None:
    world = World(burst=100, places=16)
    await world.ask(*["hog"] * 20)
    assert (len(world.had), len(world.refused)) == (8, 12)
    await world.ask(*["other"] * 8)
    assert world.had.count("other") == 4
    await world.ask("third")
    assert world.had[-1] == "third"
    world.turns.leave("hog")
    await world.ask("third")
    assert world.had.count("third") == 2
    await world.end()


async def test_a_refusal_for_want_of_a_place_costs_nothing_of_the_budget() -> None:
    world = World(burst=4, places=2)
    await world.ask(*["hog"] * 20)
    assert (world.had, len(world.refused)) == (["hog"], 19)
    await world.ask("other")
    assert world.had == ["hog", "other"]
    assert world.turns._budget.left == 2


async def test_one_asker_has_only_so_many_waiting_and_others_are_not_counted() -> None:
    world = World(burst=0)
    await world.ask(*["hog"] * 70, "honest")
    assert world.refused == ["hog"] * 6
    for _ in range(2):
        await world.pass_time(1)
    assert world.had == ["hog", "honest"]
    await world.end()


async def test_a_turn_that_does_not_come_in_time_is_a_no_and_leaves_nothing_behind() -> None:
    world = World(burst=0, patience=0.01)
    await world.ask("late")
    await asyncio.wait(world.tasks)
    assert world.refused == ["late"]
    await world.pass_time(1)
    assert not world.turns._lines
    await world.ask("next")
    assert world.had == ["next"]
