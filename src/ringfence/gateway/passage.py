"""What the courier leads out for the gateway over a connection of its own: asked for once, and answered once."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from ringfence.errors import Unreachable
from ringfence.ipc.client import connect
from ringfence.ipc.messages import Message
from ringfence.ipc.pipe import Pipe

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Passage:
    """The way there: the courier's socket, whose it may be, and how long the courier may take to answer."""

    path: Path
    uids: frozenset[int]
    seconds: float

    async def ask(self, asked: Message, kind: type[Answer]) -> tuple[Pipe[Answer], Answer]:
        """Ask, and return the connection with the answer; raises `Unreachable` where there is none."""
        told: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()

        def tell(answer: Answer | None) -> None:
            if not told.done():
                told.set_result(answer)

        pipe, answer = None, None
        try:
            async with asyncio.timeout(self.seconds):
                link = await connect(self.path, kind, self.uids, lambda _link, answer: tell(answer), end=Pipe)
                pipe = cast("Pipe[Answer]", link)
                pipe.lost = lambda: tell(None)
                pipe.send(asked)
                answer = await told
        except (Unreachable, TimeoutError):
            raise Unreachable("the courier does not answer") from None
        finally:
            if answer is None and pipe is not None:
                pipe.close()
        if answer is None:
            raise Unreachable("the courier went away")
        return pipe, answer
