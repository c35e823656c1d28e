import asyncio

from ringfence.deadline import Deadline


async def test_it_passes_once_and_not_before_the_time_that_was_set_last() -> None:
    loop, passed = asyncio.get_running_loop(), list[float]()
    deadline = Deadline(lambda: passed.append(loop.time()))
    deadline.within(0.02)
    last = loop.time() + 0.1
    deadline.at(last)
    await asyncio.sleep(0.05)
    assert not passed, "it was put off"
    await asyncio.sleep(0.15)
    assert [when >= last for when in passed] == [True]


async def test_a_time_that_is_set_to_earlier_comes_earlier() -> None:
    passed = asyncio.Event()
    deadline = Deadline(passed.set)
    deadline.within(3600)
    deadline.within(0.01)
    await asyncio.wait_for(passed.wait(), 5)


async def test_one_that_is_cancelled_does_not_pass_and_may_be_set_again() -> None:
    passed = asyncio.Event()
    deadline = Deadline(passed.set)
    deadline.cancel()
    deadline.within(0.01)
    deadline.cancel()
    await asyncio.sleep(0.05)
    assert not passed.is_set()
    deadline.within(0.01)
    await asyncio.wait_for(passed.wait(), 5)


async def test_whoever_is_told_may_set_it_anew() -> None:
    count, enough = 0, asyncio.Event()

    def again() -> None:
        nonlocal count
        count += 1
        if count == 3:
            enough.set()
        else:
            deadline.within(0.01)

    deadline = Deadline(again)
    deadline.within(0.01)
    await asyncio.wait_for(enough.wait(), 5)
