"""One thread that waits for the disk, so that the event loop never does: a halt must not stand behind a slow sync.

A thread pool would do the same; on the way of every order its locks and chained futures cost more than the sync.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue

_Work = tuple[Callable[[], object], "asyncio.Future[None]"]


class Disk:
    """Runs one call after the other."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[_Work] = SimpleQueue()
        threading.Thread(target=self._run, name="disk", daemon=True).start()

    async def run(self, call: Callable[[], object]) -> None:
        """Run a call and wait for it; raises what it raises. Whoever is cancelled meanwhile still waits for its end."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._calls.put((call, done))
        try:
            await asyncio.shield(done)
        except asyncio.CancelledError:  # the call goes on, and nothing else may touch what it works on
            await done
            raise

    def _run(self) -> None:
        while True:
            call, done = self._calls.get()
            error: BaseException | None = None
            try:
                call()
            except BaseException as raised:  # noqa: BLE001  # it belongs to whoever waits, whatever it is
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop has been closed, so nobody waits
                done.get_loop().call_soon_threadsafe(_tell, done, error)


def _tell(done: "asyncio.Future[None]", error: BaseException | None) -> None:
    if done.done():
        return  # nobody waits any more
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
