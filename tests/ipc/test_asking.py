import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from ringfence.asking import Asking, Silence
from ringfence.ipc.client import connect, stay_connected
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Fetch, Fetched
from ringfence.ipc.server import listen

ME = frozenset({os.getuid()})
SOMEBODY_ELSE = frozenset({os.getuid() + 1})
Say = Callable[[Link[Fetch], Fetch], None]


def fetch(number: int) -> Fetch:
    return Fetch(number, "toy", "time", ())


def told(number: int, body: bytes = b"") -> Fetched:
    return Fetched(number, 200, body)


def nothing(_link: Link[Fetch], _fetch: Fetch) -> None:
    return None


@asynccontextmanager
async def asking(say: Say, most: int = 10, patience: float = 5) -> AsyncIterator[tuple[Asking[Fetched], Link[Fetched]]]:
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "public.sock"
        server = await listen(path, Fetch, ME, say)
        open_questions: Asking[Fetched] = Asking(most, patience)
        link = await connect(path, Fetched, ME, open_questions.received, open_questions.changed)
        try:
            yield open_questions, link
        finally:
            link.close()
            server.close()


async def test_each_question_gets_its_own_answer_in_whatever_order_they_come() -> None:
    heard: list[int] = []

    def say(link: Link[Fetch], question: Fetch) -> None:
        heard.append(question.id)
        if len(heard) == 3:
            for number in reversed(heard):
                link.send(told(number, str(number).encode()))

    async with asking(say) as (questions, _):
        answers = await asyncio.gather(*(questions.ask(fetch) for _ in range(3)))
        assert answers == [told(1, b"1"), told(2, b"2"), told(3, b"3")]


async def test_nobody_connected_means_unsent() -> None:
    assert await Asking[Fetched](10, 5).ask(fetch) is Silence.UNSENT


async def test_one_question_too_many_means_unsent_and_room_comes_back() -> None:
    async with asking(nothing, most=2, patience=0.2) as (questions, _):
        waiting = [asyncio.create_task(questions.ask(fetch)) for _ in range(2)]
        await asyncio.sleep(0)
        assert await questions.ask(fetch) is Silence.UNSENT
        assert await asyncio.gather(*waiting) == [Silence.UNANSWERED] * 2
        assert await questions.ask(fetch) is Silence.UNANSWERED


async def test_a_peer_that_goes_away_leaves_every_question_unanswered_at_once() -> None:
    async with asking(lambda link, _: link.close(), patience=3600) as (questions, _):
        assert await asyncio.gather(*(questions.ask(fetch) for _ in range(3))) == [Silence.UNANSWERED] * 3
        assert not questions.connected
        assert await questions.ask(fetch) is Silence.UNSENT


async def test_an_answer_to_another_number_and_a_second_answer_change_nothing() -> None:
    def say(link: Link[Fetch], question: Fetch) -> None:
        for answer in (told(question.id + 7, b"other"), told(question.id, b"first"), told(question.id, b"second")):
            link.send(answer)

    async with asking(say) as (questions, _):
        assert await questions.ask(fetch) == told(1, b"first")
        assert await questions.ask(fetch) == told(2, b"first")


async def test_a_question_that_is_no_longer_asked_takes_no_room() -> None:
    async with asking(nothing, most=1) as (questions, _):
        for _ in range(3):
            task = asyncio.create_task(questions.ask(fetch))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert not questions._open


async def test_a_peer_of_another_user_is_never_believed_and_not_hurried_after() -> None:
    ups: list[bool] = []
    tries: list[bool] = []
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "public.sock"
        server = await listen(path, Fetch, ME, nothing, lambda _, up: tries.append(up))
        job = asyncio.create_task(
            stay_connected(path, Fetched, SOMEBODY_ELSE, lambda *_: None, lambda _, up: ups.append(up))
        )
        await asyncio.sleep(0.35)
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
        server.close()
    assert not ups
    assert 1 <= tries.count(True) <= 4  # once every tenth of a second


async def test_a_connection_that_is_kept_up_is_closed_at_the_end() -> None:
    gone = asyncio.Event()
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "public.sock"
        here = asyncio.Event()
        server = await listen(path, Fetch, ME, nothing, lambda _, up: here.set() if up else gone.set())
        job = asyncio.create_task(stay_connected(path, Fetched, ME, lambda *_: None, lambda *_: None))
        await asyncio.wait_for(here.wait(), 10)
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
        await asyncio.wait_for(gone.wait(), 10)
        server.close()
