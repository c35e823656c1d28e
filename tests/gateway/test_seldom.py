from dataclasses import dataclass

from ringfence.seldom import Seldom


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_thing_is_said_at_once_and_again_after_a_minute() -> None:
    clock = Clock()
    seldom = Seldom(clock)
    assert seldom.is_due("a")
    clock.now += 59.9
    assert not seldom.is_due("a")
    clock.now += 0.1
    assert seldom.is_due("a")
    assert not seldom.is_due("a")


def test_one_thing_does_not_keep_another_from_being_said() -> None:
    seldom = Seldom(Clock())
    assert seldom.is_due(("grid", "host"))
    assert seldom.is_due(("eyes", "host"))
    assert not seldom.is_due(("grid", "host"))


def test_however_many_things_there_are_little_is_kept() -> None:
    seldom = Seldom(Clock())
    assert all(seldom.is_due(number) for number in range(5000))
    assert len(seldom._said) <= 1024
    assert not seldom.is_due(4999)
